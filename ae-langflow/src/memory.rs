//! Threads in memory.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, ErrorKind};
use async_trait::async_trait;

use crate::{
    Checkpointer,
    record::{Delta, Head, Header, Loaded, Page, Record, TaskRecord, ThreadInfo},
};

/// Keeps threads in memory, each with its last snapshot and what came after; they live as long as it does. Deterministic; for tests, short runs
/// and trying out.
#[derive(Default)]
pub struct MemoryCheckpointer {
    threads: Mutex<BTreeMap<String, Thread>>,
}

struct Thread {
    header: Header,
    head: Head,
    finished: bool,
    snapshot_head: Head,
    snapshot: Option<String>,
    snapshot_hash: Option<ae_core::Digest>,
    /// Since the snapshot.
    deltas: Vec<Delta>,
    notes: BTreeMap<(String, String), TaskRecord>,
}

impl MemoryCheckpointer {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn threads(&self) -> MutexGuard<'_, BTreeMap<String, Thread>> {
        // Nothing under the lock panics half-way, so a poisoned lock still holds whole threads.
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryCheckpointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCheckpointer").field("threads", &self.threads().len()).finish()
    }
}

#[async_trait]
impl Checkpointer for MemoryCheckpointer {
    async fn commit(
        &self,
        thread: &str,
        expected: Option<Head>,
        record: Record,
    ) -> Result<Head, BackendError> {
        let mut threads = self.threads();
        let found = threads.get_mut(thread);
        if found.as_ref().map(|known| known.head) != expected {
            return Err(moved("commit", thread));
        }
        let head = Head::after(expected.as_ref(), &record);
        let Some(known) = found else {
            if record.snapshot.is_none() {
                return Err(no_snapshot(thread));
            }
            let first = Thread {
                header: record.header,
                head,
                finished: record.finished,
                snapshot_head: head,
                snapshot: record.snapshot,
                snapshot_hash: record.state_hash,
                deltas: Vec::new(),
                notes: BTreeMap::new(),
            };
            threads.insert(thread.to_owned(), first);
            return Ok(head);
        };
        if record.step > known.head.step {
            known.notes.clear();
        }
        known.head = head;
        known.header = record.header;
        known.finished = record.finished;
        if record.snapshot.is_some() {
            known.deltas.clear();
            known.snapshot_head = head;
            known.snapshot = record.snapshot;
            known.snapshot_hash = record.state_hash;
        } else {
            known.deltas.push(Delta::new(record.step, record.change, record.state_hash));
        }
        Ok(head)
    }

    async fn append_once(
        &self,
        thread: &str,
        head: Head,
        record: TaskRecord,
    ) -> Result<TaskRecord, BackendError> {
        let mut threads = self.threads();
        match threads.get_mut(thread) {
            Some(known) if known.head == head => {
                let key = (record.task.clone(), record.key.clone());
                Ok(known.notes.entry(key).or_insert(record).clone())
            }
            _ => Err(moved("append_once", thread)),
        }
    }

    async fn load(&self, thread: &str) -> Result<Option<Loaded>, BackendError> {
        Ok(self.threads().get(thread).map(|known| Loaded {
            header: known.header.clone(),
            head: known.head,
            snapshot_head: known.snapshot_head,
            snapshot_hash: known.snapshot_hash,
            snapshot: known.snapshot.clone().unwrap_or_default(),
            deltas: known.deltas.clone(),
            task_records: known.notes.values().cloned().collect(),
        }))
    }

    async fn list(&self, page: Page) -> Result<Vec<ThreadInfo>, BackendError> {
        let threads = self.threads();
        let after = threads.iter().filter(|(name, _)| page.after.as_ref().is_none_or(|after| *name > after));
        let lines = after.map(|(name, known)| {
            ThreadInfo::new(name.clone(), known.header.graph.clone(), known.head, known.finished)
        });
        Ok(lines.take(page.limit).collect())
    }

    async fn delete(&self, thread: &str) -> Result<bool, BackendError> {
        Ok(self.threads().remove(thread).is_some())
    }
}

fn moved(operation: &'static str, thread: &str) -> BackendError {
    let message = format!("the thread {thread:?} is not where it was expected: load it again");
    BackendError::new(ErrorKind::Conflict, "memory", operation, message)
}

fn no_snapshot(thread: &str) -> BackendError {
    let message = format!("the first record of the thread {thread:?} has no snapshot");
    BackendError::new(ErrorKind::InvalidInput, "memory", "commit", message)
}
