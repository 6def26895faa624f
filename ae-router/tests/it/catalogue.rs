//! Levels of service, fees, abilities, aliases and ceilings.

use ae_core::{Money, TokenUsage};
use ae_router::{
    Billed, Capabilities, Capability, ContextTier, Fee, LevelRates, ModelFacts, PriceError, PricePeriod,
    PriceTable, Rate, Rates, RegionalUplift, ServiceTier,
};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::{at, now, prices::any_usage};

fn rate(text: &str) -> Rate {
    Rate::per_million(Decimal::from_str_exact(text).unwrap()).unwrap()
}

fn rates(input: &str, output: &str) -> Rates {
    Rates::new(rate(input), rate(output))
}

#[track_caller]
fn check(model: &str, billed: &Billed, day: &str, dollars: &str) {
    let cost = PriceTable::bundled().cost_of(model, billed, at(day)).unwrap();
    assert_eq!(cost.to_decimal().to_string(), dollars, "{model} {billed:?} on {day}");
}

#[track_caller]
fn unknown(model: &str, billed: &Billed, day: &str, expected: &'static str) {
    match PriceTable::bundled().cost_of(model, billed, at(day)) {
        Err(PriceError::NoRate { level, kind, .. }) => {
            assert_eq!((level, kind), (billed.service_tier, expected))
        }
        other => panic!("{model} {billed:?}: {other:?}"),
    }
}

#[test]
fn each_level_has_its_own_rates_or_none() {
    let usage = TokenUsage::new(1_000_000, 100_000).with_cache_read(0);
    let at_level = |service_tier| Billed::new(usage).with_service_tier(service_tier);
    check("gpt-5.2", &at_level(ServiceTier::Standard), "2026-11-24", "3.15");
    check("gpt-5.2", &at_level(ServiceTier::Batch), "2026-11-24", "1.575");
    check("gpt-5.2", &at_level(ServiceTier::Flex), "2026-11-24", "1.575");
    check("gpt-5.2", &at_level(ServiceTier::Priority), "2026-11-24", "6.3");
    unknown("claude-opus-4-5", &at_level(ServiceTier::Priority), "2026-11-24", "any");
    unknown("claude-opus-4-5", &at_level(ServiceTier::Flex), "2026-11-24", "any");
    // Batch halves the rates of the cache as well.
    let cached =
        Billed::new(TokenUsage::new(0, 0).with_cache_read(1_000_000)).with_service_tier(ServiceTier::Batch);
    check("claude-haiku-4-5", &cached, "2026-11-24", "0.05");
}

#[test]
fn a_level_follows_the_dates_and_context_tiers_of_its_own() {
    let batch = |input| Billed::new(TokenUsage::new(input, 0)).with_service_tier(ServiceTier::Batch);
    check("gemini-3.8-flash", &batch(1_000_000), "2026-12-31", "0.375");
    check("gemini-3.8-flash", &batch(1_000_000), "2027-01-01", "0.75");
    check("claude-haiku-5-5", &batch(100_000), "2026-11-24", "0.005");
    check("claude-haiku-5-5", &batch(100_001), "2026-11-24", "0.02500025");
    // Flex of 2027 was not published with the new price.
    let flex = Billed::new(TokenUsage::new(1, 1)).with_service_tier(ServiceTier::Flex);
    assert!(PriceTable::bundled().cost_of("gemini-3.8-flash", &flex, now()).is_ok());
    unknown("gemini-3.8-flash", &flex, "2027-01-01", "any");
}

#[test]
fn a_long_request_has_no_price_at_a_level_that_has_none_for_it() {
    let priority = |input| Billed::new(TokenUsage::new(input, 0)).with_service_tier(ServiceTier::Priority);
    check("gpt-5.4", &priority(272_000), "2026-11-24", "1.36");
    unknown("gpt-5.4", &priority(272_001), "2026-11-24", "any");
    check("gpt-6.1-sol", &priority(300_000), "2026-11-24", "2.4");
}

