//! The checks that every [`Checkpointer`] passes, one per clause of its contract.
//!
//! Each check works on threads of its own name, so one store will do. A failure panics with the number of the clause.

#![allow(clippy::panic, reason = "a check that fails has to stop the test that called it")]

use std::sync::Arc;

use ae_core::{Digest, ErrorKind};

use crate::{
    Checkpointer,
    record::{Head, Header, Page, Record, TaskRecord},
};

/// Runs every check on `store`.
pub async fn run_all(store: Arc<dyn Checkpointer>) {
    c1_what_was_committed_comes_back(store.as_ref()).await;
    c2_a_moved_head_is_refused(store.as_ref()).await;
    c2_one_of_two_writers_wins(Arc::clone(&store)).await;
    c3_a_refused_commit_leaves_nothing(store.as_ref()).await;
    c4_heads_are_chained(store.as_ref()).await;
    c5_a_note_is_stored_once(store.as_ref()).await;
    c6_a_late_note_is_refused(store.as_ref()).await;
    c7_notes_last_as_long_as_the_superstep(store.as_ref()).await;
    c8_threads_are_apart_and_delete_takes_one(store.as_ref()).await;
    c9_what_was_read_is_a_copy(store.as_ref()).await;
    c10_threads_are_listed_in_order(store.as_ref()).await;
}

/// C1: the last snapshot, the changes after it in order, and the head come back.
pub async fn c1_what_was_committed_comes_back(store: &dyn Checkpointer) {
    let mut head = begin(store, "c1").await;
    let hash = Digest::of_bytes("conformance", b"state");
    for step in 1..=3 {
        let mut next = record(step, &format!("{{\"change\":\"Ä {step}\"}}"));
        if step == 2 {
            next = next.with_snapshot("{\"position\":2}").with_state_hash(hash);
        }
        head = committed(store, "c1", Some(head), next).await;
    }
    head = committed(store, "c1", Some(head), record(3, "{}").with_finished(true)).await;
    let loaded = loaded(store, "c1").await;
    assert_eq!(loaded.head, head, "C1: the head comes back");
    assert_eq!(loaded.header, header(), "C1: the header comes back");
    assert_eq!(loaded.snapshot, "{\"position\":2}", "C1: the last snapshot comes back");
    assert_eq!(loaded.snapshot_hash, Some(hash), "C1: the hash of the snapshot comes back");
    let changes: Vec<_> = loaded.deltas.iter().map(|delta| (delta.step, delta.change.as_str())).collect();
    assert_eq!(
        changes,
        [(3, "{\"change\":\"Ä 3\"}"), (3, "{}")],
        "C1: the changes after it come back in order"
    );
    let walked =
        loaded.deltas.iter().fold(loaded.snapshot_head, |head, delta| Head::after_delta(&head, delta));
    assert_eq!(walked, head, "C1: the changes lead from the snapshot to the head");
    assert!(matches!(store.load("c1 unknown").await, Ok(None)), "C1: no thread is None");
}

/// C2: a commit on another head changes nothing.
pub async fn c2_a_moved_head_is_refused(store: &dyn Checkpointer) {
    let first = begin(store, "c2").await;
    let second = committed(store, "c2", Some(first), record(1, "{}")).await;
    let before = loaded(store, "c2").await;
    let other = Head::new(second.seq, second.step, Digest::of_bytes("conformance", b"other"));
    for stale in [None, Some(first), Some(other)] {
        let result = store.commit("c2", stale, record(2, "{}").with_snapshot("{}")).await;
        conflict(result, "C2: a commit on a head that has moved");
    }
    let result = store.commit("c2 unknown", Some(second), record(2, "{}").with_snapshot("{}")).await;
    conflict(result, "C2: a commit on a thread that does not exist");
    assert_eq!(loaded(store, "c2").await, before, "C2: a refused commit changes nothing");
    assert!(matches!(store.load("c2 unknown").await, Ok(None)), "C2: a refused commit makes no thread");
}

