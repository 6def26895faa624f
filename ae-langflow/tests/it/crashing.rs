//! A store under which the process dies at a chosen write, as far as the engine can tell.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use ae_core::{BackendError, ErrorKind};
use ae_langflow::{
    Checkpointer,
    record::{Head, Loaded, Page, Prune, Record, TaskRecord, ThreadInfo},
};
use async_trait::async_trait;

/// What a task was in one superstep: its number and the task.
pub type Done = (u64, String);

/// Fails at write number `at` of this process, before it or after it is durable, and at every one from then on.
#[derive(Debug)]
pub struct Crashing {
    inner: Arc<dyn Checkpointer>,
    at: usize,
    before: bool,
    writes: AtomicUsize,
    /// The tasks whose results became durable.
    durable: Arc<Mutex<BTreeSet<Done>>>,
}

impl Crashing {
    pub fn new(
        inner: Arc<dyn Checkpointer>,
        at: usize,
        before: bool,
        durable: &Arc<Mutex<BTreeSet<Done>>>,
    ) -> Self {
        Self { inner, at, before, writes: AtomicUsize::new(0), durable: Arc::clone(durable) }
    }

    /// Whether this write is the last one.
    fn enter(&self) -> Result<bool, BackendError> {
        let number = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        if number > self.at || (number == self.at && self.before) {
            Err(dead())
        } else {
            Ok(number == self.at)
        }
    }

    fn keep(&self, done: impl IntoIterator<Item = Done>) {
        self.durable.lock().unwrap().extend(done);
    }
}

fn dead() -> BackendError {
    BackendError::new(ErrorKind::Unavailable, "test", "write", "the process is dead")
}

#[async_trait]
impl Checkpointer for Crashing {
    async fn commit(&self, thread: &str, expected: Option<Head>, record: Record) -> Result<(), BackendError> {
        let last = self.enter()?;
        let (step, change) = (record.head.step, record.change.clone());
        self.inner.commit(thread, expected, record).await?;
        let change: serde_json::Value = serde_json::from_str(&change).unwrap();
        for (place, step) in [("/s/0", step), ("/parked/finished", step + 1)] {
            let tasks = change.pointer(place).and_then(|tasks| tasks.as_array()).into_iter().flatten();
            self.keep(tasks.map(|task| (step, task[0].as_str().unwrap().to_owned())));
        }
        if last { Err(dead()) } else { Ok(()) }
    }

    async fn append_once(
        &self,
        thread: &str,
        head: Head,
        record: TaskRecord,
    ) -> Result<TaskRecord, BackendError> {
        let last = self.enter()?;
        let stored = self.inner.append_once(thread, head, record).await?;
        if stored.key.starts_with("done@") {
            self.keep([(stored.step + 1, stored.task.clone())]);
        }
        if last { Err(dead()) } else { Ok(stored) }
    }

    async fn load(&self, thread: &str, up_to: Option<u64>) -> Result<Option<Loaded>, BackendError> {
        self.inner.load(thread, up_to).await
    }

    async fn list(&self, page: Page) -> Result<Vec<ThreadInfo>, BackendError> {
        self.inner.list(page).await
    }

    async fn copy(&self, from: &str, up_to: Option<u64>, to: &str) -> Result<Head, BackendError> {
        self.inner.copy(from, up_to, to).await
    }

    async fn prune(&self, thread: &str, prune: Prune) -> Result<u64, BackendError> {
        self.inner.prune(thread, prune).await
    }

    async fn delete(&self, thread: &str) -> Result<bool, BackendError> {
        self.inner.delete(thread).await
    }
}
