#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The derive names this crate by its name, here as everywhere.
extern crate self as ae_langflow;

#[doc = include_str!("../docs/coming-from-langgraph.md")]
pub mod coming_from_langgraph {}

mod app;
mod cache;
mod change;
mod checkpointer;
mod compile;
mod config;
#[cfg(feature = "conformance")]
pub mod conformance;
mod cx;
mod drive;
#[cfg(feature = "encryption")]
mod encrypted;
mod error;
mod event;
mod graph;
mod hash;
mod json_state;
mod log;
mod memory;
mod mermaid;
mod name;
mod next;
mod node;
mod patch;
mod policy;
mod position;
#[cfg(feature = "postgres")]
mod postgres;
pub mod prelude;
mod question;
pub mod record;
pub mod reduce;
mod refused;
mod route;
mod run;
#[cfg(feature = "sqlite")]
mod sqlite;
mod state;
mod stream;
mod subgraph;
mod task;
#[cfg(feature = "temporal")]
pub mod temporal;
mod topology;
mod trace;
pub mod wtf;

pub use ae_core::Cancel;
pub use ae_langflow_macros::State;
pub use app::{App, Cause, Checkpoint, Ending, Input, Retention, ThreadState, WriteAs};
pub use cache::{MemoryNodeCache, NodeCache};
pub use change::{Change, NodeFailure, TaskOutcome, TaskResult, Write};
pub use checkpointer::Checkpointer;
pub use compile::{CompileError, CompileProblem, CompileWarning};
pub use config::{RunConfig, STEP_LIMIT};
pub use cx::{Cx, Emitter, Journal, Pulse};
#[cfg(feature = "encryption")]
pub use encrypted::{Encrypted, EncryptionKeys};
pub use error::{ForeignPause, GraphError, NodeTimeout, RunError};
pub use event::{GraphEvent, Observer};
pub use graph::{EdgeFrom, Graph, StateGraph};
pub use json_state::{JsonState, Reducers};
pub use memory::MemoryCheckpointer;
pub use next::Next;
pub use node::{CacheKey, Configured, Node, NodeOptions, Pause, Step, Stop, node};
pub use patch::Patch;
pub use policy::{NodePolicy, NodeRetry};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresCheckpointer, PostgresOptions};
pub use question::{Answer, Question};
pub use run::{DueTask, GraphRun, NextStep, Superstep};
#[cfg(feature = "sqlite")]
pub use sqlite::{Durability, SqliteCheckpointer};
pub use state::{MigrateError, State};
pub use stream::{Event, GraphStream, Modes};
pub use task::TaskId;
pub use topology::{END, START, Topology};

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
