//! A request in the form of Responses.

use ae_router::{Part, ToolChoice};
use serde_json::{Map, Value, json};

use super::super::{
    Asked, Form,
    fields::{Bad, Fields},
    seal::Seal,
    shared::{choice, common, content, each, effort, only_text, output, plain_format, text_part, tool},
    turns::{Turns, call},
};

/// Fields that the answer repeats as they came.
const REPEATED: [&str; 12] = [
    "instructions",
    "max_output_tokens",
    "metadata",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_p",
    "user",
];

/// Reads a request.
pub(crate) fn read(body: Value, seal: &Seal) -> Result<Asked, Bad> {
    let echo = echo(&body);
    let mut fields = Fields::of(body, "")?;
    let mut request = common(&mut fields)?;
    request.output_tokens_max = fields.count("max_output_tokens")?.unwrap_or_default();
    if let Some(mut reasoning) = fields.object("reasoning")? {
        request.thinking = effort(&mut reasoning, "effort")?;
        // A summary comes where the vendor gives one.
        reasoning.ignore(&["summary", "generate_summary"]);
        reasoning.end()?;
    }
    for tool_of in each(fields.list("tools")?, "tools") {
        let mut tool_of = tool_of?;
        if tool_of.needed_text("type")? != "function" {
            return Err(tool_of.bad("type", "only functions can be carried: the vendor's own tools can't"));
        }
        request.tools.push(tool(tool_of)?);
    }
    request.tool_choice = choice(&mut fields, |mut named| {
        let name = named.needed_text("name")?;
        named.end()?;
        Ok(name)
    })?;
    if let Some(mut text) = fields.object("text")? {
        if let Some(mut format) = text.object("format")? {
            if plain_format(&mut format)?.is_none() {
                request.output = Some(output(format)?);
            } else {
                format.end()?;
            }
        }
        text.only("verbosity", &[json!("medium")], "say in the prompt how long the answer should be")?;
        text.end()?;
    }
    let mut turns = Turns::default();
    if let Some(text) = fields.text("instructions")? {
        turns.system("instructions", text)?;
    }
    input(&mut fields, &mut turns, seal)?;
    (request.system, request.messages) = turns.end("input")?;
    let stream = fields.flag("stream")?;
    if let Some(mut options) = fields.object("stream_options")? {
        options.ignore(&["include_obfuscation"]);
        options.end()?;
    }
    neutral(&mut fields)?;
    fields.end()?;
    if matches!(&request.tool_choice, ToolChoice::Required) && request.tools.is_empty() {
        return Err(Bad::new("tool_choice", "a tool is required and there is none"));
    }
    Ok(Asked { form: Form::Responses, request, stream, usage: true, echo })
}

fn echo(body: &Value) -> Value {
    let fields = REPEATED.iter().filter_map(|name| Some(((*name).to_owned(), body.get(name)?.clone())));
    Value::Object(fields.collect::<Map<_, _>>())
}

/// Fields that are taken only at the value that changes nothing.
fn neutral(fields: &mut Fields) -> Result<(), Bad> {
    let kept = "nothing is kept here: send the whole conversation";
    fields.only("previous_response_id", &[], kept)?;
    fields.only("conversation", &[], kept)?;
    fields.only("background", &[json!(false)], "an answer comes to the one who waits for it")?;
    fields.only("truncation", &[json!("disabled")], "a conversation is not cut: shorten it")?;
    let sealed = json!("reasoning.encrypted_content");
    fields.only("include", &[json!([]), json!([sealed])], "only reasoning.encrypted_content can be included")
}

fn input(fields: &mut Fields, turns: &mut Turns, seal: &Seal) -> Result<(), Bad> {
    match fields.take("input") {
        None => Err(fields.bad("input", "it is missing")),
        Some(Value::String(text)) => {
            turns.user(vec![Part::Text(text)]);
            Ok(())
        }
        Some(Value::Array(items)) => each(items, "input").try_for_each(|fields| item(fields?, turns, seal)),
        Some(_) => Err(fields.bad("input", "a string or a list of items is expected")),
    }
}

fn item(mut item: Fields, turns: &mut Turns, seal: &Seal) -> Result<(), Bad> {
    let kind = item.text("type")?;
    // Of an item that an answer had.
    item.ignore(&["id", "status", "phase"]);
    match kind.as_deref() {
        None | Some("message") => message(&mut item, turns)?,
        Some("function_call") => {
            let (id, name) = (item.needed_text("call_id")?, item.needed_text("name")?);
            let arguments = item.text("arguments")?.unwrap_or_default();
            item.ignore(&["parsed_arguments"]);
            turns.assistant(vec![call(&id, name, arguments)], true);
        }
        Some("function_call_output") => {
            let id = item.needed_text("call_id")?;
            let result = only_text(&mut item, "output", "input_text")?;
            turns.result(&item.path("call_id"), &id, result)?;
        }
        Some("reasoning") => {
            // The summary is for people; the sealed content is what goes back.
            item.ignore(&["summary", "content"]);
            if let Some(text) = item.text("encrypted_content")? {
                let wrong = || item.bad("encrypted_content", "it is not one of this proxy");
                turns.sealed(seal.open(&text).ok_or_else(wrong)?);
            }
        }
        Some(other) => return Err(item.bad("type", format!("{other:.40?} can't be carried"))),
    }
    item.end()
}

fn message(item: &mut Fields, turns: &mut Turns) -> Result<(), Bad> {
    let at = item.path("role");
    match item.needed_text("role")?.as_str() {
        "system" | "developer" => turns.system(&at, only_text(item, "content", "input_text")?),
        "user" => {
            let parts = content(item, "content", part)?;
            if parts.is_empty() {
                return Err(item.bad("content", "it is missing"));
            }
            turns.user(parts);
            Ok(())
        }
        "assistant" => {
            let parts = content(item, "content", |mut part| {
                // The parsed answer that the libraries add.
                part.ignore(&["parsed"]);
                text_part(part, &["output_text", "refusal"])
            })?;
            turns.assistant(parts, true);
            Ok(())
        }
        _ => Err(Bad::new(at, "use system, developer, user or assistant")),
    }
}

/// A part of a user's message.
fn part(mut fields: Fields) -> Result<Part, Bad> {
    let kind = fields.text("type")?.unwrap_or_default();
    let part = match kind.as_str() {
        "input_text" => Part::Text(fields.needed_text("text")?),
        "input_image" => {
            fields.only("detail", &[json!("auto")], "the vendor chooses the detail: use auto")?;
            fields.only("file_id", &[], "files are not kept here: send the image's address or data")?;
            Part::Image(fields.needed_text("image_url")?)
        }
        _ => {
            let message = format!("{kind:.40?} can't be carried: use input_text or input_image");
            return Err(fields.bad("type", message));
        }
    };
    fields.end()?;
    Ok(part)
}
