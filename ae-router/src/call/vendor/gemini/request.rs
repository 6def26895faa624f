//! Our request as one of Gemini.

use ae_core::BackendError;
use serde_json::{Map, Value, json};

use super::{
    super::{Image, WireRequest, image, invalid, unsupported},
    API, MADE_UP, thinking,
};
use crate::{CompletionRequest, Message, Part, Role, ServiceTier, Tool, ToolCall, ToolChoice, ToolResult};

pub(super) fn wire(request: &CompletionRequest, stream: bool) -> Result<WireRequest, BackendError> {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    set("contents", request.messages.iter().map(content).collect::<Result<_, _>>()?);
    if !request.system.is_empty() {
        set("systemInstruction", json!({ "role": "user", "parts": [{ "text": request.system }] }));
    }
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(declaration).collect::<Result<Value, _>>()?;
        set("tools", json!([{ "functionDeclarations": tools }]));
    }
    if let Some(calling) = calling(request)? {
        set("toolConfig", json!({ "functionCallingConfig": calling }));
    }
    match request.service_tier {
        None => {}
        Some(ServiceTier::Batch) => return Err(unsupported(API, "Gemini serves no single call as a batch")),
        Some(tier) => {
            set("serviceTier", json!(tier));
        }
    }
    set("generationConfig", generation(request)?);
    let (action, query) = if stream {
        ("streamGenerateContent", vec![("alt", "sse".to_owned())])
    } else {
        ("generateContent", Vec::new())
    };
    Ok(WireRequest {
        path: path(&request.model, action)?,
        query,
        headers: Vec::new(),
        body: Value::Object(body),
    })
}

/// A name that a server could read as another path is refused.
fn path(model: &str, action: &str) -> Result<Vec<String>, BackendError> {
    let (folder, name) = model.split_once('/').unwrap_or(("models", model));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let is_name = !name.is_empty() && name.bytes().all(is_plain) && !name.starts_with('.');
    if !is_name || !["models", "tunedModels"].contains(&folder) {
        return Err(invalid(API, "the model is not named `models/x` or `x`"));
    }
    Ok(vec!["v1beta".to_owned(), folder.to_owned(), format!("{name}:{action}")])
}

fn generation(request: &CompletionRequest) -> Result<Value, BackendError> {
    let sampling = &request.sampling;
    let mut config = Map::new();
    let mut set = |name: &str, value: Value| config.insert(name.to_owned(), value);
    set("maxOutputTokens", json!(request.output_tokens_max));
    for (name, value) in [("temperature", sampling.temperature), ("topP", sampling.top_p)] {
        let Some(value) = value else { continue };
        if !value.is_finite() {
            return Err(invalid(API, format!("{name} is not a number")));
        }
        set(name, json!(value));
    }
    if !sampling.stop.is_empty() {
        set("stopSequences", json!(sampling.stop));
    }
    if let Some(seed) = sampling.seed {
        let seed = i32::try_from(seed).map_err(|_| invalid(API, "the seed is larger than 2,147,483,647"))?;
        set("seed", json!(seed));
    }
    if let Some(form) = &request.output {
        set("responseMimeType", json!("application/json"));
        set("responseJsonSchema", form.schema.clone());
    }
    if let Some(thinking) = thinking::config(request)? {
        set("thinkingConfig", thinking);
    }
    Ok(Value::Object(config))
}

fn declaration(tool: &Tool) -> Result<Value, BackendError> {
    if !tool.schema.is_object() {
        return Err(invalid(API, format!("the schema of the tool {} is not an object", tool.name)));
    }
    let mut wire = json!({ "name": tool.name, "parametersJsonSchema": tool.schema });
    if let (false, Some(wire)) = (tool.description.is_empty(), wire.as_object_mut()) {
        wire.insert("description".to_owned(), json!(tool.description));
    }
    Ok(wire)
}

fn calling(request: &CompletionRequest) -> Result<Option<Value>, BackendError> {
    let calling = match &request.tool_choice {
        ToolChoice::Auto => return Ok(None),
        ToolChoice::None if request.tools.is_empty() => return Ok(None),
        ToolChoice::None => json!({ "mode": "NONE" }),
        ToolChoice::Required => json!({ "mode": "ANY" }),
        ToolChoice::Tool(name) => json!({ "mode": "ANY", "allowedFunctionNames": [name] }),
    };
    if request.tools.is_empty() {
        return Err(invalid(API, "a call of a tool is required, and there is none"));
    }
    Ok(Some(calling))
}

