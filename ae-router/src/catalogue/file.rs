//! The form of a price file, and of the snapshot inside the crate.

use ae_core::Timestamp;
use serde::Deserialize;

use crate::{ContextTier, ModelFacts, PriceError, PricePeriod, Rates};

/// A price file is at most this long.
pub(crate) const BYTES_MAX: usize = 4 * 1024 * 1024;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    as_of: String,
    #[serde(rename = "per")]
    unit: String,
    sources: Vec<String>,
    models: Vec<Model>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    id: String,
    provider: String,
    rates: Rates,
    #[serde(default)]
    tiers: Vec<ContextTier>,
    #[serde(default)]
    changes: Vec<Change>,
    retires: Option<String>,
    successor: Option<String>,
    input_tokens_max: Option<u64>,
    output_tokens_max: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    from: String,
    rates: Rates,
    #[serde(default)]
    tiers: Vec<ContextTier>,
}

/// The only unit that a price file may be in.
const UNIT: &str = "USD per million tokens";

/// The checked content of a file.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) as_of: Timestamp,
    pub(crate) sources: Vec<String>,
    pub(crate) models: Vec<ModelFacts>,
}

pub(crate) fn parse(text: &str) -> Result<Parsed, PriceError> {
    if text.len() > BYTES_MAX {
        return Err(bad(format!("{} bytes, {BYTES_MAX} at most", text.len())));
    }
    let file: File = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
    if file.unit != UNIT {
        return Err(bad(format!("prices are per {:?}, expected {UNIT:?}", file.unit)));
    }
    let as_of = day(&file.as_of)?;
    let models = file.models.into_iter().map(model).collect::<Result<_, _>>()?;
    Ok(Parsed { as_of, sources: file.sources, models })
}

fn model(model: Model) -> Result<ModelFacts, PriceError> {
    let mut periods = vec![PricePeriod { from: None, rates: model.rates, tiers: sorted(model.tiers) }];
    for change in model.changes {
        let from = Some(day(&change.from)?);
        periods.push(PricePeriod { from, rates: change.rates, tiers: sorted(change.tiers) });
    }
    periods.sort_by_key(|period| period.from);
    Ok(ModelFacts {
        id: model.id,
        provider: model.provider,
        periods,
        retires: model.retires.as_deref().map(day).transpose()?,
        successor: model.successor,
        input_tokens_max: model.input_tokens_max,
        output_tokens_max: model.output_tokens_max,
    })
}

fn sorted(mut tiers: Vec<ContextTier>) -> Vec<ContextTier> {
    tiers.sort_by_key(|tier| tier.above_input_tokens);
    tiers
}

/// The first moment of a day, UTC.
fn day(text: &str) -> Result<Timestamp, PriceError> {
    format!("{text}T00:00:00Z").parse().map_err(|_| bad(format!("{text:?} is not a date such as 2026-11-22")))
}

fn bad(message: String) -> PriceError {
    PriceError::BadFile { message }
}
