//! The checks of the port on every backend, and the SQLite file itself.

use std::sync::Arc;

use ae_langflow::{Checkpointer, MemoryCheckpointer, conformance};

#[tokio::test(flavor = "multi_thread")]
async fn memory_conforms() {
    conformance::checkpointer::run_all(Arc::new(MemoryCheckpointer::new())).await;
    let boxed: Box<dyn Checkpointer> = Box::new(MemoryCheckpointer::new());
    conformance::checkpointer::run_all(Arc::new(boxed)).await;
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::path::Path;

    use ae_core::{BackendError, ErrorKind};
    use ae_langflow::{Durability, Page, SqliteCheckpointer};

    use super::*;
    use crate::turns::Turns;

    fn open(path: &Path) -> Result<SqliteCheckpointer, BackendError> {
        SqliteCheckpointer::open(path, Durability::Normal)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn sqlite_conforms_and_keeps_it_all() {
        for durability in [Durability::Normal, Durability::Full] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("threads.db");
            conformance::checkpointer::run_all(Arc::new(
                SqliteCheckpointer::open(&path, durability).unwrap(),
            ))
            .await;
            let before = open(&path).unwrap().list(Page::first(1000)).await.unwrap();
            assert!(before.len() > 300);
            let (one, two) = (open(&path).unwrap(), open(&path).unwrap());
            assert_eq!(one.list(Page::first(1000)).await.unwrap(), before);
            let reader = SqliteCheckpointer::open_read_only(&path).unwrap();
            assert_eq!(reader.list(Page::first(1000)).await.unwrap(), before);
            assert_eq!(reader.delete("c1").await.unwrap_err().kind(), ErrorKind::PermissionDenied);
            assert!(two.delete("c1").await.unwrap());
            assert!(one.load("c1", None).await.unwrap().is_none(), "another connection sees it at once");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn connections_to_one_file_are_one_store() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("threads.db");
        let connections: Vec<_> = (0..3).map(|_| Arc::new(open(&path).unwrap()) as _).collect();
        conformance::checkpointer::run_all(Arc::new(Turns::tap(connections))).await;
    }

    fn refused(path: &Path, kind: ErrorKind, words: &str) {
        let before = std::fs::read(path).unwrap();
        let error = open(path).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(std::fs::read(path).unwrap(), before, "the file is left as it is");
    }

    #[tokio::test]
    async fn a_damaged_foreign_or_newer_file_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let garbage = folder.path().join("garbage.db");
        std::fs::write(&garbage, "this is no database, it is a letter to a friend".repeat(50)).unwrap();
        refused(&garbage, ErrorKind::Protocol, "restore a copy");

        let change = |name: &str, statements: &str| {
            let path = folder.path().join(name);
            drop(open(&path).unwrap());
            rusqlite::Connection::open(&path).unwrap().execute_batch(statements).unwrap();
            path
        };
        refused(
            &change("newer.db", "UPDATE ae_schema SET version = 2"),
            ErrorKind::Unsupported,
            "newer release",
        );
        refused(&change("lacking.db", "DROP TABLE notes"), ErrorKind::Protocol, "its tables");
        refused(&change("changed.db", "DROP TRIGGER last_ref"), ErrorKind::Protocol, "its tables");

        let foreign = folder.path().join("foreign.db");
        rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE mine (a)").unwrap();
        refused(&foreign, ErrorKind::Protocol, "another program");

        let missing = open(&folder.path().join("no/such/folder.db")).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::PermissionDenied, "{missing}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_with_a_broken_page_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("threads.db");
        conformance::checkpointer::run_all(Arc::new(open(&path).unwrap())).await;
        let mut bytes = std::fs::read(&path).unwrap();
        assert!(bytes.len() >= 3 * 4096);
        for byte in &mut bytes[4096..3 * 4096] {
            *byte = 0x5a;
        }
        std::fs::write(&path, &bytes).unwrap();
        refused(&path, ErrorKind::Protocol, "restore a copy");
    }

    #[tokio::test]
    async fn a_damaged_row_is_told_and_a_lost_snapshot_too() {
        let folder = tempfile::tempdir().unwrap();
        let begin = async |name: &str, statements: &str| {
            let path = folder.path().join(name);
            let store = open(&path).unwrap();
            conformance::checkpointer::c4_heads_are_numbered(&store).await;
            rusqlite::Connection::open(&path).unwrap().execute_batch(statements).unwrap();
            store.load("c4", None).await.unwrap_err()
        };
        for (name, statements) in [
            ("step.db", "UPDATE records SET step = -1"),
            ("digest.db", "UPDATE records SET digest = x'00'"),
            ("header.db", "UPDATE headers SET header = 'no header'"),
            ("headers.db", "DELETE FROM headers"),
            ("snapshots.db", "DELETE FROM snapshots"),
        ] {
            let error = begin(name, statements).await;
            assert_eq!(error.kind(), ErrorKind::Protocol, "{name}: {error}");
            assert!(error.to_string().contains("damaged"), "{name}: {error}");
        }
    }
}
