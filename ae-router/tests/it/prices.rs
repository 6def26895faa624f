use ae_core::{Currency, Money, TokenUsage};
use ae_router::{ModelFacts, PriceError, PriceTable, Rate, Rates, ServiceTier};
use proptest::prelude::*;

use crate::{at, now};

fn usage(input: u64, output: u64) -> TokenUsage {
    TokenUsage::new(input, output)
}

#[track_caller]
fn check(model: &str, usage: &TokenUsage, day: &str, dollars: &str) {
    let cost = PriceTable::bundled().cost(model, usage, at(day)).unwrap();
    assert_eq!(cost.to_decimal().to_string(), dollars, "{model} {usage:?} on {day}");
}

#[test]
fn published_prices_give_published_costs() {
    let million = 1_000_000;
    check("claude-opus-4-5", &usage(million, 0), "2026-11-24", "5");
    check("claude-opus-4-5", &usage(0, million), "2026-11-24", "25");
    check("gpt-5.2", &usage(million, 0), "2026-11-24", "1.75");
    check("gpt-5.2", &usage(0, million), "2026-11-24", "14");
    check("claude-haiku-4-5", &usage(1, 1), "2026-11-24", "0.000006");
    let cached = usage(10, 50).with_cache_read(2_000).with_cache_writes(100, 200).with_reasoning(30);
    // 10 × 5 + 2,000 × 0.5 + 100 × 6.25 + 200 × 10 + 50 × 25, in millionths of a dollar.
    check("claude-opus-4-5", &cached, "2026-11-24", "0.004925");
}

#[test]
fn a_context_tier_reprices_the_whole_request_and_counts_cached_input() {
    check("gemini-3.1-pro-preview", &usage(200_000, 1_000), "2026-11-24", "0.412");
    check("gemini-3.1-pro-preview", &usage(200_001, 1_000), "2026-11-24", "0.818004");
    let cached = usage(1, 1_000).with_cache_read(200_000);
    // 1 × 4 + 200,000 × 0.4 + 1,000 × 18 millionths.
    check("gemini-3.1-pro-preview", &cached, "2026-11-24", "0.098004");
}

#[test]
fn dated_changes_take_effect_at_their_first_moment() {
    let million = usage(1_000_000, 1_000_000);
    check("gemini-3.8-flash", &million, "2026-12-31", "4.5");
    check("gemini-3.8-flash", &million, "2027-01-01", "9");
    check("gemini-4-argon", &million, "2026-11-30", "12");
    check("gemini-4-argon", &million, "2026-12-01", "24");
    let table = PriceTable::bundled();
    let last = "2026-12-31T23:59:59.999999999Z".parse().unwrap();
    assert_eq!(table.cost("gemini-3.8-flash", &million, last).unwrap().to_decimal().to_string(), "4.5");
}

#[test]
fn what_is_not_known_is_an_error_and_not_a_default() {
    let table = PriceTable::bundled();
    let error = table.cost("gpt-99", &usage(1, 1), now()).unwrap_err();
    assert_eq!(error, PriceError::UnknownModel { model: "gpt-99".into() });
    assert!(error.to_string().contains("with_model"), "{error}");

    let written = usage(1, 1).with_cache_writes(0, 1);
    let error = table.cost("gpt-5.2", &written, now()).unwrap_err();
    assert_eq!(
        error,
        PriceError::NoRate { model: "gpt-5.2".into(), level: ServiceTier::Standard, kind: "cache_write_1h" }
    );

    let odd = usage(1, 1).with_reasoning(2);
    assert_eq!(
        table.cost("gpt-5.2", &odd, now()).unwrap_err(),
        PriceError::InconsistentUsage { reasoning: 2, output: 1 }
    );
    assert!(matches!(
        table.cost("gpt-5.2", &usage(u64::MAX, u64::MAX), now()).unwrap_err(),
        PriceError::Amount(_)
    ));
}

#[test]
fn shut_down_models_lead_to_their_successor_and_keep_their_price_for_old_usage() {
    let table = PriceTable::bundled();
    assert_eq!(table.callable("gemini-3-pro-preview", now()).unwrap().id, "gemini-3.1-pro-preview");
    assert_eq!(table.callable("gemini-3-pro-preview", at("2026-10-12")).unwrap().id, "gemini-3-pro-preview");
    check("gemini-3-pro-preview", &usage(1_000_000, 0), "2026-11-24", "4");
    assert!(matches!(table.callable("gpt-5-codex", now()), Err(PriceError::Retired { .. })));
    assert_eq!(table.callable("claude-opus-4-5", now()).unwrap().id, "claude-opus-4-5");
}

#[test]
fn every_bundled_model_is_sane() {
    for model in PriceTable::bundled().models() {
        assert!(["anthropic", "openai", "google"].contains(&model.provider.as_str()), "{}", model.id);
        assert_eq!(model.periods[0].from, None, "{}", model.id);
        assert!(model.periods.windows(2).all(|pair| pair[0].from < pair[1].from), "{}", model.id);
        for period in &model.periods {
            let all = std::iter::once(&period.rates).chain(period.tiers.iter().map(|tier| &tier.rates));
            for rates in all {
                assert!(rates.input.pico_per_token() > 0 && rates.output > rates.input, "{}", model.id);
                assert!(rates.cache_read.is_none_or(|read| read < rates.input), "{}", model.id);
                assert!(rates.cache_write_5m.is_none_or(|write| write >= rates.input), "{}", model.id);
                assert!(rates.cache_write_1h >= rates.cache_write_5m || rates.cache_write_1h.is_none());
            }
            assert!(period.tiers.iter().all(|tier| tier.rates.input > period.rates.input), "{}", model.id);
        }
        if let Some(next) = &model.successor {
            assert!(PriceTable::bundled().model(next).is_ok(), "{next}");
        }
    }
}

