//! Each clause of the contracts can fail: one wrong backend a clause, caught by its number.

use std::sync::Mutex;

use ae_core::{
    BackendError, ErrorKind, IdempotencyKey, Money, Origin, TokenUsage, Untrusted, conformance::faults,
};
use ae_router::{
    Completion, CompletionRequest, ModelChoice, ModelClient, ModelClientInfo, ModelRouter, RouteDecision,
    RouteRequest, ScriptedModel, Tier, TierRouter, conformance,
};
use async_trait::async_trait;

use crate::now;

/// A scripted model that breaks one clause.
#[derive(Debug)]
struct WrongClient {
    breaks: &'static str,
    inner: ScriptedModel,
    calls: Mutex<u64>,
}

#[async_trait]
impl ModelClient for WrongClient {
    fn info(&self) -> ModelClientInfo {
        let mut calls = self.calls.lock().unwrap();
        *calls += 1;
        match self.breaks {
            "C1" => ModelClientInfo::new(format!("client-{calls}"), ae_core::Mode::Live),
            "C7" => ModelClientInfo::new("client", ae_core::Mode::Live),
            _ => self.inner.info(),
        }
    }

    async fn complete(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<Completion, BackendError> {
        let answer = match self.inner.complete(key, request).await {
            Err(error) if error.kind() == ErrorKind::Conflict && self.breaks == "C3" => {
                ScriptedModel::new().with_default("hello").complete(key, request).await
            }
            Err(error) if error.kind() == ErrorKind::InvalidInput && self.breaks == "C4" => {
                self.inner.complete(key, &CompletionRequest::new("any", "hello", 64)).await
            }
            other => other,
        };
        let mut answer = answer?;
        match self.breaks {
            "C2" => {
                let mut calls = self.calls.lock().unwrap();
                *calls += 1;
                answer.usage = Some(TokenUsage::new(*calls, 0));
            }
            "C5" => answer.text = Untrusted::new(Origin::Model("another".to_owned()), "hello".to_owned()),
            "C6" => {
                answer.usage = Some(TokenUsage::new(0, request.output_tokens_max + 1));
            }
            "C6 reasoning" => answer.usage = Some(TokenUsage::new(0, 0).with_reasoning(1)),
            _ => {}
        }
        Ok(answer)
    }
}

#[tokio::test]
async fn a_client_that_breaks_a_clause_is_caught_by_its_number() {
    let right = ScriptedModel::new().with_default("hello");
    let ran = conformance::client::run_all(&right, "any").await;
    let wrong = ["C1", "C2", "C3", "C4", "C5", "C6", "C6 reasoning", "C7"].map(|breaks| {
        let inner = ScriptedModel::new().with_default("hello");
        (&breaks[..2], WrongClient { breaks, inner, calls: Mutex::new(0) })
    });
    faults(&ran, wrong, async |client| conformance::client::run_all(&client, "any").await).await;
}

/// A router by tiers that breaks one clause.
#[derive(Debug)]
struct WrongRouter {
    breaks: &'static str,
    inner: TierRouter,
    calls: Mutex<u64>,
}

#[async_trait]
impl ModelRouter for WrongRouter {
    fn name(&self) -> &str {
        if self.breaks == "C1" { "" } else { self.inner.name() }
    }

    async fn route(&self, request: &RouteRequest) -> Result<RouteDecision, BackendError> {
        let mut request = request.clone();
        match self.breaks {
            "C4" => request.task.requires_security = false,
            "C8 attempt" => request.attempt = request.attempt.max(1),
            "C8 length" => request.prompt.truncate(100),
            _ => {}
        }
        let mut decision = self.inner.route(&request).await?;
        match self.breaks {
            "C2" => {
                let mut calls = self.calls.lock().unwrap();
                *calls += 1;
                decision.reasoning = format!("call {calls}");
            }
            "C3 task" => decision.task = "T-999".parse().unwrap(),
            "C3 policy" => decision.policy.clear(),
            "C3 reasons" => decision.reasoning.clear(),
            "C3 score" => decision.complexity.score = 0,
            "C5" => decision.callable = true,
            "C6 sign" => decision.estimate.cost = Some(Money::parse("-1", ae_core::Currency::USD).unwrap()),
            "C6 zero" if request.expected.is_none() => {
                decision.estimate.cost = Some(Money::zero(ae_core::Currency::USD));
                decision.estimate.source = "a guess".to_owned();
            }
            "C6 note" => {
                decision.estimate.cost = None;
                decision.estimate.note.clear();
            }
            "C7 model" if request.prompt.contains("evil-model-1") => {
                decision = decision.with_model(ModelChoice::new("evil-model-1", "evil"), true);
            }
            "C7 tier" if request.prompt.contains("TIER1") => decision.tier = Tier::Architect,
            "C7 price" if request.prompt.contains("0 dollars") => {
                decision.estimate.cost = Some(Money::zero(ae_core::Currency::USD));
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
        "C6 sign",
        "C6 zero",
        "C6 note",
        "C7 model",
        "C7 tier",
        "C7 price",
        "C8 attempt",
        "C8 length",
    ]
    .map(|breaks| (&breaks[..2], WrongRouter { breaks, inner: TierRouter::new(), calls: Mutex::new(0) }));
    faults(&ran, wrong, async |router| conformance::router::run_all(&router, now()).await).await;
}
