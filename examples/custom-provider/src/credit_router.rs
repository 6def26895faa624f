//! A [`ModelRouter`] that uses up paid-for credit: models of one provider come first, whatever the others cost.

use ae_core::BackendError;
use ae_router::{ModelRouter, RouteDecision, RouteRequest, TierRouter};
use async_trait::async_trait;

const NAME: &str = "credit-first";

/// The family's tiers and conditions, in another order: credit with a provider is lost at the end of the year, so its models are
/// tried first. A decision is data, so another order takes a sort; the conditions stay with the router inside.
#[derive(Debug, Clone)]
pub struct CreditFirst {
    tiers: TierRouter,
    provider: String,
}

impl CreditFirst {
    /// Prefers the models of `provider` among those that `tiers` finds able.
    pub fn new(tiers: TierRouter, provider: impl Into<String>) -> Self {
        Self { tiers, provider: provider.into() }
    }
}

#[async_trait]
impl ModelRouter for CreditFirst {
    fn name(&self) -> &str {
        NAME
    }

    async fn route(&self, request: &RouteRequest) -> Result<RouteDecision, BackendError> {
        request.check(NAME)?;
        let mut decision = self.tiers.decide(request);
        // A stable sort: by cost within each group, and those that may not be called stay last.
        decision.candidates.sort_by_key(|candidate| {
            let rests = request.state.resting.contains_key(&candidate.model.id);
            (!candidate.callable, rests, candidate.model.provider != self.provider)
        });
        for candidate in &mut decision.candidates {
            if candidate.model.provider == self.provider {
                candidate.reason = format!("there is credit with {}; {}", self.provider, candidate.reason);
            }
        }
        if let Some(first) = decision.candidates.first() {
            decision.reasoning =
                format!("{}; {} first: {}", decision.reasoning, first.model.id, first.reason);
        }
        decision.policy = NAME.to_owned();
        Ok(decision)
    }
}
