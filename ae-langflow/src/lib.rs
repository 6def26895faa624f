#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The derive names this crate by its name, here as everywhere.
extern crate self as ae_langflow;

mod app;
mod cancel;
mod change;
mod checkpointer;
mod compile;
mod config;
#[cfg(feature = "conformance")]
pub mod conformance;
mod cx;
mod drive;
mod error;
mod event;
mod graph;
mod hash;
mod log;
mod memory;
mod mermaid;
mod node;
mod position;
mod question;
pub mod record;
pub mod reduce;
mod refused;
mod route;
mod run;
#[cfg(feature = "sqlite")]
mod sqlite;
mod state;
mod task;
mod topology;
pub mod wtf;

pub use ae_langflow_macros::State;
pub use app::{App, Ending, Input, ThreadState};
pub use cancel::Cancel;
pub use change::{Change, TaskOutcome, TaskResult, Write};
pub use checkpointer::Checkpointer;
pub use compile::{CompileError, CompileProblem};
pub use config::{RunConfig, STEP_LIMIT};
pub use cx::{Cx, Journal};
pub use error::{ForeignPause, GraphError, RunError};
pub use event::{GraphEvent, Observer};
pub use graph::{EdgeFrom, Graph, StateGraph};
pub use memory::MemoryCheckpointer;
pub use node::{Node, Pause, Step, Stop};
pub use question::{Answer, Question};
pub use run::{GraphRun, NextStep, Superstep};
#[cfg(feature = "sqlite")]
pub use sqlite::{Durability, SqliteCheckpointer};
pub use state::State;
pub use task::TaskId;
pub use topology::{END, START, Topology};

#[doc(hidden)]
pub mod __private {
    //! For the derive alone.

    pub use serde;

    /// A field that is there was written, `null` included.
    pub fn written<'de, T: serde::Deserialize<'de>, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        T::deserialize(deserializer).map(Some)
    }
}