#[test]
fn searches_have_a_fee_at_every_level() {
    let usage = TokenUsage::new(1_000, 100);
    check("claude-haiku-4-5", &Billed::new(usage).with_web_searches(3), "2026-11-24", "0.0315");
    let batch = Billed::new(usage).with_web_searches(3).with_service_tier(ServiceTier::Batch);
    check("claude-haiku-4-5", &batch, "2026-11-24", "0.03075");
    check(
        "gemini-3.8-flash",
        &Billed::new(TokenUsage::default()).with_web_searches(1),
        "2026-11-24",
        "0.014",
    );
    unknown("gpt-5.2-codex", &Billed::new(usage).with_web_searches(1), "2026-11-24", "web_search");
}

#[test]
fn a_region_costs_more_where_that_is_known() {
    let usage = TokenUsage::new(1_000_000, 0);
    check("claude-opus-4-6", &Billed::new(usage).with_region("us"), "2026-11-24", "5.5");
    check("gpt-5.5", &Billed::new(TokenUsage::new(1, 0)).with_region("eu"), "2026-11-24", "0.0000055");
    // The fee of a search is not raised.
    let searched = Billed::new(usage).with_region("us").with_web_searches(1);
    check("claude-opus-4-6", &searched, "2026-11-24", "5.51");
    unknown("claude-opus-4-5", &Billed::new(usage).with_region("us"), "2026-11-24", "region");

    let odd = ModelFacts::new("m", "x", rates("0.000001", "1"));
    let odd = odd.with_regions(vec![RegionalUplift::new("eu", 10)]);
    let cost = odd.cost_of(&Billed::new(TokenUsage::new(5, 0)).with_region("eu"), now()).unwrap();
    assert_eq!(cost.pico(), 6, "5.5 pico-dollars are rounded up");
}

#[test]
fn reasoning_may_have_a_rate_of_its_own() {
    let model = ModelFacts::new("m", "x", rates("1", "2").with_reasoning(rate("3")));
    let usage = TokenUsage::new(0, 10).with_reasoning(4);
    assert_eq!(model.cost(&usage, now()).unwrap().to_decimal().to_string(), "0.000024");
}

#[test]
fn answers_name_dated_versions_and_resources() {
    let table = PriceTable::bundled();
    for (served, entry) in [
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5-20251001"),
        ("claude-opus-5-5-20261101", "claude-opus-5-5"),
        ("gpt-6.1-sol-2026-09-29", "gpt-6.1-sol"),
        ("gpt-5.2-2025-12-11", "gpt-5.2-2025-12-11"),
        ("models/gemini-3.8-flash", "gemini-3.8-flash"),
    ] {
        assert_eq!(table.served(served).unwrap().id, entry, "{served}");
    }
    for not in
        ["gpt-5.2-turbo", "gpt-5.2-2025-13-11", "models/", "openai/gpt-5.2", "claude-haiku-4-5-2025", ""]
    {
        let error = table.served(not).unwrap_err();
        assert!(
            matches!(error, PriceError::UnknownModel { .. }) && error.to_string().contains("alias"),
            "{error}"
        );
    }
    let usage = TokenUsage::new(7, 7);
    assert_eq!(
        table.cost("claude-opus-5-5-20261101", &usage, now()),
        table.cost("claude-opus-5-5", &usage, now())
    );
    assert!(
        table.callable("gpt-6.1-sol-2026-09-29", now()).is_err(),
        "what is called is listed by its own id"
    );
}

#[test]
fn an_alias_has_the_price_of_its_model_and_a_life_of_its_own() {
    let table = PriceTable::bundled();
    let alias = table.model("claude-haiku-4-5-20251001").unwrap();
    let of = table.model("claude-haiku-4-5").unwrap();
    assert_eq!(alias.alias_of.as_deref(), Some("claude-haiku-4-5"));
    assert_eq!((&alias.periods, alias.capabilities), (&of.periods, of.capabilities));
    assert_eq!(table.model("o3-2025-04-16").unwrap().retires, Some(at("2026-12-11")));
    assert_eq!(table.model("o3").unwrap().retires, None);

    // A price of one's own holds for the other names too, in whatever order they come.
    let cheaper = ModelFacts::new("claude-haiku-4-5", "anthropic", rates("0.5", "1"));
    let house = ModelFacts::alias("house", "azure", "claude-haiku-4-5-20251001");
    let own = PriceTable::empty(now()).with_model(house).with_model(cheaper);
    assert!(
        matches!(own.model("house"), Err(PriceError::UnknownModel { model }) if model.ends_with("20251001"))
    );
    let merged = table.clone().merged(own);
    for name in ["claude-haiku-4-5", "claude-haiku-4-5-20251001", "house"] {
        let cost = merged.cost(name, &TokenUsage::new(1_000_000, 0), now()).unwrap();
        assert_eq!(cost.to_decimal().to_string(), "0.5", "{name}");
    }
    assert_eq!(merged.model("house").unwrap().provider, "azure");

    let looped = PriceTable::empty(now())
        .with_model(ModelFacts::alias("a", "x", "b"))
        .with_model(ModelFacts::alias("b", "x", "a"));
    assert!(matches!(looped.cost("a", &TokenUsage::new(1, 1), now()), Err(PriceError::UnknownModel { .. })));
}

