//! Helpers of the checks.

use std::{future::Future, sync::Arc};

use ae_core::{BackendError, Digest, Effect, ErrorKind, Timestamp};

use crate::{
    Checkpointer,
    store::record::{Blob, Head, Header, Loaded, Page, Record, TaskRecord, ThreadInfo},
};

/// The time of the record with this number: one second after the one before.
pub(super) fn at(seq: u64) -> Timestamp {
    let second = i64::try_from(seq).expect("a small number");
    Timestamp::from_second(1_700_000_000 + second).expect("a time of our days")
}

pub(super) fn header() -> Header {
    Header::new("conformance", Digest::of_bytes("conformance", b"shape"), 1)
}

/// The first record of a thread.
pub(super) fn first() -> Record {
    Record::with_snapshot(None, at(1), 0, "{\"began\":true}", "{\"position\":0}").with_header(header())
}

/// The record after `before`, at the same step.
pub(super) fn same_step(before: Head, change: &str) -> Record {
    Record::new(Some(&before), at(before.seq + 1), before.step, change)
}

/// The record after `before` that completes a superstep.
pub(super) fn next_step(before: Head, change: &str) -> Record {
    Record::new(Some(&before), at(before.seq + 1), before.step + 1, change)
}

/// The same with a snapshot.
pub(super) fn with_snapshot(before: Head, change: &str, snapshot: &str) -> Record {
    Record::with_snapshot(Some(&before), at(before.seq + 1), before.step + 1, change, snapshot)
}

pub(super) fn note(step: u64, task: &str, value: &str) -> TaskRecord {
    TaskRecord::new(step, task, "k", value)
}

pub(super) fn blob(text: &str) -> Blob {
    Blob::new(text)
}

/// Makes a thread with one record.
pub(super) async fn begin(store: &dyn Checkpointer, thread: &str) -> Head {
    commit(store, thread, None, first()).await
}

pub(super) async fn commit(
    store: &dyn Checkpointer,
    thread: &str,
    expected: Option<Head>,
    record: Record,
) -> Head {
    let head = record.head;
    done(store.commit(thread, expected, record).await, "a commit");
    head
}

pub(super) async fn append(
    store: &dyn Checkpointer,
    thread: &str,
    head: Head,
    note: &TaskRecord,
) -> TaskRecord {
    done(store.append_once(thread, head, vec![note.clone()]).await, "a note").remove(0)
}

pub(super) async fn load(store: &dyn Checkpointer, thread: &str) -> Loaded {
    load_at(store, thread, None).await.unwrap_or_else(|| panic!("the thread {thread:?} is missing"))
}

pub(super) async fn load_at(store: &dyn Checkpointer, thread: &str, up_to: Option<u64>) -> Option<Loaded> {
    done(store.load(thread, up_to).await, "a load")
}

pub(super) async fn list_after(store: &dyn Checkpointer, after: &str, limit: usize) -> Vec<ThreadInfo> {
    done(store.list(Page::first(limit).with_after(after)).await, "a listing")
}

pub(super) fn done<T>(result: Result<T, BackendError>, what: &str) -> T {
    result.unwrap_or_else(|error| panic!("{what} failed: {error:?}"))
}

/// `result` is an error of `kind` that left everything as it was.
pub(super) fn refused<T>(result: Result<T, BackendError>, kind: ErrorKind, what: &str) {
    match result {
        Err(error) => {
            assert_eq!(error.kind(), kind, "{what}: {error:?}");
            assert_eq!(error.effect(), Effect::NotApplied, "{what}: a refusal changes nothing: {error}");
        }
        Ok(_) => panic!("{what} was accepted"),
    }
}

/// The changes after the snapshot.
pub(super) fn changes(loaded: &Loaded) -> Vec<&str> {
    loaded.deltas.iter().map(|delta| delta.change.as_str()).collect()
}

/// The head that the snapshot and the changes after it lead to.
pub(super) fn walked(loaded: &Loaded) -> Head {
    loaded
        .deltas
        .iter()
        .fold(loaded.snapshot_head, |head, delta| Head::after(Some(&head), delta.step, &delta.change, None))
}

/// Runs `work` of several writers at the same time and returns what each came to.
pub(super) async fn race<T, F>(
    store: &Arc<dyn Checkpointer>,
    writers: usize,
    work: impl Fn(Arc<dyn Checkpointer>, usize) -> F,
) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..writers).map(|writer| tokio::spawn(work(Arc::clone(store), writer))).collect();
    let mut results = Vec::with_capacity(writers);
    for task in tasks {
        results.push(task.await.expect("a writer ends by itself"));
    }
    results
}
