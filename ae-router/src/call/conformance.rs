//! The contract of [`ModelClient`].

use ae_core::{
    ErrorKind, IdempotencyKey, Origin,
    conformance::{Ran, held, holds, key, refused, same},
};

use crate::{Completion, CompletionRequest, Message, ModelClient};

/// Runs every check with `model`, an id that the client answers. At most two calls are made and may be billed.
///
/// # Panics
///
/// With the number of the first clause that does not hold.
pub async fn run_all(client: &dyn ModelClient, model: &str) -> Ran {
    let suite = Suite { client, model };
    let mut ran = Ran::default();
    ran.clause("C1", suite.c1_the_info_stays()).await;
    ran.clause("C2", suite.c2_a_repeat_gets_the_same_answer()).await;
    ran.clause("C3", suite.c3_a_key_belongs_to_one_request()).await;
    ran.clause("C4", suite.c4_bad_requests_are_refused()).await;
    ran.clause("C5", suite.c5_the_text_comes_from_the_model()).await;
    ran.clause("C6", suite.c6_output_is_bounded()).await;
    ran.clause("C7", suite.c7_simulators_say_so()).await;
    ran
}

struct Suite<'a> {
    client: &'a dyn ModelClient,
    model: &'a str,
}

impl Suite<'_> {
    /// The one request that most checks share, so that a real client is billed once.
    fn first(&self) -> (IdempotencyKey, CompletionRequest) {
        (key("first", 0), CompletionRequest::new(self.model, "Say hello.", 64))
    }

    async fn answer(&self, clause: &str) -> Completion {
        let (key, request) = self.first();
        held(clause, self.client.complete(&key, &request).await)
    }

    async fn c1_the_info_stays(&self) {
        let first = self.client.info();
        holds("C1", !first.provider.name.is_empty(), "the name is empty");
        same("C1", &first, &self.client.info());
    }

    async fn c2_a_repeat_gets_the_same_answer(&self) {
        same("C2", &self.answer("C2").await, &self.answer("C2").await);
    }

    async fn c3_a_key_belongs_to_one_request(&self) {
        self.answer("C3").await;
        let other = CompletionRequest::new(self.model, "Say something else.", 64);
        refused("C3", self.client.complete(&self.first().0, &other).await, ErrorKind::Conflict);
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
        }
        held("C4: the key must stay free", self.client.complete(&key, &good).await);
    }

    async fn c5_the_text_comes_from_the_model(&self) {
        let answer = self.answer("C5").await;
        same("C5", answer.text.origin(), &Origin::Model(answer.model.clone()));
    }

    async fn c6_output_is_bounded(&self) {
        let Some(usage) = self.answer("C6").await.usage else { return };
        holds("C6", usage.output <= self.first().1.output_tokens_max, "more output than the limit");
        holds("C6", usage.reasoning <= usage.output, "reasoning is not within output");
    }

    async fn c7_simulators_say_so(&self) {
        same("C7", &self.answer("C7").await.simulated, &self.client.info().simulated);
    }
}
