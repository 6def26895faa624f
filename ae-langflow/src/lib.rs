#![cfg_attr(feature = "sqlite", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "sqlite"), doc = "A durable state-graph engine: see README.md.")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The derive names this crate by its name, here as everywhere.
extern crate self as ae_langflow;

pub mod docs {
    //! Longer texts.

    #[doc = include_str!("../docs/coming-from-langgraph.md")]
    pub mod coming_from_langgraph {}

    #[doc = include_str!("../docs/how-it-works.md")]
    pub mod how_it_works {}
}

mod app;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod graph;
pub mod host;
mod json;
mod node;
pub mod prelude;
mod run;
mod state;
mod store;
#[cfg(feature = "temporal")]
pub mod temporal;
pub mod write_test_fix;

pub use ae_core as core;
pub use ae_core::Cancel;
#[cfg(feature = "sqlite")]
pub use ae_core_sqlite::Durability;
pub use ae_langflow_macros::State;
pub use app::{
    App, Cause, Checkpoint, Ending, Event, GraphStream, Input, Modes, Retention, RunConfig, ThreadState,
    Turn, WhenBusy, WriteAs,
};
pub use error::GraphError;
pub use graph::{CompileError, CompileProblem, CompileWarning, END, Graph, START, StateGraph};
pub use node::{
    Answer, Configured, Cx, Fatal, MemoryNodeCache, Node, NodeCache, NodeFailure, Question, Step, Stop,
    TaskId, node,
};
pub use run::{OpenJoin, RunError};
pub use state::{MigrateError, State, reduce};
#[cfg(feature = "sqlite")]
pub use store::SqliteCheckpointer;
pub use store::{Checkpointer, MemoryCheckpointer, Page, ThreadInfo};
#[cfg(feature = "encryption")]
pub use store::{Encrypted, EncryptionKeys};
#[cfg(feature = "postgres")]
pub use store::{PostgresCheckpointer, PostgresOptions};

// Inside the crate the parts for hosts have short names as well.
pub(crate) use graph::Topology;
pub(crate) use node::{DueTask, Emitter, ForeignPause, Journal, NodePolicy, NodeTimeout};
pub(crate) use run::{Change, GraphRun, NextStep, Superstep, TaskOutcome, TaskResult};
pub(crate) use state::{JsonState, Reducers};

#[doc(hidden)]
pub mod __private {
    //! For the derive alone.

    pub use crate::state::Patch;
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

    /// Writes a field that is there, without the `Some` around it, since there may be one inside it.
    pub fn write<T: serde::Serialize, S: serde::Serializer>(
        written: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match written {
            Some(value) => value.serialize(serializer),
            None => serializer.serialize_none(),
        }
    }

    /// A field that is there was written, `null` included.
    pub fn written<'de, T: serde::Deserialize<'de>, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        T::deserialize(deserializer).map(Some)
    }
}
