//! Conditions that no budget, price or wish relaxes.

use std::collections::BTreeSet;

use ae_core::{Currency, Money, TaskKind, TokenUsage};
use ae_router::{
    Capabilities, Capability, ModelAvailability, ModelFacts, ModelNeeds, PriceTable, Rate, Rates,
    RouteDecision, RouteRequest, RouteState, Tier, TierPolicy, decide,
};
use proptest::prelude::*;

use crate::{
    decision::{ask, model, models, reason, route},
    now,
};

fn rate(dollars: i64) -> Rate {
    Rate::per_million(dollars.into()).unwrap()
}

fn facts(id: &str, dollars: i64) -> ModelFacts {
    ModelFacts::new(id, "house", Rates::new(rate(dollars), rate(dollars)))
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

/// A policy whose tiers all list `ids`.
fn policy(ids: &[&str]) -> TierPolicy {
    let all = Tier::ALL.iter();
    all.fold(TierPolicy::default(), |policy, tier| policy.with_models(*tier, ids.iter().copied()).unwrap())
}

fn route_among(request: &RouteRequest, models: Vec<ModelFacts>) -> RouteDecision {
    let ids: Vec<_> = models.iter().map(|model| model.id.clone()).collect();
    let table = models.into_iter().fold(PriceTable::empty(now()), PriceTable::with_model);
    decide(request, &table, &policy(&ids.iter().map(String::as_str).collect::<Vec<_>>()))
}

#[test]
fn a_request_that_can_not_fit_is_not_sent() {
    let usage = TokenUsage::new(300_000, 100);
    let decision = route(&ask(TaskKind::Architecture, "Read it all").with_expected(usage));
    assert_eq!(models(&decision), ["gemini-4-argon", "gpt-5.5"]);
    assert_eq!(reason(&decision, "claude-opus-4-5"), "about 300000 input tokens, it takes 200000");
    // 300,000 tokens are above 272,000: 10 and 45 dollars per million instead of 5 and 30.
    assert_eq!(decision.candidates[1].estimate.cost.unwrap().to_decimal().to_string(), "3.0045");
}

#[test]
fn the_text_itself_is_counted() {
    let long = "word ".repeat(210_000);
    let decision = route(&ask(TaskKind::Architecture, "Read it all").with_prompt(&long));
    assert!(reason(&decision, "claude-opus-4-5").contains("it takes 200000"), "{decision:?}");
    // An expectation that the text contradicts is not believed.
    let few = ask(TaskKind::Architecture, "Read it all").with_prompt(long.repeat(4));
    let decision = route(&few.with_expected(TokenUsage::new(100, 100)));
    assert!(reason(&decision, "claude-opus-4-5").contains("it takes 200000"), "{decision:?}");
}

#[test]
fn input_and_output_have_to_fit_together() {
    let fits = ask(TaskKind::Architecture, "Read").with_expected(TokenUsage::new(150_000, 100));
    assert!(models(&route(&fits.clone().with_output_tokens_max(50_000))).contains(&"claude-opus-4-5"));
    let decision = route(&fits.clone().with_output_tokens_max(50_001));
    assert!(reason(&decision, "claude-opus-4-5").contains("holds 200000 together"), "{decision:?}");
    let decision = route(&fits.with_output_tokens_max(64_001));
    assert!(reason(&decision, "claude-opus-4-5").contains("it gives 64000"), "{decision:?}");
}

#[test]
fn data_goes_only_where_it_may() {
    let only = ModelNeeds::default().with_providers(BTreeSet::from(["anthropic".to_owned()]));
    let decision = route(&ask(TaskKind::Formatting, "Sort").with_needs(only.clone()));
    assert!(decision.candidates.iter().all(|candidate| candidate.model.provider == "anthropic"));
    assert_eq!(reason(&decision, "gpt-5.4-mini"), "the data may not go to openai");
    let named = ask(TaskKind::Formatting, "Sort").with_needs(only).with_override_model("gpt-5.2");
    assert!(route(&named).candidates.is_empty());
    let nowhere = ModelNeeds::default().with_providers(BTreeSet::new());
    assert!(route(&ask(TaskKind::Formatting, "Sort").with_needs(nowhere)).candidates.is_empty());
}

#[test]
fn needed_abilities_are_known_or_not_stated_at_all() {
    let able = Capabilities::unknown().with(Capability::Tools).with(Capability::Vision);
    let mut full = facts("full", 3);
    full.capabilities = able;
    let mut blind = facts("blind", 1);
    blind.capabilities = able.without(Capability::Vision);
    let mut silent = facts("silent", 1);
    silent.capabilities = Capabilities::unknown().with(Capability::Tools);
    let all = vec![blind, silent, full, facts("mine", 2)];

    let sees = ask(TaskKind::Testing, "Test").with_needs(ModelNeeds::default().with_vision());
    let decision = route_among(&sees, all.clone());
    assert_eq!(models(&decision), ["mine", "full"]);
    assert_eq!(reason(&decision, "blind"), "it lacks vision");
    assert_eq!(reason(&decision, "silent"), "it is not known to have vision");
    assert!(decision.candidates[0].reason.contains("not stated"), "{decision:?}");
    assert!(!decision.candidates[1].reason.contains("not stated"), "{decision:?}");

    let plain = route_among(&ask(TaskKind::Testing, "Test"), all);
    assert_eq!(plain.candidates.len(), 4);
    assert!(plain.candidates.iter().all(|candidate| !candidate.reason.contains("not stated")));

    // Of the bundled models, OpenAI's reasoning models take no temperature.
    let warm = ask(TaskKind::Implementation, "Write").with_needs(ModelNeeds::default().with_sampling());
    assert_eq!(reason(&route(&warm), "gpt-5.2"), "it lacks sampling");
}

#[test]
fn what_costs_more_than_is_left_is_refused() {
    let request = ask(TaskKind::Implementation, "Import files").with_expected(TokenUsage::new(20_000, 3_000));
    let left = |text| request.clone().with_state(RouteState::default().with_budget_left(usd(text)));
    let decision = route(&left("0.077"));
    assert_eq!(models(&decision), ["gemini-4-argon", "gemini-3.1-pro-preview", "gpt-5.2"]);
    assert_eq!(reason(&decision, "claude-sonnet-4-6"), "$0.105 are expected, and $0.077 are left");
    assert!(route(&left("0")).candidates.is_empty());
    let zero = route_among(&left("0"), vec![facts("free", 0)]);
    assert_eq!(model(&zero), "free");
    let euros = Money::parse("100", "EUR".parse().unwrap()).unwrap();
    let decision = route(&request.clone().with_state(RouteState::default().with_budget_left(euros)));
    assert!(
        decision.candidates.is_empty() && reason(&decision, "gpt-5.2").contains("budget"),
        "{decision:?}"
    );
}

#[test]
fn unknown_costs_come_last_and_are_never_within_a_budget() {
    let mut unpriced = facts("unpriced", 1);
    unpriced.periods.clear();
    let all = vec![unpriced, facts("dear", 9)];
    let request = ask(TaskKind::Testing, "Test");
    let decision = route_among(&request, all.clone());
    assert_eq!(models(&decision), ["dear", "unpriced"]);
    let unknown = &decision.candidates[1];
    assert_eq!(unknown.estimate.cost, None);
    assert!(unknown.estimate.note.starts_with("not measured"), "{unknown:?}");
    assert!(unknown.reason.contains("unknown cost"), "{unknown:?}");
    let rich = request.with_state(RouteState::default().with_budget_left(usd("1000")));
    let decision = route_among(&rich, all);
    assert_eq!(models(&decision), ["dear"]);
    assert!(reason(&decision, "unpriced").contains("not known"), "{decision:?}");
}

#[test]
fn an_estimate_names_its_tokens() {
    let request = ask(TaskKind::Implementation, "Import files")
        .with_available(ModelAvailability::none().with_provider("openai"));
    let estimated = route(&request).candidates[0].estimate.clone();
    assert!(
        estimated.note.contains("about 4 tokens in, estimated from the text, and 1024 out"),
        "{estimated:?}"
    );
    assert_eq!(estimated.cost.unwrap().to_decimal().to_string(), "0.014343");
    let short = route(&request.clone().with_output_tokens_max(10)).candidates[0].estimate.clone();
    assert!(short.note.contains("10 out"), "{short:?}");

    let usage = TokenUsage::new(20_000, 3_000);
    let known = route(&request.clone().with_expected(usage)).candidates[0].estimate.clone();
    assert_eq!(known.cost.unwrap().to_decimal().to_string(), "0.077");
    assert_eq!(known.note, "one call with 20000 tokens in and 3000 out");

    let uncosted = route(&request.with_expected(usage.with_cache_writes(0, 5)));
    let gpt = uncosted.candidates.iter().find(|candidate| candidate.model.id == "gpt-5.2").unwrap();
    assert_eq!(gpt.estimate.cost, None);
    assert!(gpt.estimate.note.contains("cache_write_1h"), "{gpt:?}");
}

#[test]
fn without_any_known_model_there_is_a_tier_and_no_made_up_price() {
    let request = ask(TaskKind::Implementation, "Import files").with_expected(TokenUsage::new(1, 1));
    let decision = decide(&request, PriceTable::bundled(), &policy(&["unheard-of"]));
    assert_eq!((decision.tier, decision.first(), decision.cost()), (Tier::Builder, None, None));
    assert!(reason(&decision, "unheard-of").contains("no price is known"), "{decision:?}");
    assert!(decision.reasoning.contains("no model can do it"), "{}", decision.reasoning);
}

#[test]
fn hostile_texts_get_a_decision() {
    let brackets = "[".repeat(100_000);
    for unit in
        ["x", " ", "\n", "\u{200b}", "password ", "\"", "“«", "'a ", "```\n", "> ", "no need to ", &brackets]
    {
        let prompt = unit.repeat(RouteRequest::TEXT_BYTES_MAX / unit.len());
        let request = RouteRequest::for_prompt(prompt, now()).with_available(ModelAvailability::all());
        let decision = route(&request);
        let fits = decision.candidates.iter().all(|candidate| candidate.estimate.cost.is_some());
        assert!(fits && (1..=10).contains(&decision.complexity.score), "{unit:.9}");
    }
}

prop_compose! {
    fn any_model()(
        dollars in 0..50_i64,
        input in prop::option::of(1..500_000_u64),
        output in prop::option::of(1..100_000_u64),
        tools in prop::option::of(any::<bool>()),
        house in any::<bool>(),
        priced in prop::bool::weighted(0.9),
    ) -> ModelFacts {
        let mut model = facts("", dollars).with_limits(input, output);
        if let Some(tools) = tools {
            let known = Capabilities::unknown();
            model.capabilities = if tools { known.with(Capability::Tools) } else { known.without(Capability::Tools) };
        }
        if !house {
            model.provider = "abroad".to_owned();
        }
        if !priced {
            model.periods.clear();
        }
        model
    }
}

prop_compose! {
    fn any_request()(
        kind in prop::sample::select(vec![TaskKind::Architecture, TaskKind::Testing, TaskKind::Formatting]),
        bare in any::<bool>(),
        prompt in "(?s).{0,80}",
        expected in prop::option::of((0..600_000_u64, 0..120_000_u64)),
        most in prop::option::of(1..120_000_u64),
        left in prop::option::of(0..2_000_i64),
        tools in any::<bool>(),
        house_only in any::<bool>(),
        tier in prop::option::of(prop::sample::select(Tier::ALL.to_vec())),
        attempt in 1..9_u32,
        named in prop::option::of(0..5_u32),
    ) -> RouteRequest {
        let mut request = if bare { RouteRequest::for_prompt(prompt, now()) } else { ask(kind, &prompt) };
        request.available = ModelAvailability::all();
        request.expected = expected.map(|(input, output)| TokenUsage::new(input, output));
        request.output_tokens_max = most;
        request.state.budget_left = left.map(|cents| Money::from_minor(cents, 2, Currency::USD).unwrap());
        request.needs.tools = tools;
        request.needs.providers = house_only.then(|| BTreeSet::from(["house".to_owned()]));
        request.override_tier = tier;
        request.override_model = named.map(|at| format!("m{at}"));
        request.with_attempt(attempt)
    }
}

proptest! {
    #[test]
    fn conditions_hold_and_the_order_is_by_price(
        mut all in prop::collection::vec(any_model(), 1..6), request in any_request()
    ) {
        for (at, model) in all.iter_mut().enumerate() {
            model.id = format!("m{at}");
        }
        let decision = route_among(&request, all.clone());
        prop_assert_eq!(&decision, &route_among(&request, all.clone()));
        let mut before = Some(Money::zero(Currency::USD));
        for candidate in &decision.candidates {
            let facts = all.iter().find(|facts| facts.id == candidate.model.id).unwrap();
            let (expected, most) = (request.expected.unwrap_or_default(), request.output_tokens_max);
            prop_assert!(facts.input_tokens_max.is_none_or(|max| expected.input <= max));
            prop_assert!(facts.output_tokens_max.is_none_or(|max| expected.output.max(most.unwrap_or(0)) <= max));
            prop_assert!(!request.needs.tools || facts.capabilities.get(Capability::Tools) != Some(false));
            prop_assert!(request.needs.providers.is_none() || facts.provider == "house");
            prop_assert!(request.override_model.as_ref().is_none_or(|id| *id == facts.id));
            let cost = candidate.estimate.cost;
            if let Some(left) = request.state.budget_left {
                prop_assert!(!cost.unwrap().exceeds(left).unwrap());
            }
            match (before, cost) {
                (Some(before), Some(cost)) => prop_assert!(!before.exceeds(cost).unwrap()),
                (None, cost) => prop_assert_eq!(cost, None),
                (Some(_), None) => {}
            }
            before = cost;
        }
        let listed = if request.override_model.is_some() { 1 } else { all.len() };
        prop_assert_eq!(decision.candidates.len() + decision.refused.len(), listed);
        prop_assert!(decision.refused.iter().all(|refused| !refused.reason.is_empty()));
    }

    #[test]
    fn a_lower_price_never_moves_a_model_back(
        prices in prop::collection::vec(1..50_i64, 2..6), at in 0..6_usize, cut in 1..50_i64
    ) {
        let request = ask(TaskKind::Testing, "Test").with_expected(TokenUsage::new(1_000, 1_000));
        let id = format!("m{}", at % prices.len());
        let place = |prices: &[i64]| {
            let models = prices.iter().enumerate().map(|(at, price)| facts(&format!("m{at}"), *price)).collect();
            let decision = route_among(&request, models);
            decision.candidates.iter().position(|candidate| candidate.model.id == id).unwrap()
        };
        let mut cheaper = prices.clone();
        let own = at % prices.len();
        cheaper[own] = (cheaper[own] - cut).max(0);
        prop_assert!(place(&cheaper) <= place(&prices));
    }
}
