//! The router by tiers: three tiers, one rule, no network.

use std::{collections::BTreeMap, sync::Arc};

use ae_core::{BackendError, Timestamp};
use async_trait::async_trait;

use crate::{
    Complexity, Estimate, ModelChoice, ModelFacts, ModelRouter, PriceTable, Refused, Risk, RouteDecision,
    RouteRequest, Tier, TierPolicy, catalogue::input_total,
};

const BACKEND: &str = "tiers";

/// The models of each tier, in the order of preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierModels(BTreeMap<Tier, Vec<String>>);

impl Default for TierModels {
    /// Claude Opus 4.5, GPT-5.2 and Gemini 3 Pro first, then models of the other two providers, so that a key for any
    /// one provider serves all tiers. The order is a preference, not a measured ranking.
    fn default() -> Self {
        Self(BTreeMap::new())
            .with(Tier::Architect, ["claude-opus-4-5", "gpt-5.5", "gemini-3.1-pro-preview"])
            .with(Tier::Builder, ["gpt-5.2", "claude-sonnet-4-6", "gemini-3.1-pro-preview"])
            .with(Tier::Intern, ["gemini-3-pro-preview", "gpt-5.4-mini", "claude-haiku-4-5"])
    }
}

impl TierModels {
    /// Sets the models of `tier`, the preferred one first.
    #[must_use]
    pub fn with<S: Into<String>>(mut self, tier: Tier, ids: impl IntoIterator<Item = S>) -> Self {
        self.0.insert(tier, ids.into_iter().map(Into::into).collect());
        self
    }

    /// The models of `tier`, the preferred one first.
    pub fn of(&self, tier: Tier) -> &[String] {
        self.0.get(&tier).map_or(&[], Vec::as_slice)
    }
}

/// A router by tiers, offline and deterministic: the in-memory backend of [`ModelRouter`].
///
/// The tier follows from [`TierPolicy`]; a person's override can change it but can't lower a sensitive task; from the
/// third attempt on, every second failure raises it by one. The model is the first of the tier's models that has a price,
/// is not shut down (else its successor), holds the expected input and may be called. If none may be called, the
/// first that could be stands in the record with `callable: false`.
#[derive(Debug, Clone)]
pub struct TierRouter {
    prices: Arc<PriceTable>,
    models: TierModels,
}

impl Default for TierRouter {
    fn default() -> Self {
        Self::new()
    }
}

impl TierRouter {
    /// The attempts on one tier before the next stronger one is used.
    pub const ATTEMPTS_PER_TIER: u32 = 2;

    /// A router with the bundled prices and the default models.
    pub fn new() -> Self {
        Self { prices: Arc::new(PriceTable::bundled().clone()), models: TierModels::default() }
    }

    /// Uses other prices.
    #[must_use]
    pub fn with_prices(mut self, prices: PriceTable) -> Self {
        self.prices = Arc::new(prices);
        self
    }
}

ae_core::setters! { TierRouter {
    /// Uses other models.
    fn with_models(models: TierModels);
} }

#[async_trait]
impl ModelRouter for TierRouter {
    fn name(&self) -> &str {
        BACKEND
    }

    async fn route(&self, request: &RouteRequest) -> Result<RouteDecision, BackendError> {
        request.check(BACKEND)?;
        Ok(decide(request, &self.prices, &self.models))
    }
}

/// The whole decision, without I/O, clock or randomness.
pub fn decide(request: &RouteRequest, prices: &PriceTable, models: &TierModels) -> RouteDecision {
    let complexity = Complexity::of(&request.task, &request.prompt);
    let (tier, mut why) = choose_tier(request, &complexity);
    let (chosen, refused) = pick_model(request, prices, models.of(tier));
    let task = request.task.id.clone();
    let Some((facts, callable)) = chosen else {
        why.push(format!("no model of {tier} can be used"));
        return RouteDecision::new(task, tier, complexity, TierPolicy::NAME, why.join("; "))
            .with_alternatives(refused);
    };
    why.push(if callable {
        format!("{} of {}", facts.id, facts.provider)
    } else {
        format!("{} of {} may not be called: a free builder does the work", facts.id, facts.provider)
    });
    if prices.is_stale(request.now) {
        why.push(format!("prices are of {}, which is long ago", date(prices.as_of())));
    }
    RouteDecision::new(task, tier, complexity, TierPolicy::NAME, why.join("; "))
        .with_model(ModelChoice::new(&facts.id, &facts.provider), callable)
        .with_estimate(estimate(request, prices, facts))
        .with_alternatives(refused)
}

