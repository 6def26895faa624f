//! The contract of [`ModelClient`].
#![allow(clippy::panic, reason = "a check reports a broken clause by panicking in a test")]

use ae_core::{Digest, Effect, ErrorKind, IdempotencyKey, Origin, RunId};

use crate::{Completion, CompletionRequest, Message, ModelClient, conformance::require};

/// Runs every check with `model`, an id that the client answers. At most two calls are made and may be billed.
///
/// # Panics
///
/// With the number of the first clause that does not hold.
pub async fn run_all(client: &dyn ModelClient, model: &str) {
    c1_the_info_stays(client);
    c2_a_repeat_gets_the_same_answer(client, model).await;
    c3_a_key_belongs_to_one_request(client, model).await;
    c4_bad_requests_are_refused(client, model).await;
    c5_the_text_comes_from_the_model(client, model).await;
    c6_output_is_bounded(client, model).await;
    c7_simulators_say_so(client, model).await;
}

/// C1: `info` does not change and its name is not empty.
///
/// # Panics
///
/// When that does not hold.
pub fn c1_the_info_stays(client: &dyn ModelClient) {
    let first = client.info();
    require(!first.name.is_empty(), "C1", || "the name is empty".to_owned());
    require(client.info() == first, "C1", || format!("{first:?} became {:?}", client.info()));
}

/// C2: the same key with the same request gives the same answer.
///
/// # Panics
///
/// When that does not hold.
pub async fn c2_a_repeat_gets_the_same_answer(client: &dyn ModelClient, model: &str) {
    let (key, request) = first(model);
    let one = complete(client, &key, &request, "C2").await;
    let two = complete(client, &key, &request, "C2").await;
    require(one == two, "C2", || format!("{one:?} became {two:?}"));
}

/// C3: the same key with another request is a conflict, not applied.
///
/// # Panics
///
/// When that does not hold.
pub async fn c3_a_key_belongs_to_one_request(client: &dyn ModelClient, model: &str) {
    let (key, request) = first(model);
    complete(client, &key, &request, "C3").await;
    let other = CompletionRequest::new(model, "Say something else.", 64);
    refused(client, &key, &other, ErrorKind::Conflict, "C3").await;
}

/// C4: requests that can't be right are refused, and their key stays free.
///
/// # Panics
///
/// When that does not hold.
pub async fn c4_bad_requests_are_refused(client: &dyn ModelClient, model: &str) {
    let good = CompletionRequest::new(model, "Say hello in one word.", 64);
    let mut silent = good.clone();
    silent.messages.clear();
    let mut unlimited = good.clone();
    unlimited.output_tokens_max = 0;
    let answered = good.clone().with_message(Message::assistant("hello"));
    let mut nameless = good.clone();
    nameless.model.clear();
    let key = key("bad");
    for bad in [silent, unlimited, answered, nameless] {
        refused(client, &key, &bad, ErrorKind::InvalidInput, "C4").await;
    }
    complete(client, &key, &good, "C4: the key must stay free").await;
}

/// C5: the text carries the answering model as its origin.
///
/// # Panics
///
/// When that does not hold.
pub async fn c5_the_text_comes_from_the_model(client: &dyn ModelClient, model: &str) {
    let (key, request) = first(model);
    let answer = complete(client, &key, &request, "C5").await;
    require(*answer.text.origin() == Origin::Model(answer.model.clone()), "C5", || {
        format!("the text of {} comes from {:?}", answer.model, answer.text.origin())
    });
}

/// C6: billed output is not above the limit, and includes reasoning.
///
/// # Panics
///
/// When that does not hold.
pub async fn c6_output_is_bounded(client: &dyn ModelClient, model: &str) {
    let (key, request) = first(model);
    let answer = complete(client, &key, &request, "C6").await;
    if let Some(usage) = answer.usage {
        require(usage.output <= request.output_tokens_max, "C6", || format!("{} tokens out", usage.output));
        require(usage.reasoning <= usage.output, "C6", || "reasoning is not within output".to_owned());
    }
}

/// C7: answers are marked as simulated exactly if `info` says so.
///
/// # Panics
///
/// When that does not hold.
pub async fn c7_simulators_say_so(client: &dyn ModelClient, model: &str) {
    let (key, request) = first(model);
    let (answer, info) = (complete(client, &key, &request, "C7").await, client.info());
    require(answer.simulated == info.simulated, "C7", || format!("{answer:?} of {info:?}"));
}

fn key(operation: &str) -> IdempotencyKey {
    let run = RunId::from_digest(&Digest::of_bytes("conformance", b"model-client"));
    IdempotencyKey::derive(run, "conformance", operation, 0)
}

/// The one request that most checks share, so that a real client is billed once.
fn first(model: &str) -> (IdempotencyKey, CompletionRequest) {
    (key("first"), CompletionRequest::new(model, "Say hello.", 64))
}

async fn complete(
    client: &dyn ModelClient,
    key: &IdempotencyKey,
    request: &CompletionRequest,
    clause: &str,
) -> Completion {
    match client.complete(key, request).await {
        Ok(answer) => answer,
        Err(error) => panic!("{clause}: a good request failed: {error}"),
    }
}

async fn refused(
    client: &dyn ModelClient,
    key: &IdempotencyKey,
    request: &CompletionRequest,
    kind: ErrorKind,
    clause: &str,
) {
    match client.complete(key, request).await {
        Ok(answer) => panic!("{clause}: expected {kind}, got {answer:?}"),
        Err(error) => {
            require(error.kind() == kind, clause, || format!("expected {kind}, got {error:?}"));
            require(error.effect() == Effect::NotApplied, clause, || "it may have been applied".to_owned());
        }
    }
}
