//! Meters, and the usage that is reported to them.

use ae_core::{RunId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{CustomerId, MeterId};

/// Asks for a meter: it sums up usage by customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewMeter {
    /// The run that makes it.
    pub run: RunId,
    /// The text that the seller sees: 1 to 250 characters on one line.
    pub name: String,
    /// The name of the usage that counts: 1 to 64 ASCII letters, digits, hyphens, underscores, unique at the provider.
    pub event: String,
}

impl NewMeter {
    /// A meter of `event`.
    pub fn new(run: RunId, name: impl Into<String>, event: impl Into<String>) -> Self {
        Self { run, name: name.into(), event: event.into() }
    }
}

/// A meter at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Meter {
    /// Its id.
    pub id: MeterId,
    /// The run that made it.
    pub run: RunId,
    /// The text that the seller sees.
    pub name: String,
    /// The name of the usage that counts.
    pub event: String,
    /// Whether it counts.
    pub active: bool,
    /// The time at which it was made.
    pub created_at: Timestamp,
}

impl Meter {
    /// The meter that `request` asks for.
    pub fn new(id: MeterId, request: NewMeter, created_at: Timestamp) -> Self {
        let NewMeter { run, name, event } = request;
        Self { id, run, name, event, active: true, created_at }
    }
}

/// Usage of one customer. The key under which it is reported counts it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewUsage {
    /// The name of the usage.
    pub event: String,
    /// The customer.
    pub customer: CustomerId,
    /// The number of units.
    pub quantity: u64,
    /// The time of the usage.
    pub at: Timestamp,
}

impl NewUsage {
    /// `quantity` units of `event`.
    pub fn new(event: impl Into<String>, customer: CustomerId, quantity: u64, at: Timestamp) -> Self {
        Self { event: event.into(), customer, quantity, at }
    }
}
