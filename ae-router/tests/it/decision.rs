use std::{collections::BTreeMap, sync::Arc};

use ae_core::{ErrorKind, TaskKind, TokenUsage};
use ae_router::{
    CandidateOrder, ModelAvailability, ModelRouter, PriceTable, RouteDecision, RouteRequest, RouteState,
    RouteSummary, Scorer, Tier, TierPolicy, TierRouter, conformance,
};

use crate::{at, now, task};

pub fn ask(kind: TaskKind, title: &str) -> RouteRequest {
    RouteRequest::new(task(kind, title), now()).with_available(ModelAvailability::all())
}

pub fn route(request: &RouteRequest) -> RouteDecision {
    ae_router::decide(request, PriceTable::bundled(), &TierPolicy::default())
}

pub fn models(decision: &RouteDecision) -> Vec<&str> {
    decision.candidates.iter().map(|candidate| candidate.model.id.as_str()).collect()
}

pub fn model(decision: &RouteDecision) -> &str {
    models(decision).first().copied().unwrap_or("none")
}

#[track_caller]
pub fn reason<'a>(decision: &'a RouteDecision, model: &str) -> &'a str {
    let refused = decision.refused.iter().find(|refused| refused.model == model);
    refused.map_or_else(|| panic!("{model}: {decision:#?}"), |refused| refused.reason.as_str())
}

#[tokio::test]
async fn the_tier_router_keeps_the_contract() {
    conformance::router::run_all(&TierRouter::new(), now()).await;
    let shared: Arc<dyn ModelRouter> = Arc::new(TierRouter::new());
    conformance::router::run_all(&shared, now()).await;
    let boxed: Box<dyn ModelRouter> = Box::new(TierRouter::new().with_prices(PriceTable::empty(now())));
    conformance::router::run_all(&boxed, now()).await;
    let listed = TierPolicy::default().with_order(CandidateOrder::Preference).with_stronger_tiers(false);
    conformance::router::run_all(&TierRouter::new().with_policy(listed), now()).await;
}

#[test]
fn candidates_stand_by_expected_cost_across_tiers() {
    let request = ask(TaskKind::Implementation, "Import files").with_expected(TokenUsage::new(20_000, 3_000));
    let decision = route(&request);
    assert_eq!(decision.tier, Tier::Builder);
    let costs: Vec<_> = decision
        .candidates
        .iter()
        .map(|candidate| {
            (candidate.model.id.as_str(), candidate.estimate.cost.unwrap().to_decimal().to_string())
        })
        .collect();
    let expected = [
        ("gemini-4-argon", "0.07"),
        ("gemini-3.1-pro-preview", "0.076"),
        ("gpt-5.2", "0.077"),
        ("claude-sonnet-4-6", "0.105"),
        ("claude-opus-4-5", "0.175"),
        ("gpt-5.5", "0.19"),
    ];
    assert_eq!(costs, expected.map(|(id, cost)| (id, cost.to_owned())));
    let [first, second, ..] = decision.candidates.as_slice() else { panic!("{decision:?}") };
    assert!(first.reason.contains("TIER1, stronger than TIER2, the least"), "{}", first.reason);
    assert_eq!(second.reason, "a model of TIER2");
    assert_eq!(first.estimate.source, "price table of 2026-11-22");
}

#[test]
fn a_policy_may_keep_its_tiers_apart_and_its_own_order() {
    let request = ask(TaskKind::Implementation, "Import files").with_expected(TokenUsage::new(20_000, 3_000));
    let decide = |policy: &TierPolicy| ae_router::decide(&request, PriceTable::bundled(), policy);
    let own = TierPolicy::default().with_stronger_tiers(false);
    assert_eq!(models(&decide(&own)), ["gemini-3.1-pro-preview", "gpt-5.2", "claude-sonnet-4-6"]);
    let listed = TierPolicy::default().with_order(CandidateOrder::Preference);
    assert_eq!(
        models(&decide(&listed)),
        [
            "gpt-5.2",
            "claude-sonnet-4-6",
            "gemini-3.1-pro-preview",
            "claude-opus-4-5",
            "gpt-5.5",
            "gemini-4-argon"
        ]
    );
}

#[test]
fn a_model_that_is_shut_down_gives_way_to_its_successor() {
    let decision = route(&ask(TaskKind::Formatting, "Sort the list"));
    assert_eq!(decision.tier, Tier::Intern);
    assert!(reason(&decision, "gemini-3-pro-preview").contains("shut down: gemini-3.1-pro-preview"));
    let follows = decision.candidates.iter().find(|it| it.model.id == "gemini-3.1-pro-preview").unwrap();
    assert!(follows.reason.contains("follows gemini-3-pro-preview"), "{}", follows.reason);
}

