//! How a call gets a connection, and what becomes of it when it fails.

use ae_core::BackendError;
use deadpool_postgres::{Client, Object};

use super::{
    PostgresCheckpointer,
    errors::{self, Fault},
};

/// How often a call is made again that met another one: each time the other one got through.
const MEETINGS_MAX: u32 = 20;

/// One call to the database: a statement, or a transaction that is rolled back when it is dropped.
pub(super) trait Call: Sync {
    /// The result.
    type Value: Send;
    /// The operation of the port.
    const OPERATION: &'static str;
    /// Whether it changes nothing, so that it may be made again over another connection.
    const READS: bool = false;

    fn run(&self, client: &mut Client) -> impl Future<Output = Result<Self::Value, Fault>> + Send;
}

impl PostgresCheckpointer {
    /// Makes a call within the timeout, and again when the server refused it for another call's sake.
    pub(super) async fn call<C: Call>(&self, call: &C) -> Result<C::Value, BackendError> {
        let operation = C::OPERATION;
        let (mut meetings, mut broken) = (0, 0);
        loop {
            let client = self.pool.get().await;
            let mut client = client.map_err(|error| errors::no_connection(operation, &self.place, error))?;
            let Ok(result) = tokio::time::timeout(self.timeout, call.run(&mut client)).await else {
                // The answer may still come, so the connection is of no use to others. Those that lie idle may have lost
                // their other end with it, and each would cost a timeout of its own.
                drop(Object::take(client));
                self.pool.retain(|_, _| false);
                return Err(errors::timed_out(operation, &self.place, self.timeout));
            };
            match result {
                Ok(value) => return Ok(value),
                Err(Fault::Server(error)) if errors::met_another(&error) && meetings < MEETINGS_MAX => {
                    meetings += 1;
                }
                Err(Fault::Server(error)) if C::READS && errors::is_broken(&error) && broken == 0 => {
                    broken += 1
                }
                Err(error) => return Err(errors::failed(operation, &self.place, error)),
            }
        }
    }
}
