//! The file of genai-prices: dollars per million tokens, with dates, and variants for levels of service.

use std::collections::{BTreeMap, BTreeSet};

use ae_router::{
    ContextTier, LevelRates, ModelFacts, PricePeriod, Rate, Rates, ServiceTier, core::Timestamp,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{number, report::Report};

#[derive(Deserialize)]
struct Provider {
    id: String,
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
    #[serde(default)]
    context_window: Option<u64>,
    #[serde(default)]
    deprecated: bool,
    prices: Box<RawValue>,
    #[serde(default)]
    price_variants: Vec<Variant>,
}

#[derive(Deserialize)]
struct Variant {
    when: BTreeMap<String, String>,
    prices: Prices,
    #[serde(default)]
    constraint: Option<Constraint>,
}

#[derive(Deserialize)]
struct Dated {
    prices: Prices,
    #[serde(default)]
    constraint: Option<Constraint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Constraint {
    start_date: String,
}

#[derive(Deserialize)]
struct Tiered {
    base: Box<RawValue>,
    tiers: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    start: u64,
    price: Box<RawValue>,
}

type Prices = BTreeMap<String, Box<RawValue>>;
type Moment = Option<Timestamp>;

/// The fields that hold a price of text tokens.
const RATES: [&str; 6] = [
    "input_mtok",
    "output_mtok",
    "cache_read_mtok",
    "cache_write_mtok",
    "cache_write_1h_mtok",
    "output_reasoning_mtok",
];
const WEB_SEARCH: &str = "web_searches_kcount";

/// The text models of the file by id, of the named providers.
pub(crate) fn read(
    text: &str,
    only: &[String],
    report: &mut Report,
) -> Result<BTreeMap<String, ModelFacts>, String> {
    let providers: Vec<Provider> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut found = BTreeMap::new();
    for provider in providers.iter().filter(|provider| only.contains(&provider.id)) {
        for model in &provider.models {
            match facts(&provider.id, model, report) {
                Ok(facts) if found.contains_key(&facts.id) => {
                    report.refuse("a second model of the same id", &model.id);
                }
                Ok(facts) => drop(found.insert(facts.id.clone(), facts)),
                Err(why) => report.refuse(why, &model.id),
            }
        }
    }
    Ok(found)
}

fn facts(provider: &str, model: &Model, report: &mut Report) -> Result<ModelFacts, String> {
    let standard = dated(&model.prices)?;
    let levels = levels(model, &standard, report)?;
    let moments: BTreeSet<Moment> =
        standard.iter().map(|(from, _)| *from).chain(levels.iter().map(|(from, ..)| *from)).collect();
    let mut periods = Vec::new();
    for from in moments {
        let in_force = standard.iter().rev().find(|(begins, _)| *begins <= from);
        let Some((_, prices)) = in_force else { continue };
        let LevelRates { rates, tiers, .. } = level(prices)?;
        let mut period = PricePeriod::new(rates).with_tiers(tiers);
        period.from = from;
        for (begins, service_tier, variant) in &levels {
            if *begins > from {
                continue;
            }
            // A variant overrides some prices; the standard ones hold for the others.
            let mut merged: BTreeMap<&str, &RawValue> =
                prices.iter().map(|(name, raw)| (name.as_str(), &**raw)).collect();
            merged.extend(variant.iter().map(|(name, raw)| (name.as_str(), &**raw)));
            let rates = level_of(&merged)?;
            match service_tier {
                ServiceTier::Batch => period.batch = Some(rates),
                ServiceTier::Flex => period.flex = Some(rates),
                _ => period.priority = Some(rates),
            }
        }
        periods.push(period);
    }
    let latest = standard.last().map(|(_, prices)| prices).ok_or("no price")?;
    for name in latest.keys().filter(|name| !RATES.contains(&name.as_str()) && *name != WEB_SEARCH) {
        report.refuse(format!("field {name}"), &model.id);
    }
    let first = periods.first().ok_or("no price")?.rates;
    let mut facts = ModelFacts::new(&model.id, provider, first).with_periods(periods);
    facts.web_search = latest.get(WEB_SEARCH).and_then(|raw| number::per_thousand(raw));
    facts.context_tokens_max = model.context_window;
    facts.deprecated = model.deprecated;
    Ok(facts)
}

/// The standard prices with the moments from which they hold, oldest first.
fn dated(raw: &RawValue) -> Result<Vec<(Moment, Prices)>, String> {
    let hours = |_| "prices that change by the hour, or of a form that is not known";
    if raw.get().starts_with('{') {
        return Ok(vec![(None, serde_json::from_str(raw.get()).map_err(hours)?)]);
    }
    let all: Vec<Dated> = serde_json::from_str(raw.get()).map_err(hours)?;
    let mut found = Vec::new();
    for Dated { prices, constraint } in all {
        found.push((begin(constraint.as_ref())?, prices));
    }
    found.sort_by_key(|(from, _)| *from);
    Ok(found)
}

/// The variants that are levels of service, oldest first, with the moments from which they hold.
///
/// The first date of a level is the day on which it was checked, not a change: it holds from the beginning of the
/// standard price of that day. Later dates are changes.
fn levels<'a>(
    model: &'a Model,
    standard: &[(Moment, Prices)],
    report: &mut Report,
) -> Result<Vec<(Moment, ServiceTier, &'a Prices)>, String> {
    let mut found = Vec::new();
    for variant in &model.price_variants {
        let when: Vec<_> = variant.when.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let service_tier = match *when {
            [("processing", "batch")] => ServiceTier::Batch,
            [("service_tier", "flex")] => ServiceTier::Flex,
            [("service_tier", "priority")] => ServiceTier::Priority,
            // The standard level, and another name of priority.
            [("service_tier", "default" | "fast")] => continue,
            _ => {
                report.refuse(format!("variant {:?}", variant.when), &model.id);
                continue;
            }
        };
        found.push((begin(variant.constraint.as_ref())?, service_tier, &variant.prices));
    }
    found.sort_by_key(|(from, service_tier, _)| (*service_tier, *from));
    let mut before = None;
    for (from, service_tier, _) in &mut found {
        if before != Some(*service_tier) {
            let in_force = standard.iter().rev().find(|(begins, _)| *begins <= *from);
            *from = in_force.and_then(|(begins, _)| *begins);
        }
        before = Some(*service_tier);
    }
    Ok(found)
}

fn begin(constraint: Option<&Constraint>) -> Result<Moment, String> {
    let Some(Constraint { start_date }) = constraint else { return Ok(None) };
    let from = format!("{start_date}T00:00:00Z").parse();
    Ok(Some(from.map_err(|_| "a start_date that is not a date")?))
}

fn level(prices: &Prices) -> Result<LevelRates, String> {
    level_of(&prices.iter().map(|(name, raw)| (name.as_str(), &**raw)).collect())
}

fn level_of(prices: &BTreeMap<&str, &RawValue>) -> Result<LevelRates, String> {
    // Every price by the number of tokens above which it holds.
    let mut steps: BTreeMap<&str, Vec<(u64, Rate)>> = BTreeMap::new();
    let mut starts = BTreeSet::new();
    let inexact = "a price that is not exact in millionths of a dollar per million";
    for (name, raw) in prices.iter().filter(|(name, _)| RATES.contains(name)) {
        let found = steps.entry(name).or_default();
        if raw.get().starts_with('{') {
            let tiered: Tiered = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
            found.push((0, number::per_million(&tiered.base).ok_or(inexact)?));
            for step in tiered.tiers {
                starts.insert(step.start);
                found.push((step.start, number::per_million(&step.price).ok_or(inexact)?));
            }
            found.sort_by_key(|(start, _)| *start);
        } else {
            found.push((0, number::per_million(raw).ok_or(inexact)?));
        }
    }
    let at = |start: u64| {
        let price = |name: &str| {
            let steps = steps.get(name)?;
            steps.iter().rev().find(|(begins, _)| *begins <= start).map(|(_, rate)| *rate)
        };
        let mut rates = Rates::new(price("input_mtok")?, price("output_mtok")?);
        rates.cache_read = price("cache_read_mtok");
        rates.cache_write_5m = price("cache_write_mtok");
        rates.cache_write_1h = price("cache_write_1h_mtok");
        rates.reasoning = price("output_reasoning_mtok").filter(|reasoning| *reasoning != rates.output);
        Some(rates)
    };
    let base = at(0).ok_or("no price of input and output")?;
    let tiers = starts.into_iter().filter_map(|start| Some(ContextTier::new(start, at(start)?))).collect();
    Ok(LevelRates::new(base).with_tiers(tiers))
}
