//! The briefs that an analyst works from.

use ae_core::{Evidence, Intent, Mode, Offer, Provider, Timestamp};
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
    /// Whether a person decided to go on despite weak evidence, so that a niche is wanted even if nothing supports it.
    #[serde(default)]
    pub despite_evidence: bool,
    /// The time that figures carry.
    pub now: Timestamp,
}

impl NicheBrief {
    /// A brief over ranked evidence, for at most five niches.
    pub fn new(intent: Intent, evidence: Vec<Evidence>, now: Timestamp) -> Self {
        let query = SignalQuery::from_intent(&intent);
        Self { intent, query, evidence, sources: Vec::new(), count: 5, despite_evidence: false, now }
    }
}

ae_core::setters! { NicheBrief {
    /// Sets the report on each source.
    fn with_sources(sources: Vec<SourceReport>);
    /// Sets the most niches wanted.
    fn with_count(count: usize);
    /// Sets whether a person decided to go on despite weak evidence.
    fn with_despite_evidence(despite_evidence: bool);
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
    /// The products that a builder at hand can make. What none of them covers becomes a pre-order.
    #[serde(default)]
    pub offers: Vec<Offer>,
    /// Whether a person decided to go on despite weak evidence. The spec then says so with
    /// [`NOT_VALIDATED`](Self::NOT_VALIDATED).
    #[serde(default)]
    pub despite_evidence: bool,
    /// The time that figures carry.
    pub now: Timestamp,
}

impl SpecBrief {
    /// The assumption of a spec that was written although its niche did not validate, and the phrase that its page shows.
    pub const NOT_VALIDATED: &'static str = "Demand for this product was not validated";

    /// A brief for one niche.
    pub fn new(intent: Intent, niche: Niche, validation: ValidationReport, now: Timestamp) -> Self {
        let query = SignalQuery::from_intent(&intent);
        Self {
            intent,
            query,
            niche,
            validation,
            sources: Vec::new(),
            offers: Vec::new(),
            despite_evidence: false,
            now,
        }
    }
}

ae_core::setters! { SpecBrief {
    /// Sets the report on each source.
    fn with_sources(sources: Vec<SourceReport>);
    /// Sets the products that a builder at hand can make.
    fn with_offers(offers: Vec<Offer>);
    /// Sets whether a person decided to go on despite weak evidence.
    fn with_despite_evidence(despite_evidence: bool);
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
    /// Whether the same key and brief give the same answer again, paid for once.
    #[serde(default)]
    pub repeats: bool,
}

impl AnalystInfo {
    /// An analyst that works free of charge and writes a new answer for a repeated key.
    pub fn new(name: impl Into<String>, mode: Mode, version: impl Into<String>) -> Self {
        Self { provider: Provider::new(name, mode), version: version.into(), metered: false, repeats: false }
    }
}

ae_core::setters! { AnalystInfo {
    /// Sets whether a call may cost money.
    fn with_metered(metered: bool);
    /// Says that a repeated key gets the same answer.
    fn with_repeats(repeats = true);
} }
