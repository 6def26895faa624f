//! The policy of a caller that may not use every model.

use std::{collections::BTreeSet, sync::Arc};

use ae_router::{
    ModelAvailability, ModelChoice, ModelRouter, PriceTable, RouteDecision, RouteRequest, Tier, TierPolicy,
    TierRouter,
    core::{BackendError, ErrorKind, Timestamp},
};
use async_trait::async_trait;

/// Another policy's decisions, among the models and tiers that a caller may use.
#[derive(Debug)]
pub(crate) struct Limited {
    inner: TierRouter,
    prices: Arc<PriceTable>,
    policy: TierPolicy,
    models: Option<BTreeSet<String>>,
    tiers: Option<BTreeSet<Tier>>,
}

impl Limited {
    pub(crate) fn new(
        prices: Arc<PriceTable>,
        policy: TierPolicy,
        models: Option<BTreeSet<String>>,
        tiers: Option<BTreeSet<Tier>>,
    ) -> Self {
        let inner = TierRouter::new().with_prices((*prices).clone()).with_policy(policy.clone());
        Self { inner, prices, policy, models, tiers }
    }

    /// The models that may be called, of those that the caller may use.
    fn available(&self, all: &ModelAvailability, now: Timestamp) -> ModelAvailability {
        let of_tiers = self.tiers.as_ref().map(|tiers| {
            let asked = tiers.iter().flat_map(|tier| self.policy.models(*tier));
            let alive = asked.filter_map(|id| Some(self.prices.callable(id, now).ok()?.id.clone()));
            alive.collect::<BTreeSet<_>>()
        });
        let both: BTreeSet<_> = match (&self.models, of_tiers) {
            (None, None) => return all.clone(),
            (Some(models), None) => models.clone(),
            (None, Some(of_tiers)) => of_tiers,
            (Some(models), Some(of_tiers)) => models & &of_tiers,
        };
        let provider =
            |id: &String| self.prices.served(id).map(|facts| facts.provider.clone()).unwrap_or_default();
        let allowed = both.iter().filter(|id| all.allows(&ModelChoice::new(*id, provider(id))));
        allowed.fold(ModelAvailability::none(), |available, id| available.with_model(id))
    }

    /// The tier to ask for where the decided one is not allowed: the next weaker one, else the next stronger one.
    fn instead_of(&self, decided: Tier) -> Option<Tier> {
        let tiers = self.tiers.as_ref().filter(|tiers| !tiers.contains(&decided))?;
        let weaker = tiers.iter().filter(|tier| **tier < decided).max();
        weaker.or_else(|| tiers.iter().min()).copied()
    }
}

#[async_trait]
impl ModelRouter for Limited {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn route(&self, request: &RouteRequest) -> Result<RouteDecision, BackendError> {
        // A model that was named has been checked.
        if request.override_model.is_some() {
            return self.inner.route(request).await;
        }
        let mut request = request.clone();
        request.available = self.available(&request.available, request.now);
        let decision = self.inner.route(&request).await?;
        let Some(instead) = self.instead_of(decision.tier) else { return Ok(decision) };
        request.override_tier = Some(instead);
        let decided = self.inner.route(&request).await?;
        if self.instead_of(decided.tier).is_some() {
            let message = format!("the request needs {}, which the key may not use", decided.tier);
            return Err(BackendError::new(ErrorKind::PermissionDenied, "proxy", "route", message));
        }
        Ok(decided)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(models: Option<&[&str]>, tiers: Option<&[Tier]>) -> Limited {
        let models = models.map(|models| models.iter().map(|id| (*id).to_owned()).collect());
        let tiers = tiers.map(|tiers| tiers.iter().copied().collect());
        Limited::new(Arc::new(PriceTable::bundled().clone()), TierPolicy::default(), models, tiers)
    }

    async fn chosen(policy: &Limited) -> Option<String> {
        let request = RouteRequest::for_prompt("hello", "2026-11-24T00:00:00Z".parse().unwrap())
            .with_available(ModelAvailability::none().with_provider("openai"));
        let decision = policy.route(&request).await.unwrap();
        let mut callable = decision.callable().map(|candidate| candidate.model.id.clone());
        callable.next()
    }

    #[tokio::test]
    async fn only_allowed_models_are_called() {
        let all = TierPolicy::default();
        let small = all.models(Tier::Intern);
        let model = chosen(&limited(None, Some(&[Tier::Intern]))).await.unwrap();
        assert!(small.contains(&model), "{model}");
        let strong = chosen(&limited(None, Some(&[Tier::Architect]))).await.unwrap();
        assert!(all.models(Tier::Architect).contains(&strong), "{strong}");
        assert_eq!(chosen(&limited(Some(&["claude-opus-4-5"]), None)).await, None, "there is no key for it");
    }
}
