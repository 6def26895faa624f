use ae_core::{Task, TaskKind, TokenUsage};
use ae_router::{ModelAvailability, ModelRouter, RouteDecision, RouteRequest, Tier, TierRouter, conformance};
use custom_provider::CreditFirst;

use crate::now;

fn router() -> CreditFirst {
    CreditFirst::new(TierRouter::new(), "anthropic")
}

fn ask() -> RouteRequest {
    let task = Task::new("T-001".parse().unwrap(), "Import files", "", TaskKind::Implementation);
    RouteRequest::new(task, now())
        .with_expected(TokenUsage::new(100_000, 1_000))
        .with_available(ModelAvailability::all())
}

fn models(decision: &RouteDecision) -> Vec<&str> {
    decision.callable().map(|candidate| candidate.model.id.as_str()).collect()
}

#[tokio::test]
async fn it_keeps_the_contract() {
    conformance::router::run_all(&router(), now()).await;
}

#[tokio::test]
async fn models_with_credit_come_first_and_the_others_by_cost() {
    let decision = router().route(&ask()).await.unwrap();
    assert_eq!(decision.tier, Tier::Builder);
    let by_cost = TierRouter::new().decide(&ask());
    let others = models(&by_cost).into_iter().filter(|id| !id.starts_with("claude"));
    let expected: Vec<_> = ["claude-sonnet-4-6", "claude-opus-4-5"].into_iter().chain(others).collect();
    assert_eq!(models(&decision), expected);
    assert!(decision.candidates[0].reason.contains("credit"), "{decision:?}");
}

#[tokio::test]
async fn credit_is_of_no_use_without_access() {
    let request = ask().with_available(ModelAvailability::none().with_provider("openai"));
    let decision = router().route(&request).await.unwrap();
    assert_eq!(models(&decision), ["gpt-5.2", "gpt-5.5"]);
}
