//! A candidate market.

use ae_core::{Evidence, NicheId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Figure;

/// Where a niche stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NicheStatus {
    /// Proposed.
    Identified,
    /// Being checked.
    Validating,
    /// Checked, worth building.
    Validated,
    /// Checked, not worth building.
    Rejected,
    /// Chosen to be built.
    Selected,
}

/// One term of a score, so that the sum can be recomputed from the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ScoreTerm {
    /// What is scored, for example `pain_clarity`.
    pub name: String,
    /// Points given, or `None` when the input is missing and the term is left out.
    #[cfg_attr(feature = "schemars", schemars(with = "Option<String>"))]
    pub points: Option<Decimal>,
    /// The most points the term can give.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub out_of: Decimal,
    /// How the points came about, or why there are none.
    pub note: String,
    /// The ids of the evidence behind it.
    pub evidence: Vec<String>,
}

/// A sum of terms; it is not rescaled when terms are missing, `out_of` says what could be reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Score {
    /// The points of all terms that have some.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub total: Decimal,
    /// The most points of those terms.
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    pub out_of: Decimal,
    /// The terms, in a fixed order.
    pub terms: Vec<ScoreTerm>,
}

impl Score {
    /// Sums the terms that have points.
    #[must_use]
    pub fn from_terms(terms: Vec<ScoreTerm>) -> Self {
        let counted = || terms.iter().filter_map(|term| Some((term.points?, term.out_of)));
        Self {
            total: counted().map(|(points, _)| points).sum(),
            out_of: counted().map(|(_, out_of)| out_of).sum(),
            terms,
        }
    }
}

/// A candidate market with the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Niche {
    /// Follows from the niche's content: the same evidence gives the same id.
    pub id: NicheId,
    /// A short name.
    pub name: String,
    /// What the market lacks.
    pub description: String,
    /// What hurts, one entry a pain.
    pub pain_points: Vec<String>,
    /// Who it hurts.
    pub target_audience: String,
    /// What the product would give them.
    pub value_proposition: String,
    /// What supports it, best first.
    pub evidence: Vec<Evidence>,
    /// The niche score, out of 100 when every term is known.
    pub score: Score,
    /// Searches a month.
    pub search_volume: Figure,
    /// How hard it is to rank for its keywords, 0 to 100.
    pub keyword_difficulty: Figure,
    /// Where it stands.
    pub status: NicheStatus,
}

impl Niche {
    /// A niche just identified, without evidence or score.
    #[must_use]
    pub fn new(
        id: NicheId,
        name: impl Into<String>,
        search_volume: Figure,
        keyword_difficulty: Figure,
    ) -> Self {
        Self {
            id,
            name: name.into(),
            description: String::new(),
            pain_points: Vec::new(),
            target_audience: String::new(),
            value_proposition: String::new(),
            evidence: Vec::new(),
            score: Score::default(),
            search_volume,
            keyword_difficulty,
            status: NicheStatus::Identified,
        }
    }
}
