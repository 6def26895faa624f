//! A [`ModelRouter`] that keeps the family's tiers but takes the cheapest model of the tier for this very call.

use ae_core::{BackendError, Money};
use ae_router::{
    Complexity, Estimate, ModelChoice, ModelFacts, ModelRouter, PriceTable, Refused, RouteDecision,
    RouteRequest, Tier, TierModels, TierPolicy,
};
use async_trait::async_trait;

const NAME: &str = "cheapest-first";

/// Which is cheapest depends on the call: GPT-5.2 beats Gemini 3 Pro while little output follows much input. So it goes by
/// the estimate; a call that nobody estimated is priced as ten tokens in for one out.
#[derive(Debug, Clone)]
pub struct CheapestFirst {
    prices: PriceTable,
    models: TierModels,
}

impl CheapestFirst {
    /// Chooses among `models` by `prices`.
    #[must_use]
    pub const fn new(prices: PriceTable, models: TierModels) -> Self {
        Self { prices, models }
    }

    /// Every model of `tier` that can be called now, cheapest first; equal prices keep the order of preference.
    fn by_price(&self, request: &RouteRequest, tier: Tier) -> (Vec<(Money, &ModelFacts)>, Vec<Refused>) {
        let usual = ae_core::TokenUsage { input: 10_000, output: 1_000, ..Default::default() };
        let usage = request.expected.unwrap_or(usual);
        let (mut priced, mut refused) = (Vec::new(), Vec::new());
        for id in self.models.of(tier) {
            let cost = self
                .prices
                .callable(id, request.now)
                .and_then(|facts| Ok((facts.cost(&usage, request.now)?, facts)));
            match cost {
                Ok((_, facts)) if facts.input_tokens_max.is_some_and(|max| usage.input > max) => {
                    refused.push(Refused::new(&facts.id, "the input is too long for it"));
                }
                Ok(found) => priced.push(found),
                Err(error) => refused.push(Refused::new(id, error.to_string())),
            }
        }
        priced.sort_by_key(|(cost, _)| cost.pico());
        (priced, refused)
    }
}

#[async_trait]
impl ModelRouter for CheapestFirst {
    fn name(&self) -> &str {
        NAME
    }

    async fn route(&self, request: &RouteRequest) -> Result<RouteDecision, BackendError> {
        request.check(NAME)?;
        let complexity = Complexity::of(&request.task, &request.prompt);
        let rule = TierPolicy::tier(&complexity, request.task.requires_security);
        // A wish may raise the tier, never lower it.
        let tier = request.override_tier.map_or(rule, |asked| asked.max(rule));
        let (priced, mut refused) = self.by_price(request, tier);

        let choice = |facts: &ModelFacts| ModelChoice::new(&facts.id, &facts.provider);
        let callable = priced.iter().find(|(_, facts)| request.available.allows(&choice(facts)));
        let Some((cost, facts)) = callable.or(priced.first()) else {
            let why = format!("no model of {tier} has a price");
            return Ok(RouteDecision::new(request.task.id.clone(), tier, complexity, NAME, why)
                .with_alternatives(refused));
        };
        refused.extend(priced.iter().filter(|(_, other)| other.id != facts.id).map(|(other_cost, other)| {
            Refused::new(
                &other.id,
                format!("{other_cost} against {cost}, or no access to {}", other.provider),
            )
        }));
        let estimate = match request.expected {
            Some(_) => Estimate::expected(
                *cost,
                "price table",
                self.prices.as_of(),
                format!("one call of {}", facts.id),
            ),
            None => Estimate::not_measured("nobody estimated the tokens of the call"),
        };
        let why = format!("score {} of 10: {tier}; {} is the cheapest that fits", complexity.score, facts.id);
        Ok(RouteDecision::new(request.task.id.clone(), tier, complexity, NAME, why)
            .with_model(choice(facts), callable.is_some())
            .with_estimate(estimate)
            .with_alternatives(refused))
    }
}
