//! How fast usage is read: `cargo run --release -p ae-core-wire --example throughput`.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a measurement, on its standard output")]

use std::time::{Duration, Instant};

use ae_core_wire::{Api, Call, CallFacts, Route, UsageReader};

const BYTES: usize = 256 << 10;

/// The best of these counts: other programs only make it slower.
const ROUNDS: usize = 400;

/// The least that a reader of lines has to do: find their ends.
fn floor(body: &[u8]) -> usize {
    body.iter().filter(|byte| **byte == b'\n').count()
}

fn best(mut work: impl FnMut()) -> Duration {
    let time = |_| {
        let began = Instant::now();
        work();
        began.elapsed()
    };
    (0..ROUNDS).map(time).min().unwrap_or_default()
}

fn main() {
    let delta = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":\
                 {\"type\":\"text_delta\",\"text\":\" the next words\"}}\n\n";
    let item = "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":\
                77,\"item_id\":\"msg_68af4030592c81938ec0a5fbab4a3e9f\",\"output_index\":0,\"content_index\":0,\
                \"delta\":\" word\",\"logprobs\":[],\"obfuscation\":\"aq3tUXxcjOBkPC\"}\n\n";
    let chunk = "data: {\"id\":\"chatcmpl-123\",\"object\":\"chat.completion.chunk\",\"created\":1694268190,\"model\":\
                 \"gpt-5.4-mini\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},\"finish_reason\":null}],\
                 \"usage\":null}\n\n";
    let gemini = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a longer piece of an answer, as they \
                  come\"}],\"role\":\"model\"},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":100,\
                  \"candidatesTokenCount\":20,\"totalTokenCount\":120},\"modelVersion\":\"gemini-3.8-flash\"}\r\n\r\n";
    let long = format!("data: {{\"type\":\"x\",\"text\":\"{}\"}}\n\n", "a line of code\\n".repeat(10_000));
    let json = format!("{{\"content\":\"{}\",\"type\":\"message\"}}", "a line of code\\n".repeat(16_000));
    for (name, api, event) in [
        ("Anthropic, short events", Api::AnthropicMessages, delta),
        ("Responses, short events", Api::OpenAiResponses, item),
        ("Chat, short events", Api::OpenAiChat, chunk),
        ("Gemini, usage in every event", Api::Gemini, gemini),
        ("Anthropic, events of 160 kB", Api::AnthropicMessages, &long),
        ("Anthropic, one JSON", Api::AnthropicMessages, &json),
    ] {
        let body = event.repeat((BYTES / event.len()).max(1));
        let mut skipped = 0;
        let took = best(|| {
            let mut reader = UsageReader::new(api);
            body.as_bytes().chunks(16 << 10).for_each(|chunk| reader.push(chunk));
            skipped = reader.skipped();
        });
        let mut lines = 0;
        let least = best(|| lines = floor(std::hint::black_box(body.as_bytes())));
        let speed = |took: Duration| body.len() as f64 / 1e6 / took.as_secs_f64();
        println!(
            "{name}: {:.0} MB/s ({} kB, {skipped} left out); counting its {lines} lines: {:.0} MB/s",
            speed(took),
            body.len() / 1_000,
            speed(least)
        );
    }
    requests();
}

/// A long conversation, as an agent sends it with every call.
fn requests() {
    let Route::Costs(call) = Call::of("POST", "/v1/messages", None) else { return };
    let text = "a line of code\\n".repeat(100);
    let message = format!("{{\"role\":\"user\",\"content\":[{{\"type\":\"text\",\"text\":\"{text}\"}}]}},");
    let body = format!(
        "{{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}{{}}],\"system\":\"s\"}}",
        message.repeat(1200)
    );
    let mut read = false;
    let took = best(|| read = CallFacts::read(&call, body.as_bytes()).is_ok());
    println!("a request of {} kB, read: {read}, in {took:.1?}", body.len() / 1_000);
}
