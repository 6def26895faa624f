//! The checks of the port on every backend, and the SQLite file itself.

use std::sync::Arc;

use ae_langflow::{Checkpointer, MemoryCheckpointer, conformance};

#[tokio::test]
async fn memory_conforms() {
    conformance::run_all(Arc::new(MemoryCheckpointer::new())).await;
    let boxed: Box<dyn Checkpointer> = Box::new(MemoryCheckpointer::new());
    conformance::run_all(Arc::new(boxed)).await;
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use ae_core::{BackendError, ErrorKind};
    use ae_langflow::{Durability, Ending, Input, RunConfig, SqliteCheckpointer, record::Page};

    use super::*;
    use crate::support::{Log, done};

    fn open(path: &std::path::Path) -> Result<SqliteCheckpointer, BackendError> {
        SqliteCheckpointer::open(path, Durability::Normal)
    }

    #[tokio::test]
    async fn sqlite_conforms_and_keeps_it_all() {
        for durability in [Durability::Normal, Durability::Full] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("threads.db");
            conformance::run_all(Arc::new(SqliteCheckpointer::open(&path, durability).unwrap())).await;
            let before = open(&path).unwrap().list(Page::first(100)).await.unwrap();
            assert!(before.len() > 10);
            let (one, two) = (open(&path).unwrap(), open(&path).unwrap());
            assert_eq!(one.list(Page::first(100)).await.unwrap(), before);
            assert!(two.delete("c1").await.unwrap());
            assert!(one.load("c1").await.unwrap().is_none(), "another connection sees it at once");
        }
    }

    #[tokio::test]
    async fn two_connections_race_for_a_thread_and_one_wins() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("threads.db");
        let graph = ae_langflow::StateGraph::<Log>::new("g")
            .add_node("a", crate::engine::Say("a"))
            .add_edge(ae_langflow::START, "a")
            .add_edge("a", ae_langflow::END)
            .compile()
            .unwrap();
        let config = RunConfig::thread("t");
        let app = graph.with_store(Arc::new(open(&path).unwrap()));
        let limited = config.clone().with_step_limit(0);
        assert!(matches!(
            app.invoke(Input::start(Log::update()), &limited).await.unwrap(),
            Ending::StepLimit(_)
        ));
        let other = graph.with_store(Arc::new(open(&path).unwrap()));
        let error = other.invoke(Input::start(Log::update()), &config).await.unwrap_err();
        assert!(matches!(error, ae_langflow::GraphError::ThreadExists { .. }), "{error}");
        assert_eq!(done(other.invoke(Input::Continue, &config).await.unwrap()).log, ["a"]);
        assert!(app.get_state(&config).await.unwrap().unwrap().finished);
    }

    fn refused(path: &std::path::Path, words: &str) {
        let before = std::fs::read(path).unwrap();
        let error = open(path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(std::fs::read(path).unwrap(), before, "the file is left as it is");
    }

    #[tokio::test]
    async fn a_damaged_foreign_or_newer_file_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let garbage = folder.path().join("garbage.db");
        std::fs::write(&garbage, "this is no database, it is a letter to a friend".repeat(50)).unwrap();
        refused(&garbage, "backup");

        let foreign = folder.path().join("foreign.db");
        let connection = rusqlite::Connection::open(&foreign).unwrap();
        connection.execute_batch("CREATE TABLE mine (a)").unwrap();
        drop(connection);
        refused(&foreign, "another program");

        let newer = folder.path().join("newer.db");
        drop(open(&newer).unwrap());
        let connection = rusqlite::Connection::open(&newer).unwrap();
        connection.pragma_update(None, "user_version", 2).unwrap();
        drop(connection);
        refused(&newer, "newer release");

        let lacking = folder.path().join("lacking.db");
        drop(open(&lacking).unwrap());
        let connection = rusqlite::Connection::open(&lacking).unwrap();
        connection.execute_batch("DROP TABLE notes").unwrap();
        drop(connection);
        refused(&lacking, "lacks tables");

        let missing = open(&folder.path().join("no/such/folder.db")).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::PermissionDenied, "{missing}");
    }

    #[tokio::test]
    async fn a_file_with_a_broken_page_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("threads.db");
        conformance::run_all(Arc::new(open(&path).unwrap())).await;
        let mut bytes = std::fs::read(&path).unwrap();
        assert!(bytes.len() >= 3 * 4096);
        for byte in &mut bytes[4096..3 * 4096] {
            *byte = 0x5a;
        }
        std::fs::write(&path, &bytes).unwrap();
        refused(&path, "backup");
    }
}
