//! Gemini.

use serde_json::{Value, json};

use super::{
    Said, Tool,
    answer::{Reply, unnamed},
    asked::content,
    script::Fault,
};

pub(super) fn said(body: &Value) -> Vec<Said> {
    let mut said = Vec::new();
    for turn in body["contents"].as_array().into_iter().flatten() {
        for part in turn["parts"].as_array().into_iter().flatten() {
            let text = content(&part["text"]);
            let result = &part["functionResponse"];
            said.push(if result.is_object() {
                let given = &result["response"];
                let text = given
                    .get("output")
                    .or_else(|| given.get("error"))
                    .map_or_else(|| given.to_string(), content);
                Said::Result { id: content(&result["id"]), text }
            } else if part["functionCall"].is_object() {
                Said::Model(content(&part["functionCall"]["name"]))
            } else if turn["role"] == "model" {
                Said::Model(text)
            } else {
                Said::User(text)
            });
        }
    }
    said
}

pub(super) fn tools(body: &Value) -> Vec<Tool> {
    let groups = body["tools"].as_array().into_iter().flatten();
    let tools = groups.flat_map(|group| group["functionDeclarations"].as_array().into_iter().flatten());
    tools
        .map(|tool| {
            let schema = tool.get("parametersJsonSchema").or_else(|| tool.get("parameters"));
            Tool { name: content(&tool["name"]), schema: schema.cloned().unwrap_or_default() }
        })
        .collect()
}

pub(super) fn whole(reply: &Reply) -> Value {
    let mut parts: Vec<Value> = Vec::new();
    if !reply.text.is_empty() {
        parts.push(json!({"text": reply.text}));
    }
    parts.extend(calls(reply));
    chunk(reply, &parts, true)
}

pub(super) fn events(reply: &Reply) -> Vec<String> {
    let mut parts: Vec<Value> = reply.text_pieces().into_iter().map(|text| json!({"text": text})).collect();
    parts.extend(calls(reply));
    let last = parts.len().saturating_sub(1);
    let mut events: Vec<Value> = parts
        .iter()
        .enumerate()
        .map(|(at, part)| chunk(reply, std::slice::from_ref(part), at == last))
        .collect();
    if events.is_empty() {
        events.push(chunk(reply, &[json!({"text": ""})], true));
    }
    events.iter().map(unnamed).collect()
}

fn calls(reply: &Reply) -> impl Iterator<Item = Value> {
    let calls = reply.calls.iter();
    calls.map(|call| json!({"functionCall": {"id": call.id, "name": call.name, "args": call.input}}))
}

fn chunk(reply: &Reply, parts: &[Value], last: bool) -> Value {
    let usage = reply.usage;
    let mut chunk = json!({
        "candidates": [{"content": {"role": "model", "parts": parts}, "index": 0}],
        "usageMetadata": {
            "promptTokenCount": usage.whole_input(), "cachedContentTokenCount": usage.cached,
            "totalTokenCount": usage.whole_input(),
        },
        "modelVersion": reply.model, "responseId": reply.id,
    });
    if last {
        chunk["candidates"][0]["finishReason"] = json!("STOP");
        let counted = &mut chunk["usageMetadata"];
        counted["candidatesTokenCount"] = json!(usage.output - usage.reasoning);
        counted["thoughtsTokenCount"] = json!(usage.reasoning);
        counted["totalTokenCount"] = json!(usage.whole_input() + usage.output);
    }
    chunk
}

pub(super) fn fault(fault: &Fault) -> (u16, Value) {
    let (name, message) = match fault.status {
        401 => ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
        402 => (
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, please check your plan and billing details.",
        ),
        403 => ("PERMISSION_DENIED", "The caller does not have permission"),
        404 => ("NOT_FOUND", "models/x is not found for API version v1beta"),
        429 => ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
        503 | 529 => ("UNAVAILABLE", "The model is overloaded. Please try again later."),
        400..500 => ("INVALID_ARGUMENT", "Request contains an invalid argument."),
        _ => ("INTERNAL", "An internal error has occurred."),
    };
    let message = match fault.too_long {
        true => "The input token count (1213462) exceeds the maximum number of tokens allowed (1048576).",
        false => message,
    };
    let status = match fault.status {
        402 => 429,
        529 => 503,
        other => other,
    };
    let mut error = json!({"code": status, "message": message, "status": name});
    if fault.status == 402 {
        let detail = json!({"quotaMetric": "generate_requests_per_model_per_day", "quotaId": "GenerateRequestsPerDayPerProjectPerModel"});
        error["details"] =
            json!([{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [detail]}]);
    }
    (status, json!({"error": error}))
}
