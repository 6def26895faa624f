//! A [`ModelRouter`] that keeps the family's tiers but takes the cheapest model of the tier for this very call.

use ae_core::{BackendError, Money, TokenUsage};
use ae_router::{
    Complexity, Estimate, ModelChoice, ModelFacts, ModelRouter, PriceTable, Refused, RouteDecision,
    RouteRequest, Tier, TierModels, TierPolicy,
};
use async_trait::async_trait;

const NAME: &str = "cheapest-first";

/// The cheapest model depends on the call: GPT-5.2 beats Gemini 3 Pro while little output follows much input. So it goes
/// by the estimate; a call without one is priced as ten tokens in for one out.
#[derive(Debug, Clone)]
pub struct CheapestFirst {
    prices: PriceTable,
    models: TierModels,
}

impl CheapestFirst {
    /// Chooses among `models` by `prices`.
    pub const fn new(prices: PriceTable, models: TierModels) -> Self {
        Self { prices, models }
    }

    /// Every model of `tier` that can be called now, cheapest first; equal prices keep the order of preference.
    fn by_price(&self, request: &RouteRequest, tier: Tier) -> (Vec<(Money, &ModelFacts)>, Vec<Refused>) {
        let usage = request.expected.unwrap_or(TokenUsage::new(10_000, 1_000));
        let (mut priced, mut refused) = (Vec::new(), Vec::new());
        for id in self.models.of(tier) {
            let facts = self.prices.callable(id, request.now);
            match facts.and_then(|facts| Ok((facts.cost(&usage, request.now)?, facts))) {
                Ok((_, facts)) if facts.input_tokens_max.is_some_and(|max| usage.input > max) => {
                    refused.push(Refused::new(id, "the input is too long for it"));
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

        let task = request.task.id.clone();
        let choice = |facts: &ModelFacts| ModelChoice::new(&facts.id, &facts.provider);
        let callable = priced.iter().find(|(_, facts)| request.available.allows(&choice(facts)));
        let Some((cost, facts)) = callable.or(priced.first()) else {
            let decision =
                RouteDecision::new(task, tier, complexity, NAME, "no model of the tier has a price");
            return Ok(decision.with_alternatives(refused));
        };
        for (other, dearer) in priced.iter().filter(|(_, other)| other.id != facts.id) {
            let why = format!("{other} against {cost}, or no access to {}", dearer.provider);
            refused.push(Refused::new(&dearer.id, why));
        }
        let call = format!("one call of {}", facts.id);
        let estimate = match request.expected {
            Some(_) => Estimate::expected(*cost, "price table", self.prices.as_of(), call),
            None => Estimate::not_measured("the call has no estimate of its tokens"),
        };
        let why = format!("score {} of 10: {tier}; {} is the cheapest that fits", complexity.score, facts.id);
        let decision = RouteDecision::new(task, tier, complexity, NAME, why).with_estimate(estimate);
        Ok(decision.with_model(choice(facts), callable.is_some()).with_alternatives(refused))
    }
}
