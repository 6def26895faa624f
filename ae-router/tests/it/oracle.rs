//! The bundled prices against those of the crate `genai-prices`, which computes in floating point from data of its own.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, UNIX_EPOCH},
};

use ae_core::TokenUsage;
use ae_router::{Billed, ModelFacts, PriceError, PriceTable, ServiceTier};
use genai_prices::{PriceRequest, Usage, UsageKey};

use crate::at;

/// The size of a difference that is not one.
const CLOSE: f64 = 1e-9;

/// Prices that differ: (beginning of the id, level or all, whether only searches differ, reason).
const KNOWN: [(&str, Option<ServiceTier>, bool, &str); 4] = [
    (
        "gpt-5.3-codex",
        None,
        true,
        "a fee that the other crate lacks; LiteLLM has it, as for the vendor's other models",
    ),
    (
        "o3-pro",
        None,
        true,
        "a fee that the other crate lacks; LiteLLM has it, as for the vendor's other models",
    ),
    (
        "gemini-3.5-flash",
        Some(ServiceTier::Batch),
        false,
        "half, as its notes say; the other crate has no batch rate",
    ),
    (
        "gemini-3.7-flash",
        Some(ServiceTier::Batch),
        false,
        "half, as its notes say; the other crate has no batch rate",
    ),
];

/// Whether the price of a model and level, with or without searches, is known to differ.
fn known(model: &ModelFacts, billed: &Billed) -> bool {
    KNOWN.iter().any(|(id, level, searches, _)| {
        let named = model.id == *id || model.alias_of.as_deref() == Some(id);
        named
            && level.is_none_or(|level| level == billed.service_tier)
            && (!searches || billed.web_searches > 0)
    })
}

fn usages() -> Vec<TokenUsage> {
    let mut found = Vec::new();
    for (input, output) in
        [(0, 0), (1, 1), (999, 7), (100_000, 2_000), (100_001, 0), (200_001, 64_000), (272_001, 9)]
    {
        for cache_read in [0, 1, 90_000, 272_000] {
            for (five_minutes, one_hour) in [(0, 0), (3_000, 0), (0, 70_000), (11, 100_000)] {
                let usage = TokenUsage::new(input, output).with_cache_read(cache_read);
                found.push(usage.with_cache_writes(five_minutes, one_hour).with_reasoning(output / 3));
            }
        }
    }
    found
}

/// The price that the other crate has.
fn theirs(model: &ModelFacts, billed: &Billed, day: &str) -> Option<f64> {
    let float = |count: u64| f64::from(u32::try_from(count).unwrap());
    let used = &billed.usage;
    let written = used.cache_write_5m + used.cache_write_1h;
    let usage = Usage::from([
        (UsageKey::INPUT_TOKENS, float(used.input + used.cache_read + written)),
        (UsageKey::CACHE_READ_TOKENS, float(used.cache_read)),
        (UsageKey::CACHE_WRITE_TOKENS, float(written)),
        (UsageKey::CACHE_WRITE_1H_TOKENS, float(used.cache_write_1h)),
        (UsageKey::OUTPUT_TOKENS, float(used.output)),
        (UsageKey::OUTPUT_REASONING_TOKENS, float(used.reasoning)),
        (UsageKey::WEB_SEARCHES, float(billed.web_searches)),
    ]);
    let request = PriceRequest::new(&model.id, &usage)
        .with_provider_id(&model.provider)
        .with_timestamp(UNIX_EPOCH + Duration::from_secs(at(day).as_second().unsigned_abs()));
    let request = match billed.service_tier {
        ServiceTier::Batch => request.with_price_context("processing", "batch"),
        ServiceTier::Flex => request.with_price_context("service_tier", "flex"),
        ServiceTier::Priority => request.with_price_context("service_tier", "priority"),
        _ => request,
    };
    Some(genai_prices::calculate(&request).ok()?.total_price)
}

#[derive(Default)]
struct Compared {
    models: BTreeSet<String>,
    prices: usize,
    differences: BTreeMap<(String, ServiceTier, String), String>,
}

fn compare(service_tier: ServiceTier, days: &[&str], with: impl Fn(&ModelFacts) -> bool) -> Compared {
    let mut compared = Compared::default();
    let usages = usages();
    for model in PriceTable::bundled().models().filter(|model| with(model)) {
        for day in days {
            for usage in &usages {
                let billed = Billed::new(*usage).with_service_tier(service_tier);
                let billed =
                    billed.with_web_searches(if model.web_search.is_some() { usage.input % 5 } else { 0 });
                let Some(expected) = theirs(model, &billed, day) else { continue };
                let ours = match model.cost_of(&billed, at(day)) {
                    Ok(cost) => cost.to_decimal().to_string().parse::<f64>().unwrap(),
                    // The other crate takes the nearest price that it has for one that it lacks.
                    Err(PriceError::NoRate { kind, .. })
                        if kind.starts_with("cache") || service_tier != ServiceTier::Standard =>
                    {
                        continue;
                    }
                    Err(error) => panic!("{}: {error}", model.id),
                };
                if known(model, &billed) {
                    continue;
                }
                compared.prices += 1;
                compared.models.insert(model.id.clone());
                if (ours - expected).abs() > CLOSE {
                    let key = (model.id.clone(), service_tier, (*day).to_owned());
                    let both = || format!("{billed:?}: {ours} here, {expected} there");
                    compared.differences.entry(key).or_insert_with(both);
                }
            }
        }
    }
    compared
}

#[track_caller]
fn check(compared: &Compared, models: usize, prices: usize) {
    assert!(compared.differences.is_empty(), "{:#?}", compared.differences);
    assert!(compared.models.len() >= models, "{} models compared", compared.models.len());
    assert!(compared.prices >= prices, "{} prices compared", compared.prices);
}

/// Days before and after changes of prices.
const DAYS: [&str; 6] = ["2026-03-01", "2026-08-01", "2026-10-20", "2026-11-24", "2026-12-05", "2027-01-15"];
/// Days on which the other crate knows levels of service.
const LATER: [&str; 3] = ["2026-10-20", "2026-12-05", "2027-01-15"];

#[test]
fn standard_prices_are_those_of_the_other_crate() {
    check(&compare(ServiceTier::Standard, &DAYS, |_| true), 90, 27_000);
}

#[test]
fn batch_prices_are_those_of_the_other_crate() {
    check(&compare(ServiceTier::Batch, &LATER, |_| true), 60, 10_000);
}

#[test]
fn flex_and_priority_prices_are_those_of_the_other_crate() {
    // It has those of OpenAI alone.
    let openai = |model: &ModelFacts| model.provider == "openai";
    check(&compare(ServiceTier::Flex, &LATER, openai), 20, 2_500);
    check(&compare(ServiceTier::Priority, &LATER, openai), 20, 2_500);
}
