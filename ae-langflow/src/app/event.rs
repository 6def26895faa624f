//! What happens while a thread runs.

use std::{fmt, sync::Arc};

use crate::Question;

/// Hears what happens, in order. It is called in between, so it returns soon.
pub trait Observer: fmt::Debug + Send + Sync + 'static {
    /// Takes one event.
    fn on_event(&self, event: &GraphEvent);
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum GraphEvent {
    /// A node begins.
    NodeStarted {
        /// The thread.
        thread: Arc<str>,
        /// The node.
        node: String,
        /// The superstep.
        step: u64,
    },
    /// A node finished. Its writes are not committed yet.
    NodeFinished {
        /// The thread.
        thread: Arc<str>,
        /// The node.
        node: String,
        /// The superstep.
        step: u64,
    },
    /// One try of a node failed.
    NodeFailed {
        /// The thread.
        thread: Arc<str>,
        /// The node.
        node: String,
        /// The superstep.
        step: u64,
        /// Which try it was, from 1.
        attempt: u32,
        /// Why, on one line.
        message: String,
        /// Whether it is tried again.
        repeated: bool,
    },
    /// A superstep is complete and, if there is a store, stored. Step 0 is the input.
    Committed {
        /// The thread.
        thread: Arc<str>,
        /// The superstep.
        step: u64,
    },
    /// The thread waits for answers.
    Asked {
        /// The thread.
        thread: Arc<str>,
        /// Every open question.
        questions: Vec<Question>,
    },
}
