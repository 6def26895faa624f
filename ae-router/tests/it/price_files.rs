//! Price files: what is written is read again, and no text makes the reader panic or lose a price.

use ae_core::Timestamp;
use ae_router::{
    Capabilities, Capability, ContextTier, Fee, LevelRates, ModelFacts, PriceError, PricePeriod, PriceTable,
    Rate, Rates, RegionalUplift,
};
use proptest::{collection::vec, option, prelude::*};
use rust_decimal::Decimal;

use crate::{at, now};

const SNAPSHOT: &str = include_str!("../../src/catalogue/snapshot.json");

fn file(models: &str) -> String {
    format!(
        r#"{{"as_of":"2026-11-22T00:00:00Z","per":"USD per million tokens","sources":[],"models":[{models}]}}"#
    )
}

#[test]
fn the_snapshot_is_small_and_is_what_the_writer_writes() {
    assert!(SNAPSHOT.len() <= 60_000, "{} bytes", SNAPSHOT.len());
    let written = PriceTable::bundled().to_json().unwrap();
    assert!(written.len() <= SNAPSHOT.len() + 200, "aliases are written short: {} bytes", written.len());
    assert_eq!(&PriceTable::from_json(&written).unwrap(), PriceTable::bundled());
}

#[test]
fn a_file_of_ones_own_lies_over_the_snapshot() {
    let own = file(
        r#"{"id":"gpt-5.2","provider":"openai","periods":[{"rates":{"input":"1.4","output":"11.2","cache_read":"0.14"}}]},
           {"id":"prod-eu","provider":"azure","alias_of":"gpt-5.2"}"#,
    );
    let table = PriceTable::bundled().clone().merged(PriceTable::from_json(&own).unwrap());
    let usage = ae_core::TokenUsage::new(1_000_000, 0);
    for name in ["gpt-5.2", "gpt-5.2-2025-12-11", "prod-eu"] {
        assert_eq!(table.cost(name, &usage, now()).unwrap().to_decimal().to_string(), "1.4", "{name}");
    }
}

