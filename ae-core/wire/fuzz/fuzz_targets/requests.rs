//! A request is read or refused, whatever its path, its query and its body: lines one, two and the rest.
#![no_main]

use ae_core_wire::{Call, CallFacts, Route};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut parts = text.splitn(3, '\n');
    let (path, query) = (parts.next().unwrap_or_default(), parts.next());
    let body = parts.next().unwrap_or_default().as_bytes();
    let fixed = ["/v1/messages", "/v1/responses", "/v1/chat/completions", "/v1/models/m:generateContent"];
    for path in fixed.into_iter().chain([path]) {
        if let Route::Costs(call) = Call::of("POST", path, query)
            && let Ok(facts) = CallFacts::read(&call, body)
        {
            assert!(!facts.model.is_empty());
        }
    }
});
