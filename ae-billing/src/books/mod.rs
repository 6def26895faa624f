//! The books: events that came in, and what they add up to.

mod booking;
#[cfg(feature = "conformance")]
pub(crate) mod conformance;
mod port;
mod revenue;
mod types;

pub use port::EventStore;
#[cfg(feature = "mock")]
pub use port::MockEventStore;
pub use types::{CurrencyRevenue, Entitlement, Intake, ReceivedEvent, RevenueSummary};
