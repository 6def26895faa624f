//! An answer that comes piece by piece.

use ae_core::{BackendError, Effect, ErrorKind};
use tokio::sync::mpsc::Receiver;

use super::wait::CancelOnDrop;
use crate::{Answer, CallError, Delta, ModelChoice, RouteDecision};

/// The pieces that wait for the reader at most. When they are that many, no more is fetched.
pub(super) const PIECES_MAX: usize = 16;

/// A message of the task of a call.
#[derive(Debug)]
pub(super) enum Event {
    Opened(Box<Opened>),
    Piece(Delta),
    Done(Box<Answer>),
    Failed(CallError),
}

/// The beginning of an answer.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) model: ModelChoice,
    pub(super) decision: RouteDecision,
}

/// An answer that comes piece by piece, at the reader's pace.
///
/// From its first piece on no other model is tried: an error is passed on. Dropping it cancels the call and settles what was
/// used until then.
#[derive(Debug)]
pub struct AnswerStream {
    opened: Opened,
    events: Receiver<Event>,
    answer: Option<Box<Answer>>,
    /// Held for its drop.
    _cancel: CancelOnDrop,
}

impl AnswerStream {
    /// Waits for the first piece; errors before it are those of all tries.
    pub(super) async fn open(mut events: Receiver<Event>, cancel: CancelOnDrop) -> Result<Self, CallError> {
        match events.recv().await {
            Some(Event::Opened(opened)) => {
                Ok(Self { opened: *opened, events, answer: None, _cancel: cancel })
            }
            Some(Event::Failed(error)) => Err(error),
            Some(Event::Piece(_) | Event::Done(_)) | None => Err(broken()),
        }
    }

    /// The model that answers.
    pub const fn model(&self) -> &ModelChoice {
        &self.opened.model
    }

    /// The decision, with its reasons.
    pub const fn decision(&self) -> &RouteDecision {
        &self.opened.decision
    }

    /// The next piece; `None` after [`Delta::Finished`], when the call is settled. Cancel safe.
    ///
    /// # Errors
    ///
    /// The error of the call; after it the stream is at its end.
    pub async fn next(&mut self) -> Result<Option<Delta>, CallError> {
        if self.answer.is_some() {
            return Ok(None);
        }
        match self.events.recv().await {
            Some(Event::Piece(piece)) => Ok(Some(piece)),
            Some(Event::Done(answer)) => {
                self.answer = Some(answer);
                Ok(None)
            }
            Some(Event::Failed(error)) => Err(error),
            Some(Event::Opened(_)) | None => Err(broken()),
        }
    }

    /// Reads to the end and gives the whole answer with its cost.
    ///
    /// # Errors
    ///
    /// Those of [`next`](Self::next).
    pub async fn finish(mut self) -> Result<Answer, CallError> {
        while self.next().await?.is_some() {}
        self.answer.map(|answer| *answer).ok_or_else(broken)
    }
}

/// The error of a task that ended without a word.
pub(super) fn broken() -> CallError {
    let message =
        "the call's task ended: it panicked, or its runtime was shut down; the reservation stays set aside";
    CallError::new(
        BackendError::new(ErrorKind::Internal, "ae-router", "call", message).with_effect(Effect::Unknown),
    )
}
