//! Each clause of the contracts can fail: one wrong backend a clause, caught by its number.

use std::sync::Mutex;

use ae_core::{BackendError, Money, conformance::faults};
use ae_router::{ModelChoice, ModelRouter, RouteDecision, RouteRequest, Tier, TierRouter, conformance};
use async_trait::async_trait;

use crate::now;

/// A router by tiers that breaks one clause.
#[derive(Debug)]
struct WrongRouter {
    breaks: &'static str,
    inner: TierRouter,
    calls: Mutex<u64>,
}

impl WrongRouter {
    /// The request as this router misreads it.
    fn misread(&self, request: &RouteRequest) -> RouteRequest {
        let mut request = request.clone();
        match self.breaks {
            "C4" => request.task = request.task.map(|task| task.with_security(false)),
            "C8 attempt" => request.attempt = request.attempt.max(1),
            "C8 length" => request.prompt.truncate(100),
            "C9 data" => request.needs.providers = None,
            "C9 size" => request.expected = request.expected.filter(|usage| usage.input < 1_000_000),
            "C9 override" if request.override_model.is_some() => request.needs.providers = None,
            "C9 budget" if request.state.budget_left.is_some() => request.needs.providers = None,
            _ => {}
        }
        request
    }

    fn count(&self) -> u64 {
        let mut calls = self.calls.lock().unwrap();
        *calls += 1;
        *calls
    }
}

#[async_trait]
impl ModelRouter for WrongRouter {
    fn name(&self) -> &str {
        if self.breaks == "C1" { "" } else { self.inner.name() }
    }

    async fn route(&self, request: &RouteRequest) -> Result<RouteDecision, BackendError> {
        let request = self.misread(request);
        let mut decision = self.inner.route(&request).await?;
        let zero = Some(Money::zero(ae_core::Currency::USD));
        let Some(first) = decision.candidates.first_mut() else { return Ok(decision) };
        match self.breaks {
            "C2" => decision.reasoning = format!("call {}", self.count()),
            "C3 task" => decision.task = Some("T-999".parse().unwrap()),
            "C3 policy" => decision.policy.clear(),
            "C3 reasons" => decision.reasoning.clear(),
            "C3 score" => decision.complexity.score = 0,
            "C5" => first.callable = true,
            "C5 order" => decision.candidates.reverse(),
            "C6 sign" => first.estimate.cost = Some(Money::parse("-1", ae_core::Currency::USD).unwrap()),
            "C6 source" => first.estimate.source.clear(),
            "C6 date" => first.estimate.priced_at = None,
            "C6 note" => {
                first.estimate.cost = None;
                first.estimate.note.clear();
            }
            "C7 model" if request.prompt.contains("evil-model-1") => {
                first.model = ModelChoice::new("evil-model-1", "evil");
            }
            "C7 tier" if request.prompt.contains("TIER1") => decision.tier = Tier::Architect,
            "C7 price" if request.prompt.contains("0 dollars") => first.estimate.cost = zero,
            "C10" => {
                let twice = first.clone();
                decision.candidates.insert(0, twice);
            }
            _ => {}
        }
        Ok(decision)
    }
}

#[tokio::test]
async fn a_router_that_breaks_a_clause_is_caught_by_its_number() {
    let ran = conformance::router::run_all(&TierRouter::new(), now()).await;
    let wrong = [
        "C1",
        "C2",
        "C3 task",
        "C3 policy",
        "C3 reasons",
        "C3 score",
        "C4",
        "C5",
        "C5 order",
        "C6 sign",
        "C6 source",
        "C6 date",
        "C6 note",
        "C7 model",
        "C7 tier",
        "C7 price",
        "C8 attempt",
        "C8 length",
        "C9 data",
        "C9 size",
        "C9 override",
        "C9 budget",
        "C10",
    ]
    .map(|breaks| {
        let clause = breaks.split(' ').next().unwrap();
        (clause, WrongRouter { breaks, inner: TierRouter::new(), calls: Mutex::new(0) })
    });
    faults(&ran, wrong, async |router| conformance::router::run_all(&router, now()).await).await;
}
