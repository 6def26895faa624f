//! A decision in the few fields that an API answers with.

use ae_core::Money;
use serde::{Deserialize, Serialize};

use crate::{Level, Risk, RouteDecision, Tier};

/// A decision in short: the first choice, its cost and the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RouteSummary {
    /// The tier.
    pub tier: Tier,
    /// The first choice, or `None` when no model can do it.
    pub model_id: Option<String>,
    /// Its provider.
    pub provider: Option<String>,
    /// Its expected cost, or `None` for "not measured".
    pub estimated_cost: Option<Money>,
    /// The reasons, in one line.
    pub reasoning: String,
    /// The difficulty and risk behind the tier.
    pub classification: Option<RouteClassification>,
}

/// The difficulty and risk behind a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RouteClassification {
    /// The score in three steps.
    pub complexity: Level,
    /// The damage that a mistake can do.
    pub risk: Risk,
    /// 1 to 10.
    pub complexity_score: u8,
    /// The signals, in one line.
    pub reasoning: String,
    /// The tier by the rule alone, before a wish or failed attempts moved it.
    pub suggested_tier: Tier,
}

impl From<&RouteDecision> for RouteSummary {
    fn from(decision: &RouteDecision) -> Self {
        let (first, complexity) = (decision.first(), &decision.complexity);
        Self {
            tier: decision.tier,
            model_id: first.map(|first| first.model.id.clone()),
            provider: first.map(|first| first.model.provider.clone()),
            estimated_cost: decision.cost(),
            reasoning: decision.reasoning.clone(),
            classification: decision.suggested_tier.map(|suggested_tier| RouteClassification {
                complexity: complexity.level,
                risk: complexity.risk,
                complexity_score: complexity.score,
                reasoning: complexity.signals.join("; "),
                suggested_tier,
            }),
        }
    }
}
