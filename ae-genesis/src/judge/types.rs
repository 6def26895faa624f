//! A request to judge a niche and the report that answers it.

use std::fmt;

use ae_core::{Intent, MrrArithmetic, NicheId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Figure, Niche, Score, SignalQuery};

/// What to do with a niche.
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
pub struct NamedFigure {
    /// What it counts, for example `search_volume` or `requests`.
    pub name: String,
    /// The number and where it is from, or why there is none.
    pub figure: Figure,
}

/// What to validate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValidationRequest {
    /// The niche.
    pub niche: Niche,
    /// What is wanted.
    pub intent: Intent,
    /// The intent, read for searching.
    pub query: SignalQuery,
    /// The time that figures carry.
    pub now: Timestamp,
}

impl ValidationRequest {
    /// A request for one niche.
    #[must_use]
    pub fn new(niche: Niche, intent: Intent, now: Timestamp) -> Self {
        let query = SignalQuery::from_intent(&intent);
        Self { niche, intent, query, now }
    }
}

/// How a niche was judged, with everything the judgement rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidationReport {
    /// The niche.
    pub niche: NicheId,
    /// What to do with it.
    pub verdict: Verdict,
    /// The sum behind the verdict, with the terms that were left out.
    pub score: Score,
    /// Why, in sentences for a person, the decisive one first.
    pub reasons: Vec<String>,
    /// How sure the judgement is, 0 to 1; follows from the evidence.
    pub confidence: Figure,
    /// What the revenue target means in customers, if the intent names one.
    pub mrr: Option<MrrArithmetic>,
    /// Every number that was used or is missing.
    pub figures: Vec<NamedFigure>,
    /// Who judged, for example `rule-based`.
    pub validated_by: String,
    /// When.
    pub at: Timestamp,
}

impl ValidationReport {
    /// The figure called `name`.
    #[must_use]
    pub fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|entry| entry.name == name).map(|entry| &entry.figure)
    }
}
