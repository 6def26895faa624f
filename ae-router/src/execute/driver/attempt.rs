//! One try: a call under way whose reservation is open.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use ae_core::{BackendError, Effect, ErrorKind, IdempotencyKey, Money, Timestamp, TokenUsage};

use super::super::wait::caught;
use crate::{Completion, CompletionRequest, CompletionStream, Delta, ModelChoice, ModelClient};

/// A call under way.
pub(super) struct Attempt {
    /// The number of its candidate.
    pub(super) number: usize,
    pub(super) model: ModelChoice,
    /// The key of its reservation.
    pub(super) key: IdempotencyKey,
    pub(super) reserved: Money,
    pub(super) hedge: bool,
    pub(super) started: Timestamp,
    /// The monotonic time of its beginning.
    pub(super) began: Duration,
    /// The monotonic time until which it has to give its answer, or its first piece.
    pub(super) until: Duration,
    pub(super) first_piece: Option<Duration>,
    /// Whether the vendor has sent anything.
    pub(super) heard: bool,
    /// The most output tokens that it may have.
    output_max: u64,
    /// The last total that the vendor stated.
    usage: Option<TokenUsage>,
    /// Bytes that came after that statement.
    unstated: u64,
    stage: Stage,
}

enum Stage {
    Calling(Pin<Box<dyn Future<Output = Result<Reply, BackendError>> + Send>>),
    Reading(CompletionStream),
    Over,
}

enum Reply {
    Whole(Box<Completion>),
    Stream(CompletionStream),
}

/// The first that comes back.
#[derive(Debug)]
pub(super) enum First {
    /// The whole answer of a call that does not stream.
    Whole(Box<Completion>),
    /// The first piece for the caller.
    Piece(Delta),
}

/// The parts of an attempt.
pub(super) struct Plan {
    pub(super) number: usize,
    pub(super) model: ModelChoice,
    pub(super) client: Arc<dyn ModelClient>,
    pub(super) request: CompletionRequest,
    /// The key that the client gets.
    pub(super) call_key: IdempotencyKey,
    /// The key of the reservation.
    pub(super) hold_key: IdempotencyKey,
    pub(super) reserved: Money,
    pub(super) hedge: bool,
    pub(super) stream: bool,
}

impl Attempt {
    /// A call that is made when it is first waited for.
    pub(super) fn new(plan: Plan, started: Timestamp, began: Duration, until: Duration) -> Self {
        let Plan { number, model, client, request, call_key, hold_key, reserved, hedge, stream } = plan;
        let output_max = request.output_tokens_max;
        let call = Box::pin(async move {
            if stream {
                client.stream(&call_key, &request).await.map(Reply::Stream)
            } else {
                client.complete(&call_key, &request).await.map(|whole| Reply::Whole(Box::new(whole)))
            }
        });
        Self {
            number,
            model,
            key: hold_key,
            reserved,
            hedge,
            started,
            began,
            until,
            first_piece: None,
            heard: false,
            output_max,
            usage: None,
            unstated: 0,
            stage: Stage::Calling(call),
        }
    }

    /// Waits for the whole answer, or for the first piece that is the caller's to see. Cancel safe.
    pub(super) async fn first(&mut self) -> Result<First, BackendError> {
        if let Stage::Calling(call) = &mut self.stage {
            let reply = caught(call.as_mut()).await;
            self.stage = Stage::Over;
            match reply? {
                Reply::Whole(completion) => return Ok(First::Whole(completion)),
                Reply::Stream(stream) => self.stage = Stage::Reading(stream),
            }
        }
        loop {
            match self.next().await? {
                // Totals of a call that may yet be given up would run backwards in the caller's eyes.
                Delta::Usage(_) => {}
                piece => return Ok(First::Piece(piece)),
            }
        }
    }

    /// The next piece. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<Delta, BackendError> {
        let next = match &mut self.stage {
            Stage::Reading(stream) => caught(stream.next()).await?,
            Stage::Calling(_) | Stage::Over => None,
        };
        let Some(piece) = next else {
            let error =
                BackendError::new(ErrorKind::Protocol, "ae-router", "stream", "the answer has no end");
            return Err(error.with_effect(Effect::Unknown));
        };
        self.count(&piece);
        Ok(piece)
    }

    /// The tokens so far: the last total that the vendor stated, and one token for each byte that came after it.
    ///
    /// A token is at least a byte, so nothing that was received is left out.
    pub(super) fn so_far(&self) -> Option<TokenUsage> {
        let mut usage = self.usage?;
        let received = usage.output.saturating_add(self.unstated);
        usage.output = received.min(self.output_max.max(usage.output));
        Some(usage)
    }

    /// The tokens of a whole answer: what it states, or the last total before it.
    pub(super) fn total(&self, answer: &Completion) -> Option<TokenUsage> {
        answer.usage.or(self.usage)
    }

    fn count(&mut self, piece: &Delta) {
        self.heard = true;
        let bytes = match piece {
            Delta::Usage(usage) => {
                (self.usage, self.unstated) = (Some(*usage), 0);
                0
            }
            Delta::Text(text) | Delta::Reasoning(text) | Delta::ToolArguments { json: text, .. } => {
                text.len()
            }
            Delta::ToolCall { id, name, .. } => id.len() + name.len(),
            Delta::Finished(_) => 0,
        };
        self.unstated = self.unstated.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
}
