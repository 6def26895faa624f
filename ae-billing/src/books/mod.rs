//! The books: events that came in, and what they add up to.

#[cfg(feature = "conformance")]
pub(crate) mod conformance;
mod port;
mod rules;

pub use port::{EventStore, Intake, ReceivedEvent};
