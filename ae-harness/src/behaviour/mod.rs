//! Runs the cases and laws of [`Behaviour`]s against the ES modules of a product.
//!
//! The modules are hostile until proven otherwise: they may loop, allocate, patch the built-in objects, answer with
//! proxies, or look for the value that is expected. So they run in a process of their own, in an engine without I/O, each
//! call in a fresh context; that process is never given an expected value, and the host compares.
//!
//! | file | job |
//! |---|---|
//! | `runner` | from behaviours to trials to verdicts |
//! | `vary`, `compare`, `laws`, `show` | pure: other texts, equality, properties, texts for people |
//! | `mutants` | modules with one defect each, to see whether the cases notice |
//! | `lanes` | child processes, deadlines, what happens when one dies |
//! | `wire` | the lines between the two processes |
//! | `child` | the other process: engine, limits, the check that an answer is plain data |

mod child;
mod compare;
mod lanes;
mod launch;
mod laws;
mod limits;
mod modules;
mod mutants;
mod runner;
mod show;
mod vary;
mod verdict;
mod wire;

pub use launch::{Launcher, behaviour_child};
pub use limits::BehaviourLimits;
pub use modules::Modules;
pub use mutants::{Mutant, MutantReport, MutantRules, mutants};
pub use runner::BehaviourRunner;
pub use verdict::{BehaviourOutcome, CaseVerdict, Verdict};

use ae_core::{BackendError, ErrorKind};

fn error(kind: ErrorKind, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, "behaviour", "run", message)
}
