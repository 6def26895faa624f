//! Numbers that say where they came from.

use ae_core::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A number of a report: its value, or why there is none.
///
/// A missing number is `value: None` with a note, never a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Figure {
    /// The number, or `None` for "not measured".
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub value: Option<Decimal>,
    /// Who says so.
    pub source: String,
    /// When it was read or computed.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub at: Timestamp,
    /// Whether it is an estimate.
    pub estimated: bool,
    /// What it is, or why it is missing.
    pub note: String,
}

impl Figure {
    /// A number that was counted or read.
    #[must_use]
    pub fn measured(value: impl Into<Decimal>, source: impl Into<String>, at: Timestamp) -> Self {
        Self { value: Some(value.into()), source: source.into(), at, estimated: false, note: String::new() }
    }

    /// A number that follows from assumptions, which `note` names.
    #[must_use]
    pub fn estimated(
        value: impl Into<Decimal>,
        source: impl Into<String>,
        at: Timestamp,
        note: impl Into<String>,
    ) -> Self {
        Self { value: Some(value.into()), source: source.into(), at, estimated: true, note: note.into() }
    }

    /// A number that nobody measured, and why.
    #[must_use]
    pub fn unknown(source: impl Into<String>, at: Timestamp, note: impl Into<String>) -> Self {
        Self { value: None, source: source.into(), at, estimated: false, note: note.into() }
    }
}
