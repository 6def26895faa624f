//! Numbers and quotes that say where they came from.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Timestamp, Untrusted};

/// One outside item that supports a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
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

impl Evidence {
    /// An item of `source` that was read at `fetched_at`; nothing else is known of it yet.
    pub fn new(
        id: impl Into<String>,
        source: impl Into<String>,
        title: Untrusted<String>,
        fetched_at: Timestamp,
    ) -> Self {
        Self {
            id: id.into(),
            source: source.into(),
            url: None,
            title,
            points: None,
            comments: None,
            posted_at: None,
            fetched_at,
            relevance: Decimal::ZERO,
            reasons: Vec::new(),
        }
    }
}
