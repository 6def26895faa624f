//! Our request as one of Anthropic Messages.

use ae_core::BackendError;
use serde_json::{Map, Value, json};

use super::{
    super::{Image, WireRequest, image, invalid, unsupported},
    API, thinking,
};
use crate::{CacheFor, CompletionRequest, Message, Part, Role, ServiceTier, Tool, ToolCall, ToolChoice};

/// The version of the API, a header of every request.
const VERSION: &str = "2023-06-01";

pub(super) fn wire(request: &CompletionRequest, stream: bool) -> Result<WireRequest, BackendError> {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    set("model", json!(request.model));
    set("max_tokens", json!(request.output_tokens_max));
    set("messages", request.messages.iter().map(message).collect::<Result<_, _>>()?);
    if stream {
        set("stream", json!(true));
    }
    if !request.system.is_empty() {
        set("system", system(request));
    }
    if !request.tools.is_empty() {
        set("tools", tools(request)?);
    }
    if let Some(choice) = tool_choice(request)? {
        set("tool_choice", choice);
    }
    if let Some(tier) = request.service_tier {
        set("service_tier", json!(service_tier(tier)?));
    }
    sampling(request, &mut body)?;
    let mut output = Map::new();
    thinking::set(request, &mut body, &mut output)?;
    if let Some(form) = &request.output {
        output.insert("format".to_owned(), json!({ "type": "json_schema", "schema": form.schema }));
    }
    if !output.is_empty() {
        body.insert("output_config".to_owned(), Value::Object(output));
    }
    Ok(WireRequest {
        path: vec!["v1".to_owned(), "messages".to_owned()],
        query: Vec::new(),
        headers: vec![("anthropic-version", VERSION.to_owned())],
        body: Value::Object(body),
    })
}

fn sampling(request: &CompletionRequest, body: &mut Map<String, Value>) -> Result<(), BackendError> {
    let sampling = &request.sampling;
    if sampling.seed.is_some() {
        return Err(unsupported(API, "Anthropic takes no seed"));
    }
    for (name, value) in [("temperature", sampling.temperature), ("top_p", sampling.top_p)] {
        let Some(value) = value else { continue };
        if !value.is_finite() {
            return Err(invalid(API, format!("{name} is not a number")));
        }
        body.insert(name.to_owned(), json!(value));
    }
    if !sampling.stop.is_empty() {
        body.insert("stop_sequences".to_owned(), json!(sampling.stop));
    }
    Ok(())
}

fn service_tier(tier: ServiceTier) -> Result<&'static str, BackendError> {
    match tier {
        ServiceTier::Standard => Ok("standard_only"),
        ServiceTier::Priority => Ok("auto"),
        ServiceTier::Batch | ServiceTier::Flex => {
            Err(unsupported(API, format!("Anthropic serves no single call in the class {tier}")))
        }
    }
}

/// Without a cache the short form.
fn system(request: &CompletionRequest) -> Value {
    match request.system_cache {
        Some(cache) => {
            json!([{ "type": "text", "text": request.system, "cache_control": cache_control(cache) }])
        }
        None => json!(request.system),
    }
}

fn cache_control(cache: CacheFor) -> Value {
    match cache {
        CacheFor::FiveMinutes => json!({ "type": "ephemeral" }),
        CacheFor::Hour => json!({ "type": "ephemeral", "ttl": cache }),
    }
}

/// The cache of the system prompt covers the tools, which come before it.
fn tools(request: &CompletionRequest) -> Result<Value, BackendError> {
    let mut tools = request.tools.iter().map(tool).collect::<Result<Vec<_>, _>>()?;
    if let (Some(cache), true, Some(last)) =
        (request.system_cache, request.system.is_empty(), tools.last_mut())
    {
        mark(last, cache);
    }
    Ok(Value::Array(tools))
}

fn tool(tool: &Tool) -> Result<Value, BackendError> {
    if !tool.schema.is_object() {
        return Err(invalid(API, format!("the schema of the tool {} is not an object", tool.name)));
    }
    let mut wire = json!({ "name": tool.name, "input_schema": tool.schema });
    if let (false, Some(wire)) = (tool.description.is_empty(), wire.as_object_mut()) {
        wire.insert("description".to_owned(), json!(tool.description));
    }
    Ok(wire)
}

fn mark(block: &mut Value, cache: CacheFor) {
    if let Some(block) = block.as_object_mut() {
        block.insert("cache_control".to_owned(), cache_control(cache));
    }
}

