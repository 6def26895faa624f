//! The fields that both forms have, with the same meaning.

use ae_router::{
    CompletionRequest, Effort, OutputSchema, Part, Sampling, ServiceTier, Thinking, Tool, ToolChoice,
};
use serde_json::{Value, json};

use super::{
    AUTO,
    fields::{Bad, Fields},
};

/// Fields that say nothing about the answer: names for the vendor's own records and hints for its cache.
const IGNORED: [&str; 6] = [
    "metadata",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "user",
];

/// Reads the fields of the same name in both forms.
pub(super) fn common(fields: &mut Fields) -> Result<CompletionRequest, Bad> {
    let model = fields.needed_text("model")?;
    let mut request = CompletionRequest::new(if model == AUTO { "" } else { &model }, "", 0);
    let mut sampling = Sampling::default();
    // 1 is what every vendor does anyway, and many clients send it to models that take no sampling.
    sampling.temperature = fields.number("temperature")?.filter(|value| *value != 1.0);
    sampling.top_p = fields.number("top_p")?.filter(|value| *value != 1.0);
    request.sampling = sampling;
    request.service_tier = tier(fields)?;
    let kept = "nothing is kept here: send the whole conversation, and store: false";
    fields.only("store", &[json!(false)], kept)?;
    let one = "answers may call several tools at once; this can't be switched off here";
    fields.only("parallel_tool_calls", &[json!(true)], one)?;
    fields.only(
        "top_logprobs",
        &[json!(0)],
        "no vendor but one gives probabilities, so the proxy gives none",
    )?;
    fields.ignore(&IGNORED);
    Ok(request)
}

fn tier(fields: &mut Fields) -> Result<Option<ServiceTier>, Bad> {
    Ok(match fields.text("service_tier")?.as_deref() {
        None | Some("auto") => None,
        Some("default") => Some(ServiceTier::Standard),
        Some("flex") => Some(ServiceTier::Flex),
        Some("priority") => Some(ServiceTier::Priority),
        Some(_) => return Err(fields.bad("service_tier", "use auto, default, flex or priority")),
    })
}

/// The effort of reasoning.
pub(super) fn effort(fields: &mut Fields, name: &str) -> Result<Thinking, Bad> {
    Ok(match fields.text(name)?.as_deref() {
        None => Thinking::Default,
        Some("none" | "minimal") => Thinking::Off,
        Some("low") => Thinking::Effort(Effort::Low),
        Some("medium") => Thinking::Effort(Effort::Medium),
        Some("high") => Thinking::Effort(Effort::High),
        Some(_) => return Err(fields.bad(name, "use none, minimal, low, medium or high")),
    })
}

/// A function that the caller runs.
pub(super) fn tool(mut fields: Fields) -> Result<Tool, Bad> {
    let name = fields.needed_text("name")?;
    let description = fields.text("description")?.unwrap_or_default();
    let schema = fields.take("parameters").unwrap_or_else(|| json!({ "type": "object", "properties": {} }));
    // Whether a vendor can hold a model to the schema follows from the schema.
    fields.flag("strict")?;
    fields.end()?;
    Ok(Tool::new(name, description, schema))
}

/// A schema of the answer, under its name.
pub(super) fn output(mut fields: Fields) -> Result<OutputSchema, Bad> {
    let name = fields.needed_text("name")?;
    let mut schema = fields.take("schema").ok_or_else(|| fields.bad("schema", "it is missing"))?;
    if let (Some(description), Some(object)) = (fields.text("description")?, schema.as_object_mut()) {
        object.entry("description").or_insert(json!(description));
    }
    fields.flag("strict")?;
    fields.end()?;
    Ok(OutputSchema::new(name, schema))
}

/// A format that is a name alone; `None` for one that is more.
pub(super) fn plain_format(fields: &mut Fields) -> Result<Option<()>, Bad> {
    match fields.needed_text("type")?.as_str() {
        "text" => Ok(Some(())),
        "json_schema" => Ok(None),
        "json_object" => Err(fields.bad("type", "json_object has no schema: use json_schema")),
        _ => Err(fields.bad("type", "use text or json_schema")),
    }
}

/// The choice of tools; `named` reads the object form.
pub(super) fn choice(
    fields: &mut Fields,
    named: impl FnOnce(Fields) -> Result<String, Bad>,
) -> Result<ToolChoice, Bad> {
    let path = fields.path("tool_choice");
    Ok(match fields.take("tool_choice") {
        None => ToolChoice::Auto,
        Some(Value::String(word)) => match word.as_str() {
            "auto" => ToolChoice::Auto,
            "none" => ToolChoice::None,
            "required" => ToolChoice::Required,
            _ => return Err(Bad::new(path, "use auto, none, required or a function")),
        },
        Some(value) => {
            let mut choice = Fields::of(value, path)?;
            if choice.needed_text("type")? != "function" {
                return Err(choice.bad("type", "only a function can be chosen"));
            }
            ToolChoice::Tool(named(choice)?)
        }
    })
}

/// The parts of a content: a text, or a list that `part` reads.
pub(super) fn content(
    fields: &mut Fields,
    name: &str,
    part: impl Fn(Fields) -> Result<Part, Bad>,
) -> Result<Vec<Part>, Bad> {
    let path = fields.path(name);
    match fields.take(name) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![Part::Text(text)]),
        Some(Value::Array(list)) => each(list, &path).map(|fields| part(fields?)).collect(),
        Some(_) => Err(Bad::new(path, "a string or a list of parts is expected")),
    }
}

/// The text of a content that may hold nothing else.
pub(super) fn only_text(fields: &mut Fields, name: &str, kind: &str) -> Result<String, Bad> {
    let parts = content(fields, name, |part| text_part(part, &[kind]))?;
    let texts = parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        _ => None,
    });
    Ok(texts.collect())
}

/// A part that is a text.
pub(super) fn text_part(mut part: Fields, kinds: &[&str]) -> Result<Part, Bad> {
    let kind = part.needed_text("type")?;
    if !kinds.contains(&kind.as_str()) {
        return Err(
            part.bad("type", format!("{kind:.40?} can't be carried here: use {}", kinds.join(" or ")))
        );
    }
    // A refusal is the text of the answer that refuses.
    let text = part.needed_text(if kind == "refusal" { "refusal" } else { "text" })?;
    part.only("annotations", &[json!([])], "annotations can't be carried")?;
    part.only("logprobs", &[json!([])], "probabilities can't be carried")?;
    part.end()?;
    Ok(Part::Text(text))
}

/// The objects of a list, with their paths.
pub(super) fn each(list: Vec<Value>, path: &str) -> impl Iterator<Item = Result<Fields, Bad>> {
    list.into_iter().enumerate().map(move |(at, value)| Fields::of(value, format!("{path}[{at}]")))
}
