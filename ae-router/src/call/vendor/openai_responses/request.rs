//! Our request as OpenAI Responses writes it.

use ae_core::BackendError;
use serde_json::{Value, json};

use super::{
    super::{
        image, invalid,
        openai_shared::{arguments, choice, effort, filled, is_strict, number, reasons, result, some, tier},
        unsupported,
    },
    API,
};
use crate::{CompletionRequest, Message, Part, Role, Tool};

/// The body.
pub(super) fn body(request: &CompletionRequest, stream: bool) -> Result<Value, BackendError> {
    let sampling = &request.sampling;
    if !sampling.stop.is_empty() {
        return Err(unsupported(API, "Responses takes no stop texts: use Chat Completions"));
    }
    if sampling.seed.is_some() {
        return Err(unsupported(API, "Responses takes no seed: use Chat Completions"));
    }
    let mut input = Vec::new();
    for message in &request.messages {
        match message.role {
            Role::User => user(message, &mut input)?,
            Role::Assistant => assistant(message, &mut input)?,
        }
    }
    let format = request.output.as_ref().map(|output| {
        json!({ "format": { "type": "json_schema", "name": output.name, "schema": output.schema,
            "strict": is_strict(&output.schema) } })
    });
    let named = |name: &str| json!({ "type": "function", "name": name });
    Ok(filled(json!({
        "model": request.model,
        "instructions": (!request.system.is_empty()).then_some(&request.system),
        "input": input,
        "max_output_tokens": request.output_tokens_max,
        "tools": some(request.tools.iter().map(tool).collect()),
        "tool_choice": choice(API, request, named)?,
        "text": format,
        "temperature": number(API, "temperature", sampling.temperature)?,
        "top_p": number(API, "top_p", sampling.top_p)?,
        "reasoning": effort(API, request)?.map(|effort| json!({ "effort": effort })),
        "service_tier": tier(API, request.service_tier)?,
        "include": reasons(&request.model).then_some(["reasoning.encrypted_content"]),
        "store": false,
        "stream": stream.then_some(true),
    })))
}

/// Without the field, the vendor would take every schema as a strict one.
fn tool(tool: &Tool) -> Value {
    json!({ "type": "function", "name": tool.name, "description": tool.description,
        "parameters": tool.schema, "strict": is_strict(&tool.schema) })
}

/// A turn of the user: the results of calls are items of their own, before the rest.
fn user(message: &Message, input: &mut Vec<Value>) -> Result<(), BackendError> {
    let mut content = Vec::new();
    let before = input.len();
    for part in &message.parts {
        match part {
            Part::Text(text) => content.push(json!({ "type": "input_text", "text": text })),
            Part::Image(reference) => {
                image(API, reference)?;
                content.push(json!({ "type": "input_image", "image_url": reference, "detail": "auto" }));
            }
            Part::ToolResult(of) => input
                .push(json!({ "type": "function_call_output", "call_id": of.call, "output": result(of) })),
            Part::ToolCall(_) => return Err(invalid(API, "a call of a tool stands in a turn of the user")),
            Part::Opaque(_) => {}
        }
    }
    if !content.is_empty() {
        input.push(json!({ "role": "user", "content": content }));
    }
    if input.len() == before {
        return Err(invalid(API, "a turn of the user has no content"));
    }
    Ok(())
}

/// A turn of the model: texts, calls and sealed reasoning are items in their order.
fn assistant(message: &Message, input: &mut Vec<Value>) -> Result<(), BackendError> {
    let mut phase = Value::Null;
    for part in &message.parts {
        match part {
            Part::Text(text) if text.is_empty() => {}
            Part::Text(text) => {
                input.push(filled(json!({ "role": "assistant", "content": text, "phase": phase })));
            }
            Part::ToolCall(call) => input.push(json!({ "type": "function_call", "call_id": call.id,
                "name": call.name, "arguments": arguments(&call.arguments) })),
            // The phase of the texts that follow, see `answer`.
            Part::Opaque(opaque) if opaque.api == API.as_str() && opaque.json.get("type").is_none() => {
                phase = opaque.json.get("phase").cloned().unwrap_or_default();
            }
            Part::Opaque(opaque) if opaque.api == API.as_str() => input.push(opaque.json.clone()),
            Part::Opaque(_) => {}
            Part::Image(_) => return Err(unsupported(API, "Responses takes no images of the model's turns")),
            Part::ToolResult(_) => {
                return Err(invalid(API, "the result of a call stands in a turn of the model"));
            }
        }
    }
    Ok(())
}
