//! A client with a cache before it.

use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, TokenUsage};
use async_trait::async_trait;

use super::AnswerCache;
use crate::{
    Completion, CompletionRequest, CompletionStream, Delta, DeltaSource, FinishReason, ModelClient,
    ModelClientInfo,
};

/// The domain of the digests of requests. It changes with the form of requests or answers, so that an old answer is not
/// read as a new one.
const DOMAIN: &str = "ae-router/answer/1";

/// A client that answers an equal request from a cache: model, conversation, tools, limits and all other fields are the
/// same, to the byte.
///
/// A cached answer has a usage of zero, since nothing is billed for it, and is [marked](crate::Served::cached). Complete
/// answers alone are kept. A cache that fails is passed by: the call is made. Share one cache only among callers who may
/// see each other's answers.
#[derive(Debug)]
pub struct CachedClient<C, K> {
    client: C,
    cache: K,
}

impl<C, K> CachedClient<C, K> {
    /// Puts `cache` before `client`.
    pub const fn new(client: C, cache: K) -> Self {
        Self { client, cache }
    }
}

impl<C: ModelClient, K: AnswerCache> CachedClient<C, K> {
    fn digest(&self, request: &CompletionRequest) -> Result<Digest, BackendError> {
        let provider = self.client.info().provider.name;
        Digest::of_json(DOMAIN, &(provider, request)).map_err(|source| {
            let message = "the request can't be written as JSON: check its numbers";
            BackendError::new(ErrorKind::InvalidInput, "answer-cache", "complete", message)
                .with_source(source)
        })
    }

    async fn cached(&self, digest: &Digest) -> Option<Completion> {
        let mut answer = self.cache.get(digest).await.ok().flatten()?;
        answer.usage = Some(TokenUsage::new(0, 0));
        answer.served.cached = true;
        Some(answer)
    }
}

fn is_kept(answer: &Completion) -> bool {
    matches!(answer.finish_reason, FinishReason::Stop | FinishReason::ToolUse)
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<C: ModelClient, K: AnswerCache + Clone> ModelClient for CachedClient<C, K> {
    fn info(&self) -> ModelClientInfo {
        // The second answer differs in its usage.
        ModelClientInfo { repeats: false, ..self.client.info() }
    }

    async fn complete(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<Completion, BackendError> {
        let digest = self.digest(request)?;
        if let Some(answer) = self.cached(&digest).await {
            return Ok(answer);
        }
        let answer = self.client.complete(key, request).await?;
        if is_kept(&answer) {
            // The answer is there whether or not it can be kept.
            let _ = self.cache.put(&digest, &answer).await;
        }
        Ok(answer)
    }

    async fn stream(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<CompletionStream, BackendError> {
        let digest = self.digest(request)?;
        if let Some(answer) = self.cached(&digest).await {
            return Ok(CompletionStream::of(answer));
        }
        let stream = self.client.stream(key, request).await?;
        Ok(CompletionStream::new(Keeping { stream, cache: self.cache.clone(), digest }))
    }
}

/// A stream whose whole answer is kept at its end.
#[derive(Debug)]
struct Keeping<K> {
    stream: CompletionStream,
    cache: K,
    digest: Digest,
}

#[async_trait]
impl<K: AnswerCache> DeltaSource for Keeping<K> {
    async fn next(&mut self) -> Result<Option<Delta>, BackendError> {
        let next = self.stream.next().await?;
        if let Some(Delta::Finished(answer)) = &next {
            if is_kept(answer) {
                let _ = self.cache.put(&self.digest, answer).await;
            }
        }
        Ok(next)
    }
}
