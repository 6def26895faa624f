//! Rows in a PostgreSQL database.

mod connect;
mod rows;
mod schema;

use std::{fmt, sync::Arc};

use ae_core::{BackendError, Effect, ErrorKind, Runtime, Secret, Timestamp};
use deadpool_postgres::{Client, Pool, Transaction};
use tokio::runtime::Handle;
use tokio_postgres::IsolationLevel;

use self::{connect::failed, rows::Rows};
use super::{
    journal::JournalEntry,
    records::{Records, Store, error},
};
use crate::{BillingConfig, OfflineLedger};

/// The offline ledger, and the books of every provider, in a PostgreSQL database that several machines share.
///
/// Writers take turns under a lock of the schema, as the hash-chained journal has to be one chain; readers see one moment.
/// Which failures a write survives once it has returned is up to the server's `synchronous_commit`. Statements and locks are
/// waited for at most 10 s. A call that was begun is carried on when its future is dropped.
pub type PostgresBilling = OfflineLedger<PostgresStore>;

impl PostgresBilling {
    /// Connects to the database at `url`, and makes the tables in `schema`, 1 to 63 lower-case letters, digits and `_`, when
    /// there are none.
    ///
    /// The address is a URL (`postgres://user:password@host:5432/database`, with `%2Fpath` as the host of a Unix socket)
    /// or `key=value` pairs, as libpq reads them. Connections are not encrypted: to a server that is not on this machine the
    /// address has to say `sslmode=disable`, and the way to it has to be protected otherwise.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the address or the schema can't be read or the way may be open, `Unsupported` when it asks for
    /// encryption or the tables are of a newer version, `Unauthenticated` and `PermissionDenied` when the server says so,
    /// `Protocol` when the schema has other tables, `Unavailable` without a connection. None holds the password.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime with I/O and time, which must last as long as the ledger.
    pub async fn connect(
        url: &Secret<String>,
        schema: &str,
        runtime: Runtime,
        config: BillingConfig,
    ) -> Result<Self, BackendError> {
        let (pool, place) = connect::pool(url, schema)?;
        let store =
            PostgresStore { pool, handle: Handle::current(), schema: schema.into(), place: place.into() };
        let name = Arc::clone(&store.schema);
        store
            .call("connect", move |handle, client, place| {
                handle.block_on(schema::prepare(client, &name, place))
            })
            .await?;
        Ok(Self::on(store, runtime, config))
    }
}

/// Keeps rows in a PostgreSQL database.
#[derive(Clone)]
pub struct PostgresStore {
    pool: Pool,
    handle: Handle,
    schema: Arc<str>,
    place: Arc<str>,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("place", &self.place).finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Works with a connection, on a thread that may block: the rules of the ledger are not async.
    async fn call<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Handle, &mut Client, &str) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let (pool, handle, place) = (self.pool.clone(), self.handle.clone(), Arc::clone(&self.place));
        let task = self.handle.spawn_blocking(move || {
            let client = handle.block_on(pool.get());
            let mut client = client.map_err(|error| connect::no_connection(operation, &place, error))?;
            work(&handle, &mut client, &place)
        });
        task.await.map_err(|stopped| {
            let message = "the call was stopped half way: look what was stored";
            error(ErrorKind::Internal, operation, message).with_effect(Effect::Unknown).with_source(stopped)
        })?
    }

    /// Works on the rows of one moment.
    async fn look<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Rows<'_>) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let schema = Arc::clone(&self.schema);
        let look = move |handle: &Handle, client: &mut Client, place: &str| {
            let begin = client
                .build_transaction()
                .isolation_level(IsolationLevel::RepeatableRead)
                .read_only(true)
                .start();
            let transaction = handle.block_on(begin).map_err(failed(operation, place))?;
            work(&Rows::new(handle, transaction, &schema, place, Timestamp::UNIX_EPOCH))
        };
        self.call(operation, look).await
    }
}

impl Store for PostgresStore {
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Records) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        self.look("read", move |rows| work(rows)).await
    }

    async fn write<T: Send + 'static>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&mut dyn Records) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        const OPERATION: &str = "write";
        let schema = Arc::clone(&self.schema);
        let write = move |handle: &Handle, client: &mut Client, place: &str| {
            // The snapshot must be younger than the turn.
            let begin = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start();
            let transaction: Transaction<'_> = handle.block_on(begin).map_err(failed(OPERATION, place))?;
            let turn = async { transaction.execute(schema::TURN, &[&&*schema]).await };
            handle.block_on(turn).map_err(failed(OPERATION, place))?;
            let mut rows = Rows::new(handle, transaction, &schema, place, now);
            // A transaction that is dropped is rolled back.
            let done = work(&mut rows)?;
            handle
                .block_on(rows.commit())
                .map_err(|source| failed(OPERATION, place)(source).with_effect(Effect::Unknown))?;
            Ok(done)
        };
        self.call(OPERATION, write).await
    }

    async fn audit<T: Send + 'static>(
        &self,
        work: impl FnOnce(Vec<JournalEntry>, &dyn Records) -> Result<T, BackendError> + Send + 'static,
    ) -> Result<T, BackendError> {
        self.look("audit", move |rows| work(rows.journal()?, rows)).await
    }
}
