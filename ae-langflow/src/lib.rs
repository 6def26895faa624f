#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The derive names this crate by its name, here as everywhere.
extern crate self as ae_langflow;

#[doc = include_str!("../docs/coming-from-langgraph.md")]
pub mod coming_from_langgraph {}

mod app;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod graph;
mod node;
pub mod prelude;
mod run;
mod state;
mod store;
#[cfg(feature = "temporal")]
pub mod temporal;
pub mod write_test_fix;

pub use ae_core::Cancel;
pub use ae_langflow_macros::State;
pub use app::{
    App, Cause, Checkpoint, Ending, Event, GraphStream, Input, Modes, Retention, RunConfig, STEP_LIMIT,
    ThreadState, WriteAs,
};
pub use error::GraphError;
pub use graph::{
    CompileError, CompileProblem, CompileWarning, END, EdgeFrom, Graph, START, StateGraph, Topology,
};
pub use node::{
    Answer, CacheKey, Configured, Cx, DueTask, Emitter, ForeignPause, Journal, MemoryNodeCache, Node,
    NodeCache, NodeFailure, NodeOptions, NodePolicy, NodeRetry, NodeTimeout, Pause, Pulse, Question, Step,
    Stop, TaskId, node,
};
pub use run::{Change, GraphRun, NextStep, RunError, Superstep, TaskOutcome, TaskResult, Write};
pub use state::{JsonState, MigrateError, Patch, Reducers, State, reduce};
pub use store::{Checkpointer, MemoryCheckpointer, record};
#[cfg(feature = "sqlite")]
pub use store::{Durability, SqliteCheckpointer};
#[cfg(feature = "encryption")]
pub use store::{Encrypted, EncryptionKeys};
#[cfg(feature = "postgres")]
pub use store::{PostgresCheckpointer, PostgresOptions};

#[doc(hidden)]
pub mod __private {
    //! For the derive alone.

    pub use serde;
    pub use serde_json;

    /// Carries a state one version on.
    pub type Migration = fn(serde_json::Value) -> Result<serde_json::Value, crate::MigrateError>;

    /// Carries a state over, one version a step, the last step to `version`.
    pub fn migrate(
        steps: &[Migration],
        version: u32,
        from: u32,
        state: serde_json::Value,
    ) -> Result<serde_json::Value, crate::MigrateError> {
        let missing = version.checked_sub(from).and_then(|needed| usize::try_from(needed).ok());
        let Some(skip) = missing.and_then(|needed| steps.len().checked_sub(needed)) else {
            return Err(format!(
                "no migration leads from version {from} to {version}: use the program that wrote it"
            )
            .into());
        };
        steps.iter().skip(skip).try_fold(state, |state, step| step(state))
    }

    /// A field that is there was written, `null` included.
    pub fn written<'de, T: serde::Deserialize<'de>, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        T::deserialize(deserializer).map(Some)
    }
}
