//! Joins the work of a run to a display.

use std::fmt::Debug;

/// Is notified of what a run does.
pub trait Progress: Debug + Send + Sync {
    /// A stage begins.
    fn stage(&self, name: &str);
    /// A line about it.
    fn note(&self, line: &str);
    /// Takes the display away while a person is asked something.
    fn hold(&self) {}
    /// Brings it back.
    fn release(&self) {}
    /// The run has stopped.
    fn done(&self) {}
}

/// No display.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _: &str) {}
    fn note(&self, _: &str) {}
}
