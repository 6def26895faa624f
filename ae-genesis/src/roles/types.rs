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
    /// The name that specs carry, for example `rule-based`, and whether its work goes to a vendor.
    pub provider: Provider,
    /// The version of its rules or prompts: another version may answer otherwise.
    pub version: String,
    /// Whether a call may cost money.
    pub metered: bool,
}

impl AnalystInfo {
    /// An analyst that works free of charge.
    pub fn new(name: impl Into<String>, mode: Mode, version: impl Into<String>) -> Self {
        Self { provider: Provider::new(name, mode), version: version.into(), metered: false }
    }
}

ae_core::setters! { AnalystInfo {
    /// Sets whether a call may cost money.
    fn with_metered(metered: bool);
} }
