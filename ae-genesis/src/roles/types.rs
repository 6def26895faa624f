//! The briefs that an analyst works from.

use ae_core::{Evidence, Intent, Mode, Provider, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Niche, SignalQuery, SourceReport, ValidationReport};

/// The material to propose niches from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NicheBrief {
    /// The intent.
    pub intent: Intent,
    /// The intent, read for searching.
    pub query: SignalQuery,
    /// The evidence, best first.
    pub evidence: Vec<Evidence>,
    /// The report on each source.
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
}

ae_core::setters! { NicheBrief {
    /// Sets the report on each source.
    fn with_sources(sources: Vec<SourceReport>);
    /// Sets the most niches wanted.
    fn with_count(count: usize);
} }

/// The material to write a spec from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SpecBrief {
    /// The intent.
    pub intent: Intent,
    /// The intent, read for searching.
    pub query: SignalQuery,
    /// The niche that was chosen.
    pub niche: Niche,
    /// The judgement of the niche.
    pub validation: ValidationReport,
    /// The report on each source.
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
}

ae_core::setters! { SpecBrief {
    /// Sets the report on each source.
    fn with_sources(sources: Vec<SourceReport>);
} }

/// The name and nature of an [`Analyst`](crate::Analyst).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnalystInfo {
    /// The name that specs carry, for example `rule-based`.
    pub name: String,
    /// The version of its rules or prompts: another version may answer otherwise.
    pub version: String,
    /// Whether its work goes to a vendor.
    pub mode: Mode,
    /// Whether a call may cost money.
    pub metered: bool,
}

impl AnalystInfo {
    /// An analyst that works free of charge on this machine.
    #[must_use]
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self { name: name.into(), version: version.into(), mode: Mode::Offline, metered: false }
    }

    /// Marks the analyst as metered, and sets the mode of its vendor.
    #[must_use]
    pub const fn with_metered(mut self, mode: Mode) -> Self {
        (self.mode, self.metered) = (mode, true);
        self
    }

    /// The provider that an approval of its work names.
    #[must_use]
    pub fn provider(&self) -> Provider {
        Provider::new(&self.name, self.mode)
    }
}