#[test]
fn a_misspelt_field_is_refused_by_name_wherever_it_stands() {
    let good = r#"{"id":"a","provider":"x","periods":[{"rates":{"input":"1","output":"2"},
        "tiers":[{"above_input_tokens":9,"rates":{"input":"2","output":"4"}}],
        "batch":{"rates":{"input":"1","output":"1"}}}],"regions":[{"region":"eu","percent":10}],"capabilities":["tools"]}"#;
    assert!(PriceTable::from_json(&file(good)).is_ok());
    for (from, to) in [
        (r#""id":"a","#, r#""id":"a","name":"A","#),
        (r#""rates":{"input":"1","output":"2"}"#, r#""rates":{"input":"1","output":"2","cache_reed":"1"}"#),
        (r#""above_input_tokens":9,"#, r#""above_input_tokens":9,"bellow":1,"#),
        (r#""batch":"#, r#""batches":"#),
        (r#""percent":10"#, r#""percent":10,"of":"tokens""#),
        (r#"["tools"]"#, r#"["toolz"]"#),
        (r#""provider":"x","#, r#""provider":"x","provider":"y","#),
    ] {
        let bad = file(&good.replace(from, to));
        assert_ne!(bad, file(good));
        let error = PriceTable::from_json(&bad).unwrap_err().to_string();
        let named = to.split('"').any(|word| word.len() > 3 && error.contains(&format!("{word}`")))
            || error.contains("toolz");
        assert!(named && error.contains("line "), "{error}");
    }
}

#[test]
fn entries_without_sense_are_refused() {
    let period = r#"{"rates":{"input":"1","output":"2"}}"#;
    let long = "x".repeat(201);
    for (models, why) in [
        (r#"{"id":"a","provider":"x"}"#.to_owned(), "no price period"),
        (format!(r#"{{"id":"a","provider":"x","periods":[{period},{period}]}}"#), "same moment"),
        (format!(r#"{{"id":"a","provider":"x","alias_of":"b","periods":[{period}]}}"#), "alias"),
        (r#"{"id":"a","provider":"x","alias_of":"b","input_tokens_max":1}"#.to_owned(), "alias"),
        (format!(r#"{{"id":"","provider":"x","periods":[{period}]}}"#), "1 to 200"),
        (format!(r#"{{"id":"{long}","provider":"x","periods":[{period}]}}"#), "1 to 200"),
        (format!(r#"{{"id":"a\u0000","provider":"x","periods":[{period}]}}"#), "control"),
        (
            format!(
                r#"{{"id":"a","provider":"x","periods":[{period}],"regions":[{{"region":"eu","percent":1}},{{"region":"eu","percent":2}}]}}"#
            ),
            "twice",
        ),
        (
            r#"{"id":"a","provider":"x","periods":[{"rates":{"input":"1","output":"2"},"tiers":[
               {"above_input_tokens":9,"rates":{"input":"2","output":"4"}},
               {"above_input_tokens":9,"rates":{"input":"3","output":"4"}}]}]}"#
                .to_owned(),
            "same number",
        ),
        (format!(r#"{{"id":"a","provider":"x","periods":[{period}],"web_search":10}}"#), "string"),
        (format!(r#"{{"id":"a","provider":"x","periods":[{period}],"input_tokens_max":-1}}"#), "-1"),
        (r#"{"id":"a","provider":"x","periods":[{"rates":{"input":"NaN","output":"2"}}]}"#.to_owned(), "NaN"),
        (r#"{"id":"a","provider":"x","periods":[{"rates":{"input":"1e9","output":"2"}}]}"#.to_owned(), "1e9"),
        ("[".repeat(100_000), "line 1"),
    ] {
        let error = PriceTable::from_json(&file(&models)).unwrap_err().to_string();
        assert!(error.contains(why), "{error:?} should name {why:?}");
    }
    let huge = format!("{}{}", file(""), " ".repeat(4 * 1024 * 1024));
    assert!(PriceTable::from_json(&huge).unwrap_err().to_string().contains("at most"));
}

#[test]
fn periods_and_tiers_may_stand_in_any_order() {
    let table = PriceTable::from_json(&file(
        r#"{"id":"a","provider":"x","periods":[
            {"from":"2027-01-01T00:00:00Z","rates":{"input":"9","output":"9"}},
            {"rates":{"input":"1","output":"2"},"tiers":[
                {"above_input_tokens":20,"rates":{"input":"3","output":"4"}},
                {"above_input_tokens":10,"rates":{"input":"2","output":"4"}}]}]}"#,
    ));
    let table = table.unwrap();
    let input = |tokens, day: &str| table.model("a").unwrap().rates(tokens, at(day)).unwrap().input;
    assert_eq!(input(10, "2026-12-31").to_per_million(), Decimal::ONE);
    assert_eq!(input(11, "2026-12-31").to_per_million(), Decimal::TWO);
    assert_eq!(input(21, "2026-12-31").to_per_million(), Decimal::from(3));
    assert_eq!(input(21, "2027-01-01").to_per_million(), Decimal::from(9));
}

fn any_rate() -> impl Strategy<Value = Rate> {
    (0..u64::MAX).prop_map(|pico| Rate::per_million(Decimal::from(pico) / Decimal::from(1_000_000)).unwrap())
}

prop_compose! {
    fn any_rates()(
        input in any_rate(), output in any_rate(), read in option::of(any_rate()), five in option::of(any_rate()),
        hour in option::of(any_rate()), reasoning in option::of(any_rate()),
    ) -> Rates {
        let mut rates = Rates::new(input, output);
        (rates.cache_read, rates.cache_write_5m, rates.cache_write_1h) = (read, five, hour);
        rates.reasoning = reasoning;
        rates
    }
}

fn any_level() -> impl Strategy<Value = LevelRates> {
    (any_rates(), vec(any_rates(), 0..3)).prop_map(|(rates, tiers)| {
        let tiers = (1_u64..).zip(tiers).map(|(at, rates)| ContextTier::new(at * 1_000, rates)).collect();
        LevelRates::new(rates).with_tiers(tiers)
    })
}

fn any_moment() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_i64).prop_map(|second| Timestamp::from_second(second).unwrap())
}

prop_compose! {
    fn any_period()(
        standard in any_level(), batch in option::of(any_level()), flex in option::of(any_level()),
        priority in option::of(any_level()),
    ) -> PricePeriod {
        let mut period = PricePeriod::new(standard.rates).with_tiers(standard.tiers);
        (period.batch, period.flex, period.priority) = (batch, flex, priority);
        period
    }
}

fn any_capabilities() -> impl Strategy<Value = Capabilities> {
    vec(option::of(any::<bool>()), Capability::ALL.len()).prop_map(|known| {
        let start = Capabilities::unknown();
        Capability::ALL.iter().zip(known).fold(start, |all, (capability, known)| match known {
            Some(true) => all.with(*capability),
            Some(false) => all.without(*capability),
            None => all,
        })
    })
}

prop_compose! {
    fn any_model()(
        id in "[ -~é€]{1,40}", provider in "[a-z]{1,9}", periods in vec((any_moment(), any_period()), 1..3),
        fee in option::of(0..u64::MAX), regions in vec(0..500_u32, 0..3), capabilities in any_capabilities(),
        limits in vec(option::of(any::<u64>()), 4), deprecated in any::<bool>(), retires in option::of(any_moment()),
        successor in option::of("[a-z]{1,9}"),
    ) -> ModelFacts {
        let mut periods: Vec<_> = periods.into_iter().map(|(from, period)| period.with_from(from)).collect();
        periods.sort_by_key(|period| period.from);
        periods.dedup_by_key(|period| period.from);
        let mut model = ModelFacts::new(id, provider, periods[0].rates).with_periods(periods);
        model.web_search = fee.map(|pico| Fee::per_thousand(Decimal::from(pico) / Decimal::from(1_000_000_000)).unwrap());
        model.regions = (0..).zip(regions).map(|(n, percent)| RegionalUplift::new(format!("r{n}"), percent)).collect();
        model.capabilities = capabilities;
        (model.context_tokens_max, model.input_tokens_max) = (limits[0], limits[1]);
        (model.output_tokens_max, model.cache_tokens_min) = (limits[2], limits[3]);
        (model.deprecated, model.retires, model.successor) = (deprecated, retires, successor);
        model
    }
}

proptest! {
    #[test]
    fn a_table_that_is_written_is_read_again(models in vec(any_model(), 0..4), second in 0..4_000_000_000_i64) {
        let mut table = PriceTable::empty(Timestamp::from_second(second).unwrap()).with_source("a \"source\"");
        for model in models {
            let other_name = format!("{} again", model.id);
            let alias = ModelFacts::alias(other_name, "house", &model.id).with_deprecated();
            table = table.with_model(alias).with_model(model);
        }
        table = table.with_model(ModelFacts::alias("dangling", "house", "not-in-the-table"));
        let json = table.to_json().unwrap();
        prop_assert_eq!(PriceTable::from_json(&json).unwrap(), table);
    }

    #[test]
    fn a_damaged_file_is_an_error_or_a_sound_table(
        cuts in vec((0..SNAPSHOT.len(), 0..40_usize, prop::sample::select(vec!["", "\"", "{", "}", "9", "-", ",", "[", "null", "é"])), 1..4),
    ) {
        let mut text = SNAPSHOT.to_owned();
        for (start, length, instead) in cuts {
            let floor = |mut at: usize| { while !text.is_char_boundary(at) { at -= 1; } at };
            let (start, end) = (floor(start.min(text.len())), floor((start + length).min(text.len())));
            text.replace_range(start..end.max(start), instead);
        }
        match PriceTable::from_json(&text) {
            Ok(table) => {
                prop_assert_eq!(&PriceTable::from_json(&table.to_json().unwrap()).unwrap(), &table);
                for model in table.models() {
                    let _ = model.cost(&ae_core::TokenUsage::new(u64::MAX, u64::MAX), now());
                }
            }
            Err(PriceError::BadFile { message }) => prop_assert!(!message.is_empty() && message.len() < 2_000),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn any_text_is_refused_without_a_panic(text in "\\PC{0,200}") {
        prop_assert!(PriceTable::from_json(&text).is_err());
    }
}