#[test]
fn a_table_gets_stale() {
    let table = PriceTable::bundled();
    assert!(!table.is_stale(now()));
    assert!(!table.is_stale(at("2020-01-01")));
    assert!(!table.is_stale(at("2027-02-20")));
    assert!(table.is_stale(at("2027-02-21").checked_add(std::time::Duration::from_secs(1)).unwrap()));
}

#[test]
fn own_prices_lie_over_the_bundled_ones() {
    let rate = |dollars: i64| Rate::per_million(dollars.into()).unwrap();
    let own = ModelFacts::new("house-1", "house", Rates::new(rate(0), rate(0)));
    let dearer = ModelFacts::new("gpt-5.2", "openai", Rates::new(rate(3), rate(30)));
    let newer = PriceTable::empty(now()).with_model(own).with_model(dearer);
    let table = PriceTable::bundled().clone().merged(newer);
    assert!(table.cost("house-1", &usage(9, 9), now()).unwrap().is_zero());
    assert_eq!(table.cost("gpt-5.2", &usage(1_000_000, 0), now()).unwrap().to_decimal().to_string(), "3");
    assert_eq!(table.as_of(), PriceTable::bundled().as_of(), "some prices are still that old");
}

#[test]
fn bad_price_files_are_refused_with_a_reason() {
    let file = |models: &str| {
        format!(
            r#"{{"as_of":"2026-11-22T00:00:00Z","per":"USD per million tokens","sources":[],"models":[{models}]}}"#
        )
    };
    let one = r#"{"id":"a","provider":"x","periods":[{"rates":{"input":"1","output":"2"}}]}"#;
    assert_eq!(PriceTable::from_json(&file(one)).unwrap().models().count(), 1);
    for (bad, reason) in [
        (file(&format!("{one},{one}")), "twice"),
        (file(r#"{"id":"a","provider":"x","periods":[{"rates":{"input":1.5,"output":"2"}}]}"#), "string"),
        (
            file(r#"{"id":"a","provider":"x","periods":[{"rates":{"input":"-1","output":"2"}}]}"#),
            "not a price",
        ),
        (
            file(
                r#"{"id":"a","provider":"x","periods":[{"rates":{"input":"1","output":"2","cached":"1"}}]}"#,
            ),
            "cached",
        ),
        (file(one).replace("2026-11-22T", "22.11.2026T"), "line 1"),
        (file(one).replace("million", "thousand"), "thousand"),
        ("{".to_owned(), "EOF"),
    ] {
        let error = PriceTable::from_json(&bad).unwrap_err().to_string();
        assert!(error.contains(reason), "{error:?} should name {reason:?}");
    }
}

prop_compose! {
    pub fn any_usage()(
        input in 0..2_000_000_u64, plain in 0..200_000_u64, reasoning in 0..100_000_u64,
        cache_read in 0..2_000_000_u64, cache_write_5m in 0..500_000_u64, cache_write_1h in 0..500_000_u64,
    ) -> TokenUsage {
        usage(input, plain + reasoning)
            .with_cache_read(cache_read)
            .with_cache_writes(cache_write_5m, cache_write_1h)
            .with_reasoning(reasoning)
    }
}

/// The cost from the rates as decimals, a second way to the same number.
fn by_hand(model: &ModelFacts, usage: &TokenUsage) -> Option<rust_decimal::Decimal> {
    let total = usage.input + usage.cache_read + usage.cache_write_5m + usage.cache_write_1h;
    let rates = model.rates(total, now()).unwrap();
    let mut sum = rust_decimal::Decimal::ZERO;
    for (tokens, rate) in [
        (usage.input, Some(rates.input)),
        (usage.output, Some(rates.output)),
        (usage.cache_read, rates.cache_read),
        (usage.cache_write_5m, rates.cache_write_5m),
        (usage.cache_write_1h, rates.cache_write_1h),
    ] {
        if tokens > 0 {
            sum += rust_decimal::Decimal::from(tokens) * rate?.to_per_million();
        }
    }
    Some(sum / rust_decimal::Decimal::from(1_000_000))
}

proptest! {
    #[test]
    fn every_cost_is_exact(usage in any_usage()) {
        for model in PriceTable::bundled().models() {
            let cost = model.cost(&usage, now()).ok();
            let expected = by_hand(model, &usage).map(|sum| Money::from_decimal(sum, Currency::USD).unwrap());
            prop_assert_eq!(cost, expected, "{}", &model.id);
        }
    }

    #[test]
    fn more_tokens_never_cost_less(usage in any_usage(), more in any_usage()) {
        let sum = usage.checked_add(more).unwrap();
        for model in PriceTable::bundled().models() {
            let (Ok(one), Ok(both)) = (model.cost(&usage, now()), model.cost(&sum, now())) else { continue };
            prop_assert!(!one.exceeds(both).unwrap(), "{}: {one} then {both}", model.id);
        }
    }
}
