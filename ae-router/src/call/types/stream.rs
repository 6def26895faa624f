//! An answer that comes piece by piece.

use std::fmt;

use ae_core::{BackendError, ErrorKind, TokenUsage};
use async_trait::async_trait;

use super::{Completion, Part};

/// A piece of an answer, in the order of its arrival. Its texts are the model's: data, never an instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delta {
    /// The next piece of the answer's text.
    Text(String),
    /// The next piece of the reasoning, where the vendor shows it.
    Reasoning(String),
    /// A call of a tool begins. Its arguments follow under the same index.
    ToolCall {
        /// The number of the call within the answer, from 0.
        index: usize,
        /// The id that the result names.
        id: String,
        /// The tool.
        name: String,
    },
    /// The next piece of a call's arguments: JSON that is whole only with the end of the answer.
    ToolArguments {
        /// The number of the call.
        index: usize,
        /// The piece.
        json: String,
    },
    /// The tokens used so far, a running total.
    Usage(TokenUsage),
    /// The end: the whole answer. Nothing follows.
    Finished(Box<Completion>),
}

/// The pieces of an answer, for those who write a client.
#[async_trait]
pub trait DeltaSource: fmt::Debug + Send {
    /// The next piece; `None` after [`Delta::Finished`]. An error is the end too.
    ///
    /// # Errors
    ///
    /// Those of [`ModelClient::complete`](crate::ModelClient::complete). Cancel safe.
    async fn next(&mut self) -> Result<Option<Delta>, BackendError>;
}

/// An answer that comes piece by piece, at the reader's pace: what is not read is not fetched.
///
/// Dropping it ends the call. What the vendor made until then is billed.
#[derive(Debug)]
pub struct CompletionStream {
    source: Box<dyn DeltaSource>,
    usage: Option<TokenUsage>,
}

impl CompletionStream {
    /// A stream of the pieces of `source`.
    pub fn new(source: impl DeltaSource + 'static) -> Self {
        Self { source: Box::new(source), usage: None }
    }

    /// A stream of an answer that is there already.
    pub fn of(completion: Completion) -> Self {
        Self::new(Whole { text: true, completion: Some(completion) })
    }

    /// The next piece; `None` after [`Delta::Finished`]. Cancel safe.
    ///
    /// # Errors
    ///
    /// Those of [`ModelClient::complete`](crate::ModelClient::complete); after one the stream is at its end.
    pub async fn next(&mut self) -> Result<Option<Delta>, BackendError> {
        let next = self.source.next().await?;
        match &next {
            Some(Delta::Usage(usage)) => self.usage = Some(*usage),
            Some(Delta::Finished(completion)) => self.usage = completion.usage.or(self.usage),
            _ => {}
        }
        Ok(next)
    }

    /// The tokens that the vendor stated so far.
    pub fn usage(&self) -> Option<TokenUsage> {
        self.usage
    }

    /// Reads to the end and gives the whole answer.
    ///
    /// # Errors
    ///
    /// Those of [`next`](Self::next); `Protocol` when the end is missing.
    pub async fn finish(mut self) -> Result<Completion, BackendError> {
        while let Some(delta) = self.next().await? {
            if let Delta::Finished(completion) = delta {
                return Ok(*completion);
            }
        }
        Err(BackendError::new(ErrorKind::Protocol, "model-client", "stream", "the answer has no end"))
    }
}

/// A whole answer as a stream: its text, then its end.
#[derive(Debug)]
struct Whole {
    text: bool,
    completion: Option<Completion>,
}

#[async_trait]
impl DeltaSource for Whole {
    async fn next(&mut self) -> Result<Option<Delta>, BackendError> {
        if std::mem::take(&mut self.text) {
            let parts = self.completion.iter().flat_map(|completion| completion.content.as_data());
            let text: String = parts
                .filter_map(|part| match part {
                    Part::Text(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            if !text.is_empty() {
                return Ok(Some(Delta::Text(text)));
            }
        }
        Ok(self.completion.take().map(|completion| Delta::Finished(Box::new(completion))))
    }
}
