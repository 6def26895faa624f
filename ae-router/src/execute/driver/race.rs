//! Waiting for one try, or for the first of two.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use ae_core::{BackendError, Effect, ErrorKind, Retry};

use super::{
    Driver,
    attempt::{Attempt, First},
    books::End,
};
use crate::execute::{
    fate::{Fate, Next},
    walk::{Step, Walk},
};

/// The next event of a round.
enum Signal {
    First(usize, First),
    Failed(usize, BackendError),
    Hedge,
    Cancelled,
}

impl Driver {
    /// Waits for the first answer of a try, and of the hedge that is made when it is late. `None` when all failed and the
    /// walk may go on.
    pub(super) async fn race(
        &mut self,
        walk: &mut Walk,
        attempt: Attempt,
        last: &mut Option<BackendError>,
    ) -> Result<Option<(Attempt, First)>, BackendError> {
        let primary = attempt.number;
        let mut hedge_at = self.router.limits.hedge_after.map(|after| attempt.began.saturating_add(after));
        let mut round = vec![attempt];
        loop {
            match self.signal(&mut round, hedge_at).await {
                Signal::First(winner, first) => {
                    let winner = round.swap_remove(winner);
                    for loser in round {
                        self.end(loser, End::Outrun).await;
                    }
                    return Ok(Some((winner, first)));
                }
                Signal::Failed(failed, error) => {
                    let attempt = round.swap_remove(failed);
                    self.failed(walk, attempt, error, last).await;
                    if round.is_empty() {
                        return Ok(None);
                    }
                }
                Signal::Hedge => {
                    hedge_at = None;
                    if let Step::Try(other) = walk.step(Some(primary), |model| self.rests(model)) {
                        // A hedge that can't be made is not missed: the first try goes on.
                        round.extend(self.begin(walk, other, true).await.ok().flatten());
                    }
                }
                Signal::Cancelled => {
                    for attempt in round {
                        self.end(attempt, End::Cancelled).await;
                    }
                    return Err(cancelled());
                }
            }
        }
    }

    /// Ends a failed try and marks what its error closes.
    async fn failed(
        &mut self,
        walk: &mut Walk,
        attempt: Attempt,
        error: BackendError,
        last: &mut Option<BackendError>,
    ) {
        let fate = Fate::of(&error);
        let number = attempt.number;
        self.end(attempt, End::Failed(&error, fate.harm)).await;
        let pause = self.pause_after(walk, number, &error);
        let next = if fate.next == Next::Again && pause.is_none() { Next::Other } else { fate.next };
        walk.failed(number, next);
        // No pause follows the last try.
        let goes_on = next == Next::Again && walk.step(None, |_| None) != Step::End;
        self.pause = self.pause.max(pause.filter(|_| goes_on));
        *last = Some(error);
    }

    async fn signal(&self, round: &mut [Attempt], hedge_at: Option<Duration>) -> Signal {
        let due = round.iter().enumerate().map(|(number, attempt)| (attempt.until, number)).min();
        let (until, late) = due.unwrap_or_default();
        let hedge = hedge_at.filter(|at| *at < until);
        let now = self.router.runtime.clock.monotonic();
        let mut timer = self.router.runtime.sleeper.sleep(hedge.unwrap_or(until).saturating_sub(now));
        let mut firsts: Vec<Pin<Box<dyn Future<Output = _> + Send + '_>>> = Vec::with_capacity(round.len());
        for attempt in round {
            firsts.push(Box::pin(attempt.first()));
        }
        let mut cancelled = pin!(self.cancel.cancelled());
        poll_fn(|context| {
            for (number, first) in firsts.iter_mut().enumerate() {
                match first.as_mut().poll(context) {
                    Poll::Ready(Ok(first)) => return Poll::Ready(Signal::First(number, first)),
                    Poll::Ready(Err(error)) => return Poll::Ready(Signal::Failed(number, error)),
                    Poll::Pending => {}
                }
            }
            if cancelled.as_mut().poll(context).is_ready() {
                return Poll::Ready(Signal::Cancelled);
            }
            timer.as_mut().poll(context).map(|()| match hedge {
                Some(_) => Signal::Hedge,
                None => Signal::Failed(late, timed_out("no answer in time")),
            })
        })
        .await
    }
}

pub(super) fn cancelled() -> BackendError {
    BackendError::new(ErrorKind::Cancelled, "ae-router", "call", "the caller dropped the call")
}

/// The error of a call that is late: it may be billed.
pub(super) fn timed_out(message: &str) -> BackendError {
    BackendError::new(ErrorKind::Timeout, "ae-router", "call", message)
        .with_retry(Retry::Backoff)
        .with_effect(Effect::Unknown)
}
