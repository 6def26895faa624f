//! The port that judges niches, and the check of a finished spec.

#[cfg(feature = "conformance")]
pub mod conformance;
mod port;
mod promise_check;
mod score;
mod spec_check;
mod types;

#[cfg(feature = "mock")]
pub use self::port::MockNicheValidator;
pub use self::{
    port::NicheValidator,
    score::{Figure, Score, ScoreTerm},
    spec_check::{Problem, verify_spec},
    types::{NamedFigure, ValidationReport, ValidationRequest, Verdict},
};
