//! The backend that performs an effect, by name and mode.

use std::fmt;

use serde::{Deserialize, Serialize};

crate::wire_enum! {
    /// Whether a backend acts on the world.
    #[derive(PartialOrd, Ord)]
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[non_exhaustive]
    pub enum Mode {
        /// On this machine alone: no account, no vendor, nothing is charged.
        Offline = "offline",
        /// A vendor's test environment: nothing is charged.
        Test = "test",
        /// For real: customers are charged, releases are public, calls cost money.
        Live = "live",
    }
}

/// The backend that performs an effect. It is part of what is approved: a yes to the test mode does not cover the live one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Provider {
    /// Its name, for example `stripe`.
    pub name: String,
    /// Whether it acts on the world.
    pub mode: Mode,
}

impl Provider {
    /// The backend `name` in `mode`.
    pub fn new(name: impl Into<String>, mode: Mode) -> Self {
        Self { name: name.into(), mode }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.mode)
    }
}
