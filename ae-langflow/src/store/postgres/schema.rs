//! The tables, and the check that the schema has them.

use ae_core::BackendError;
use deadpool_postgres::Client;

use super::{
    PostgresCheckpointer,
    call::Call,
    errors::{Fault, refused},
};

const VERSION: i32 = 1;

/// `{s}` is the schema. Names compare by bytes. `at` counts milliseconds.
const TABLES: &str = "
    CREATE SCHEMA IF NOT EXISTS {s};
    CREATE TABLE {s}.version (version integer NOT NULL);
    INSERT INTO {s}.version VALUES (1);
    CREATE TABLE {s}.threads (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text COLLATE \"C\" NOT NULL UNIQUE,
        graph text NOT NULL,
        seq bigint NOT NULL,
        step bigint NOT NULL,
        digest bytea NOT NULL,
        at bigint NOT NULL,
        finished boolean NOT NULL
    ) WITH (fillfactor = 50);
    CREATE TABLE {s}.records (
        thread bigint NOT NULL,
        seq bigint NOT NULL,
        step bigint NOT NULL,
        at bigint NOT NULL,
        finished boolean NOT NULL,
        digest bytea NOT NULL,
        state_hash bytea,
        change text NOT NULL,
        PRIMARY KEY (thread, seq)
    );
    CREATE TABLE {s}.snapshots (
        thread bigint NOT NULL,
        seq bigint NOT NULL,
        position text NOT NULL,
        PRIMARY KEY (thread, seq)
    );
    CREATE TABLE {s}.headers (
        thread bigint NOT NULL,
        seq bigint NOT NULL,
        header text NOT NULL,
        PRIMARY KEY (thread, seq)
    );
    CREATE TABLE {s}.notes (
        thread bigint NOT NULL,
        step bigint NOT NULL,
        task text COLLATE \"C\" NOT NULL,
        key text COLLATE \"C\" NOT NULL,
        value text NOT NULL,
        PRIMARY KEY (thread, step, task, key)
    );
    CREATE TABLE {s}.blobs (
        digest bytea PRIMARY KEY,
        content text NOT NULL
    );
    CREATE TABLE {s}.refs (
        thread bigint NOT NULL,
        seq bigint NOT NULL,
        digest bytea NOT NULL REFERENCES {s}.blobs,
        PRIMARY KEY (thread, seq, digest)
    );
    CREATE INDEX refs_by_digest ON {s}.refs (digest);
";

const NAMES: [&str; 8] = ["blobs", "headers", "notes", "records", "refs", "snapshots", "threads", "version"];

/// The state of a schema.
enum Found {
    Ours,
    Version(i32),
    Foreign,
}

/// Makes the tables in a schema that has none.
pub(super) async fn prepare(store: &PostgresCheckpointer, schema: &str) -> Result<(), BackendError> {
    match store.call(&Prepare { schema }).await? {
        Found::Ours => Ok(()),
        Found::Version(found) if found > VERSION => {
            Err(refused(schema, "was written by a newer release: use that release or a later one"))
        }
        Found::Version(_) => {
            Err(refused(schema, "has no version that this release knows: choose another one"))
        }
        Found::Foreign => Err(refused(
            schema,
            "has other tables, or lacks some: choose another one, or restore it from a backup",
        )),
    }
}

struct Prepare<'a> {
    schema: &'a str,
}

impl Call for Prepare<'_> {
    type Value = Found;
    const OPERATION: &'static str = "connect";

    async fn run(&self, client: &mut Client) -> Result<Found, Fault> {
        let transaction = client.transaction().await?;
        // Processes that begin at the same moment take turns.
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended('ae-langflow ' || $1, 0))";
        transaction.execute(lock, &[&self.schema]).await?;
        let names = "SELECT tablename::text FROM pg_tables WHERE schemaname = $1
                     ORDER BY tablename::text COLLATE \"C\"";
        let rows = transaction.query(names, &[&self.schema]).await?;
        let names = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?;
        if names.is_empty() {
            transaction.batch_execute(&TABLES.replace("{s}", self.schema)).await?;
            transaction.commit().await?;
            return Ok(Found::Ours);
        }
        if !names.iter().any(|name| name == "version") {
            return Ok(Found::Foreign);
        }
        let version = format!("SELECT version FROM {}.version", self.schema);
        let rows = transaction.query(&version, &[]).await?;
        let versions = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i32>, _>>()?;
        Ok(match versions.as_slice() {
            [VERSION] if names == NAMES => Found::Ours,
            [VERSION] => Found::Foreign,
            [other] => Found::Version(*other),
            _ => Found::Foreign,
        })
    }
}
