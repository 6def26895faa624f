//! The books: events that came in, and what they add up to.

mod access;
mod booking;
mod churn;
#[cfg(feature = "conformance")]
pub(crate) mod conformance;
pub(crate) mod entitlements;
mod facts;
mod gather;
mod names;
mod port;
pub(crate) mod revenue;
mod settle;
mod summary;
mod types;

pub use churn::Churn;
#[cfg(feature = "mock")]
pub use entitlements::MockEntitlements;
pub use entitlements::{Entitlement, Entitlements};
pub use port::EventStore;
#[cfg(feature = "mock")]
pub use port::MockEventStore;
pub use summary::{CurrencyRevenue, RevenueSummary};
pub use types::{Intake, OnSale, ReceivedEvent, Unresolved};
