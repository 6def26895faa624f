//! An answer in each of the vendors' forms, whole and as events.

use serde_json::{Value, json};

use crate::server::{Reply, Seen};

/// A wire form, by the target of its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Anthropic,
    Chat,
    Gemini,
    Responses,
}

impl Form {
    pub fn of(seen: &Seen) -> Self {
        match seen.target.as_str() {
            "/v1/messages" => Self::Anthropic,
            "/v1/responses" => Self::Responses,
            "/v1/chat/completions" => Self::Chat,
            _ => Self::Gemini,
        }
    }
}

/// An answer: its text, and its calls as id, city.
#[derive(Debug, Clone, Default)]
pub struct Said {
    pub text: &'static str,
    pub calls: &'static [(&'static str, &'static str)],
}

impl Said {
    pub fn reply(&self, form: Form, seen: &Seen) -> Reply {
        let (whole, events) = match form {
            Form::Anthropic => self.anthropic(),
            Form::Chat => self.chat(),
            Form::Gemini => self.gemini(),
            Form::Responses => self.responses(),
        };
        if seen.streams() { Reply::events(&events) } else { Reply::json(200, &whole) }
    }

    fn halves(&self) -> [&str; 2] {
        self.text.split_at(self.text.len() / 2).into()
    }

    fn chat(&self) -> (Value, Vec<String>) {
        let usage = json!({ "prompt_tokens": 10, "completion_tokens": 5,
            "prompt_tokens_details": { "cached_tokens": 4 } });
        let reason = if self.calls.is_empty() { "stop" } else { "tool_calls" };
        let of = |choices: Value, usage: &Value| json!({ "id": "c1", "model": "lab-of-today", "choices": choices, "usage": usage });
        let chunk = |delta: Value, reason: Value| {
            of(json!([{ "index": 0, "delta": delta, "finish_reason": reason }]), &Value::Null)
        };
        let mut events = vec![chunk(json!({ "role": "assistant", "content": "" }), Value::Null)];
        events.extend(self.halves().map(|text| chunk(json!({ "content": text }), Value::Null)));
        let mut calls = Vec::new();
        for (index, (id, city)) in self.calls.iter().enumerate() {
            let function = json!({ "name": "weather", "arguments": arguments(city) });
            let begun =
                json!({ "index": index, "id": id, "function": { "name": "weather", "arguments": "" } });
            events.push(chunk(json!({ "tool_calls": [begun] }), Value::Null));
            let rest = json!({ "index": index, "function": { "arguments": arguments(city) } });
            events.push(chunk(json!({ "tool_calls": [rest] }), Value::Null));
            calls.push(json!({ "id": id, "type": "function", "function": function }));
        }
        events.push(chunk(json!({}), json!(reason)));
        events.push(of(json!([]), &usage));
        let mut events: Vec<_> = events.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
        events.push("data: [DONE]\n\n".to_owned());
        let message = json!({ "role": "assistant", "content": self.text, "tool_calls": calls });
        (of(json!([{ "index": 0, "message": message, "finish_reason": reason }]), &usage), events)
    }

    fn responses(&self) -> (Value, Vec<String>) {
        let mut output = vec![json!({ "type": "reasoning", "id": "rs_1", "encrypted_content": "c2VhbGVk",
            "summary": [{ "type": "summary_text", "text": "Hm." }] })];
        if !self.text.is_empty() {
            let text = json!({ "type": "output_text", "text": self.text, "annotations": [] });
            output.push(json!({ "type": "message", "id": "msg_1", "role": "assistant", "content": [text] }));
        }
        for (id, city) in self.calls {
            output.push(json!({ "type": "function_call", "id": format!("fc_{id}"), "call_id": id,
                "name": "weather", "arguments": arguments(city) }));
        }
        let of = |status: &str, output: &[Value], usage: Value| {
            json!({ "id": "r1", "object": "response", "status": status, "model": "gpt-5.2-2025-12-11",
                "output": output, "error": null, "usage": usage, "service_tier": "default" })
        };
        let begun = of("in_progress", &[], Value::Null);
        let mut events = vec![json!({ "type": "response.created", "response": begun })];
        for (index, item) in output.iter().enumerate() {
            let mut empty = item.clone();
            for (field, nothing) in [("content", json!([])), ("summary", json!([])), ("arguments", json!(""))]
            {
                if item.get(field).is_some() {
                    empty[field] = nothing;
                }
            }
            events
                .push(json!({ "type": "response.output_item.added", "output_index": index, "item": empty }));
            let mut delta = |kind: &str, text: &str| {
                events.push(json!({ "type": format!("response.{kind}.delta"), "output_index": index,
                    "content_index": 0, "delta": text }));
            };
            match item["type"].as_str().unwrap() {
                "reasoning" => delta("reasoning_summary_text", "Hm."),
                "function_call" => delta("function_call_arguments", item["arguments"].as_str().unwrap()),
                _ => self.halves().into_iter().for_each(|text| delta("output_text", text)),
            }
            events.push(json!({ "type": "response.output_item.done", "output_index": index, "item": item }));
        }
        let usage = json!({ "input_tokens": 10, "output_tokens": 5,
            "input_tokens_details": { "cached_tokens": 4 }, "output_tokens_details": { "reasoning_tokens": 2 } });
        let whole = of("completed", &output, usage);
        events.push(json!({ "type": "response.completed", "response": whole }));
        (whole, events.iter().map(named).collect())
    }

