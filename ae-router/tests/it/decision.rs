use std::sync::Arc;

use ae_core::{ErrorKind, TaskKind, TokenUsage};
use ae_router::{
    ModelAvailability, ModelRouter, PriceTable, RouteDecision, RouteRequest, Tier, TierModels, TierRouter,
    conformance,
};

use crate::{at, now, task};

fn ask(kind: TaskKind, title: &str) -> RouteRequest {
    RouteRequest::new(task(kind, title), now()).with_available(ModelAvailability::all())
}

fn route(request: &RouteRequest) -> RouteDecision {
    ae_router::decide(request, PriceTable::bundled(), &TierModels::default())
}

fn model(decision: &RouteDecision) -> &str {
    decision.model.as_ref().map_or("none", |model| model.id.as_str())
}

#[tokio::test]
async fn the_tier_router_keeps_the_contract() {
    conformance::router::run_all(&TierRouter::new(), now()).await;
    let shared: Arc<dyn ModelRouter> = Arc::new(TierRouter::new());
    conformance::router::run_all(&shared, now()).await;
    let boxed: Box<dyn ModelRouter> = Box::new(TierRouter::new().with_prices(PriceTable::empty(now())));
    conformance::router::run_all(&boxed, now()).await;
}

#[test]
fn each_tier_has_the_designs_model_or_its_successor() {
    let decision = route(&ask(TaskKind::Architecture, "Plan the parts"));
    assert_eq!((decision.tier, model(&decision)), (Tier::Architect, "claude-opus-4-5"));
    let decision = route(&ask(TaskKind::Implementation, "Import files"));
    assert_eq!((decision.tier, model(&decision)), (Tier::Builder, "gpt-5.2"));
    let decision = route(&ask(TaskKind::Formatting, "Sort the list"));
    assert_eq!((decision.tier, model(&decision)), (Tier::Intern, "gemini-3.1-pro-preview"));
    assert!(
        decision
            .alternatives
            .iter()
            .any(|no| no.model == "gemini-3-pro-preview" && no.reason.contains("shut down")),
        "{:?}",
        decision.alternatives
    );
}

#[test]
fn an_override_moves_the_tier_but_not_below_security() {
    let raised = route(&ask(TaskKind::Formatting, "Sort the list").with_override_tier(Tier::Architect));
    assert_eq!(raised.tier, Tier::Architect);
    let lowered = route(&ask(TaskKind::Debugging, "Find the error").with_override_tier(Tier::Intern));
    assert_eq!(lowered.tier, Tier::Intern);
    let refused = route(&ask(TaskKind::Implementation, "Store passwords").with_override_tier(Tier::Intern));
    assert_eq!(refused.tier, Tier::Architect);
    assert!(refused.reasoning.contains("refused"), "{}", refused.reasoning);
}

#[test]
fn failures_raise_the_tier() {
    let tiers: Vec<_> =
        (1..=7).map(|attempt| route(&ask(TaskKind::Formatting, "Sort").with_attempt(attempt)).tier).collect();
    use Tier::{Architect, Builder, Intern};
    assert_eq!(tiers, [Intern, Intern, Builder, Builder, Architect, Architect, Architect]);
    assert_eq!(route(&ask(TaskKind::Formatting, "Sort").with_attempt(u32::MAX)).tier, Architect);
}

#[test]
fn without_a_key_the_decision_stands_and_is_not_callable() {
    let request = ask(TaskKind::Implementation, "Import files").with_available(ModelAvailability::none());
    let decision = route(&request);
    assert_eq!((decision.tier, model(&decision), decision.callable), (Tier::Builder, "gpt-5.2", false));
    assert!(decision.reasoning.contains("free builder"), "{}", decision.reasoning);
    assert!(decision.alternatives.iter().all(|no| no.model != "gpt-5.2"));
}

#[test]
fn one_key_serves_every_tier() {
    for (provider, models) in [
        ("anthropic", ["claude-opus-4-5", "claude-sonnet-4-6", "claude-haiku-4-5"]),
        ("openai", ["gpt-5.5", "gpt-5.2", "gpt-5.4-mini"]),
        ("google", ["gemini-3.1-pro-preview"; 3]),
    ] {
        for (kind, expected) in
            [TaskKind::Architecture, TaskKind::Implementation, TaskKind::Formatting].into_iter().zip(models)
        {
            let available = ModelAvailability::none().with_provider(provider);
            let decision = route(&ask(kind, "Something").with_available(available));
            assert_eq!((model(&decision), decision.callable), (expected, true), "{provider} {kind:?}");
        }
    }
}

