//! The rules that both of OpenAI's forms share.

#[cfg(all(test, feature = "openai", feature = "openai-compatible"))]
mod checks;
mod pieces;
mod strict;

use ae_core::BackendError;
use ae_core_wire::Api;
use serde_json::{Value, json};

pub(super) use self::{
    pieces::{Pieces, made_up},
    strict::is_strict,
};
use super::{invalid, unreadable, unsupported};
use crate::{CompletionRequest, Effort, ServiceTier, Thinking, ToolChoice, ToolResult};

/// The parser's message can quote the answer, so its place alone is kept.
pub(super) fn not_json(api: Api, error: &serde_json::Error) -> BackendError {
    let (line, column) = (error.line(), error.column());
    unreadable(api, format!("the answer can't be read at line {line} column {column}"))
}

/// The class of service by its name at OpenAI.
pub(super) fn tier(api: Api, tier: Option<ServiceTier>) -> Result<Option<&'static str>, BackendError> {
    Ok(Some(match tier {
        None => return Ok(None),
        Some(ServiceTier::Standard) => "default",
        Some(ServiceTier::Flex) => "flex",
        Some(ServiceTier::Priority) => "priority",
        Some(ServiceTier::Batch) => {
            return Err(unsupported(api, "batches have an interface of their own: ask for another tier"));
        }
    }))
}

/// The effort of reasoning by its name at OpenAI; `None` leaves it to the model.
pub(super) fn effort(api: Api, request: &CompletionRequest) -> Result<Option<&'static str>, BackendError> {
    match request.thinking {
        Thinking::Default => Ok(None),
        Thinking::Off => Ok(least(&request.model)),
        Thinking::Effort(Effort::Low) => Ok(Some("low")),
        Thinking::Effort(Effort::Medium) => Ok(Some("medium")),
        Thinking::Effort(Effort::High) => Ok(Some("high")),
        Thinking::Tokens(_) => {
            Err(unsupported(api, "OpenAI's forms take no number of reasoning tokens: ask for an effort"))
        }
    }
}

/// The least effort that a model takes. Only the first reasoning models take no `none`, and those before do not know the
/// field.
fn least(model: &str) -> Option<&'static str> {
    if !reasons(model) {
        None
    } else if model == "gpt-5" || model.starts_with("gpt-5-") {
        Some("minimal")
    } else if model.starts_with('o') && model.as_bytes().get(1).is_some_and(u8::is_ascii_digit) {
        Some("low")
    } else {
        Some("none")
    }
}

/// Whether OpenAI's model of this name reasons. All do, but the old ones and those made for chats, which refuse the fields
/// of reasoning.
pub(super) fn reasons(model: &str) -> bool {
    let old = ["gpt-3", "gpt-4", "chatgpt-"].iter().any(|begin| model.starts_with(begin));
    !old && !model.contains("-chat")
}

/// A number that JSON can hold.
pub(super) fn number(api: Api, field: &str, value: Option<f64>) -> Result<Option<f64>, BackendError> {
    match value {
        Some(value) if !value.is_finite() => Err(invalid(api, format!("{field} is not a finite number"))),
        value => Ok(value),
    }
}

/// The arguments of a call as they go back: JSON, which nothing is not.
pub(super) fn arguments(written: &str) -> &str {
    if written.is_empty() { "{}" } else { written }
}

/// The content of a result. The form has no field for a failure, so the text says it.
pub(super) fn result(result: &ToolResult) -> String {
    if result.is_error { format!("Error: {}", result.content) } else { result.content.clone() }
}

/// The choice of tools, of which the forms write only the one of a named tool differently.
pub(super) fn choice(
    api: Api,
    request: &CompletionRequest,
    named: impl FnOnce(&str) -> Value,
) -> Result<Option<Value>, BackendError> {
    let has = |asked: &str| request.tools.iter().any(|tool| tool.name == asked);
    match &request.tool_choice {
        ToolChoice::Auto => Ok(None),
        ToolChoice::None => Ok((!request.tools.is_empty()).then(|| json!("none"))),
        ToolChoice::Required if request.tools.is_empty() => {
            Err(invalid(api, "a tool is required and the request has none: add one"))
        }
        ToolChoice::Required => Ok(Some(json!("required"))),
        ToolChoice::Tool(asked) if !has(asked) => {
            Err(invalid(api, format!("the tool {asked} is required and the request does not have it")))
        }
        ToolChoice::Tool(asked) => Ok(Some(named(asked))),
    }
}

/// The object without its fields that are `null`.
pub(super) fn filled(mut body: Value) -> Value {
    if let Value::Object(fields) = &mut body {
        fields.retain(|_, field| !field.is_null());
    }
    body
}

/// `None` for nothing.
pub(super) fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_effort_follows_the_generation() {
        for (model, effort) in [
            ("gpt-4.1-mini", None),
            ("gpt-5-chat", None),
            ("gpt-5", Some("minimal")),
            ("gpt-5-mini-2025-08-07", Some("minimal")),
            ("gpt-5.2", Some("none")),
            ("gpt-6.1-sol", Some("none")),
            ("o3-pro", Some("low")),
            ("olmo-3", Some("none")),
        ] {
            assert_eq!(least(model), effort, "{model}");
        }
    }
}
