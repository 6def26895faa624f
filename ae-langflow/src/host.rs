//! The parts of the engine for hosts that drive runs themselves, and for writers of stores.
//!
//! A host takes a [`GraphRun`], asks it for its [`NextStep`], runs each [`DueTask`] with
//! [`Graph::run_task`](crate::Graph::run_task) under a [`Cx`](crate::Cx) that it makes, and gives the [`TaskOutcome`]s
//! back. A store implements [`Checkpointer`](crate::Checkpointer) over [`Record`]s.

pub use crate::{
    app::STEP_LIMIT,
    graph::{EdgeFrom, Topology},
    node::{
        CacheKey, DueTask, Emitter, ForeignPause, Journal, NodeOptions, NodePanic, NodePolicy, NodeRetry,
        NodeTimeout, Pause, RetryOn,
    },
    run::{Change, GraphRun, Next, NextStep, Superstep, TaskOutcome, TaskResult, Turned, Write},
    state::{JsonState, Patch, Reducers},
    store::{
        Intercept, StoreAnswer, StoreCall, Tap,
        record::{Blob, Delta, Head, Header, Loaded, NAME_BYTES_MAX, Prune, Record, TaskRecord},
    },
};
#[cfg(feature = "mock")]
pub use crate::{node::MockNodeCache, store::MockCheckpointer};