#[test]
fn an_estimate_is_exact_or_not_measured() {
    let request = ask(TaskKind::Implementation, "Import files");
    let unknown = route(&request).estimate;
    assert_eq!(unknown.cost, None);
    assert!(unknown.note.starts_with("not measured"), "{}", unknown.note);

    let usage = TokenUsage::new(20_000, 3_000);
    let known = route(&request.clone().with_expected(usage)).estimate;
    assert_eq!(known.cost.unwrap().to_decimal().to_string(), "0.077");
    assert!(known.source.contains("2026-11-22"), "{}", known.source);

    let uncosted = usage.with_cache_writes(0, 5);
    let unknown = route(&request.with_expected(uncosted)).estimate;
    assert_eq!(unknown.cost, None);
    assert!(unknown.note.contains("cache_write_1h"), "{}", unknown.note);
}

#[test]
fn a_model_that_can_not_hold_the_request_is_refused() {
    let usage = TokenUsage::new(300_000, 100);
    let decision = route(&ask(TaskKind::Architecture, "Read it all").with_expected(usage));
    assert_eq!(model(&decision), "gpt-5.5");
    assert_eq!(decision.alternatives[0].reason, "300000 input tokens expected, it takes 200000");
    // 300,000 tokens are above 272,000: 10 and 45 dollars per million instead of 5 and 30.
    assert_eq!(decision.estimate.cost.unwrap().to_decimal().to_string(), "3.0045");
}

#[test]
fn without_any_known_model_there_is_a_tier_and_no_made_up_price() {
    let models = TierModels::default().with(Tier::Builder, ["unheard-of"]);
    let request = ask(TaskKind::Implementation, "Import files").with_expected(TokenUsage::new(1, 1));
    let decision = ae_router::decide(&request, PriceTable::bundled(), &models);
    assert_eq!((decision.tier, decision.model.as_ref(), decision.callable), (Tier::Builder, None, false));
    assert_eq!(decision.estimate.cost, None);
    assert!(decision.alternatives[0].reason.contains("no price is known"), "{:?}", decision.alternatives);
}

#[test]
fn old_prices_are_pointed_out() {
    let request = RouteRequest::new(task(TaskKind::Testing, "Test"), at("2028-01-01"));
    let decision = route(&request);
    assert!(decision.reasoning.contains("long ago"), "{}", decision.reasoning);
}

#[tokio::test]
async fn requests_that_can_not_be_right_are_refused() {
    let router = TierRouter::new();
    let zero = ask(TaskKind::Testing, "Test").with_attempt(0);
    assert_eq!(router.route(&zero).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    let long = ask(TaskKind::Testing, "Test").with_prompt("x".repeat(RouteRequest::TEXT_BYTES_MAX));
    let error = router.route(&long).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("4194304 at most"), "{error}");
}

#[test]
fn requests_and_decisions_survive_json() {
    let request = ask(TaskKind::Implementation, "Import files")
        .with_prompt("Do it")
        .with_override_tier(Tier::Architect)
        .with_expected(TokenUsage::new(3, 1));
    let json = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<RouteRequest>(&json).unwrap(), request);

    let decision = route(&request);
    let json = serde_json::to_value(&decision).unwrap();
    assert_eq!(json["tier"], "TIER1");
    assert_eq!(json["complexity"]["level"], "medium");
    assert_eq!(json["complexity"]["risk"], "safe");
    assert_eq!(json["estimate"]["cost"]["amount"], "0.00004");
    assert_eq!(serde_json::from_value::<RouteDecision>(json).unwrap(), decision);
}

#[cfg(feature = "schemars")]
#[test]
fn a_decision_has_a_schema() {
    let schema = serde_json::to_value(schemars::schema_for!(RouteDecision)).unwrap();
    assert!(schema["properties"]["estimate"].is_object(), "{schema}");
}
