//! The contract of [`ModelClient`].

use std::collections::BTreeMap;

use ae_core::{
    BackendError, ErrorKind, IdempotencyKey, Origin, TokenUsage,
    conformance::{Ran, held, holds, key, refused, same},
};

use crate::{Completion, CompletionRequest, Delta, Message, ModelClient};

/// Runs every check with `model`, an id that the client answers. At most three calls are made and may be billed.
///
/// # Panics
///
/// With the number of the first clause that does not hold.
pub async fn run_all(client: &dyn ModelClient, model: &str) -> Ran {
    let suite = Suite { client, model };
    let mut ran = Ran::default();
    ran.clause("C1", suite.c1_the_info_stays()).await;
    let answer = suite.answer("C2").await;
    let streamed = suite.streamed().await;
    let both = [&answer, &streamed.end];
    let repeats = client.info().repeats;
    ran.clause_if("C2", repeats, suite.c2_a_repeat_gets_the_same_answer(both)).await;
    ran.clause_if("C3", repeats, suite.c3_a_key_belongs_to_one_request()).await;
    ran.clause("C4", suite.c4_bad_requests_are_refused()).await;
    ran.clause("C5", suite.c5_the_text_comes_from_the_model(both)).await;
    ran.clause("C6", suite.c6_output_is_bounded(both)).await;
    ran.clause("C7", suite.c7_simulators_say_so(both)).await;
    ran.clause("C8", suite.c8_a_stream_is_its_answer(&streamed)).await;
    ran
}

struct Suite<'a> {
    client: &'a dyn ModelClient,
    model: &'a str,
}

/// The pieces that a stream gave.
struct Streamed {
    text: String,
    arguments: BTreeMap<usize, String>,
    usage: Vec<TokenUsage>,
    end: Completion,
}

impl Suite<'_> {
    /// The one request that most checks share, so that a real client is billed little.
    fn first(&self) -> (IdempotencyKey, CompletionRequest) {
        (key("first", 0), CompletionRequest::new(self.model, "Say hello in five words.", 64))
    }

    async fn answer(&self, clause: &str) -> Completion {
        let (key, request) = self.first();
        held(clause, self.client.complete(&key, &request).await)
    }

    async fn streamed(&self) -> Streamed {
        let (key, request) = self.first();
        let mut stream = held("C8", self.client.stream(&key, &request).await);
        let (mut text, mut arguments, mut usage) = (String::new(), BTreeMap::new(), Vec::new());
        loop {
            match held("C8", stream.next().await) {
                Some(Delta::Text(piece)) => text.push_str(&piece),
                Some(Delta::ToolCall { index, .. }) => {
                    arguments.insert(index, String::new());
                }
                Some(Delta::ToolArguments { index, json }) => {
                    let begun = held("C8", arguments.get_mut(&index).ok_or("arguments before their call"));
                    begun.push_str(&json);
                }
                Some(Delta::Usage(sum)) => usage.push(sum),
                Some(Delta::Reasoning(_)) => {}
                Some(Delta::Finished(end)) => {
                    let after = held("C8: the end comes once", stream.next().await);
                    holds("C8", after.is_none(), "something follows the end");
                    return Streamed { text, arguments, usage, end: *end };
                }
                None => held("C8", Err("the end is missing")),
            }
        }
    }

    async fn c1_the_info_stays(&self) {
        let first = self.client.info();
        holds("C1", !first.provider.name.is_empty(), "the name is empty");
        same("C1", &first, &self.client.info());
    }

    async fn c2_a_repeat_gets_the_same_answer(&self, [answer, streamed]: [&Completion; 2]) {
        same("C2", answer, streamed);
        same("C2", answer, &self.answer("C2").await);
    }

    async fn c3_a_key_belongs_to_one_request(&self) {
        let other = CompletionRequest::new(self.model, "Say something else.", 64);
        let key = self.first().0;
        refused("C3", self.client.complete(&key, &other).await, ErrorKind::Conflict);
        refused("C3", self.begun(&key, &other).await, ErrorKind::Conflict);
    }

    async fn c4_bad_requests_are_refused(&self) {
        let good = CompletionRequest::new(self.model, "Say hello in one word.", 64);
        let mut silent = good.clone();
        silent.messages.clear();
        let unlimited = CompletionRequest { output_tokens_max: 0, ..good.clone() };
        let answered = good.clone().with_message(Message::assistant("hello"));
        let nameless = CompletionRequest { model: String::new(), ..good.clone() };
        let key = key("bad", 0);
        for bad in [silent, unlimited, answered, nameless] {
            refused("C4", self.client.complete(&key, &bad).await, ErrorKind::InvalidInput);
            refused("C4", self.begun(&key, &bad).await, ErrorKind::InvalidInput);
        }
        held("C4: the key must stay free", self.client.complete(&key, &good).await);
    }

    /// A stream may say only with its first piece that it can't be.
    async fn begun(&self, key: &IdempotencyKey, request: &CompletionRequest) -> Result<(), BackendError> {
        self.client.stream(key, request).await?.next().await.map(|_| ())
    }

    async fn c5_the_text_comes_from_the_model(&self, answers: [&Completion; 2]) {
        for answer in answers {
            same("C5", answer.content.origin(), &Origin::Model(answer.model.clone()));
        }
    }

    async fn c6_output_is_bounded(&self, answers: [&Completion; 2]) {
        for usage in answers.into_iter().filter_map(|answer| answer.usage) {
            holds("C6", usage.output <= self.first().1.output_tokens_max, "more output than the limit");
            holds("C6", usage.reasoning <= usage.output, "reasoning is not within output");
        }
    }

    async fn c7_simulators_say_so(&self, answers: [&Completion; 2]) {
        for answer in answers {
            same("C7", &answer.simulated, &self.client.info().simulated);
        }
    }

    async fn c8_a_stream_is_its_answer(&self, streamed: &Streamed) {
        same("C8", streamed.text.as_str(), streamed.end.text().as_data().as_str());
        let arguments: Vec<_> = streamed.arguments.values().map(String::as_str).collect();
        let calls: Vec<_> = streamed.end.tool_calls().map(|call| call.arguments.as_str()).collect();
        same("C8", &arguments, &calls);
        let sums = streamed.usage.iter().chain(&streamed.end.usage).map(|usage| usage.output);
        holds("C8", sums.is_sorted(), "a running total went down");
    }
}