/// C2: of two commits on one head, side by side, one succeeds.
pub async fn c2_one_of_two_writers_wins(store: Arc<dyn Checkpointer>) {
    let head = begin(store.as_ref(), "c2 race").await;
    let commit = |name: &'static str| {
        let store = Arc::clone(&store);
        async move { store.commit("c2 race", Some(head), record(1, &format!("{{\"by\":\"{name}\"}}"))).await }
    };
    let (one, two) = futures_util::future::join(commit("one"), commit("two")).await;
    let winners = usize::from(one.is_ok()) + usize::from(two.is_ok());
    assert_eq!(winners, 1, "C2: exactly one of two writers wins");
    assert_eq!(loaded(store.as_ref(), "c2 race").await.deltas.len(), 1, "C2: one record is stored");
}

/// C3: the first record of a thread needs a snapshot.
pub async fn c3_a_refused_commit_leaves_nothing(store: &dyn Checkpointer) {
    match store.commit("c3", None, record(0, "{}")).await {
        Err(error) => assert_eq!(error.kind(), ErrorKind::InvalidInput, "C3: no snapshot is InvalidInput"),
        Ok(_) => panic!("C3: the first record needs a snapshot"),
    }
    assert!(matches!(store.load("c3").await, Ok(None)), "C3: nothing is stored");
    begin(store, "c3").await;
}

/// C4: the new head is [`Head::after`] the old one.
pub async fn c4_heads_are_chained(store: &dyn Checkpointer) {
    let first = begin(store, "c4").await;
    let next = record(1, "{\"a\":1}");
    let head = committed(store, "c4", Some(first), next.clone()).await;
    assert_eq!(
        head,
        Head::after(Some(&first), &next),
        "C4: the head follows from the last one and the record"
    );
    assert_eq!((head.seq, head.step), (2, 1), "C4: records are numbered from 1");
}

/// C5: the first note of a key stays, and is returned.
pub async fn c5_a_note_is_stored_once(store: &dyn Checkpointer) {
    let head = begin(store, "c5").await;
    let first = TaskRecord::new(0, "a", "k", "1");
    let again = TaskRecord::new(0, "a", "k", "2");
    let other = TaskRecord::new(0, "b", "k", "3");
    assert_eq!(noted(store, "c5", head, &first).await, first, "C5: a note is returned");
    assert_eq!(noted(store, "c5", head, &again).await, first, "C5: the first note of a key wins");
    assert_eq!(noted(store, "c5", head, &other).await, other, "C5: another task has its own notes");
    assert_eq!(loaded(store, "c5").await.task_records, [first, other], "C5: notes come back by task and key");
}

/// C6: a note on a head that has moved is refused.
pub async fn c6_a_late_note_is_refused(store: &dyn Checkpointer) {
    let head = begin(store, "c6").await;
    committed(store, "c6", Some(head), record(0, "{}")).await;
    conflict(store.append_once("c6", head, TaskRecord::new(0, "a", "k", "1")).await, "C6: a late note");
    conflict(store.append_once("c6 unknown", head, TaskRecord::new(0, "a", "k", "1")).await, "C6: no thread");
    assert!(loaded(store, "c6").await.task_records.is_empty(), "C6: a refused note is not stored");
}

/// C7: notes outlive a commit that completes no superstep, and end with one that does.
pub async fn c7_notes_last_as_long_as_the_superstep(store: &dyn Checkpointer) {
    let head = begin(store, "c7").await;
    let note = TaskRecord::new(0, "a", "k", "1");
    noted(store, "c7", head, &note).await;
    let head = committed(store, "c7", Some(head), record(0, "{}")).await;
    assert_eq!(loaded(store, "c7").await.task_records, [note], "C7: notes stay within a superstep");
    committed(store, "c7", Some(head), record(1, "{}")).await;
    assert!(loaded(store, "c7").await.task_records.is_empty(), "C7: notes are gone after it");
}

