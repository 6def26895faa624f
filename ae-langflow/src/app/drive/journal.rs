//! Where the records of `once` go.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use ae_core::{BackendError, ErrorKind};
use async_trait::async_trait;
use serde_json::Value;

use crate::{
    Checkpointer, Journal, TaskId,
    store::record::{Head, TaskRecord},
};

/// Keeps the records of `once` in the store, fenced by the head.
#[derive(Debug)]
pub(crate) struct StoreJournal {
    store: Arc<dyn Checkpointer>,
    thread: Arc<str>,
    head: Mutex<Head>,
    overtaken: AtomicBool,
}

impl StoreJournal {
    pub(crate) fn new(store: Arc<dyn Checkpointer>, thread: Arc<str>, head: Head) -> Self {
        Self { store, thread, head: Mutex::new(head), overtaken: AtomicBool::new(false) }
    }

    /// Follows a commit.
    pub(crate) fn set_head(&self, head: Head) {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = head;
    }

    /// Whether a note was refused because the head had moved.
    pub(crate) fn is_overtaken(&self) -> bool {
        self.overtaken.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Journal for StoreJournal {
    async fn record(&self, task: &TaskId, key: &str, value: Value) -> Result<Value, BackendError> {
        let head = *self.head.lock().unwrap_or_else(PoisonError::into_inner);
        let record = TaskRecord::new(head.step, task.to_string(), format!("once:{key}"), value.to_string());
        let stored = self.store.append_once(&self.thread, head, record).await.inspect_err(|error| {
            if error.kind() == ErrorKind::Conflict {
                self.overtaken.store(true, Ordering::SeqCst);
            }
        })?;
        serde_json::from_str(&stored.value).map_err(|error| {
            let message = format!("the record of {key:?} of {task} is damaged: {error}");
            BackendError::new(ErrorKind::Protocol, "graph", "once", message)
        })
    }
}
