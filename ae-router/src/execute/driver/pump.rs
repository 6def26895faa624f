//! The pieces of an answer, from the client to the caller.

use ae_core::{BackendError, ErrorKind};
use tokio::sync::mpsc::Sender;

use super::{
    Driver,
    attempt::{Attempt, First},
    books::End,
    race::{cancelled, timed_out},
};
use crate::{
    Completion, Delta, RouteDecision,
    execute::{
        fate::Fate,
        stream::{Event, Opened},
        wait::{Waited, within},
    },
};

impl Driver {
    /// Hands an answer to the caller and settles it. From the first piece on there is no other try: an error is passed on.
    pub(super) async fn deliver(
        &mut self,
        attempt: Attempt,
        first: First,
        decision: &RouteDecision,
    ) -> Result<Completion, BackendError> {
        match (first, self.out.clone()) {
            (First::Whole(completion), _) => Ok(self.answered(attempt, *completion).await),
            (First::Piece(piece), Some(out)) => self.pump(attempt, piece, &out, decision).await,
            (First::Piece(_), None) => {
                let message = "a client answered a call for a whole answer with a piece";
                let error = BackendError::new(ErrorKind::Internal, "ae-router", "call", message);
                self.end(attempt, End::Failed(&error, Fate::of(&error).harm)).await;
                Err(error)
            }
        }
    }

    async fn pump(
        &mut self,
        mut attempt: Attempt,
        first: Delta,
        out: &Sender<Event>,
        decision: &RouteDecision,
    ) -> Result<Completion, BackendError> {
        let began = attempt.began;
        attempt.first_piece = Some(self.router.runtime.clock.monotonic().saturating_sub(began));
        let until = self.until(began.saturating_add(self.router.limits.per_try));
        let opened = Opened { model: attempt.model.clone(), decision: decision.clone() };
        let mut open = out.send(Event::Opened(Box::new(opened))).await.is_ok();
        let mut piece = first;
        loop {
            if let Delta::Finished(completion) = piece {
                return Ok(self.answered(attempt, *completion).await);
            }
            // The wait for the reader has no bound: what is not read is not fetched, and a reader that goes ends it.
            open = open && out.send(Event::Piece(piece)).await.is_ok();
            if !open {
                self.end(attempt, End::Cancelled).await;
                return Err(cancelled());
            }
            let clock = &self.router.runtime.clock;
            let left = until.saturating_sub(clock.monotonic());
            let time = self.router.runtime.sleeper.sleep(left.min(self.router.limits.between_pieces));
            let error = match within(attempt.next(), &self.cancel, time).await {
                Waited::Done(Ok(next)) if !left.is_zero() => {
                    piece = next;
                    continue;
                }
                Waited::Done(Err(error)) => error,
                Waited::Done(Ok(_)) | Waited::TimedOut => {
                    timed_out("the answer stopped coming, or took too long")
                }
                Waited::Cancelled => {
                    self.end(attempt, End::Cancelled).await;
                    return Err(cancelled());
                }
            };
            self.end(attempt, End::Failed(&error, Fate::of(&error).harm)).await;
            return Err(error);
        }
    }

    async fn answered(&mut self, attempt: Attempt, mut completion: Completion) -> Completion {
        completion.usage = attempt.total(&completion);
        self.end(attempt, End::Answered(&completion)).await;
        completion
    }
}
