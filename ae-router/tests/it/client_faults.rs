//! Each clause of the contract of `ModelClient` can fail: one wrong client a clause, caught by its number.

use std::sync::atomic::{AtomicU64, Ordering};

use ae_core::{
    BackendError, ErrorKind, IdempotencyKey, Mode, Origin, TokenUsage, Untrusted, conformance::faults,
};
use ae_router::{
    Completion, CompletionRequest, CompletionStream, Delta, DeltaSource, FinishReason, ModelClient,
    ModelClientInfo, Part, ScriptedModel, ToolCall, conformance,
};
use async_trait::async_trait;

/// A scripted model that breaks one clause.
#[derive(Debug)]
struct WrongClient {
    breaks: &'static str,
    inner: ScriptedModel,
    calls: AtomicU64,
}

impl WrongClient {
    fn wrong(&self, mut answer: Completion, request: &CompletionRequest) -> Completion {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed);
        match self.breaks {
            "C2" => answer.usage = Some(TokenUsage::new(calls, 0)),
            "C5" => answer.content = Untrusted::new(Origin::Model("another".to_owned()), Vec::new()),
            "C6" => answer.usage = Some(TokenUsage::new(0, request.output_tokens_max + 1)),
            "C8 arguments" | "C8 call" => {
                let called = answer.to_message().with_part(Part::ToolCall(ToolCall::new("1", "a", "{}")));
                answer = Completion::new("any", called.parts).with_simulated();
            }
            "C6 reasoning" => answer.usage = Some(TokenUsage::new(0, 0).with_reasoning(1)),
            _ => {}
        }
        answer
    }

    /// The stream of the answer, with pieces that are wrong.
    fn streamed(&self, answer: Completion) -> Vec<Delta> {
        let end = Delta::Finished(Box::new(answer.clone()));
        let text = |text: &str| Delta::Text(text.to_owned());
        let json = |json: &str| Delta::ToolArguments { index: 0, json: json.to_owned() };
        let call = Delta::ToolCall { index: 0, id: "1".to_owned(), name: "a".to_owned() };
        let usage = |output| Delta::Usage(TokenUsage::new(0, output));
        match self.breaks {
            "C8 end" => vec![text("hello")],
            "C8 text" => vec![text("hell"), end],
            "C8 order" => vec![text("lo"), text("hel"), end],
            "C8 after" => vec![text("hello"), end.clone(), end],
            "C8 arguments" => vec![text("hello"), call, json("{"), end],
            "C8 call" => vec![text("hello"), json("{}"), end],
            "C8 usage" => vec![text("hello"), usage(9), usage(1), end],
            _ => vec![text("hel"), text("lo"), usage(0), end],
        }
    }
}

#[derive(Debug)]
struct Deltas(std::vec::IntoIter<Delta>);

#[async_trait]
impl DeltaSource for Deltas {
    async fn next(&mut self) -> Result<Option<Delta>, BackendError> {
        Ok(self.0.next())
    }
}

#[async_trait]
impl ModelClient for WrongClient {
    fn info(&self) -> ModelClientInfo {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed);
        match self.breaks {
            "C1" => ModelClientInfo::new(format!("client-{calls}"), Mode::Live),
            "C7" => ModelClientInfo::new("client", Mode::Live).with_repeats(),
            _ => self.inner.info(),
        }
    }

    async fn complete(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<Completion, BackendError> {
        let answer = match self.inner.complete(key, request).await {
            Err(error) if error.kind() == ErrorKind::Conflict && self.breaks == "C3" => {
                ScriptedModel::new().with_default("hello").complete(key, request).await
            }
            Err(error) if error.kind() == ErrorKind::InvalidInput && self.breaks == "C4" => {
                self.inner.complete(key, &CompletionRequest::new("any", "hello", 64)).await
            }
            other => other,
        };
        Ok(self.wrong(answer?, request))
    }

    async fn stream(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<CompletionStream, BackendError> {
        let asked = self.complete(key, request).await;
        let answer = match asked {
            // The stream alone answers what it should refuse.
            Err(error)
                if matches!(
                    (self.breaks, error.kind()),
                    ("C3 stream", ErrorKind::Conflict) | ("C4 stream", ErrorKind::InvalidInput)
                ) =>
            {
                let good = CompletionRequest::new("any", "hello", 64);
                ScriptedModel::new().with_default("hello").complete(key, &good).await?
            }
            Ok(answer) if self.breaks == "C2 stream" => answer.with_finish_reason(FinishReason::Length),
            other => other?,
        };
        Ok(CompletionStream::new(Deltas(self.streamed(answer).into_iter())))
    }
}

#[tokio::test]
async fn a_client_that_breaks_a_clause_is_caught_by_its_number() {
    let right = ScriptedModel::new().with_default("hello");
    let ran = conformance::client::run_all(&right, "any").await;
    assert!(ran.skipped.is_empty());
    let wrong = [
        "C1",
        "C2",
        "C2 stream",
        "C3",
        "C3 stream",
        "C4",
        "C4 stream",
        "C5",
        "C6",
        "C6 reasoning",
        "C7",
        "C8 end",
        "C8 text",
        "C8 order",
        "C8 after",
        "C8 arguments",
        "C8 call",
        "C8 usage",
    ]
    .map(|breaks| {
        let inner = ScriptedModel::new().with_default("hello");
        (&breaks[..2], WrongClient { breaks, inner, calls: AtomicU64::new(0) })
    });
    faults(&ran, wrong, async |client| conformance::client::run_all(&client, "any").await).await;
}
