//! Numbers and quotes that say where they came from.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Timestamp, Untrusted};

/// One outside item that supports a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// The item's id at its source.
    pub id: String,
    /// The source's name: `hackernews`, `file`, `sample`, ….
    pub source: String,
    /// Where a person can look, when the source has an address for it.
    pub url: Option<String>,
    /// The item's title.
    pub title: Untrusted<String>,
    /// Votes, if the source counts them.
    pub points: Option<u64>,
    /// Comments, if the source counts them.
    pub comments: Option<u64>,
    /// When it was posted.
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub posted_at: Option<Timestamp>,
    /// When it was read.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub fetched_at: Timestamp,
    /// How well it fits the intent: the rank's score, comparable within one run only.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub relevance: Decimal,
    /// Why it was picked, in words: matched terms, cues.
    pub reasons: Vec<String>,
}

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