#[test]
fn an_override_moves_the_tier_but_not_below_security() {
    let raised = route(&ask(TaskKind::Formatting, "Sort the list").with_override_tier(Tier::Architect));
    assert_eq!((raised.tier, raised.suggested_tier), (Tier::Architect, Some(Tier::Intern)));
    let lowered = route(&ask(TaskKind::Debugging, "Find the error").with_override_tier(Tier::Intern));
    assert_eq!(lowered.tier, Tier::Intern);
    let refused = route(&ask(TaskKind::Implementation, "Store passwords").with_override_tier(Tier::Intern));
    assert_eq!(refused.tier, Tier::Architect);
    assert!(refused.reasoning.contains("refused"), "{}", refused.reasoning);
}

#[test]
fn a_model_asked_for_is_the_only_candidate() {
    let plain = ask(TaskKind::Implementation, "Import files");
    let named = route(&plain.clone().with_override_model("claude-haiku-4-5"));
    assert_eq!(models(&named), ["claude-haiku-4-5"]);
    assert!(named.candidates[0].reason.contains("by name"), "{named:?}");
    let dated = route(&plain.clone().with_override_model("gpt-5.2-2025-12-11"));
    assert_eq!(models(&dated), ["gpt-5.2-2025-12-11"]);
    let unknown = route(&plain.clone().with_override_model("unheard-of"));
    assert!(
        unknown.candidates.is_empty() && reason(&unknown, "unheard-of").contains("PriceTable::with_model")
    );

    let secure = ask(TaskKind::Implementation, "Store passwords");
    let weak = route(&secure.clone().with_override_model("claude-haiku-4-5"));
    assert!(
        weak.candidates.is_empty() && reason(&weak, "claude-haiku-4-5").contains("TIER1 does not list it")
    );
    assert_eq!(models(&route(&secure.with_override_model("claude-opus-4-5"))), ["claude-opus-4-5"]);
    // The words of a bare prompt choose a tier; they refuse no model that was named.
    let prompt = RouteRequest::for_prompt("Store passwords", now()).with_override_model("claude-haiku-4-5");
    let bare = route(&prompt);
    assert_eq!((bare.tier, model(&bare)), (Tier::Architect, "claude-haiku-4-5"));
}

#[test]
fn failures_raise_the_tier() {
    let tiers: Vec<_> =
        (1..=7).map(|attempt| route(&ask(TaskKind::Formatting, "Sort").with_attempt(attempt)).tier).collect();
    use Tier::{Architect, Builder, Intern};
    assert_eq!(tiers, [Intern, Intern, Builder, Builder, Architect, Architect, Architect]);
    assert_eq!(route(&ask(TaskKind::Formatting, "Sort").with_attempt(u32::MAX)).tier, Architect);
    let patient = TierPolicy::default().with_attempts_per_tier(5).unwrap();
    let sixth = ask(TaskKind::Formatting, "Sort").with_attempt(6);
    assert_eq!(ae_router::decide(&sixth, PriceTable::bundled(), &patient).tier, Builder);
}

#[test]
fn without_a_key_the_decision_stands_and_is_not_callable() {
    let request = ask(TaskKind::Implementation, "Import files").with_available(ModelAvailability::none());
    let decision = route(&request);
    assert_eq!((decision.tier, decision.callable().count()), (Tier::Builder, 0));
    assert!(decision.cost().is_some() && decision.first().is_some());
    assert!(decision.reasoning.contains("free builder"), "{}", decision.reasoning);
    assert!(decision.candidates[0].reason.contains("no access to google"), "{decision:?}");
}

#[test]
fn one_key_serves_every_tier() {
    let kinds = [TaskKind::Architecture, TaskKind::Implementation, TaskKind::Formatting];
    for (provider, expected) in [
        ("anthropic", ["claude-opus-4-5", "claude-sonnet-4-6", "claude-haiku-4-5"]),
        ("openai", ["gpt-5.5", "gpt-5.2", "gpt-5.4-mini"]),
        ("google", ["gemini-4-argon"; 3]),
    ] {
        for (kind, expected) in kinds.into_iter().zip(expected) {
            let available = ModelAvailability::none().with_provider(provider);
            let decision = route(&ask(kind, "Something").with_available(available));
            assert_eq!(model(&decision), expected, "{provider} {kind:?}");
            assert!(decision.callable().all(|candidate| candidate.model.provider == provider));
            assert!(decision.callable().count() < decision.candidates.len(), "the others stand last");
        }
    }
}

