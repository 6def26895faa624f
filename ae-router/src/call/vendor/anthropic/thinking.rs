//! The two ways in which Claude models take their reasoning.

use ae_core::BackendError;
use serde_json::{Map, Value, json};

use super::{
    super::{invalid, unsupported},
    API,
};
use crate::{CompletionRequest, Effort, Thinking};

/// The least budget that the API takes.
const BUDGET_MIN: u64 = 1024;

/// Sets the reasoning. `output` is `output_config`.
///
/// Up to 4.5 a model takes a budget of tokens; from 4.6 on it decides by itself, led by an effort; from 4.7 on it refuses
/// a budget. A name without a version counts as new.
pub(super) fn set(
    request: &CompletionRequest,
    body: &mut Map<String, Value>,
    output: &mut Map<String, Value>,
) -> Result<(), BackendError> {
    let version = version(&request.model);
    let by_budget = version.is_some_and(|version| version < (4, 6));
    let thinking = match request.thinking {
        Thinking::Default => return Ok(()),
        // These reason always.
        Thinking::Off if ["fable", "mythos"].iter().any(|name| request.model.contains(name)) => {
            output.insert("effort".to_owned(), json!(Effort::Low));
            return Ok(());
        }
        Thinking::Off => json!({ "type": "disabled" }),
        Thinking::Effort(effort) if by_budget => budget(request, tokens(effort, request.output_tokens_max))?,
        Thinking::Effort(effort) => {
            output.insert("effort".to_owned(), json!(effort));
            json!({ "type": "adaptive" })
        }
        Thinking::Tokens(_) if version.is_some_and(|version| version >= (4, 7)) => {
            let message = format!("{} takes no number of tokens to reason: ask for an effort", request.model);
            return Err(unsupported(API, message));
        }
        Thinking::Tokens(tokens) => budget(request, tokens)?,
    };
    body.insert("thinking".to_owned(), thinking);
    Ok(())
}

fn budget(request: &CompletionRequest, tokens: u64) -> Result<Value, BackendError> {
    if tokens < BUDGET_MIN || tokens >= request.output_tokens_max {
        let message = format!(
            "{} reasons with at least {BUDGET_MIN} tokens and fewer than output_tokens_max, which is {}",
            request.model, request.output_tokens_max
        );
        return Err(invalid(API, message));
    }
    Ok(json!({ "type": "enabled", "budget_tokens": tokens }))
}

/// The budget of an effort: at most half, two thirds or four fifths of all output.
fn tokens(effort: Effort, output_tokens_max: u64) -> u64 {
    let (most, share) = match effort {
        Effort::Low => (2048, output_tokens_max / 2),
        Effort::Medium => (8192, output_tokens_max / 3 * 2),
        Effort::High => (24_576, output_tokens_max / 5 * 4),
    };
    share.clamp(BUDGET_MIN, most)
}

/// The version in the name of a model: `claude-opus-4-5-20251101` and `claude-3-7-sonnet` alike.
fn version(model: &str) -> Option<(u64, u64)> {
    let mut words = model.split(['-', '.', '@', ':', '/']);
    let number = |word: &str| word.parse().ok().filter(|_| word.len() <= 2);
    let major = words.by_ref().find_map(number)?;
    Some((major, words.next().and_then(number).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use ae_core::ErrorKind;

    use super::*;

    fn of(model: &str, thinking: Thinking) -> Result<(Value, Value), ErrorKind> {
        let request = CompletionRequest::new(model, "hello", 3000).with_thinking(thinking);
        let (mut body, mut output) = (Map::new(), Map::new());
        set(&request, &mut body, &mut output).map_err(|error| error.kind())?;
        let effort = output.remove("effort").unwrap_or_default();
        Ok((body.remove("thinking").unwrap_or_default(), effort))
    }

    #[test]
    fn versions_are_read_from_names() {
        for (model, expected) in [
            ("claude-opus-4-5-20251101", Some((4, 5))),
            ("claude-3-7-sonnet-20250219", Some((3, 7))),
            ("claude-sonnet-4-20250514", Some((4, 0))),
            ("claude-haiku-5-5", Some((5, 5))),
            ("claude-fable-5", Some((5, 0))),
            ("anthropic/claude-opus-4.6", Some((4, 6))),
            ("claude-mythos-preview", None),
        ] {
            assert_eq!(version(model), expected, "{model}");
        }
    }

    #[test]
    fn each_model_gets_its_own_way() {
        let null = Value::Null;
        let adaptive = json!({ "type": "adaptive" });
        let budget = |tokens: u64| json!({ "type": "enabled", "budget_tokens": tokens });
        let (high, tokens) = (Thinking::Effort(Effort::High), Thinking::Tokens(1500));
        for (model, thinking, expected) in [
            ("claude-opus-4-5", Thinking::Default, Ok((null.clone(), null.clone()))),
            ("claude-opus-4-5", Thinking::Off, Ok((json!({ "type": "disabled" }), null.clone()))),
            ("claude-opus-4-5", high, Ok((budget(2400), null.clone()))),
            ("claude-opus-4-5", Thinking::Effort(Effort::Low), Ok((budget(1500), null.clone()))),
            ("claude-opus-4-5", tokens, Ok((budget(1500), null.clone()))),
            ("claude-opus-4-5", Thinking::Tokens(1000), Err(ErrorKind::InvalidInput)),
            ("claude-opus-4-5", Thinking::Tokens(3000), Err(ErrorKind::InvalidInput)),
            ("claude-opus-4-6", tokens, Ok((budget(1500), null.clone()))),
            ("claude-opus-4-6", high, Ok((adaptive.clone(), json!("high")))),
            ("claude-opus-5-5", tokens, Err(ErrorKind::Unsupported)),
            ("claude-fable-5", Thinking::Off, Ok((null.clone(), json!("low")))),
            ("claude-mythos-preview", high, Ok((adaptive, json!("high")))),
        ] {
            assert_eq!(of(model, thinking), expected, "{model} {thinking:?}");
        }
    }
}
