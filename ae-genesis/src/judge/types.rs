//! A request to judge a niche and the report that answers it.

use std::fmt;

use ae_core::{Intent, MrrArithmetic, NicheId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Figure, Niche, Score, SignalQuery};

/// The verdict on a niche.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// Build it.
    Go,
    /// Do not build it: the evidence speaks against it.
    NoGo,
    /// Too little is known to decide.
    NotEnoughEvidence,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Go => "go",
            Self::NoGo => "no-go",
            Self::NotEnoughEvidence => "not enough evidence",
        })
    }
}

/// A number of a validation under its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NamedFigure {
    /// The name, for example `search_volume` or `requests`.
    pub name: String,
    /// The number with its source, or the reason why there is none.
    pub figure: Figure,
}

impl NamedFigure {
    /// A figure under a name.
    pub fn new(name: impl Into<String>, figure: Figure) -> Self {
        Self { name: name.into(), figure }
    }
}

/// A niche to validate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ValidationRequest {
    /// The niche.
    pub niche: Niche,
    /// The intent.
    pub intent: Intent,
    /// The intent, read for searching.
    pub query: SignalQuery,
    /// The time that figures carry.
    pub now: Timestamp,
}

impl ValidationRequest {
    /// A request for one niche.
    pub fn new(niche: Niche, intent: Intent, now: Timestamp) -> Self {
        let query = SignalQuery::from_intent(&intent);
        Self { niche, intent, query, now }
    }
}

/// The judgement of a niche, with everything that it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ValidationReport {
    /// The niche.
    pub niche: NicheId,
    /// The verdict.
    pub verdict: Verdict,
    /// The sum behind the verdict, with the terms that were left out.
    pub score: Score,
    /// The reasons, in sentences for a person, the decisive one first.
    pub reasons: Vec<String>,
    /// The confidence in the judgement, 0 to 1; follows from the evidence.
    pub confidence: Figure,
    /// The revenue target in customers, if the intent names one.
    pub mrr: Option<MrrArithmetic>,
    /// The numbers that were used or are missing.
    pub figures: Vec<NamedFigure>,
    /// The validator's name, for example `rule-based`.
    pub validated_by: String,
    /// The time of the judgement.
    pub at: Timestamp,
}

impl ValidationReport {
    /// A judgement of the niche in `request` by the validator `validated_by`, without reasons and figures.
    pub fn new(
        request: &ValidationRequest,
        validated_by: impl Into<String>,
        verdict: Verdict,
        score: Score,
        confidence: Figure,
    ) -> Self {
        Self {
            niche: request.niche.id,
            verdict,
            score,
            reasons: Vec::new(),
            confidence,
            mrr: None,
            figures: Vec::new(),
            validated_by: validated_by.into(),
            at: request.now,
        }
    }
}

ae_core::setters! { ValidationReport {
    /// Sets the reasons, the decisive one first.
    fn with_reasons(reasons: Vec<String>);
    /// Sets the revenue target in customers.
    fn with_mrr(mrr: Option<MrrArithmetic>);
    /// Sets the numbers that were used or are missing.
    fn with_figures(figures: Vec<NamedFigure>);
} }
