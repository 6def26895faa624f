//! LiteLLM's file of models: dollars per token, levels of service and thresholds in the names of the fields.

use std::collections::{BTreeMap, BTreeSet};

use ae_router::{
    Capabilities, Capability, ContextTier, LevelRates, ModelFacts, PricePeriod, Rates, RegionalUplift,
};
use serde_json::value::RawValue;

use crate::{number, report::Report};

type Fields = BTreeMap<String, Box<RawValue>>;

/// Modes of models that write text.
const MODES: [&str; 3] = ["chat", "responses", "completion"];
const CAPABILITIES: [(&str, Capability); 8] = [
    ("supports_function_calling", Capability::Tools),
    ("supports_response_schema", Capability::StructuredOutput),
    ("supports_vision", Capability::Vision),
    ("supports_pdf_input", Capability::Pdf),
    ("supports_prompt_caching", Capability::PromptCaching),
    ("supports_reasoning", Capability::Reasoning),
    ("supports_sampling_params", Capability::Sampling),
    ("supports_assistant_prefill", Capability::Prefill),
];

/// The text models of the file by id, of the named providers.
pub(crate) fn read(
    text: &str,
    only: &[String],
    report: &mut Report,
) -> Result<BTreeMap<String, ModelFacts>, String> {
    let entries: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut found = BTreeMap::new();
    for (key, raw) in &entries {
        let Ok(fields) = serde_json::from_str::<Fields>(raw.get()) else {
            report.refuse("not an object", key);
            continue;
        };
        let named = text_of(&fields, "litellm_provider").unwrap_or_default();
        let provider = if named == "gemini" { "google" } else { named.as_str() };
        if !only.iter().any(|wanted| wanted == provider) {
            continue;
        }
        match model(key, &named, provider, &fields, report) {
            Ok(facts) if found.contains_key(&facts.id) => report.refuse("a second model of the same id", key),
            Ok(facts) => drop(found.insert(facts.id.clone(), facts)),
            Err(why) => report.refuse(why, key),
        }
    }
    Ok(found)
}

fn model(
    key: &str,
    named: &str,
    provider: &str,
    fields: &Fields,
    report: &mut Report,
) -> Result<ModelFacts, String> {
    let mode = text_of(fields, "mode").unwrap_or_default();
    if !MODES.contains(&mode.as_str()) {
        return Err(format!("not a text model but {mode:?}"));
    }
    let id = key.strip_prefix(named).and_then(|rest| rest.strip_prefix('/')).unwrap_or(key);
    let mut used = BTreeSet::new();
    let standard = level(fields, "", &mut used)?.ok_or("no price of input and output")?;
    let mut period = PricePeriod::new(standard.rates).with_tiers(standard.tiers);
    period.batch = level(fields, "_batches", &mut used)?;
    period.flex = level(fields, "_flex", &mut used)?;
    period.priority = level(fields, "_priority", &mut used)?;
    let mut facts = ModelFacts::new(id, provider, period.rates).with_periods(vec![period]);
    facts.input_tokens_max = count_of(fields, "max_input_tokens");
    facts.output_tokens_max = count_of(fields, "max_output_tokens");
    facts.cache_tokens_min = count_of(fields, "prompt_cache_min_tokens");
    facts.capabilities = capabilities(fields);
    facts.regions = regions(fields);
    used.extend(fields.keys().filter(|name| name.contains("uplift")).cloned());
    if let Some(raw) = fields.get("search_context_cost_per_query") {
        let sizes: Fields = serde_json::from_str(raw.get()).unwrap_or_default();
        let fees: BTreeSet<_> = sizes.values().map(|raw| number::per_call(raw)).collect();
        if let [Some(fee)] = *fees.into_iter().collect::<Vec<_>>() {
            facts.web_search = Some(fee);
            used.insert("search_context_cost_per_query".to_owned());
        }
    }
    if let Some(date) = text_of(fields, "deprecation_date") {
        let at = format!("{date}T00:00:00Z").parse();
        facts.retires = Some(at.map_err(|_| "a deprecation_date that is not a date")?);
    }
    for name in fields.keys().filter(|name| name.contains("cost") && !used.contains(*name)) {
        report.refuse(format!("field {name}"), key);
    }
    Ok(facts)
}

/// The rates of the level whose fields end in `level`, with its context tiers, if it has a price of input and output.
fn level(fields: &Fields, level: &str, used: &mut BTreeSet<String>) -> Result<Option<LevelRates>, String> {
    let Some(base) = rates(fields, "", level, used)? else { return Ok(None) };
    let mut tiers = Vec::new();
    for name in fields.keys() {
        let Some(rest) = name.strip_prefix("input_cost_per_token_above_") else { continue };
        let Some((thousands, end)) = rest.split_once("k_tokens") else { continue };
        if end != level {
            continue;
        }
        let thousands: u32 = thousands.parse().map_err(|_| format!("field {name}"))?;
        if let Some(rates) = rates(fields, &format!("_above_{thousands}k_tokens"), level, used)? {
            tiers.push(ContextTier::new(u64::from(thousands) * 1_000, rates));
        }
    }
    tiers.sort_by_key(|tier| tier.above_input_tokens);
    Ok(Some(LevelRates::new(base).with_tiers(tiers)))
}

fn rates(
    fields: &Fields,
    above: &str,
    level: &str,
    used: &mut BTreeSet<String>,
) -> Result<Option<Rates>, String> {
    let mut price = |name: &str| {
        let name = format!("{name}{above}{level}");
        let Some(raw) = fields.get(&name).filter(|raw| raw.get() != "null") else { return Ok(None) };
        let rate = number::per_token(raw)
            .ok_or("a price that is not exact in millionths of a dollar per million")?;
        used.insert(name);
        Ok::<_, String>(Some(rate))
    };
    let (input, output) = (price("input_cost_per_token")?, price("output_cost_per_token")?);
    let (Some(input), Some(output)) = (input, output) else { return Ok(None) };
    let mut rates = Rates::new(input, output);
    rates.cache_read = price("cache_read_input_token_cost")?;
    rates.cache_write_5m = price("cache_creation_input_token_cost")?;
    rates.cache_write_1h = price("cache_creation_input_token_cost_above_1hr")?;
    rates.reasoning = price("output_cost_per_reasoning_token")?.filter(|reasoning| *reasoning != output);
    Ok(Some(rates))
}

fn capabilities(fields: &Fields) -> Capabilities {
    let mut found = Capabilities::unknown();
    for (name, capability) in CAPABILITIES {
        found = match fields.get(name).map(|raw| raw.get()) {
            Some("true") => found.with(capability),
            Some("false") => found.without(capability),
            _ => found,
        };
    }
    found
}

fn regions(fields: &Fields) -> Vec<RegionalUplift> {
    let specific: Fields = fields
        .get("provider_specific_entry")
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    let uplift = |region: &str| {
        let named = fields.get(&format!("regional_processing_uplift_multiplier_{region}"));
        let percent = number::percent(named.or_else(|| specific.get(region))?)?;
        Some(RegionalUplift::new(region, percent))
    };
    ["eu", "us"].into_iter().filter_map(uplift).collect()
}

fn text_of(fields: &Fields, name: &str) -> Option<String> {
    serde_json::from_str(fields.get(name)?.get()).ok()
}

fn count_of(fields: &Fields, name: &str) -> Option<u64> {
    serde_json::from_str(fields.get(name)?.get()).ok()
}
