//! The briefs that an analyst works from.

use ae_core::{Evidence, Intent, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Niche, SignalQuery, SourceReport, ValidationReport};

/// What an analyst gets to propose niches from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NicheBrief {
    /// What is wanted.
    pub intent: Intent,
    /// The intent, read for searching.
    pub query: SignalQuery,
    /// The evidence, best first.
    pub evidence: Vec<Evidence>,
    /// What became of each source.
    pub sources: Vec<SourceReport>,
    /// The most niches wanted; fewer good ones beat padding.
    pub count: usize,
    /// The time that figures carry.
    pub now: Timestamp,
}

impl NicheBrief {
    /// A brief over ranked evidence, for at most five niches.
    #[must_use]
    pub fn new(intent: Intent, evidence: Vec<Evidence>, now: Timestamp) -> Self {
        let query = SignalQuery::from_intent(&intent);
        Self { intent, query, evidence, sources: Vec::new(), count: 5, now }
    }

    /// Adds what became of each source.
    #[must_use]
    pub fn with_sources(mut self, sources: Vec<SourceReport>) -> Self {
        self.sources = sources;
        self
    }

    /// Sets the most niches wanted.
    #[must_use]
    pub fn with_count(mut self, count: usize) -> Self {
        self.count = count;
        self
    }
}

/// What an analyst gets to write a spec from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpecBrief {
    /// What is wanted.
    pub intent: Intent,
    /// The intent, read for searching.
    pub query: SignalQuery,
    /// The niche that was chosen.
    pub niche: Niche,
    /// How it was judged.
    pub validation: ValidationReport,
    /// What became of each source.
    pub sources: Vec<SourceReport>,
    /// The time that figures carry.
    pub now: Timestamp,
}

impl SpecBrief {
    /// A brief for one niche.
    #[must_use]
    pub fn new(intent: Intent, niche: Niche, validation: ValidationReport, now: Timestamp) -> Self {
        let query = SignalQuery::from_intent(&intent);
        Self { intent, query, niche, validation, sources: Vec::new(), now }
    }

    /// Adds what became of each source.
    #[must_use]
    pub fn with_sources(mut self, sources: Vec<SourceReport>) -> Self {
        self.sources = sources;
        self
    }
}