fn content(message: &Message) -> Result<Value, BackendError> {
    let role = match message.role {
        Role::User => "user",
        Role::Assistant => "model",
    };
    let mut parts = Vec::new();
    for part in &message.parts {
        parts.extend(wire_part(part)?);
    }
    Ok(json!({ "role": role, "parts": parts }))
}

/// `None` for a piece of another form.
fn wire_part(part: &Part) -> Result<Option<Value>, BackendError> {
    Ok(Some(match part {
        Part::Text(text) => json!({ "text": text }),
        Part::Image(reference) => match image(API, reference)? {
            Image::Url(url) => json!({ "fileData": { "fileUri": url, "mimeType": media_type(url)? } }),
            Image::Inline { media_type, data } => {
                json!({ "inlineData": { "mimeType": media_type, "data": data } })
            }
        },
        Part::ToolCall(call) => function_call(call)?,
        Part::ToolResult(result) => function_response(result),
        Part::Opaque(opaque) if opaque.api == API.as_str() => opaque.json.clone(),
        Part::Opaque(_) => return Ok(None),
    }))
}

/// The media type by the ending of the path.
fn media_type(url: &str) -> Result<&'static str, BackendError> {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("png") => Ok("image/png"),
        Some("jpg" | "jpeg") => Ok("image/jpeg"),
        Some("webp") => Ok("image/webp"),
        Some("heic") => Ok("image/heic"),
        Some("heif") => Ok("image/heif"),
        _ => {
            let message = "Gemini takes an image by address only with a known ending, such as .png: \
                           give it as a data: URL";
            Err(unsupported(API, message))
        }
    }
}

fn function_call(call: &ToolCall) -> Result<Value, BackendError> {
    let arguments = if call.arguments.is_empty() { "{}" } else { &call.arguments };
    let arguments: Value =
        serde_json::from_str(arguments).ok().filter(Value::is_object).ok_or_else(|| {
            invalid(API, format!("the arguments of the call {} are not a JSON object: leave it out", call.id))
        })?;
    let mut wire = json!({ "functionCall": { "name": call.name, "args": arguments } });
    set_id(&mut wire, "functionCall", &call.id);
    if let (Some(signature), Some(wire)) = (&call.signature, wire.as_object_mut()) {
        wire.insert("thoughtSignature".to_owned(), json!(signature));
    }
    Ok(wire)
}

fn function_response(result: &ToolResult) -> Value {
    let key = if result.is_error { "error" } else { "output" };
    let mut wire =
        json!({ "functionResponse": { "name": result.name, "response": { key: result.content } } });
    set_id(&mut wire, "functionResponse", &result.call);
    wire
}

fn set_id(wire: &mut Value, of: &str, id: &str) {
    if let (false, Some(wire)) = (id.starts_with(MADE_UP), wire.get_mut(of).and_then(Value::as_object_mut)) {
        wire.insert("id".to_owned(), json!(id));
    }
}

#[cfg(test)]
mod tests {
    use ae_core::ErrorKind;

    use super::*;
    use crate::{Opaque, OutputSchema, Sampling};

    fn body(request: &CompletionRequest) -> Value {
        wire(request, false).unwrap().body
    }

    fn hello() -> CompletionRequest {
        CompletionRequest::new("gemini-3.8-flash", "hello", 64)
    }

    #[test]
    fn the_least_request_is_short() {
        let wire = wire(&hello(), false).unwrap();
        assert_eq!(wire.path.join("/"), "v1beta/models/gemini-3.8-flash:generateContent");
        assert_eq!((wire.query.len(), wire.headers.len()), (0, 0));
        let least = json!({
            "contents": [{ "role": "user", "parts": [{ "text": "hello" }] }],
            "generationConfig": { "maxOutputTokens": 64 },
        });
        assert_eq!(wire.body, least);
        let wire = super::wire(&hello().with_model("models/gemini-3.8-flash"), true).unwrap();
        assert_eq!(wire.path.join("/"), "v1beta/models/gemini-3.8-flash:streamGenerateContent");
        assert_eq!(wire.query, [("alt", "sse".to_owned())]);
    }

