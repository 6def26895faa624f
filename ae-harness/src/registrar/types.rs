//! The types of buying a domain name.

use ae_core::{Mode, Money, Provider, Timestamp};
use serde::{Deserialize, Serialize};

use crate::checked::is_label;

ae_core::checked_text! {
    /// A domain name that can be registered: lower-case labels of letters, digits and inner hyphens, at least two of
    /// them, 253 bytes at most (RFC 1035, section 2.3.4). Write other scripts in their `xn--` form.
    pub struct Domain: "a domain: use lower-case labels joined by dots, such as csv-tidy.example", |text| {
        text.len() <= 253 && text.contains('.') && text.split('.').all(is_label)
    }
}

/// A registrar's account of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegistrarInfo {
    /// Its name, and whether it buys for real.
    pub provider: Provider,
}

impl RegistrarInfo {
    /// The registrar `name` in `mode`.
    pub fn new(name: impl Into<String>, mode: Mode) -> Self {
        Self { provider: Provider::new(name, mode) }
    }
}

ae_core::wire_enum! {
    /// Whether a name could be bought. It is certain only with the order: reserved and premium names look free.
    #[non_exhaustive]
    pub enum Availability {
        /// It is registered.
        Taken = "taken",
        /// No registration was found.
        MaybeFree = "maybe_free",
        /// The registry did not answer.
        Unknown = "unknown",
    }
}

/// The price of a name. Only the exact numbers quoted can be bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Quote {
    /// The name.
    pub domain: Domain,
    /// The number of years.
    pub years: u8,
    /// The price of all of them.
    pub price: Money,
    /// The price of each year after that.
    pub renewal: Money,
    /// The time of the quote.
    pub quoted_at: Timestamp,
}

impl Quote {
    /// `domain` for `years` years at `price`, and `renewal` for each year after.
    pub const fn new(domain: Domain, years: u8, price: Money, renewal: Money, quoted_at: Timestamp) -> Self {
        Self { domain, years, price, renewal, quoted_at }
    }
}

ae_core::wire_enum! {
    /// The state of an order.
    #[non_exhaustive]
    pub enum OrderState {
        /// Accepted, not registered yet.
        Pending = "pending",
        /// Registered.
        Registered = "registered",
        /// It was not registered.
        Failed = "failed",
    }
}

/// A purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Order {
    /// Its id at the registrar.
    pub id: String,
    /// The name.
    pub domain: Domain,
    /// The price that was paid.
    pub price: Money,
    /// Its state.
    pub state: OrderState,
    /// Whether it renews by itself.
    pub auto_renew: bool,
}

impl Order {
    /// The order `id` of `domain` at `price`, which does not renew by itself.
    pub fn new(id: impl Into<String>, domain: Domain, price: Money, state: OrderState) -> Self {
        Self { id: id.into(), domain, price, state, auto_renew: false }
    }
}

ae_core::setters! { Order {
    /// Sets whether it renews by itself.
    fn with_auto_renew(auto_renew: bool);
} }
