//! The two ways in which Gemini models take their reasoning.

use ae_core::BackendError;
use serde_json::{Value, json};

use super::{super::unsupported, API};
use crate::{CompletionRequest, Effort, Thinking};

/// The `thinkingConfig`, if one is asked for.
///
/// Up to 2.5 a model takes a budget of tokens, from 3 on a level; from 3.5 on it refuses a budget. A name without a version
/// counts as new.
pub(super) fn config(request: &CompletionRequest) -> Result<Option<Value>, BackendError> {
    let version = version(&request.model);
    let by_budget = version.is_some_and(|version| version < (3, 0));
    let is_flash = request.model.contains("flash");
    let config = match request.thinking {
        Thinking::Default => return Ok(None),
        // These do not reason.
        Thinking::Off if version.is_some_and(|version| version < (2, 5)) => return Ok(None),
        // The larger models can't go without.
        Thinking::Off if by_budget => json!({ "thinkingBudget": if is_flash { 0 } else { 128 } }),
        Thinking::Off => json!({ "thinkingLevel": if is_flash { "MINIMAL" } else { "LOW" } }),
        Thinking::Effort(effort) if by_budget => {
            let budget = match effort {
                Effort::Low => 1024,
                Effort::Medium => 8192,
                Effort::High => 24_576,
            };
            json!({ "includeThoughts": true, "thinkingBudget": budget })
        }
        Thinking::Effort(effort) => {
            json!({ "includeThoughts": true, "thinkingLevel": effort.as_str().to_ascii_uppercase() })
        }
        Thinking::Tokens(_) if version.is_none_or(|version| version >= (3, 5)) => {
            let message = format!("{} takes no number of tokens to reason: ask for an effort", request.model);
            return Err(unsupported(API, message));
        }
        Thinking::Tokens(tokens) => json!({ "includeThoughts": true, "thinkingBudget": tokens }),
    };
    Ok(Some(config))
}

/// The version in the name of a model: `gemini-2.5-flash`, `gemini-3-pro-preview`.
fn version(model: &str) -> Option<(u64, u64)> {
    let name = model.strip_prefix("models/").unwrap_or(model).strip_prefix("gemini-")?;
    let (major, minor) = name.split('-').next()?.split_once('.').unwrap_or((name.split('-').next()?, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_gets_its_own_way() {
        let budget = |tokens: u64| json!({ "includeThoughts": true, "thinkingBudget": tokens });
        let (high, low) = (Thinking::Effort(Effort::High), Thinking::Effort(Effort::Low));
        for (model, thinking, expected) in [
            ("gemini-2.5-pro", Thinking::Default, None),
            ("gemini-2.0-flash", Thinking::Off, None),
            ("gemini-2.5-pro", Thinking::Off, Some(json!({ "thinkingBudget": 128 }))),
            ("models/gemini-2.5-flash", Thinking::Off, Some(json!({ "thinkingBudget": 0 }))),
            ("gemini-2.5-flash-lite", high, Some(budget(24_576))),
            ("gemini-2.5-flash", low, Some(budget(1024))),
            ("gemini-2.5-flash", Thinking::Tokens(77), Some(budget(77))),
            ("gemini-3-flash-preview", Thinking::Tokens(77), Some(budget(77))),
            ("gemini-3-flash-preview", Thinking::Off, Some(json!({ "thinkingLevel": "MINIMAL" }))),
            ("gemini-4-argon", Thinking::Off, Some(json!({ "thinkingLevel": "LOW" }))),
            ("gemini-3.8-flash", high, Some(json!({ "includeThoughts": true, "thinkingLevel": "HIGH" }))),
            ("gemini-flash-latest", low, Some(json!({ "includeThoughts": true, "thinkingLevel": "LOW" }))),
        ] {
            let request = CompletionRequest::new(model, "hello", 100).with_thinking(thinking);
            assert_eq!(config(&request).unwrap(), expected, "{model} {thinking:?}");
        }
        for model in ["gemini-3.8-flash", "gemini-pro-latest"] {
            let request = CompletionRequest::new(model, "hello", 100).with_thinking(Thinking::Tokens(5));
            assert_eq!(config(&request).unwrap_err().kind(), ae_core::ErrorKind::Unsupported);
        }
    }
}
