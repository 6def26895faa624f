//! The form of a price file, and of the snapshot inside the crate.

use ae_core::Timestamp;
use serde::Deserialize;

use crate::{ModelFacts, PriceError};

/// A price file is at most this long.
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// The only unit that a price file may be in.
const UNIT: &str = "USD per million tokens";

/// The content of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) as_of: Timestamp,
    #[serde(rename = "per")]
    unit: String,
    pub(crate) sources: Vec<String>,
    pub(crate) models: Vec<ModelFacts>,
}

pub(crate) fn parse(text: &str) -> Result<File, PriceError> {
    if text.len() > BYTES_MAX {
        return Err(bad(format!("{} bytes, {BYTES_MAX} at most", text.len())));
    }
    let mut file: File = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
    if file.unit != UNIT {
        return Err(bad(format!("prices are per {:?}, expected {UNIT:?}", file.unit)));
    }
    for model in &mut file.models {
        model.periods.sort_by_key(|period| period.from);
        for period in &mut model.periods {
            period.tiers.sort_by_key(|tier| tier.above_input_tokens);
        }
    }
    Ok(file)
}

fn bad(message: String) -> PriceError {
    PriceError::BadFile { message }
}
