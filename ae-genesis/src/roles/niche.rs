//! A candidate market.

use ae_core::{Evidence, NicheId};
use serde::{Deserialize, Serialize};

use crate::{Figure, Score};

/// The status of a niche.
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

/// A candidate market with the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Niche {
    /// Follows from the niche's content: the same evidence gives the same id.
    pub id: NicheId,
    /// A short name.
    pub name: String,
    /// The gap in the market.
    pub description: String,
    /// The pains, one entry each.
    pub pain_points: Vec<String>,
    /// The people who have these pains.
    pub target_audience: String,
    /// The benefit of the product for them.
    pub value_proposition: String,
    /// The supporting evidence, best first.
    pub evidence: Vec<Evidence>,
    /// The niche score, out of 100 when every term is known.
    pub score: Score,
    /// Searches a month.
    pub search_volume: Figure,
    /// The difficulty of ranking for its keywords, 0 to 100.
    pub keyword_difficulty: Figure,
    /// The status.
    pub status: NicheStatus,
}

impl Niche {
    /// A niche just identified, without evidence or score.
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
