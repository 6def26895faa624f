//! A vendor of all forms, whose answers follow from a word in the prompt.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    said::{Form, Said},
    server::{Act, Reply, Seen, Server},
};

pub async fn vendor() -> Server {
    Server::start(reply).await
}

/// The number of requests whose prompt has a word.
pub fn asked(vendor: &Server, word: &str) -> usize {
    vendor.seen().iter().filter(|seen| seen.body.to_string().contains(word)).count()
}

fn reply(seen: &Seen) -> Reply {
    let (form, text) = (Form::of(seen), seen.body.to_string());
    let has = |word: &str| text.contains(word);
    if has("[[tools") {
        return tools(form, seen, &text);
    }
    if has("[[schema]]") {
        // The vendor is held to the schema that the client gave.
        let asked = has("json_schema") || has("responseJsonSchema") || has("responseSchema");
        if !asked || !has("degrees") {
            return refused("the schema is missing");
        }
        return Said { text: r#"{"city":"Oslo","degrees":18}"#, calls: &[] }.reply(form, seen);
    }
    if has("[[image]]") {
        let there = has("iVBORw0KGgo=");
        return if there { said("A cat.").reply(form, seen) } else { refused("the image is missing") };
    }
    if has("[[stop]]") {
        let there = form == Form::Chat && seen.body["stop"] == json!(["END"]);
        return if there { said("Until here.").reply(form, seen) } else { refused("a field is missing") };
    }
    if has("[[sampling]]") {
        let there =
            seen.body["stop"] == json!(["END"]) && seen.body["seed"] == 7 && seen.body["temperature"] == 0.5;
        return if there { said("At random.").reply(form, seen) } else { refused("a field is missing") };
    }
    if has("[[429]]") {
        return error(429, "rate_limit_exceeded", "slow down");
    }
    if has("[[500]]") {
        return error(500, "server_error", "it broke");
    }
    if has("[[503]]") {
        return error(503, "overloaded", "too busy");
    }
    if has("[[broke]]") {
        return error(429, "insufficient_quota", "the account is empty");
    }
    if has("[[cut]]") {
        return cut(form, seen);
    }
    if has("[[slow]]") {
        let mut reply = said("Hello there").reply(form, seen);
        // The beginning and one piece, then nothing.
        reply.acts.truncate(if form == Form::Responses { 8 } else { 3 });
        return reply.then(Act::Silence);
    }
    if has("[[late]]") {
        let reply = said("Late.").reply(form, seen);
        let acts =
            std::iter::once(Act::Pause(Duration::from_millis(700))).chain(reply.acts.clone()).collect();
        return Reply { acts, ..reply };
    }
    said("Hello there").reply(form, seen)
}

const fn said(text: &'static str) -> Said {
    Said { text, calls: &[] }
}

/// Two calls at once; the answer once both results are there, with the sealed reasoning where it has to come back.
fn tools(form: Form, seen: &Seen, text: &str) -> Reply {
    if !text.contains("18 C") {
        let calls = &[("call_1", "Oslo"), ("call_2", "Bergen")];
        return Said { text: "I will look.", calls }.reply(form, seen);
    }
    if !text.contains("12 C") {
        return refused("a result is missing");
    }
    let is_sealed = matches!(form, Form::Anthropic | Form::Responses) && text.contains("[[tools sealed]]");
    if (is_sealed || form == Form::Gemini) && !text.contains("c2VhbGVk") {
        return refused("the sealed reasoning is missing");
    }
    said("Oslo 18 C, Bergen 12 C").reply(form, seen)
}

fn refused(message: &str) -> Reply {
    error(400, "invalid_request_error", message)
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(
        status,
        &json!({ "error": { "message": message, "type": code, "code": code, "status": code } }),
    )
}

/// An answer that breaks off with an error.
fn cut(form: Form, seen: &Seen) -> Reply {
    let mut reply = said("Hello there").reply(form, seen);
    reply.acts.truncate(3);
    let error: Value =
        json!({ "error": { "message": "it broke", "type": "server_error", "code": "server_error" } });
    reply.bytes(format!("data: {error}\n\n"))
}
