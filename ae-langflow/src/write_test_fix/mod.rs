//! The write-test-fix graph: write something, test it, find out what is wrong, and write again, until the tests pass or
//! a limit says that they won't.
//!
//! ```text
//! START → write → test ─ verified, stalled or exhausted → END
//!         │ ↑       │ failed
//!         │ └─ fix ←┘
//!         └ ended by name → END
//! ```
//!
//! A run is verified when there is at least one check and all of them pass; stalled when the last attempts failed in
//! the same way [`identical_failures_max`](LoopLimits::identical_failures_max) times; exhausted after
//! [`iterations_max`](LoopLimits::iterations_max) attempts. `write` may end it before that with an outcome of its own, for
//! example when it is refused the money for another attempt.

mod graph;
mod judge;
mod types;

pub use graph::{LoopNodes, graph};
pub use judge::judge;
pub use types::{
    Artifact, Attempt, CheckResult, Diagnosis, FixInput, LoopLimits, LoopState, LoopStateUpdate, Proof,
    TestInput, TestReport, Verdict, WriteInput, Written,
};
