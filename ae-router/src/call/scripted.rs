//! A simulator of a model that answers from a script.

use std::sync::{Arc, Mutex, PoisonError};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Mode, Origin, SameKey, TokenUsage, Untrusted};
use async_trait::async_trait;

use crate::{Completion, CompletionRequest, FinishReason, ModelClient, ModelClientInfo, Role};

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
            count(&request.system) + request.messages.iter().map(|turn| count(&turn.text)).sum::<usize>();
        let usage = TokenUsage::new(to_u64(input), to_u64(output));
        Ok(Completion::new(&request.model, Untrusted::new(Origin::Model(request.model.clone()), text))
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
        ModelClientInfo::new(BACKEND, Mode::Offline).with_simulated()
    }

    async fn complete(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<Completion, BackendError> {
        let asked = check(request)?;
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let full = answered.values().count() >= Self::ANSWERS_MAX;
        answered.once("complete", key, request, || {
            if full {
                return Err(error(ErrorKind::QuotaExceeded, "10,000 answers are kept: make a new simulator"));
            }
            self.answer(request, asked)
        })
    }
}

/// Returns the text of the last message, or the error of a request that can't be right.
fn check(request: &CompletionRequest) -> Result<&str, BackendError> {
    if request.model.is_empty() {
        return Err(error(ErrorKind::InvalidInput, "the request names no model"));
    }
    if request.output_tokens_max == 0 {
        return Err(error(ErrorKind::InvalidInput, "output_tokens_max is 0: allow at least 1 token"));
    }
    match request.messages.last() {
        Some(turn) if turn.role == Role::User => Ok(&turn.text),
        _ => Err(error(ErrorKind::InvalidInput, "the last message must be the user's")),
    }
}

fn error(kind: ErrorKind, message: &str) -> BackendError {
    BackendError::new(kind, BACKEND, "complete", message)
}

fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
