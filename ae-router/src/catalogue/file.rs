//! The form of a price file, and of the snapshot inside the crate.

use ae_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ModelFacts, PriceError};

/// A price file is at most this long.
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// The only unit that a price file may be in.
const UNIT: &str = "USD per million tokens";

/// The content of a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) as_of: Timestamp,
    #[serde(rename = "per")]
    unit: String,
    pub(super) sources: Vec<String>,
    pub(super) models: Vec<ModelFacts>,
}

pub(super) fn parse(text: &str) -> Result<File, PriceError> {
    if text.len() > BYTES_MAX {
        return Err(bad(format!("{} bytes, {BYTES_MAX} at most", text.len())));
    }
    let mut file: File = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
    if file.unit != UNIT {
        let unit: String = file.unit.chars().take(40).collect();
        return Err(bad(format!("prices are per {unit:?}, expected {UNIT:?}")));
    }
    for model in &mut file.models {
        model.sort();
        if let Some(problem) = model.problem() {
            let id: String = model.id.chars().take(80).collect();
            return Err(bad(format!("model {id:?}: {problem}")));
        }
    }
    Ok(file)
}

/// A file with one model a line.
pub(super) fn write<'a>(
    as_of: Timestamp,
    sources: &[String],
    models: impl Iterator<Item = &'a ModelFacts>,
) -> Result<String, PriceError> {
    let json = |error: serde_json::Error| bad(error.to_string());
    let mut lines = Vec::new();
    for model in models {
        let line = if model.alias_of.is_some() {
            serde_json::to_string(&model.own())
        } else {
            serde_json::to_string(model)
        };
        lines.push(format!("  {}", line.map_err(json)?));
    }
    let [as_of, unit] = [serde_json::to_string(&as_of), serde_json::to_string(UNIT)];
    let sources = serde_json::to_string(sources).map_err(json)?;
    Ok(format!(
        "{{\n \"as_of\": {},\n \"per\": {},\n \"sources\": {sources},\n \"models\": [\n{}\n ]\n}}\n",
        as_of.map_err(json)?,
        unit.map_err(json)?,
        lines.join(",\n")
    ))
}

fn bad(message: String) -> PriceError {
    PriceError::BadFile { message }
}
