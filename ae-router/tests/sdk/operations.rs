//! The operations of the comparison, by this crate. Their names are those of `official.py`.

use ae_core::Secret;
use ae_router::{
    CacheFor, CompletionRequest, Effort, Message, Opaque, OutputSchema, Part, Role, Sampling, ServiceTier,
    Thinking, Tool, ToolCall, ToolChoice, ToolResult, VendorClient,
};
use serde_json::{Value, json};

pub(crate) const FORMS: [&str; 5] = ["anthropic", "chat", "compatible", "gemini", "responses"];

const KEY: &str = "key-of-the-test";
const PNG: &str = "data:image/png;base64,iVBORw0KGgo=";
const LINK: &str = "https://example.com/a.png";

/// The client of a form whose requests are kept under `operation`.
pub(crate) fn client(form: &str, recorder: &str, operation: &str) -> VendorClient {
    let key = Secret::new(KEY.to_owned());
    let url = format!("{recorder}/{form}/{operation}");
    let (client, path) = match form {
        "anthropic" => (VendorClient::anthropic(key), ""),
        "chat" => (VendorClient::openai_chat(key), "/v1"),
        "compatible" => (VendorClient::compatible("local", url.clone(), Some(key)), "/v1"),
        "gemini" => (VendorClient::gemini(key), ""),
        _ => (VendorClient::openai(key), "/v1"),
    };
    client.unwrap().with_base_url(format!("{url}{path}")).unwrap()
}

pub(crate) fn hello(form: &str) -> CompletionRequest {
    let model = match form {
        "anthropic" => "claude-opus-5-5",
        "gemini" => "gemini-3.8-flash",
        _ => "gpt-5.2",
    };
    CompletionRequest::new(model, "Hello", 300)
}

/// The schema that the SDK of the vendor makes of a class with one field.
fn city() -> Value {
    json!({ "title": "City", "type": "object", "properties": { "city": { "title": "City", "type": "string" } },
        "required": ["city"], "additionalProperties": false })
}

fn tools(request: CompletionRequest) -> CompletionRequest {
    let open = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    request.with_tool(Tool::new("weather", "The tool weather", city())).with_tool(Tool::new(
        "now",
        "The tool now",
        open,
    ))
}

/// A turn with reasoning, a text and two calls, and its results.
fn called(form: &str) -> [Message; 2] {
    let signature = (form == "gemini").then(|| "c2lnbmVk".to_owned());
    let mut first = ToolCall::new("a", "weather", r#"{"city":"Oslo"}"#);
    first.signature = signature;
    let second = ToolCall::new("b", "now", "{}");
    let results = [ToolResult::of(&first, "rain"), ToolResult::of(&second, "noon")];
    let reasoning = match form {
        "anthropic" => Some(Opaque::new(
            "anthropic_messages",
            json!({ "type": "thinking", "thinking": "Let me see.", "signature": "c2lnbmVk" }),
        )),
        "responses" => Some(Opaque::new(
            "openai_responses",
            json!({ "type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2VhbGVk" }),
        )),
        _ => None,
    };
    let mut parts: Vec<_> = reasoning.map(Part::Opaque).into_iter().collect();
    parts.extend([Part::Text("I look.".to_owned()), Part::ToolCall(first), Part::ToolCall(second)]);
    [Message::new(Role::Assistant, parts), Message::results(results)]
}

/// The operations of a form.
pub(crate) fn operations(form: &str) -> Vec<(&'static str, CompletionRequest)> {
    let hello = || hello(form);
    let [call, results] = called(form);
    let mut image = vec![Part::Text("Which are these?".to_owned()), Part::Image(PNG.to_owned())];
    if form == "gemini" {
        image[0] = Part::Text("Which is this?".to_owned());
    } else {
        image.push(Part::Image(LINK.to_owned()));
    }
    let mut sampling = Sampling::default().with_temperature(0.5);
    if form != "anthropic" {
        sampling = sampling.with_top_p(0.9);
    }
    if form != "responses" {
        sampling = sampling.with_stop(vec!["END".to_owned()]);
    }
    if matches!(form, "chat" | "compatible" | "gemini") {
        sampling = sampling.with_seed(7);
    }
    let tier = if form == "anthropic" { ServiceTier::Standard } else { ServiceTier::Flex };
    let mut operations = vec![
        ("plain", hello()),
        (
            "turns",
            hello()
                .with_system("Be brief.")
                .with_message(Message::assistant("Hi."))
                .with_message(Message::user("How are you?")),
        ),
        ("image", hello().with_messages(vec![Message::new(Role::User, image)])),
        ("tools", tools(hello()).with_message(call).with_message(results)),
        ("forced", tools(hello()).with_tool_choice(ToolChoice::Tool("weather".to_owned()))),
        ("required", tools(hello()).with_tool_choice(ToolChoice::Required)),
        ("no_tools", tools(hello()).with_tool_choice(ToolChoice::None)),
        ("schema", hello().with_output(OutputSchema::new("City", city()))),
        ("effort", hello().with_thinking(Thinking::Effort(Effort::High))),
        ("sampling", hello().with_sampling(sampling)),
        ("tier", hello().with_service_tier(tier)),
    ];
    if form != "gemini" {
        operations.push(("off", hello().with_thinking(Thinking::Off)));
    }
    match form {
        "anthropic" => {
            let budget = hello().with_model("claude-opus-4-5").with_output_tokens_max(3000);
            operations.push(("budget", budget.with_thinking(Thinking::Tokens(1024))));
            let turn = Message::user("Hello").with_cache(CacheFor::FiveMinutes);
            operations.push((
                "cache",
                hello().with_system("Be brief.").with_system_cache(CacheFor::Hour).with_messages(vec![turn]),
            ));
        }
        "gemini" => {
            let budget = hello().with_model("gemini-2.5-flash").with_thinking(Thinking::Tokens(1024));
            operations.push(("budget", budget));
        }
        _ => {}
    }
    operations
}