#[test]
fn abilities_and_limits_are_in_the_snapshot() {
    let table = PriceTable::bundled();
    let has = |model: &str, capability| table.model(model).unwrap().capabilities.get(capability);
    assert_eq!(has("claude-haiku-4-5", Capability::Prefill), Some(true));
    assert_eq!(has("claude-opus-5-5", Capability::Prefill), Some(false));
    assert_eq!(has("claude-opus-5-5", Capability::Sampling), Some(false));
    assert_eq!(has("gpt-5.2", Capability::Sampling), Some(false));
    assert_eq!(has("gpt-5.2", Capability::Tools), Some(true));
    assert_eq!(has("gpt-5.2", Capability::Prefill), None);
    let facts = table.model("gpt-5.4").unwrap();
    assert_eq!(facts.context_tokens_max, Some(1_050_000));
    assert_eq!((facts.input_tokens_max, facts.output_tokens_max), (Some(922_000), Some(128_000)));
    assert_eq!(table.model("claude-haiku-4-5").unwrap().cache_tokens_min, Some(4_096));
    assert!(table.model("gemini-3-pro-preview").unwrap().deprecated);
    let capabilities = Capabilities::unknown().with(Capability::Tools);
    let own = ModelFacts::new("m", "x", rates("1", "2"))
        .with_capabilities(capabilities)
        .with_context_tokens_max(9_u64);
    assert_eq!((own.capabilities, own.context_tokens_max), (capabilities, Some(9)));
}

#[test]
fn a_ceiling_takes_the_dearest_rates_that_can_apply() {
    let table = PriceTable::bundled();
    let most = |model: &str, input, output, day: &str, service_tier| {
        table.most(model, input, output, at(day), service_tier).map(|money| money.to_decimal().to_string())
    };
    let standard = ServiceTier::Standard;
    // All input is written to a one-hour cache: 10 a million.
    assert_eq!(most("claude-opus-4-5", 100_000, 1_000, "2026-11-24", standard).unwrap(), "1.025");
    assert_eq!(most("gpt-5.2", 100_000, 1_000, "2026-11-24", standard).unwrap(), "0.189");
    assert_eq!(most("gpt-5.2", 100_000, 1_000, "2026-11-24", ServiceTier::Priority).unwrap(), "0.378");
    // The context tier of the whole input.
    assert_eq!(most("gemini-3.1-pro-preview", 200_001, 0, "2026-11-24", standard).unwrap(), "0.800004");
    // The introductory price ends within the two days.
    assert_eq!(most("gemini-3.8-flash", 1_000_000, 0, "2026-12-29", standard).unwrap(), "0.75");
    assert_eq!(most("gemini-3.8-flash", 1_000_000, 0, "2026-12-30", standard).unwrap(), "1.5");
    assert_eq!(most("gemini-3.8-flash", 1_000_000, 0, "2026-12-29", ServiceTier::Flex).unwrap(), "0.375");
    for (model, tokens, day, service_tier) in [
        ("gemini-3.8-flash", 1, "2026-12-30", ServiceTier::Flex),
        ("gpt-5.4", 272_001, "2026-11-24", ServiceTier::Priority),
        ("claude-opus-4-5", 1, "2026-11-24", ServiceTier::Flex),
    ] {
        let error = table.most(model, tokens, 1, at(day), service_tier).unwrap_err();
        assert!(matches!(error, PriceError::NoRate { .. }), "{model}: {error}");
    }
    assert!(matches!(table.most("gpt-5.2", u64::MAX, 1, now(), standard), Err(PriceError::Amount(_))));
    assert!(matches!(table.most("gpt-99", 1, 1, now(), standard), Err(PriceError::UnknownModel { .. })));
}

