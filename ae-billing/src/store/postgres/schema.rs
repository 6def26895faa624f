//! The tables, and the check that the schema has them.

use ae_core::{BackendError, ErrorKind};
use deadpool_postgres::Client;

use super::connect::failed;
use crate::store::records::{Table, error};

const VERSION: i32 = 1;
/// Waits for the turn to write; it ends with the transaction.
pub(super) const TURN: &str = "SELECT pg_advisory_xact_lock(hashtextextended('ae-billing ' || $1, 0))";

/// `{s}` is the schema. Names compare by bytes.
const JOURNAL: &str = "
    CREATE SCHEMA IF NOT EXISTS {s};
    CREATE TABLE {s}.version (version integer NOT NULL);
    INSERT INTO {s}.version VALUES (1);
    CREATE TABLE {s}.billing_journal (
        position bigint PRIMARY KEY, at text NOT NULL, tab text NOT NULL, id text NOT NULL,
        run text NOT NULL, owner text NOT NULL, body text NOT NULL, hash text NOT NULL);
    CREATE FUNCTION {s}.journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$;
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {s}.billing_journal
        EXECUTE FUNCTION {s}.journal_is_append_only();";
const TABLE: &str = "
    CREATE TABLE {s}.{t} (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE \"C\" NOT NULL UNIQUE,
        run text COLLATE \"C\" NOT NULL, owner text COLLATE \"C\" NOT NULL, body text NOT NULL);
    CREATE INDEX {t}_run ON {s}.{t} (run, position);
    CREATE INDEX {t}_owner ON {s}.{t} (owner, position);";

/// Makes the tables in a schema that has none. Processes that begin at the same moment take turns.
pub(super) async fn prepare(client: &mut Client, schema: &str, place: &str) -> Result<(), BackendError> {
    const OPERATION: &str = "connect";
    let failed = failed(OPERATION, place);
    let transaction = client.transaction().await.map_err(&failed)?;
    transaction.execute(TURN, &[&schema]).await.map_err(&failed)?;
    let names = "SELECT tablename::text FROM pg_tables WHERE schemaname = $1";
    let rows = transaction.query(names, &[&schema]).await.map_err(&failed)?;
    if rows.is_empty() {
        let tables: String = Table::ALL.iter().map(|table| TABLE.replace("{t}", table.as_str())).collect();
        let sql = format!("{JOURNAL}{tables}").replace("{s}", schema);
        transaction.batch_execute(&sql).await.map_err(&failed)?;
        return transaction.commit().await.map_err(&failed);
    }
    let mut names =
        rows.iter().map(|row| row.try_get::<_, String>(0)).collect::<Result<Vec<_>, _>>().map_err(&failed)?;
    let mut expected: Vec<String> = Table::ALL.iter().map(|table| table.as_str().to_owned()).collect();
    expected.extend(["billing_journal".to_owned(), "version".to_owned()]);
    names.sort();
    expected.sort();
    if names.contains(&"version".to_owned()) {
        let version = format!("SELECT version FROM {schema}.version");
        let row = transaction.query_opt(&version, &[]).await.map_err(&failed)?;
        let version = row.map(|row| row.try_get::<_, i32>(0)).transpose().map_err(&failed)?;
        if version.is_some_and(|version| version > VERSION) {
            let message =
                format!("the schema {schema} was written by a newer release: use that one or a later one");
            return Err(error(ErrorKind::Unsupported, OPERATION, message));
        }
    }
    if names == expected {
        return Ok(());
    }
    let message = format!(
        "the schema {schema} has other tables, or lacks some: choose another one, or restore it from a backup"
    );
    Err(error(ErrorKind::Protocol, OPERATION, message))
}