    #[test]
    fn every_kind_of_part_has_its_form() {
        let call = ToolCall::new("gemini-r1-0", "weather", r#"{"city":"Oslo"}"#).with_signature("c2ln");
        let named = ToolCall::new("fc_2", "now", "");
        let signed = json!({ "text": "", "thoughtSignature": "c2ln" });
        let parts = vec![
            Part::Opaque(Opaque::new("gemini", signed.clone())),
            Part::Opaque(Opaque::new("anthropic_messages", json!({ "type": "thinking" }))),
            Part::ToolCall(call.clone()),
            Part::ToolCall(named.clone()),
        ];
        let request = hello().with_messages(vec![
            Message::user("look")
                .with_part(Part::Image("https://example.com/a.PNG?x=1".to_owned()))
                .with_part(Part::Image("data:image/webp;base64,UklG".to_owned())),
            Message::new(Role::Assistant, parts),
            Message::results([
                ToolResult::of(&call, "no such city").with_error(),
                ToolResult::of(&named, "noon"),
            ]),
        ]);
        let expected = json!([
            { "role": "user", "parts": [
                { "text": "look" },
                { "fileData": { "fileUri": "https://example.com/a.PNG?x=1", "mimeType": "image/png" } },
                { "inlineData": { "mimeType": "image/webp", "data": "UklG" } },
            ] },
            { "role": "model", "parts": [
                signed,
                { "functionCall": { "name": "weather", "args": { "city": "Oslo" } }, "thoughtSignature": "c2ln" },
                { "functionCall": { "id": "fc_2", "name": "now", "args": {} } },
            ] },
            { "role": "user", "parts": [
                { "functionResponse": { "name": "weather", "response": { "error": "no such city" } } },
                { "functionResponse": { "id": "fc_2", "name": "now", "response": { "output": "noon" } } },
            ] },
        ]);
        assert_eq!(body(&request)["contents"], expected);
    }

    #[test]
    fn options_have_their_fields() {
        let schema = json!({ "type": "object", "properties": {} });
        let sampling = Sampling::default()
            .with_temperature(0.5)
            .with_top_p(0.9)
            .with_stop(vec!["END".to_owned()])
            .with_seed(7);
        let request = hello()
            .with_system("be brief")
            .with_tool(Tool::new("weather", "the weather", schema.clone()))
            .with_tool_choice(ToolChoice::Tool("weather".to_owned()))
            .with_output(OutputSchema::new("answer", schema.clone()))
            .with_sampling(sampling)
            .with_service_tier(ServiceTier::Flex);
        let sent = body(&request);
        assert_eq!(sent["systemInstruction"], json!({ "role": "user", "parts": [{ "text": "be brief" }] }));
        let weather =
            json!({ "name": "weather", "description": "the weather", "parametersJsonSchema": schema });
        assert_eq!(sent["tools"], json!([{ "functionDeclarations": [weather] }]));
        let calling = json!({ "mode": "ANY", "allowedFunctionNames": ["weather"] });
        assert_eq!(sent["toolConfig"], json!({ "functionCallingConfig": calling }));
        assert_eq!(sent["serviceTier"], json!("flex"));
        let generation = json!({
            "maxOutputTokens": 64,
            "temperature": 0.5,
            "topP": 0.9,
            "stopSequences": ["END"],
            "seed": 7,
            "responseMimeType": "application/json",
            "responseJsonSchema": schema,
        });
        assert_eq!(sent["generationConfig"], generation);
        let tool = Tool::new("a", "", json!({}));
        let none = body(&hello().with_tool(tool).with_tool_choice(ToolChoice::None));
        assert_eq!(none["toolConfig"], json!({ "functionCallingConfig": { "mode": "NONE" } }));
    }

    #[test]
    fn a_part_without_a_place_is_refused() {
        let image = |url: &str| {
            hello().with_messages(vec![Message::user("x").with_part(Part::Image(url.to_owned()))])
        };
        let call = Message::new(Role::Assistant, vec![Part::ToolCall(ToolCall::new("1", "a", "[]"))]);
        let seed = Sampling::default().with_seed(1 << 31);
        for (request, kind) in [
            (hello().with_service_tier(ServiceTier::Batch), ErrorKind::Unsupported),
            (image("https://example.com/a"), ErrorKind::Unsupported),
            (image("http://example.com/a.png"), ErrorKind::InvalidInput),
            (hello().with_tool_choice(ToolChoice::Required), ErrorKind::InvalidInput),
            (hello().with_tool(Tool::new("a", "", json!([]))), ErrorKind::InvalidInput),
            (hello().with_message(call), ErrorKind::InvalidInput),
            (hello().with_sampling(seed), ErrorKind::InvalidInput),
        ] {
            assert_eq!(wire(&request, false).unwrap_err().kind(), kind, "{request:?}");
        }
        for model in ["models/", "..", "models/..", "a/b/c", "files/x", "x:countTokens", "x?alt=json", "ä"] {
            let error = wire(&hello().with_model(model), false).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{model}");
        }
    }
}
