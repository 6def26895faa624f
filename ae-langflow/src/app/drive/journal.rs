//! Where the records of `once` go.

use std::sync::{Arc, Mutex};

use ae_core::{BackendError, ErrorKind};
use async_trait::async_trait;
use serde_json::Value;

use crate::{
    Checkpointer, Journal, TaskId,
    node::locked,
    store::record::{Head, TaskRecord},
};

/// Keeps the records of `once` in the store, fenced by the head.
#[derive(Debug)]
pub(crate) struct StoreJournal {
    store: Arc<dyn Checkpointer>,
    thread: Arc<str>,
    head: Mutex<Head>,
    /// The head at which a record was refused because another runner had moved on from it.
    overtaken: Mutex<Option<Head>>,
}

impl StoreJournal {
    pub(crate) fn new(store: Arc<dyn Checkpointer>, thread: Arc<str>, head: Head) -> Self {
        Self { store, thread, head: Mutex::new(head), overtaken: Mutex::default() }
    }

    /// The head that the records are for.
    pub(crate) fn head(&self) -> Head {
        *locked(&self.head)
    }

    /// Follows a commit.
    pub(crate) fn set_head(&self, head: Head) {
        *locked(&self.head) = head;
    }

    /// Whether a note of the superstep under way was refused because the head had moved. One that came too late for an
    /// earlier superstep does not count.
    pub(crate) fn is_overtaken(&self) -> bool {
        *locked(&self.overtaken) == Some(*locked(&self.head))
    }
}

#[async_trait]
impl Journal for StoreJournal {
    async fn record(&self, step: u64, task: &TaskId, key: &str, value: Value) -> Result<Value, BackendError> {
        let head = *locked(&self.head);
        // Work that a node started may outlive it: its record would be taken for that of a later superstep.
        if head.step.saturating_add(1) != step {
            let message =
                format!("superstep {step} is over, so {task} records nothing under {key:?} any more");
            return Err(BackendError::new(ErrorKind::Conflict, "graph", "once", message));
        }
        let record = TaskRecord::new(head.step, task.to_string(), format!("once:{key}"), value.to_string());
        let stored = self.store.append_once(&self.thread, head, vec![record]).await.inspect_err(|error| {
            if error.kind() == ErrorKind::Conflict {
                *locked(&self.overtaken) = Some(head);
            }
        })?;
        let stored = stored.first().map_or("", |note| note.value.as_str());
        serde_json::from_str(stored).map_err(|error| {
            let message = format!("the record of {key:?} of {task} is damaged: {error}");
            BackendError::new(ErrorKind::Protocol, "graph", "once", message)
        })
    }
}
