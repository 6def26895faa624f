use std::sync::Arc;

use ae_core::{Digest, ErrorKind, IdempotencyKey, RunId};
use ae_router::{CompletionRequest, Delta, FinishReason, ModelClient, ScriptedModel, conformance};

fn key(sequence: u32) -> IdempotencyKey {
    IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("test", b"run")), "ask", "complete", sequence)
}

#[tokio::test]
async fn the_scripted_model_keeps_the_contract() {
    conformance::client::run_all(&ScriptedModel::new().with_default("hello"), "any").await;
    let shared: Arc<dyn ModelClient> = Arc::new(ScriptedModel::new().with_default("hello"));
    conformance::client::run_all(&shared, "any").await;
    let boxed: Box<dyn ModelClient> = Box::new(ScriptedModel::new().with_default("hello"));
    conformance::client::run_all(&boxed, "any").await;
}

#[tokio::test]
async fn a_scripted_answer_comes_word_by_word() {
    let model = ScriptedModel::new().with_default("one two\nthree");
    let mut stream = model.stream(&key(0), &CompletionRequest::new("any", "count", 10)).await.unwrap();
    let mut words = Vec::new();
    while let Some(delta) = stream.next().await.unwrap() {
        match delta {
            Delta::Text(word) => words.push(word),
            Delta::Finished(answer) => assert_eq!(answer.text().as_data(), "one two\nthree"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(words, ["one ", "two\n", "three"]);
    assert_eq!(stream.usage().map(|usage| usage.output), Some(3));
    assert_eq!(model.calls(), 1);
}

#[tokio::test]
async fn the_first_fitting_line_answers() {
    let model =
        ScriptedModel::new().with_answer("red", "one").with_answer("blue", "two").with_default("three");
    for (n, (asked, answer)) in
        [("blue and red", "one"), ("blue", "two"), ("green", "three")].iter().enumerate()
    {
        let request = CompletionRequest::new("any", *asked, 10);
        let completion = model.complete(&key(u32::try_from(n).unwrap()), &request).await.unwrap();
        assert_eq!(completion.text().as_data(), answer);
        assert!(completion.simulated);
    }
    assert_eq!(model.calls(), 3);
}

#[tokio::test]
async fn a_limit_cuts_the_answer_and_says_so() {
    let model = ScriptedModel::new().with_default("one two three");
    let request = CompletionRequest::new("any", "four words for you", 2).with_system("be brief");
    let completion = model.complete(&key(0), &request).await.unwrap();
    assert_eq!(
        (completion.text().as_data().as_str(), completion.finish_reason),
        ("one two", FinishReason::Length)
    );
    let usage = completion.usage.unwrap();
    assert_eq!((usage.input, usage.output), (6, 2));
}

#[tokio::test]
async fn an_empty_script_says_what_is_missing() {
    let error =
        ScriptedModel::new().complete(&key(0), &CompletionRequest::new("any", "hello", 2)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("with_default"), "{error}");
}
