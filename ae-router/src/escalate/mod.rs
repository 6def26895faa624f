//! Climbing from a cheap model to stronger ones, by results.

#[cfg(feature = "execute")]
mod climb;
mod ladder;

#[cfg(feature = "execute")]
pub use self::climb::{EscalateError, Escalated};
pub use self::ladder::{Failure, Ladder, Verdict};
