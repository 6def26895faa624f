//! Processes that die in the middle of a store's work.

use std::sync::Arc;

use ae_langflow::{
    Checkpointer as _, MemoryCheckpointer, Page, conformance::checkpointer::crash, host::TaskRecord,
};

use crate::child::{self, Victim};

const SEED: u64 = 20;

/// Does nothing unless the parent below starts it.
#[tokio::test]
async fn child() {
    let Some(place) = child::place() else { return };
    let from = child::told("AE_LANGFLOW_TEST_FROM").parse().unwrap();
    let calls = child::told("AE_LANGFLOW_TEST_CALLS").parse().unwrap();
    let store = child::open(&place).await;
    let acknowledge = |done: usize| {
        child::report(&done.to_string());
        child::await_leave();
    };
    crash::run(store.as_ref(), &crash::script(SEED, calls), from, acknowledge).await;
}

/// Kills a child in its second call, now earlier, now later, and starts another one, until all calls of the script are
/// made. `settle` waits until the store has noticed.
pub async fn kill_at_every_call(place: &str, calls: usize, settle: impl AsyncFn()) {
    let script = crash::script(SEED, calls);
    let (mut stored, mut kills) = (0, 0);
    while stored < calls {
        let (from, calls) = (stored.to_string(), calls.to_string());
        let words = [("AE_LANGFLOW_TEST_FROM", from.as_str()), ("AE_LANGFLOW_TEST_CALLS", &calls)];
        let mut victim = Victim::start("crash::child", place, &words);
        let mut acknowledged = stored;
        if let Some(done) = victim.hear() {
            acknowledged = done.parse().unwrap();
            victim.leave();
            for _ in 0..kills % 10 * 20_000 {
                std::hint::spin_loop();
            }
            victim.kill();
            kills += 1;
        }
        if let Some(done) = victim.hear() {
            acknowledged = done.parse().unwrap();
        }
        victim.ended_well();
        settle().await;
        let store = child::open(place).await;
        stored = crash::verify_after_crash(store.as_ref(), &script, acknowledged).await;
    }
    assert!(kills >= calls / 3, "a child gets at most two calls done, and skips those that change nothing");
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::path::Path;

    use ae_langflow::{Durability, SqliteCheckpointer};

    use super::*;

    fn number(path: &Path, query: &str) -> i64 {
        rusqlite::Connection::open(path).unwrap().query_row(query, [], |row| row.get(0)).unwrap()
    }

    /// Data that no reader of the port would notice.
    fn check_file(path: &Path) {
        let sound: String = rusqlite::Connection::open(path)
            .unwrap()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(sound, "ok");
        for orphans in [
            "blobs WHERE id NOT IN (SELECT blob FROM refs)",
            "refs WHERE record NOT IN (SELECT id FROM records) OR blob NOT IN (SELECT id FROM blobs)",
            "snapshots WHERE id NOT IN (SELECT id FROM records)",
            "records WHERE id >> 32 NOT IN (SELECT id FROM threads)",
            "notes WHERE thread NOT IN (SELECT id FROM threads)",
            "headers WHERE id >> 32 NOT IN (SELECT id FROM threads)",
        ] {
            assert_eq!(number(path, &format!("SELECT count(*) FROM {orphans}")), 0, "{orphans}");
        }
        assert!(number(path, "SELECT count(*) FROM blobs") > 0, "the script left blobs");
    }

    #[tokio::test]
    async fn nothing_is_lost_or_half_done_when_a_process_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("threads.db");
        kill_at_every_call(&format!("sqlite:{}", path.display()), 150, async || {}).await;
        check_file(&path);
    }

    /// A loss of power may cut the log of the file off anywhere: what is left are whole commits.
    #[tokio::test]
    async fn a_log_that_was_cut_off_anywhere_holds_whole_calls() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("threads.db");
        let (script, store) =
            (crash::script(SEED, 12), SqliteCheckpointer::open(&path, Durability::Normal).unwrap());
        crash::run(&store, &script, 0, |_| {}).await;
        // Copied while it is open, for closing it would empty the log.
        let (file, log) =
            (std::fs::read(&path).unwrap(), std::fs::read(path.with_extension("db-wal")).unwrap());
        let cut = folder.path().join("cut.db");
        let mut stored = 0;
        for length in (0..=log.len()).step_by(1_373).chain([log.len()]) {
            std::fs::write(&cut, &file).unwrap();
            std::fs::write(cut.with_extension("db-wal"), &log[..length]).unwrap();
            let reopened = SqliteCheckpointer::open(&cut, Durability::Normal).unwrap();
            stored = crash::verify_after_crash(&reopened, &script, stored).await;
        }
        assert_eq!(stored, script.len());
    }
}

#[tokio::test]
async fn the_verdict_sees_what_is_lost_and_what_is_half_done() {
    let store = Arc::new(MemoryCheckpointer::new());
    let script = Arc::new(crash::script(SEED, 40));
    crash::run(store.as_ref(), &script[..39], 0, |_| {}).await;
    let verdict = |acknowledged: usize| {
        let (store, script) = (Arc::clone(&store), Arc::clone(&script));
        tokio::spawn(async move { crash::verify_after_crash(store.as_ref(), &script, acknowledged).await })
    };
    assert_eq!(verdict(39).await.unwrap(), 39);
    assert_eq!(verdict(38).await.unwrap(), 39, "one call more is fine");
    assert!(verdict(40).await.is_err(), "a call is lost");
    assert!(verdict(37).await.is_err(), "two calls more are no crash");
    let last = store.list(Page::first(1)).await.unwrap().remove(0).thread;
    let head = store.load(&last, None).await.unwrap().unwrap().head;
    store.append_once(&last, head, vec![TaskRecord::new(head.step, "half", "done", "1")]).await.unwrap();
    assert!(verdict(39).await.is_err(), "something is there that no call made");
}
