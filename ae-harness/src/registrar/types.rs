//! The types of looking for a domain name and of quoting it.

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

impl Domain {
    /// The last label, for example `com`.
    pub fn top_level(&self) -> &str {
        self.as_str().rsplit('.').next().unwrap_or_default()
    }
}

/// A registrar's account of itself and its abilities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegistrarInfo {
    /// Its name, and whether it buys for real.
    pub provider: Provider,
    /// Whether it quotes, buys and finds orders. Without this ability it only looks.
    pub buys: bool,
    /// Whether it can try a purchase without buying.
    pub dry_run: bool,
    /// Whether the vendor itself knows a request again by its idempotency key. Where it does not, the registrar looks at
    /// the account before it sends a purchase.
    pub idempotent: bool,
    /// Whether a purchase has to name a contact.
    pub needs_contact: bool,
    /// The most names that one search takes.
    pub names_max: usize,
    /// The most years for which a name is bought.
    pub years_max: u8,
}

impl RegistrarInfo {
    /// The registrar `name` in `mode`, which looks for up to `names_max` names and has no other ability.
    pub fn new(name: impl Into<String>, mode: Mode, names_max: usize) -> Self {
        Self {
            provider: Provider::new(name, mode),
            buys: false,
            dry_run: false,
            idempotent: false,
            needs_contact: false,
            names_max,
            years_max: 0,
        }
    }

    /// Announces [`quote`](super::Registrar::quote), [`buy`](super::Registrar::buy) and
    /// [`order`](super::Registrar::order), for up to `years_max` years.
    #[must_use]
    pub const fn with_buying(mut self, years_max: u8) -> Self {
        self.buys = true;
        self.years_max = years_max;
        self
    }
}

ae_core::setters! { RegistrarInfo {
    /// Announces [`rehearse`](super::Registrar::rehearse).
    fn with_dry_run(dry_run = true);
    /// Says that the vendor knows a request again by its key.
    fn with_idempotency(idempotent = true);
    /// Says that a purchase has to name a contact.
    fn with_contact(needs_contact = true);
} }

ae_core::wire_enum! {
    /// Whether a name could be bought. It is certain only with the order: reserved and premium names look free.
    #[non_exhaustive]
    pub enum Availability {
        /// It is registered.
        Taken = "taken",
        /// No registration was found.
        MaybeFree = "maybe_free",
        /// The registry did not answer, or this registrar does not know the ending of the name.
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
