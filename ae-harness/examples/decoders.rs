//! How fast the output of agents is read:
//!
//! ```sh
//! cargo run --release --features acp,claude,codex,gemini --example decoders
//! ```
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::{hint::black_box, time::Duration};

use ae_harness::{
    Acp, AgentRequest, Claude, Codex, Gemini,
    core::{Clock as _, SystemClock},
    host::{Dialect, LaunchSite, Outbox},
};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// The bytes of each output.
const BYTES: usize = 16 << 20;

/// The best of these counts: other programs only make it slower.
const ROUNDS: usize = 5;

/// `size` bytes of source code, as it stands in answers and files.
fn code(size: usize) -> String {
    let line =
        "    let total = items.iter().map(|item| item.price * item.count).sum::<u64>(); // \"the sum\"\n";
    line.chars().cycle().take(size).collect()
}

/// Megabytes a second of the best of some rounds.
fn speed(line: &str, mut round: impl FnMut(usize)) -> f64 {
    let count = BYTES.div_ceil(line.len());
    let time = |_| {
        let began = SystemClock.monotonic();
        round(count);
        SystemClock.monotonic() - began
    };
    let best = (0..ROUNDS).map(time).min().unwrap_or(Duration::MAX);
    u32::try_from(count * line.len()).map_or(0.0, f64::from) / 1e6 / best.as_secs_f64()
}

/// The least that a reader of JSON has to do: find the end of each value.
fn least(line: &str) -> f64 {
    speed(line, |count| {
        for _ in 0..count {
            black_box(serde_json::from_str::<IgnoredAny>(black_box(line)).is_ok());
        }
    })
}

/// The speed of a decoder, and the events that it makes of the lines.
fn read(dialect: &dyn Dialect, line: &str) -> (f64, usize) {
    let (request, site) = (AgentRequest::new("/w", ""), LaunchSite::new("1.0.0", "/p", "/t"));
    let mut events = 0;
    let speed = speed(line, |count| {
        let mut decoder = dialect.decoder(&request, &site);
        let mut out = Outbox::default();
        decoder.start(&mut out);
        // The greeting of the protocol, up to the prompt; the others pass it over.
        for (id, result) in [(1, json!({ "protocolVersion": 1 })), (2, json!({ "sessionId": "s" }))] {
            let answer = json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string();
            decoder.line(answer.as_bytes(), &mut out);
        }
        events = 0;
        for _ in 0..count {
            decoder.line(black_box(line.as_bytes()), &mut out);
            events += out.events.len();
            out.events.clear();
        }
    });
    (speed, events)
}

fn main() {
    let ids = json!({ "session_id": "2d3c8f38-368c-4be9-984c-132794dbccbb", "uuid": "553f79b9-95c4-4e6b-8a3a-dc17bc9d2a4b" });
    let claude = |mut line: Value| {
        if let (Some(line), Some(ids)) = (line.as_object_mut(), ids.as_object()) {
            line.extend(ids.clone());
            line.insert("parent_tool_use_id".to_owned(), Value::Null);
        }
        line.to_string()
    };
    let delta = |text: &str| {
        let delta = json!({ "type": "text_delta", "text": text });
        claude(
            json!({ "type": "stream_event", "event": { "type": "content_block_delta", "index": 0, "delta": delta } }),
        )
    };
    let answer =
        claude(json!({ "type": "assistant", "message": { "id": "msg_1", "role": "assistant", "model": "m",
        "content": [{ "type": "text", "text": code(2 << 20) }] } }));
    let result = claude(json!({ "type": "user", "message": { "role": "user",
        "content": [{ "type": "tool_result", "tool_use_id": "t", "content": code(64 << 10) }] } }));
    let write = claude(json!({ "type": "assistant", "message": { "id": "msg_1", "role": "assistant",
        "content": [{ "type": "tool_use", "id": "t", "name": "Write", "input": { "file_path": "a.rs", "content": code(16 << 10) } }] } }));
    let command = json!({ "type": "item.completed", "item": { "id": "item_1", "type": "command_execution", "command": "cargo test",
        "aggregated_output": code(64 << 10), "exit_code": 0, "status": "completed" } });
    let message = json!({ "type": "item.completed", "item": { "id": "item_1", "type": "agent_message", "text": code(2 << 20) } });
    let piece = |size| json!({ "type": "message", "timestamp": "2026-11-22T06:18:02.288Z", "role": "assistant", "content": code(size), "delta": true });
    let chunk = |size| {
        json!({ "jsonrpc": "2.0", "method": "session/update", "params": { "sessionId": "s", "update": {
            "sessionUpdate": "agent_message_chunk", "content": { "type": "text", "text": code(size) } } } })
    };
    for (name, dialect, line) in [
        ("claude, pieces of 20 B", &Claude::new() as &dyn Dialect, delta(&code(20))),
        ("claude, pieces of 2 kB", &Claude::new(), delta(&code(2000))),
        ("claude, answers of 2 MB", &Claude::new(), answer),
        ("claude, results of 64 kB", &Claude::new(), result),
        ("claude, files of 16 kB", &Claude::new(), write),
        ("codex, answers of 2 MB", &Codex::new(), message.to_string()),
        ("codex, results of 64 kB", &Codex::new(), command.to_string()),
        ("gemini, pieces of 20 B", &Gemini::new(), piece(20).to_string()),
        ("gemini, pieces of 2 kB", &Gemini::new(), piece(2000).to_string()),
        ("acp, pieces of 20 B", &Acp::new(["agent"]), chunk(20).to_string()),
        ("acp, pieces of 2 kB", &Acp::new(["agent"]), chunk(2000).to_string()),
    ] {
        let (speed, events) = read(dialect, &line);
        let least = least(&line);
        println!(
            "{name}: {speed:.0} MB/s, {events} events of {} B; finding their ends: {least:.0} MB/s",
            line.len()
        );
    }
}