#[test]
fn a_tier_that_is_cheaper_does_not_lower_the_ceiling() {
    let tiers = vec![ContextTier::new(100, rates("1", "2"))];
    let odd = ModelFacts::new("m", "x", rates("5", "6")).with_periods(vec![
        PricePeriod::new(rates("5", "6")).with_tiers(tiers).with_batch(LevelRates::new(rates("1", "1"))),
    ]);
    let most = odd.most(200, 10, now(), ServiceTier::Standard).unwrap();
    assert_eq!(most.pico(), 200 * 5_000_000 + 10 * 6_000_000);
    assert!(odd.most(200, 10, now(), ServiceTier::Batch).is_err());
    assert!(odd.most(100, 10, now(), ServiceTier::Batch).is_ok());
}

#[test]
fn a_fee_of_ones_own_counts() {
    let fee = Fee::per_thousand(Decimal::new(25, 1)).unwrap();
    let model = ModelFacts::new("m", "x", rates("0", "0")).with_web_search(fee);
    let cost = model.cost_of(&Billed::from(TokenUsage::default()).with_web_searches(2), now()).unwrap();
    assert_eq!(cost.to_decimal().to_string(), "0.005");
}

fn any_tier() -> impl Strategy<Value = ServiceTier> {
    prop::sample::select(ServiceTier::ALL)
}

proptest! {
    #[test]
    fn the_cost_of_two_parts_is_the_sum_of_theirs(
        a in any_usage(), b in any_usage(), service_tier in any_tier(), searches in 0..50_u64,
    ) {
        let sum = a.checked_add(b).unwrap();
        for model in PriceTable::bundled().models() {
            let billed = |usage| Billed::new(usage).with_service_tier(service_tier);
            let flat = model.periods.iter().all(|period| period.tiers.is_empty());
            let (Ok(one), Ok(two)) = (model.cost_of(&billed(a), now()), model.cost_of(&billed(b), now())) else { continue };
            if flat {
                let both = model.cost_of(&billed(sum), now()).unwrap();
                prop_assert_eq!(one.checked_add(two).unwrap(), both, "{}", &model.id);
                if let Some(fee) = model.web_search {
                    let searched = model.cost_of(&billed(sum).with_web_searches(searches), now()).unwrap();
                    let fees = i128::from(fee.pico_per_call()) * i128::from(searches);
                    prop_assert_eq!(searched.pico(), both.pico() + fees, "{}", &model.id);
                }
            }
        }
    }

    #[test]
    fn no_call_costs_more_than_its_ceiling(
        usage in any_usage(), service_tier in any_tier(), seconds in 0..172_800_u64, day in 0..60_u64, more in 0..9_999_u64,
    ) {
        let reserved = at("2026-11-24").checked_add(std::time::Duration::from_secs(day * 86_400)).unwrap();
        let billed_at = reserved.checked_add(std::time::Duration::from_secs(seconds)).unwrap();
        let billed = Billed::new(usage).with_service_tier(service_tier);
        let input = usage.input + usage.cache_read + usage.cache_write_5m + usage.cache_write_1h;
        let mut bounded = 0;
        for model in PriceTable::bundled().models() {
            let Ok(most) = model.most(input + more, usage.output + more, reserved, service_tier) else { continue };
            if let Ok(cost) = model.cost_of(&billed, billed_at) {
                prop_assert!(!cost.exceeds(most).unwrap(), "{}: {cost} of {most}", &model.id);
                bounded += 1;
            }
        }
        prop_assert!(service_tier != ServiceTier::Standard || usage.cache_write_5m > 0 || usage.cache_write_1h > 0
            || usage.cache_read > 0 || bounded > 80, "{bounded}");
    }

    #[test]
    fn a_longer_call_never_costs_less_at_any_level(usage in any_usage(), more in any_usage(), service_tier in any_tier()) {
        let sum = usage.checked_add(more).unwrap();
        let cost = |model: &ModelFacts, usage| -> Option<Money> {
            model.cost_of(&Billed::new(usage).with_service_tier(service_tier), now()).ok()
        };
        for model in PriceTable::bundled().models() {
            let (Some(one), Some(both)) = (cost(model, usage), cost(model, sum)) else { continue };
            prop_assert!(!one.exceeds(both).unwrap(), "{}: {one} then {both}", &model.id);
        }
    }
}
