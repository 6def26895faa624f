//! A journal in an SQLite file.

use std::{path::Path, sync::Arc};

use ae_core::{BackendError, IdempotencyKey};
use ae_core_sqlite::{
    Database, Failure, Options, Schema,
    rusqlite::{Connection, OptionalExtension as _, params},
};
use async_trait::async_trait;

use crate::{RequestJournal, StoredRequest};

const TABLE: &str = "CREATE TABLE billing_requests (
    scope TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (scope, key)
) WITHOUT ROWID";

/// A journal in an SQLite file, which several processes may share and which may hold other tables. A request is on the
/// disk before it is sent.
#[derive(Debug, Clone)]
pub struct SqliteJournal(Arc<Database>);

impl SqliteJournal {
    /// Opens the journal in the file at `path`, and makes what is missing.
    ///
    /// # Errors
    ///
    /// `Unsupported` for a newer version, `Protocol` for a damaged file, `PermissionDenied`, `StorageFull` or
    /// `Unavailable` where it can't be opened or written.
    pub fn open_or_create(path: impl AsRef<Path>) -> Result<Self, BackendError> {
        let migrations = [TABLE];
        let schema = Schema::new("billing-requests", "billing_requests", &migrations);
        Ok(Self(Arc::new(Database::open(path, &schema, &Options::create())?)))
    }
}

fn read(connection: &Connection, scope: &str, key: &str) -> Result<Option<StoredRequest>, Failure> {
    let sql = "SELECT body FROM billing_requests WHERE scope = ?1 AND key = ?2";
    let body: Option<String> = connection.query_row(sql, params![scope, key], |row| row.get(0)).optional()?;
    body.map(|body| serde_json::from_str(&body).map_err(|_| Failure::damaged("a stored request"))).transpose()
}

fn write(connection: &Connection, request: &StoredRequest) -> Result<(), Failure> {
    let body = serde_json::to_string(request).map_err(|_| Failure::damaged("the request"))?;
    let sql = "INSERT OR REPLACE INTO billing_requests (scope, key, body) VALUES (?1, ?2, ?3)";
    connection.execute(sql, params![request.scope, request.key.as_str(), body])?;
    Ok(())
}

#[async_trait]
impl RequestJournal for SqliteJournal {
    async fn begin(&self, request: &StoredRequest) -> Result<StoredRequest, BackendError> {
        let request = request.clone();
        let work = move |connection: &Connection| {
            if let Some(kept) = read(connection, &request.scope, request.key.as_str())? {
                return Ok(kept);
            }
            write(connection, &request)?;
            Ok(request)
        };
        self.0.write("begin", work).await
    }

    async fn get(&self, scope: &str, key: &IdempotencyKey) -> Result<Option<StoredRequest>, BackendError> {
        let (scope, key) = (scope.to_owned(), key.clone());
        self.0.read("get", move |connection: &Connection| read(connection, &scope, key.as_str())).await
    }

    async fn put(&self, request: &StoredRequest) -> Result<(), BackendError> {
        let request = request.clone();
        self.0.write("put", move |connection: &Connection| write(connection, &request)).await
    }

    async fn remove(&self, scope: &str, key: &IdempotencyKey) -> Result<(), BackendError> {
        let (scope, key) = (scope.to_owned(), key.clone());
        let work = move |connection: &Connection| {
            let sql = "DELETE FROM billing_requests WHERE scope = ?1 AND key = ?2";
            connection.execute(sql, params![scope, key.as_str()])?;
            Ok(())
        };
        self.0.write("remove", work).await
    }
}
