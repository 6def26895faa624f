//! Our request as Chat Completions writes it.

use ae_core::BackendError;
use serde_json::{Value, json};

use super::{
    super::{
        image, invalid,
        openai_shared::{arguments, choice, effort, filled, is_strict, number, result, some, tier},
        unsupported,
    },
    API, OpenAiChat,
};
use crate::{CompletionRequest, Message, Part, Role, Tool};

/// The body.
pub(super) fn body(
    dialect: &OpenAiChat,
    request: &CompletionRequest,
    stream: bool,
) -> Result<Value, BackendError> {
    let sampling = &request.sampling;
    let mut messages = Vec::new();
    if !request.system.is_empty() {
        messages.push(json!({ "role": "system", "content": request.system }));
    }
    for message in &request.messages {
        match message.role {
            Role::User => user(message, &mut messages)?,
            Role::Assistant => assistant(dialect, message, &mut messages)?,
        }
    }
    let format = request.output.as_ref().map(|output| {
        json!({ "type": "json_schema", "json_schema": { "name": output.name, "schema": output.schema,
            "strict": is_strict(&output.schema) } })
    });
    let named = |name: &str| json!({ "type": "function", "function": { "name": name } });
    // The older name counts without reasoning at OpenAI, whose newer models refuse it; others know only that one.
    let (newer, older) = if dialect.own { (true, false) } else { (false, true) };
    Ok(filled(json!({
        "model": request.model,
        "messages": messages,
        "max_completion_tokens": newer.then_some(request.output_tokens_max),
        "max_tokens": older.then_some(request.output_tokens_max),
        "tools": some(request.tools.iter().map(tool).collect()),
        "tool_choice": choice(API, request, named)?,
        "response_format": format,
        "temperature": number(API, "temperature", sampling.temperature)?,
        "top_p": number(API, "top_p", sampling.top_p)?,
        "stop": some(sampling.stop.clone()),
        "seed": sampling.seed,
        "reasoning_effort": effort(API, request)?,
        "service_tier": tier(API, request.service_tier)?,
        "store": dialect.own.then_some(false),
        "stream": stream.then_some(true),
        "stream_options": stream.then(|| json!({ "include_usage": true })),
    })))
}

fn tool(tool: &Tool) -> Value {
    let strict = is_strict(&tool.schema).then_some(true);
    let function = json!({ "name": tool.name, "description": tool.description, "parameters": tool.schema,
        "strict": strict });
    json!({ "type": "function", "function": filled(function) })
}

/// A turn of the user: the results of calls are messages of their own, before the rest.
fn user(message: &Message, messages: &mut Vec<Value>) -> Result<(), BackendError> {
    let mut content = Vec::new();
    let before = messages.len();
    for part in &message.parts {
        match part {
            Part::Text(text) => content.push(json!({ "type": "text", "text": text })),
            Part::Image(reference) => {
                image(API, reference)?;
                content.push(json!({ "type": "image_url", "image_url": { "url": reference } }));
            }
            Part::ToolResult(of) => {
                messages.push(json!({ "role": "tool", "tool_call_id": of.call, "content": result(of) }));
            }
            Part::ToolCall(_) => return Err(invalid(API, "a call of a tool stands in a turn of the user")),
            Part::Opaque(_) => {}
        }
    }
    match message.parts.as_slice() {
        // The plain form, which every server takes.
        [Part::Text(text)] => messages.push(json!({ "role": "user", "content": text })),
        _ if !content.is_empty() => messages.push(json!({ "role": "user", "content": content })),
        _ if messages.len() == before => return Err(invalid(API, "a turn of the user has no content")),
        _ => {}
    }
    Ok(())
}

/// A turn of the model: one message.
fn assistant(dialect: &OpenAiChat, message: &Message, messages: &mut Vec<Value>) -> Result<(), BackendError> {
    let mut calls = Vec::new();
    let mut fields = Vec::new();
    for part in &message.parts {
        match part {
            Part::Text(_) => {}
            Part::ToolCall(call) => calls.push(json!({ "type": "function", "id": call.id,
                "function": { "name": call.name, "arguments": arguments(&call.arguments) } })),
            Part::Opaque(opaque) if opaque.api == dialect.mark => {
                fields.extend(opaque.json.as_object().into_iter().flatten());
            }
            Part::Opaque(_) => {}
            Part::Image(_) => {
                return Err(unsupported(API, "Chat Completions takes no images of the model's turns"));
            }
            Part::ToolResult(_) => {
                return Err(invalid(API, "the result of a call stands in a turn of the model"));
            }
        }
    }
    let text = message.text();
    if text.is_empty() && calls.is_empty() {
        return Ok(());
    }
    let mut turn = filled(json!({ "role": "assistant", "content": (!text.is_empty()).then_some(text),
        "tool_calls": some(calls) }));
    if let Value::Object(turn) = &mut turn {
        turn.extend(fields.into_iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    messages.push(turn);
    Ok(())
}
