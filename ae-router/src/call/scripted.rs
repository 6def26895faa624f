//! A simulator of a model that answers from a script.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Mode, SameKey, TokenUsage};
use async_trait::async_trait;

use super::check;
use crate::{
    Completion, CompletionRequest, CompletionStream, Delta, DeltaSource, FinishReason, Message, ModelClient,
    ModelClientInfo,
};

const BACKEND: &str = "scripted-model";

/// A simulator that answers from a script and costs nothing: the in-memory backend of [`ModelClient`].
///
/// The first line of the script whose words are in the last message answers. Tokens are counted as words separated by white
/// space, which no real model does; every answer says that it is simulated.
#[derive(Debug, Clone)]
pub struct ScriptedModel {
    script: Vec<(String, String)>,
    default: Option<String>,
    answered: Arc<Mutex<SameKey<Completion>>>,
}

impl Default for ScriptedModel {
    fn default() -> Self {
        let answered = Arc::new(Mutex::new(SameKey::new(BACKEND)));
        Self { script: Vec::new(), default: None, answered }
    }
}

impl ScriptedModel {
    /// The most answers that are kept for repeats of their keys.
    pub const ANSWERS_MAX: usize = 10_000;

    /// A simulator with an empty script.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers `text` when the last message holds `when`.
    #[must_use]
    pub fn with_answer(mut self, when: impl Into<String>, text: impl Into<String>) -> Self {
        self.script.push((when.into(), text.into()));
        self
    }

    /// The number of different calls that were answered.
    pub fn calls(&self) -> usize {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).values().count()
    }

    fn answer(&self, request: &CompletionRequest, asked: &str) -> Result<Completion, BackendError> {
        let line = self.script.iter().find(|(when, _)| asked.contains(when.as_str()));
        let text = line.map(|(_, text)| text).or(self.default.as_ref()).ok_or_else(|| {
            error(ErrorKind::NotFound, "no line of the script fits the message: add one, or with_default")
        })?;
        let limit = usize::try_from(request.output_tokens_max).unwrap_or(usize::MAX);
        let words: Vec<_> = text.split_whitespace().collect();
        let (text, finish, output) = if words.len() > limit {
            (words.iter().take(limit).copied().collect::<Vec<_>>().join(" "), FinishReason::Length, limit)
        } else {
            (text.clone(), FinishReason::Stop, words.len())
        };
        let count = |text: &str| text.split_whitespace().count();
        let input =
            count(&request.system) + request.messages.iter().map(|turn| count(&turn.text())).sum::<usize>();
        let usage = TokenUsage::new(to_u64(input), to_u64(output));
        Ok(Completion::text_of(&request.model, text)
            .with_usage(usage)
            .with_finish_reason(finish)
            .with_simulated())
    }
}

ae_core::setters! { ScriptedModel {
    /// Answers `text` to every other message.
    fn with_default(default: some into String);
} }

#[async_trait]
impl ModelClient for ScriptedModel {
    fn info(&self) -> ModelClientInfo {
        ModelClientInfo::new(BACKEND, Mode::Offline).with_simulated().with_repeats()
    }

    async fn complete(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<Completion, BackendError> {
        check(request, BACKEND)?;
        let asked = request.messages.last().map(Message::text).unwrap_or_default();
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let full = answered.values().count() >= Self::ANSWERS_MAX;
        answered.once("complete", key, request, || {
            if full {
                return Err(error(ErrorKind::QuotaExceeded, "10,000 answers are kept: make a new simulator"));
            }
            self.answer(request, &asked)
        })
    }

    async fn stream(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<CompletionStream, BackendError> {
        let answer = self.complete(key, request).await?;
        let words = answer.text().as_data().split_inclusive(char::is_whitespace).map(str::to_owned).collect();
        Ok(CompletionStream::new(Words { words, answer: Some(answer) }))
    }
}

/// An answer word by word.
#[derive(Debug)]
struct Words {
    words: VecDeque<String>,
    answer: Option<Completion>,
}

#[async_trait]
impl DeltaSource for Words {
    async fn next(&mut self) -> Result<Option<Delta>, BackendError> {
        let word = self.words.pop_front().map(Delta::Text);
        Ok(word.or_else(|| self.answer.take().map(|answer| Delta::Finished(Box::new(answer)))))
    }
}

fn error(kind: ErrorKind, message: &str) -> BackendError {
    BackendError::new(kind, BACKEND, "complete", message)
}

fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