#[test]
fn resting_models_come_after_the_others() {
    let resting = BTreeMap::from([("gpt-5.4-mini".to_owned(), "429 until 12:01".to_owned())]);
    let request = ask(TaskKind::Formatting, "Sort").with_expected(TokenUsage::new(1_000, 100));
    assert_eq!(model(&route(&request)), "gpt-5.4-mini");
    let decision = route(&request.clone().with_state(RouteState::default().with_resting(resting.clone())));
    let last = decision.candidates.last().unwrap();
    assert_eq!((last.model.id.as_str(), last.callable), ("gpt-5.4-mini", true));
    assert!(last.reason.contains("rests: 429 until 12:01"), "{}", last.reason);

    let openai = ModelAvailability::none().with_provider("openai");
    let state = RouteState::default().with_resting(resting);
    let decision = route(&request.with_state(state).with_available(openai));
    let callable: Vec<_> = decision.callable().map(|candidate| candidate.model.id.as_str()).collect();
    assert_eq!(callable, ["gpt-5.2", "gpt-5.5", "gpt-5.4-mini"]);
    assert!(!decision.candidates.last().unwrap().callable, "no access comes after rest");
}

#[test]
fn a_bare_prompt_is_scored_by_what_was_learned() {
    let prompt = "Anna has 3 apples and buys 12 more, how many has she?";
    let request = RouteRequest::for_prompt(prompt, now()).with_available(ModelAvailability::all());
    let decision = route(&request);
    assert_eq!(decision.task, None);
    assert_eq!(decision.complexity.score, Scorer::bundled().score(prompt).score);
    let explained = TierRouter::new().with_signals(3).decide(&request);
    assert_eq!((explained.complexity.signals.len(), explained.tier), (3, decision.tier));
    assert_eq!(explained.candidates, decision.candidates);

    let sensitive = route(&RouteRequest::for_prompt("Add login with OAuth", now()));
    assert_eq!(sensitive.tier, Tier::Architect);
    assert!(sensitive.reasoning.contains("sensitive"), "{}", sensitive.reasoning);
    // A scorer of one's own is asked about every prompt, those in plain words too.
    let own = Scorer::from_bytes(&Scorer::bundled().to_bytes()).unwrap();
    let plain = RouteRequest::for_prompt("What is the capital of France?", now());
    let learned = TierRouter::new().with_scorer(own).decide(&plain);
    assert_eq!(learned.complexity.score, Scorer::bundled().score(&plain.prompt).score);
    assert_eq!((route(&plain).complexity.score, route(&plain).tier), (3, Tier::Intern));
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
    assert_eq!(json["candidates"][0]["estimate"]["cost"]["amount"], "0.000016");
    assert_eq!(serde_json::from_value::<RouteDecision>(json).unwrap(), decision);
}

#[test]
fn a_stored_decision_of_the_form_before_is_read() {
    let old = r#"{"task": "T-001", "tier": "TIER2", "model": {"id": "gpt-5.2", "provider": "openai"},
        "callable": false, "complexity": {"score": 5, "level": "medium", "risk": "safe", "signals": []},
        "estimate": {"cost": null, "source": "", "priced_at": null, "note": "not measured"},
        "reasoning": "score 5", "alternatives": [], "policy": "tiers"}"#;
    let decision: RouteDecision = serde_json::from_str(old).unwrap();
    assert_eq!((decision.tier, decision.first(), decision.cost()), (Tier::Builder, None, None));
}

#[test]
fn a_summary_has_the_fields_of_an_answer() {
    let request = ask(TaskKind::Formatting, "Sort").with_override_tier(Tier::Builder);
    let json = serde_json::to_value(RouteSummary::from(&route(&request))).unwrap();
    assert_eq!(
        (&json["tier"], &json["model_id"], &json["provider"]),
        (&"TIER2".into(), &"gemini-4-argon".into(), &"google".into())
    );
    assert!(json["estimated_cost"]["amount"].is_string() && json["reasoning"].is_string(), "{json}");
    let of = &json["classification"];
    assert_eq!(
        (&of["complexity"], &of["risk"], &of["complexity_score"], &of["suggested_tier"]),
        (&"low".into(), &"safe".into(), &2.into(), &"TIER3".into())
    );
    assert!(of["reasoning"].as_str().unwrap().contains("formatting"), "{json}");
}

#[cfg(feature = "schemars")]
#[test]
fn a_decision_has_a_schema() {
    let schema = serde_json::to_value(schemars::schema_for!(RouteDecision)).unwrap();
    assert!(schema["properties"]["candidates"].is_object(), "{schema}");
}
