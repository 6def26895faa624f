//! The services of a host for the nodes of a superstep.

use std::{fmt, sync::Arc};

use ae_core::{BackendError, Runtime};
use async_trait::async_trait;
use serde_json::Value;

use crate::{Cancel, NodeCache, TaskId};

/// Where [`Cx::once`](crate::Cx::once) keeps its records. A host makes one per superstep; nodes never see it.
#[async_trait]
pub trait Journal: fmt::Debug + Send + Sync + 'static {
    /// Stores `value` under (step, task, key) durably and returns what is stored there: an earlier value wins. `step`
    /// is the superstep of the task, from 1. A record for a superstep that is over is refused with `Conflict`: work
    /// that a node started may outlive the superstep.
    ///
    /// # Errors
    ///
    /// Those of the store. Nothing is stored then, unless the error says that it may have been.
    async fn record(&self, step: u64, task: &TaskId, key: &str, value: Value) -> Result<Value, BackendError>;
}

/// Receives the events that nodes send with [`Cx::emit`](crate::Cx::emit).
#[async_trait]
pub trait Emitter: fmt::Debug + Send + Sync + 'static {
    /// Takes one event. It waits while too much is unread.
    async fn emit(&self, task: &TaskId, step: u64, event: Value);
}

/// The parts of a context that all tasks of a superstep share.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    pub(crate) thread: Arc<str>,
    /// Keeps threads of one name apart.
    pub(crate) incarnation: Arc<str>,
    pub(crate) cancel: Cancel,
    pub(crate) journal: Option<Arc<dyn Journal>>,
    pub(crate) emitter: Option<Arc<dyn Emitter>>,
    pub(crate) cache: Option<Arc<dyn NodeCache>>,
    /// Times the tries of nodes. Without one there are no limits in time and no repeats: the host sees to that.
    pub(crate) runtime: Option<Runtime>,
}

impl Host {
    pub(crate) fn new(thread: Arc<str>) -> Self {
        let (incarnation, cancel) = ("".into(), Cancel::default());
        Self { thread, incarnation, cancel, journal: None, emitter: None, cache: None, runtime: None }
    }
}
