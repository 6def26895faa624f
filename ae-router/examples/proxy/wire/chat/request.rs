//! A request in the form of Chat Completions.

use ae_router::Part;
use serde_json::{Value, json};

use super::super::{
    Asked, Form,
    fields::{Bad, Fields},
    seal::Seal,
    shared::{choice, common, content, each, effort, only_text, output, plain_format, text_part, tool},
    turns::{Turns, call},
};

/// Reads a request.
pub(crate) fn read(body: Value, seal: &Seal) -> Result<Asked, Bad> {
    let mut fields = Fields::of(body, "")?;
    let mut request = common(&mut fields)?;
    request.output_tokens_max = limit(&mut fields)?;
    request.sampling.stop = stop(&mut fields)?;
    request.sampling.seed = fields.count("seed")?;
    request.thinking = effort(&mut fields, "reasoning_effort")?;
    for tool_of in each(fields.list("tools")?, "tools") {
        request.tools.push(tool(function(tool_of?)?)?);
    }
    request.tool_choice = choice(&mut fields, |named| {
        let mut function = function_of(named)?;
        let name = function.needed_text("name")?;
        function.end()?;
        Ok(name)
    })?;
    if let Some(mut format) = fields.object("response_format")? {
        if plain_format(&mut format)?.is_none() {
            let schema = format.object("json_schema")?;
            request.output = Some(output(schema.ok_or_else(|| format.bad("json_schema", "it is missing"))?)?);
        }
        format.end()?;
    }
    let mut turns = Turns::default();
    for message in each(fields.list("messages")?, "messages") {
        turn(message?, &mut turns, seal)?;
    }
    (request.system, request.messages) = turns.end("messages")?;
    let stream = fields.flag("stream")?;
    let mut usage = false;
    if let Some(mut options) = fields.object("stream_options")? {
        usage = options.flag("include_usage")?;
        options.ignore(&["include_obfuscation"]);
        options.end()?;
    }
    neutral(&mut fields)?;
    fields.end()?;
    Ok(Asked { form: Form::Chat, request, stream, usage, echo: Value::Null })
}

/// Fields that are taken only at the value that changes nothing.
fn neutral(fields: &mut Fields) -> Result<(), Bad> {
    let zeros = [json!(0), json!(0.0)];
    fields.only("n", &[json!(1)], "one answer is given: ask again for another")?;
    fields.only(
        "logprobs",
        &[json!(false)],
        "no vendor but one gives probabilities, so the proxy gives none",
    )?;
    fields.only("frequency_penalty", &zeros, "no vendor but one has penalties, so the proxy takes none")?;
    fields.only("presence_penalty", &zeros, "no vendor but one has penalties, so the proxy takes none")?;
    fields.only("logit_bias", &[json!({})], "no vendor but one has biases, so the proxy takes none")?;
    fields.only("modalities", &[json!(["text"])], "answers are text")?;
    fields.only("verbosity", &[json!("medium")], "say in the prompt how long the answer should be")?;
    fields.only("functions", &[json!([])], "use tools")?;
    fields.only("function_call", &[json!("auto"), json!("none")], "use tool_choice")
}

fn limit(fields: &mut Fields) -> Result<u64, Bad> {
    let newer = fields.count("max_completion_tokens")?;
    let older = fields.count("max_tokens")?;
    let name = if newer.is_some() { "max_completion_tokens" } else { "max_tokens" };
    match (newer, older) {
        (Some(one), Some(other)) if one != other => {
            Err(fields.bad("max_tokens", "it differs from max_completion_tokens: send one of them"))
        }
        (Some(0), _) | (None, Some(0)) => Err(fields.bad(name, "allow at least 1 token")),
        (one, other) => Ok(one.or(other).unwrap_or_default()),
    }
}

fn stop(fields: &mut Fields) -> Result<Vec<String>, Bad> {
    let path = fields.path("stop");
    let wrong = || Bad::new(&path, "a string or a list of strings is expected");
    match fields.take("stop") {
        None => Ok(Vec::new()),
        Some(Value::String(one)) => Ok(vec![one]),
        Some(Value::Array(list)) => {
            list.iter().map(|one| one.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

/// The function of an object `{ type: "function", function: {…} }`.
fn function(mut fields: Fields) -> Result<Fields, Bad> {
    if fields.needed_text("type")? != "function" {
        return Err(fields.bad("type", "only functions can be carried"));
    }
    function_of(fields)
}

fn function_of(mut fields: Fields) -> Result<Fields, Bad> {
    let inner = fields.object("function")?.ok_or_else(|| fields.bad("function", "it is missing"))?;
    fields.end()?;
    Ok(inner)
}

fn turn(mut message: Fields, turns: &mut Turns, seal: &Seal) -> Result<(), Bad> {
    let at = message.path("role");
    match message.needed_text("role")?.as_str() {
        "system" | "developer" => turns.system(&at, only_text(&mut message, "content", "text")?)?,
        "user" => {
            let parts = content(&mut message, "content", part)?;
            if parts.is_empty() {
                return Err(message.bad("content", "it is missing"));
            }
            turns.user(parts);
        }
        "assistant" => assistant(&mut message, turns, seal)?,
        "tool" => {
            let id = message.needed_text("tool_call_id")?;
            let result = only_text(&mut message, "content", "text")?;
            turns.result(&message.path("tool_call_id"), &id, result)?;
        }
        _ => return Err(Bad::new(at, "use system, developer, user, assistant or tool")),
    }
    message.end()
}

/// A part of a user's message.
fn part(mut fields: Fields) -> Result<Part, Bad> {
    let kind = fields.text("type")?.unwrap_or_default();
    match kind.as_str() {
        "text" => {
            let text = fields.needed_text("text")?;
            fields.end()?;
            Ok(Part::Text(text))
        }
        "image_url" => {
            let mut image =
                fields.object("image_url")?.ok_or_else(|| fields.bad("image_url", "it is missing"))?;
            let url = image.needed_text("url")?;
            image.only("detail", &[json!("auto")], "the vendor chooses the detail: use auto")?;
            image.end()?;
            fields.end()?;
            Ok(Part::Image(url))
        }
        _ => Err(fields.bad("type", format!("{kind:.40?} can't be carried: use text or image_url"))),
    }
}

/// An earlier answer, also as the libraries write the message that they got.
fn assistant(message: &mut Fields, turns: &mut Turns, seal: &Seal) -> Result<(), Bad> {
    let mut parts = content(message, "content", |part| text_part(part, &["text", "refusal"]))?;
    parts.extend(message.text("refusal")?.map(Part::Text));
    let path = message.path("tool_calls");
    for fields in each(message.list("tool_calls")?, &path) {
        let mut fields = fields?;
        let id = fields.needed_text("id")?;
        fields.ignore(&["index"]);
        let mut function = function(fields)?;
        let name = function.needed_text("name")?;
        let arguments = function.text("arguments")?.unwrap_or_default();
        // The parsed arguments that the libraries add.
        function.ignore(&["parsed_arguments"]);
        function.end()?;
        parts.push(call(&id, name, arguments));
    }
    let sealed = message.text("reasoning_sealed")?;
    message.ignore(&["reasoning_content", "parsed"]);
    message.only("annotations", &[json!([])], "annotations can't be carried")?;
    turns.assistant(parts, false);
    if let Some(text) = sealed {
        let pieces = seal.open(&text);
        turns.sealed(pieces.ok_or_else(|| message.bad("reasoning_sealed", "it is not one of this proxy"))?);
    }
    Ok(())
}
