//! The types of buying a domain name.

use std::fmt;

use ae_core::{BackendError, ErrorKind, Money, Timestamp};
use serde::{Deserialize, Serialize};

/// A domain name that can be registered: lower-case labels of letters, digits and inner hyphens, at least two of them,
/// 253 bytes at most (RFC 1035, section 2.3.4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

impl Domain {
    /// Reads a name.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for anything that can't be registered; write other scripts in their `xn--` form.
    pub fn parse(text: &str) -> Result<Self, BackendError> {
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if text.len() <= 253 && text.split('.').count() >= 2 && text.split('.').all(label) {
            return Ok(Self(text.to_owned()));
        }
        let shown: String = text.chars().take(80).collect();
        let message =
            format!("{shown:?} is no domain: use lower-case labels joined by dots, such as csv-tidy.example");
        Err(BackendError::new(ErrorKind::InvalidInput, "registrar", "parse_domain", message))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Domain {
    type Error = BackendError;

    fn try_from(text: String) -> Result<Self, BackendError> {
        Self::parse(&text)
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0
    }
}

/// Whether a name could be bought. Nobody can promise it before the order: reserved and premium names look free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Availability {
    /// Somebody has it.
    Taken,
    /// No registration was found.
    MaybeFree,
    /// Nobody could be asked.
    Unknown,
}

/// What a name costs. Only the exact numbers quoted can be bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The name.
    pub domain: Domain,
    /// For how many years.
    pub years: u8,
    /// What they cost together.
    pub price: Money,
    /// What a year costs after that.
    pub renewal: Money,
    /// When it was quoted.
    pub quoted_at: Timestamp,
}

/// How an order is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrderState {
    /// Accepted, not registered yet.
    Pending,
    /// Registered.
    Registered,
    /// It came to nothing.
    Failed,
}

/// A purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id at the registrar.
    pub id: String,
    /// The name.
    pub domain: Domain,
    /// What was paid.
    pub price: Money,
    /// How it is doing.
    pub state: OrderState,
    /// Whether it renews by itself; never, unless somebody turns it on at the registrar.
    pub auto_renew: bool,
}
