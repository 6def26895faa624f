//! Several ways into one store, taken in turn: what one does, the others see.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use ae_core::BackendError;
use ae_langflow::{
    Checkpointer,
    record::{Head, Loaded, Page, Prune, Record, TaskRecord, ThreadInfo},
};
use async_trait::async_trait;

#[derive(Debug)]
pub struct Turns {
    stores: Vec<Arc<dyn Checkpointer>>,
    calls: AtomicUsize,
}

impl Turns {
    pub fn new(stores: Vec<Arc<dyn Checkpointer>>) -> Self {
        Self { stores, calls: AtomicUsize::new(0) }
    }

    fn next(&self) -> &dyn Checkpointer {
        &self.stores[self.calls.fetch_add(1, Ordering::SeqCst) % self.stores.len()]
    }
}

#[async_trait]
impl Checkpointer for Turns {
    async fn commit(&self, thread: &str, expected: Option<Head>, record: Record) -> Result<(), BackendError> {
        self.next().commit(thread, expected, record).await
    }

    async fn append_once(
        &self,
        thread: &str,
        head: Head,
        record: TaskRecord,
    ) -> Result<TaskRecord, BackendError> {
        self.next().append_once(thread, head, record).await
    }

    async fn load(&self, thread: &str, up_to: Option<u64>) -> Result<Option<Loaded>, BackendError> {
        self.next().load(thread, up_to).await
    }

    async fn list(&self, page: Page) -> Result<Vec<ThreadInfo>, BackendError> {
        self.next().list(page).await
    }

    async fn copy(&self, from: &str, up_to: Option<u64>, to: &str) -> Result<Head, BackendError> {
        self.next().copy(from, up_to, to).await
    }

    async fn prune(&self, thread: &str, prune: Prune) -> Result<u64, BackendError> {
        self.next().prune(thread, prune).await
    }

    async fn delete(&self, thread: &str) -> Result<bool, BackendError> {
        self.next().delete(thread).await
    }
}
