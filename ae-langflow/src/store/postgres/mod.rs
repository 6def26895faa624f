//! Threads in a PostgreSQL database.

mod call;
mod commit;
mod connect;
mod copy;
mod errors;
mod list;
mod load;
mod note;
mod remove;
mod row;
mod schema;
mod sql;
#[cfg(feature = "postgres-tls")]
mod tls;

use std::{fmt, time::Duration};

use ae_core::{BackendError, Secret};
use async_trait::async_trait;
use deadpool_postgres::Pool;

use self::{copy::Copied, errors::BACKEND, sql::Sql};
use crate::{
    Checkpointer,
    store::record::{Head, Loaded, Page, Prune, Record, TaskRecord, ThreadInfo},
    store::refused,
};

/// How to keep threads in a database.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// The schema of the tables: 1 to 63 lower-case letters, digits and `_`, not a digit first.
    pub schema: String,
    /// How many connections are open at most.
    pub connections: usize,
    /// How long a connection, a lock and a call are waited for.
    pub timeout: Duration,
    /// The certificates, as PEM, of which one has to vouch for the server, instead of those of the public web.
    #[cfg(feature = "postgres-tls")]
    pub root_certificates: Option<Vec<u8>>,
}

impl Default for PostgresOptions {
    /// The schema `ae_langflow`, 8 connections, 10 seconds.
    fn default() -> Self {
        Self {
            schema: "ae_langflow".to_owned(),
            connections: 8,
            timeout: Duration::from_secs(10),
            #[cfg(feature = "postgres-tls")]
            root_certificates: None,
        }
    }
}

impl PostgresOptions {
    /// Keeps the tables in this schema.
    #[must_use]
    pub fn with_schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// Sets the largest number of connections.
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections;
        self
    }

    /// Sets the longest wait for a connection, a lock and a call.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Trusts servers that one of these certificates, as PEM, vouches for, and no others.
    #[cfg(feature = "postgres-tls")]
    #[must_use]
    pub fn with_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates = Some(pem.into());
        self
    }
}

/// Keeps threads, with their whole logs, in a PostgreSQL database, which any number of processes may share.
///
/// A commit is one statement. What it survives once it has returned is what the server's `synchronous_commit` says.
/// Connections are made when they are needed, and made again after they broke; a call without an answer in time ends all
/// that lie idle. PgBouncer has to pool by session (`pool_mode = session`).
pub struct PostgresCheckpointer {
    pool: Pool,
    sql: Sql,
    timeout: Duration,
    place: String,
}

impl PostgresCheckpointer {
    /// Connects to the database at `url`, and makes the tables in the schema `ae_langflow` when there are none.
    ///
    /// The address is a URL (`postgres://user:password@host:5432/database`, with `%2Fpath` as the host of a Unix
    /// socket) or `key=value` pairs, as libpq reads them. To a server that is not on this machine it has to say
    /// `sslmode=require`, for which the feature `postgres-tls` is needed and the server's certificate is always
    /// checked, or `sslmode=disable`.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the address can't be read or leaves open whether the connection is encrypted, `Unsupported`
    /// when it asks for encryption without the feature, `Unauthenticated` and `PermissionDenied` when the server says
    /// so, `Protocol` when the schema belongs to something else or was written by a newer release, `Unavailable` when
    /// there is no connection in time. None holds the password.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime with I/O and time. All calls need one.
    pub async fn connect(url: &Secret<String>) -> Result<Self, BackendError> {
        Self::connect_with(url, PostgresOptions::default()).await
    }

    /// The same with other options.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect), and `InvalidInput` for options that can't be.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime with I/O and time. All calls need one.
    pub async fn connect_with(url: &Secret<String>, options: PostgresOptions) -> Result<Self, BackendError> {
        let sql = Sql::of_schema(&options.schema)?;
        let config = connect::config(url, &options)?;
        let place = connect::place(&config, &options.schema);
        let store = Self { pool: connect::pool(config, &options)?, sql, timeout: options.timeout, place };
        schema::prepare(&store, &options.schema).await?;
        Ok(store)
    }
}

impl fmt::Debug for PostgresCheckpointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresCheckpointer").field("place", &self.place).finish_non_exhaustive()
    }
}

/// No thread has such a name, and the server does not take it.
fn is_none(thread: &str) -> bool {
    thread.contains('\0')
}

#[async_trait]
impl Checkpointer for PostgresCheckpointer {
    async fn commit(&self, thread: &str, expected: Option<Head>, record: Record) -> Result<(), BackendError> {
        refused::check_record(BACKEND, thread, expected.as_ref(), &record)?;
        if is_none(thread) {
            return Err(refused::moved(BACKEND, "commit", thread));
        }
        let commit = commit::Commit::new(&self.sql, thread, expected, &record)?;
        if self.call(&commit).await? { Ok(()) } else { Err(refused::moved(BACKEND, "commit", thread)) }
    }

    async fn append_once(
        &self,
        thread: &str,
        head: Head,
        records: Vec<TaskRecord>,
    ) -> Result<Vec<TaskRecord>, BackendError> {
        refused::check_notes(BACKEND, &head, &records)?;
        if is_none(thread) {
            return Err(refused::moved(BACKEND, "append_once", thread));
        }
        let noted = self.call(&note::Append { sql: &self.sql, thread, head, notes: &records }).await?;
        noted.ok_or_else(|| refused::moved(BACKEND, "append_once", thread))
    }

    async fn notes(&self, thread: &str, head: Head) -> Result<Option<Vec<TaskRecord>>, BackendError> {
        if is_none(thread) {
            return Ok(None);
        }
        self.call(&note::Read { sql: &self.sql, thread, head }).await
    }

    async fn load(&self, thread: &str, up_to: Option<u64>) -> Result<Option<Loaded>, BackendError> {
        if is_none(thread) {
            return Ok(None);
        }
        self.call(&load::Load { sql: &self.sql, thread, up_to }).await
    }

    async fn list(&self, page: Page) -> Result<Vec<ThreadInfo>, BackendError> {
        self.call(&list::List { sql: &self.sql, page }).await
    }

    async fn copy(&self, from: &str, up_to: Option<u64>, to: &str) -> Result<Head, BackendError> {
        refused::check_name(BACKEND, "copy", "thread", to)?;
        if is_none(from) {
            return Err(refused::missing(BACKEND, from, up_to));
        }
        match self.call(&copy::Copy { sql: &self.sql, from, up_to, to }).await? {
            Copied::Done(head) => Ok(head),
            Copied::Missing => Err(refused::missing(BACKEND, from, up_to)),
            Copied::Exists => Err(refused::exists(BACKEND, to)),
        }
    }

    async fn prune(&self, thread: &str, prune: Prune) -> Result<u64, BackendError> {
        if is_none(thread) {
            return Ok(0);
        }
        self.call(&remove::Old { sql: &self.sql, thread, prune }).await
    }

    async fn delete(&self, thread: &str) -> Result<bool, BackendError> {
        if is_none(thread) {
            return Ok(false);
        }
        self.call(&remove::All { sql: &self.sql, thread }).await
    }
}