/// C8: threads do not see each other.
pub async fn c8_threads_are_apart_and_delete_takes_one(store: &dyn Checkpointer) {
    let gone = begin(store, "c8 gone").await;
    let kept = begin(store, "c8 kept").await;
    let note = TaskRecord::new(0, "a", "k", "1");
    noted(store, "c8 gone", gone, &note).await;
    noted(store, "c8 kept", kept, &note).await;
    assert!(matches!(store.delete("c8 gone").await, Ok(true)), "C8: delete says that there was a thread");
    assert!(matches!(store.delete("c8 gone").await, Ok(false)), "C8: delete says that there was none");
    assert!(matches!(store.load("c8 gone").await, Ok(None)), "C8: a deleted thread is gone");
    let other = loaded(store, "c8 kept").await;
    assert_eq!((other.head, other.task_records), (kept, vec![note]), "C8: the other thread is untouched");
    begin(store, "c8 gone").await;
    assert!(
        loaded(store, "c8 gone").await.task_records.is_empty(),
        "C8: no note of the old thread comes back"
    );
}

/// C9: changing what was read does not change what is stored.
pub async fn c9_what_was_read_is_a_copy(store: &dyn Checkpointer) {
    let head = begin(store, "c9").await;
    let mut mine = record(1, "{\"a\":1}");
    committed(store, "c9", Some(head), mine.clone()).await;
    mine.change.push_str(" changed");
    let before = loaded(store, "c9").await;
    let mut read = loaded(store, "c9").await;
    read.snapshot.push_str(" changed");
    read.deltas.clear();
    assert_eq!(loaded(store, "c9").await, before, "C9: the store keeps its own copy");
}

/// C10: threads come in byte order, page by page.
pub async fn c10_threads_are_listed_in_order(store: &dyn Checkpointer) {
    for thread in ["c10 b", "c10 C", "c10 a"] {
        begin(store, thread).await;
    }
    let page = Page::first(2).with_after("c10 ");
    let lines = store.list(page).await.unwrap_or_else(|error| panic!("C10: list: {error}"));
    let names: Vec<_> = lines.iter().map(|line| (line.thread.as_str(), line.graph.as_str())).collect();
    assert_eq!(
        names,
        [("c10 C", "conformance"), ("c10 a", "conformance")],
        "C10: byte order, at most the limit"
    );
}

fn header() -> Header {
    Header::new("conformance", Digest::of_bytes("conformance", b"shape"), 1)
}

fn record(step: u64, change: &str) -> Record {
    Record::new(header(), step, change)
}

async fn begin(store: &dyn Checkpointer, thread: &str) -> Head {
    committed(store, thread, None, record(0, "{\"began\":true}").with_snapshot("{\"position\":0}")).await
}

async fn committed(store: &dyn Checkpointer, thread: &str, expected: Option<Head>, record: Record) -> Head {
    let result = store.commit(thread, expected, record).await;
    result.unwrap_or_else(|error| panic!("a commit on {thread:?} failed: {error}"))
}

async fn noted(store: &dyn Checkpointer, thread: &str, head: Head, note: &TaskRecord) -> TaskRecord {
    let result = store.append_once(thread, head, note.clone()).await;
    result.unwrap_or_else(|error| panic!("a note on {thread:?} failed: {error}"))
}

async fn loaded(store: &dyn Checkpointer, thread: &str) -> crate::record::Loaded {
    match store.load(thread).await {
        Ok(Some(loaded)) => loaded,
        Ok(None) => panic!("the thread {thread:?} is missing"),
        Err(error) => panic!("the thread {thread:?} can't be read: {error}"),
    }
}

fn conflict<T>(result: Result<T, ae_core::BackendError>, what: &str) {
    match result {
        Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict, "{what} is a Conflict"),
        Ok(_) => panic!("{what} was accepted"),
    }
}