/// The tier by rule, then by override, then by the number of attempts.
fn choose_tier(request: &RouteRequest, complexity: &Complexity) -> (Tier, Vec<String>) {
    let ruled = TierPolicy::tier(complexity, request.task.requires_security);
    let sensitive = request.task.requires_security || complexity.risk == Risk::Sensitive;
    let because = if sensitive { ", sensitive" } else { "" };
    let mut why = vec![format!("score {} of 10{because}: {ruled}", complexity.score)];
    let mut tier = ruled;
    match request.override_tier {
        Some(asked) if sensitive && asked < ruled => {
            why.push(format!("{asked} was asked for and refused: the task is sensitive"));
        }
        Some(asked) => {
            why.push(format!("{asked} was asked for"));
            tier = asked;
        }
        None => {
            for _ in 0..(request.attempt.saturating_sub(1) / TierRouter::ATTEMPTS_PER_TIER).min(2) {
                tier = tier.stronger();
            }
            if tier != ruled {
                why.push(format!("attempt {}: raised to {tier}", request.attempt));
            }
        }
    }
    (tier, why)
}

/// The first candidate that may be called, else the first that could be, and which of the two it is; every other one
/// with its reason.
fn pick_model<'a>(
    request: &RouteRequest,
    prices: &'a PriceTable,
    candidates: &[String],
) -> (Option<(&'a ModelFacts, bool)>, Vec<Refused>) {
    let mut chosen: Option<&ModelFacts> = None;
    let mut fallback: Option<&ModelFacts> = None;
    let mut refused = Vec::new();
    for asked in candidates {
        let facts = match usable(request, prices, asked) {
            Ok(facts) => facts,
            Err(reason) => {
                refused.push(Refused::new(asked, reason));
                continue;
            }
        };
        if facts.id != *asked {
            refused.push(Refused::new(asked, format!("shut down: {} follows it", facts.id)));
        }
        if let Some(chosen) = chosen {
            refused.push(Refused::new(&facts.id, format!("{} comes first", chosen.id)));
        } else if request.available.allows(&ModelChoice::new(&facts.id, &facts.provider)) {
            chosen = Some(facts);
        } else {
            refused
                .push(Refused::new(&facts.id, format!("may not be called: no access to {}", facts.provider)));
            fallback = fallback.or(Some(facts));
        }
    }
    let chosen = chosen.map(|facts| (facts, true)).or(fallback.map(|facts| (facts, false)));
    if let Some((facts, false)) = chosen {
        refused.retain(|other| other.model != facts.id);
    }
    (chosen, refused)
}

/// The candidate or its successor, if it can hold the request.
fn usable<'a>(request: &RouteRequest, prices: &'a PriceTable, asked: &str) -> Result<&'a ModelFacts, String> {
    let facts = prices.callable(asked, request.now).map_err(|error| error.to_string())?;
    if let (Some(expected), Some(max)) = (&request.expected, facts.input_tokens_max) {
        let tokens = input_total(expected);
        if tokens > max {
            return Err(format!("{tokens} input tokens expected, it takes {max}"));
        }
    }
    if let (Some(expected), Some(max)) = (&request.expected, facts.output_tokens_max) {
        if expected.output > max {
            return Err(format!("{} output tokens expected, it gives {max}", expected.output));
        }
    }
    Ok(facts)
}

fn estimate(request: &RouteRequest, prices: &PriceTable, facts: &ModelFacts) -> Estimate {
    let Some(expected) = &request.expected else {
        return Estimate::not_measured("the request expects no number of tokens");
    };
    match facts.cost(expected, request.now) {
        Ok(cost) => {
            let note = format!(
                "one call of {} with {} tokens in and {} out",
                facts.id,
                input_total(expected),
                expected.output
            );
            Estimate::expected(cost, format!("price table of {}", date(prices.as_of())), prices.as_of(), note)
        }
        Err(error) => Estimate::not_measured(error.to_string()),
    }
}

/// The day of a moment, UTC.
fn date(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}