    fn anthropic(&self) -> (Value, Vec<String>) {
        let mut content = vec![json!({ "type": "thinking", "thinking": "Hm.", "signature": "c2VhbGVk" })];
        if !self.text.is_empty() {
            content.push(json!({ "type": "text", "text": self.text }));
        }
        for (id, city) in self.calls {
            content
                .push(json!({ "type": "tool_use", "id": id, "name": "weather", "input": { "city": city } }));
        }
        let reason = if self.calls.is_empty() { "end_turn" } else { "tool_use" };
        let usage = json!({ "input_tokens": 6, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 0,
            "output_tokens": 5 });
        let of = |content: &[Value], reason: Value| {
            json!({ "id": "m1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001",
                "content": content, "stop_reason": reason, "usage": usage })
        };
        let mut events = vec![json!({ "type": "message_start", "message": of(&[], Value::Null) })];
        for (index, block) in content.iter().enumerate() {
            let (empty, deltas) = match block["type"].as_str().unwrap() {
                "thinking" => (
                    json!({ "type": "thinking", "thinking": "", "signature": "" }),
                    vec![
                        json!({ "type": "thinking_delta", "thinking": "Hm." }),
                        json!({ "type": "signature_delta", "signature": "c2VhbGVk" }),
                    ],
                ),
                "text" => (
                    json!({ "type": "text", "text": "" }),
                    self.halves().map(|text| json!({ "type": "text_delta", "text": text })).to_vec(),
                ),
                _ => {
                    let mut empty = block.clone();
                    empty["input"] = json!({});
                    let json = block["input"].to_string();
                    (empty, vec![json!({ "type": "input_json_delta", "partial_json": json })])
                }
            };
            events.push(json!({ "type": "content_block_start", "index": index, "content_block": empty }));
            let delta = |delta| json!({ "type": "content_block_delta", "index": index, "delta": delta });
            events.extend(deltas.into_iter().map(delta));
            events.push(json!({ "type": "content_block_stop", "index": index }));
        }
        events.push(json!({ "type": "message_delta", "delta": { "stop_reason": reason }, "usage": usage }));
        events.push(json!({ "type": "message_stop" }));
        (of(&content, json!(reason)), events.iter().map(named).collect())
    }

    fn gemini(&self) -> (Value, Vec<String>) {
        let call = |(id, city): &(&str, &str)| {
            json!({ "functionCall": { "id": id, "name": "weather", "args": { "city": city } },
                "thoughtSignature": "c2VhbGVk" })
        };
        let of = |parts: &[Value], end: bool| {
            let mut candidate = json!({ "index": 0, "content": { "role": "model", "parts": parts } });
            if end {
                candidate["finishReason"] = json!("STOP");
            }
            json!({ "candidates": [candidate], "modelVersion": "gemini-3.8-flash", "responseId": "g1",
                "usageMetadata": { "promptTokenCount": 10, "cachedContentTokenCount": 4,
                    "candidatesTokenCount": 3, "thoughtsTokenCount": 2, "totalTokenCount": 15 } })
        };
        let mut parts: Vec<_> = self.calls.iter().map(call).collect();
        if !self.text.is_empty() {
            parts.insert(0, json!({ "text": self.text }));
        }
        let mut events = Vec::new();
        if !self.text.is_empty() {
            events.extend(self.halves().map(|text| of(&[json!({ "text": text })], false)));
        }
        events.extend(self.calls.iter().map(|one| of(&[call(one)], false)));
        events.push(of(&[json!({ "text": "" })], true));
        (of(&parts, true), events.iter().map(|event| format!("data: {event}\r\n\r\n")).collect())
    }
}

fn arguments(city: &str) -> String {
    json!({ "city": city }).to_string()
}

fn named(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())
}