fn tool_choice(request: &CompletionRequest) -> Result<Option<Value>, BackendError> {
    let choice = match &request.tool_choice {
        ToolChoice::Auto => return Ok(None),
        ToolChoice::None if request.tools.is_empty() => return Ok(None),
        ToolChoice::None => json!({ "type": "none" }),
        ToolChoice::Required => json!({ "type": "any" }),
        ToolChoice::Tool(name) => json!({ "type": "tool", "name": name }),
    };
    if request.tools.is_empty() {
        return Err(invalid(API, "a call of a tool is required, and there is none"));
    }
    Ok(Some(choice))
}

fn message(message: &Message) -> Result<Value, BackendError> {
    let role = match message.role {
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    // The short form of a single text.
    if let ([Part::Text(text)], None) = (message.parts.as_slice(), message.cache) {
        return Ok(json!({ "role": role, "content": text }));
    }
    let mut blocks = Vec::new();
    for part in &message.parts {
        blocks.extend(block(part)?);
    }
    if let Some(cache) = message.cache {
        let is_cacheable = |block: &Value| {
            let kind = block.get("type").and_then(Value::as_str);
            kind.is_some_and(|kind| ["text", "image", "tool_use", "tool_result"].contains(&kind))
        };
        let last = blocks.iter_mut().rfind(|block| is_cacheable(block));
        let last =
            last.ok_or_else(|| unsupported(API, "a turn without text, image or tool can't be cached"))?;
        mark(last, cache);
    }
    Ok(json!({ "role": role, "content": blocks }))
}

/// `None` for an empty text, which the API refuses, and for a piece of another form.
fn block(part: &Part) -> Result<Option<Value>, BackendError> {
    Ok(Some(match part {
        Part::Text(text) if text.is_empty() => return Ok(None),
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Image(reference) => {
            let source = match image(API, reference)? {
                Image::Url(url) => json!({ "type": "url", "url": url }),
                Image::Inline { media_type, data } => {
                    json!({ "type": "base64", "media_type": media_type, "data": data })
                }
            };
            json!({ "type": "image", "source": source })
        }
        Part::ToolCall(call) => {
            json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": input(call)? })
        }
        Part::ToolResult(result) => {
            let mut block = json!({
                "type": "tool_result",
                "tool_use_id": result.call,
                "content": result.content,
            });
            if let (true, Some(block)) = (result.is_error, block.as_object_mut()) {
                block.insert("is_error".to_owned(), json!(true));
            }
            block
        }
        Part::Opaque(opaque) if opaque.api == API.as_str() => opaque.json.clone(),
        Part::Opaque(_) => return Ok(None),
    }))
}

fn input(call: &ToolCall) -> Result<Value, BackendError> {
    if call.arguments.is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_str(&call.arguments).ok().filter(Value::is_object).ok_or_else(|| {
        invalid(API, format!("the arguments of the call {} are not a JSON object: leave it out", call.id))
    })
}

#[cfg(test)]
mod tests {
    use ae_core::ErrorKind;

    use super::*;
    use crate::{Opaque, OutputSchema, Sampling, ToolResult};

    fn body(request: &CompletionRequest) -> Value {
        wire(request, false).unwrap().body
    }

    fn hello() -> CompletionRequest {
        CompletionRequest::new("claude-haiku-4-5", "hello", 64)
    }

    #[test]
    fn the_least_request_is_short() {
        let wire = wire(&hello(), false).unwrap();
        assert_eq!((wire.path.join("/").as_str(), wire.query.len()), ("v1/messages", 0));
        assert_eq!(wire.headers, [("anthropic-version", "2023-06-01".to_owned())]);
        let least = json!({
            "model": "claude-haiku-4-5",
            "max_tokens": 64,
            "messages": [{ "role": "user", "content": "hello" }],
        });
        assert_eq!(wire.body, least);
        assert_eq!(super::wire(&hello(), true).unwrap().body["stream"], json!(true));
    }

    #[test]
    fn every_kind_of_part_has_its_block() {
        let call = ToolCall::new("toolu_1", "weather", r#"{"city":"Oslo"}"#);
        let signed = json!({ "type": "thinking", "thinking": "hm", "signature": "sig" });
        let answer = Message::new(
            Role::Assistant,
            vec![
                Part::Opaque(Opaque::new("anthropic_messages", signed.clone())),
                Part::Opaque(Opaque::new("gemini", json!({ "text": "" }))),
                Part::Text(String::new()),
                Part::ToolCall(call.clone()),
                Part::ToolCall(ToolCall::new("toolu_2", "now", "")),
            ],
        );
        let failed = ToolResult::of(&call, "no such city").with_error();
        let asked = Message::user("look")
            .with_part(Part::Image("https://example.com/a.png".to_owned()))
            .with_part(Part::Image("data:image/png;base64,iVBO".to_owned()))
            .with_cache(CacheFor::Hour);
        let request = hello().with_messages(vec![
            asked,
            answer,
            Message::results([failed, ToolResult::of(&ToolCall::new("toolu_2", "now", ""), "noon")]),
        ]);
        let expected = json!([
            { "role": "user", "content": [
                { "type": "text", "text": "look" },
                { "type": "image", "source": { "type": "url", "url": "https://example.com/a.png" } },
                { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "iVBO" },
                  "cache_control": { "type": "ephemeral", "ttl": "1h" } },
            ] },
            { "role": "assistant", "content": [
                signed,
                { "type": "tool_use", "id": "toolu_1", "name": "weather", "input": { "city": "Oslo" } },
                { "type": "tool_use", "id": "toolu_2", "name": "now", "input": {} },
            ] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "toolu_1", "content": "no such city", "is_error": true },
                { "type": "tool_result", "tool_use_id": "toolu_2", "content": "noon" },
            ] },
        ]);
        assert_eq!(body(&request)["messages"], expected);
    }

    #[test]
    fn options_have_their_fields() {
        let schema = json!({ "type": "object", "properties": {}, "additionalProperties": false });
        let sampling =
            Sampling::default().with_temperature(0.5).with_top_p(0.9).with_stop(vec!["END".to_owned()]);
        let request = hello()
            .with_system("be brief")
            .with_system_cache(CacheFor::FiveMinutes)
            .with_tool(Tool::new("weather", "the weather", schema.clone()))
            .with_tool_choice(ToolChoice::Tool("weather".to_owned()))
            .with_output(OutputSchema::new("answer", schema.clone()))
            .with_sampling(sampling)
            .with_service_tier(ServiceTier::Standard);
        let body = body(&request);
        let cached =
            json!([{ "type": "text", "text": "be brief", "cache_control": { "type": "ephemeral" } }]);
        assert_eq!(body["system"], cached);
        let tools = json!([{ "name": "weather", "description": "the weather", "input_schema": schema }]);
        assert_eq!(body["tools"], tools);
        assert_eq!(body["tool_choice"], json!({ "type": "tool", "name": "weather" }));
        let format = json!({ "format": { "type": "json_schema", "schema": schema } });
        assert_eq!(body["output_config"], format);
        assert_eq!((&body["temperature"], &body["top_p"]), (&json!(0.5), &json!(0.9)));
        assert_eq!(body["stop_sequences"], json!(["END"]));
        assert_eq!(body["service_tier"], json!("standard_only"));
    }

    #[test]
    fn tools_without_a_system_prompt_carry_its_cache() {
        let tool = |name: &str| Tool::new(name, "", json!({ "type": "object" }));
        let request = hello().with_tool(tool("a")).with_tool(tool("b")).with_system_cache(CacheFor::Hour);
        let tools = body(&request)["tools"].clone();
        assert_eq!(tools[0], json!({ "name": "a", "input_schema": { "type": "object" } }));
        assert_eq!(tools[1]["cache_control"], json!({ "type": "ephemeral", "ttl": "1h" }));
        let none = hello().with_tool(tool("a")).with_tool_choice(ToolChoice::None);
        assert_eq!(body(&none)["tool_choice"], json!({ "type": "none" }));
        let any = hello().with_tool(tool("a")).with_tool_choice(ToolChoice::Required);
        assert_eq!(body(&any)["tool_choice"], json!({ "type": "any" }));
    }

    #[test]
    fn a_part_without_a_place_is_refused() {
        let call = Message::new(Role::Assistant, vec![Part::ToolCall(ToolCall::new("1", "a", "{\"x\":"))]);
        let nan = Sampling::default().with_temperature(f64::NAN);
        for (request, kind) in [
            (hello().with_sampling(Sampling::default().with_seed(1)), ErrorKind::Unsupported),
            (hello().with_service_tier(ServiceTier::Flex), ErrorKind::Unsupported),
            (hello().with_service_tier(ServiceTier::Batch), ErrorKind::Unsupported),
            (hello().with_tool_choice(ToolChoice::Required), ErrorKind::InvalidInput),
            (hello().with_tool(Tool::new("a", "", json!(true))), ErrorKind::InvalidInput),
            (hello().with_message(call), ErrorKind::InvalidInput),
            (hello().with_sampling(nan), ErrorKind::InvalidInput),
            (
                hello().with_messages(vec![Message::new(Role::User, Vec::new()).with_cache(CacheFor::Hour)]),
                ErrorKind::Unsupported,
            ),
        ] {
            assert_eq!(wire(&request, false).unwrap_err().kind(), kind, "{request:?}");
        }
    }
}
