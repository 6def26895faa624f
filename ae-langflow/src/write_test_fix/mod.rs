//! The write-test-fix graph: write something, test it, find out what is wrong, and write again, until the tests pass or
//! a limit says that they won't.
//!
//! ```text
//! START → write → test ─ verified, stalled or exhausted → END
//!           ↑       │ failed
//!           └─ fix ←┘
//! ```
//!
//! A run is verified when there is at least one check and all of them pass; stalled when the last attempts failed in
//! the same way [`identical_failures_max`](WtfLimits::identical_failures_max) times; exhausted after
//! [`iterations_max`](WtfLimits::iterations_max) attempts.

mod graph;
mod judge;
mod types;

pub use graph::{WtfNodes, graph};
pub use judge::judge;
pub use types::{
    Artifact, Attempt, CheckResult, Diagnosis, FixInput, Proof, TestInput, TestReport, Verdict, WriteInput,
    WtfLimits, WtfState, WtfStateUpdate,
};
