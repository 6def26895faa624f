//! The clauses of [`AnswerCache`].

use ae_core::{
    Digest, TokenUsage,
    conformance::{Ran, held, same},
};

use super::AnswerCache;
use crate::{Completion, Part, ToolCall};

/// Runs every clause on a cache with room for two answers, and without other users.
pub async fn run_all(cache: &dyn AnswerCache) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", c1_what_is_put_is_given(cache)).await;
    ran.clause("C2", c2_digests_are_apart(cache)).await;
    ran.clause("C3", c3_it_is_there_at_once(cache)).await;
    ran
}

fn digest(name: &str) -> Digest {
    Digest::of_bytes("conformance", name.as_bytes())
}

fn answer(text: &str) -> Completion {
    let call = ToolCall::new("c1", "look_up", "{\"town\": \"Köln\"}").with_signature("c2ln");
    Completion::new("model", vec![Part::Text(text.to_owned()), Part::ToolCall(call)])
        .with_usage(TokenUsage::new(7, u64::MAX).with_cache_read(3))
}

async fn c1_what_is_put_is_given(cache: &dyn AnswerCache) {
    for text in ["first", "second", "\u{0}\u{1F600}\"\\\r\n"] {
        let (digest, answer) = (digest("C1"), answer(text));
        held("C1", cache.put(&digest, &answer).await);
        if let Some(kept) = held("C1", cache.get(&digest).await) {
            same("C1", &kept, &answer);
        }
    }
}

async fn c2_digests_are_apart(cache: &dyn AnswerCache) {
    held("C2", cache.put(&digest("C2"), &answer("one")).await);
    same("C2", &held("C2", cache.get(&digest("C2, another")).await), &None);
}

async fn c3_it_is_there_at_once(cache: &dyn AnswerCache) {
    held("C3", cache.put(&digest("C3"), &answer("here")).await);
    same("C3", &held("C3", cache.get(&digest("C3")).await), &Some(answer("here")));
}
