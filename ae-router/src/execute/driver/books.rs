//! The end of a try in the books.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ae_core::{BackendError, Effect, Money, RetryPolicy, Timestamp, TokenUsage, retry};

use super::{Driver, attempt::Attempt};
use crate::{
    Completion, Try, TryError, TryOutcome,
    execute::{ceiling::Priced, fate::Harm},
};

/// The end of a try.
#[derive(Debug, Clone, Copy)]
pub(super) enum End<'a> {
    Answered(&'a Completion),
    Failed(&'a BackendError, Harm),
    Cancelled,
    Outrun,
}

/// The entry in the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bill {
    usage: Option<TokenUsage>,
    cost: Option<Money>,
    /// `None` for a call that was certainly not made.
    settle: Option<Money>,
}

impl Driver {
    /// Ends a try: settles or releases its reservation, reports its model's health, and keeps it for the record.
    pub(super) async fn end(&mut self, attempt: Attempt, end: End<'_>) {
        let now = self.router.runtime.clock.monotonic();
        let (resting, model) = (&self.router.resting, &attempt.model);
        match end {
            // An earlier answer says nothing about the model of today.
            End::Answered(answer) if answer.served.cached => resting.abandoned(model, now),
            End::Answered(answer) => resting.answered(model, &answer.served.rate, now),
            End::Failed(_, harm) => resting.failed(model, harm, now, &self.router.rests),
            End::Cancelled | End::Outrun => resting.abandoned(model, now),
        }
        // The price of the reservation: prices that change during a call do not change its bill.
        let priced = Priced::of(&self.router.prices, model, self.call.request.service_tier).ok();
        let bill = bill(&attempt, end, priced.as_ref(), attempt.started);
        // The stream, and with it the connection, ends here at the latest.
        let record = self.record(attempt, end, &bill, now);
        let record = self.book(record, bill.settle).await;
        if let Some(observer) = &self.router.observer {
            // The observer's panic is the observer's own.
            drop(catch_unwind(AssertUnwindSafe(|| (observer.0)(&record))));
        }
        self.tries.push(record);
    }

    fn record(&self, attempt: Attempt, end: End<'_>, bill: &Bill, now: std::time::Duration) -> Try {
        let (outcome, served, error) = match end {
            End::Answered(answer) => (TryOutcome::Answered, Some(answer.model.clone()), None),
            End::Failed(error, _) => (TryOutcome::Failed, None, Some(TryError::of(error))),
            End::Cancelled => (TryOutcome::Cancelled, None, None),
            End::Outrun => (TryOutcome::Outrun, None, None),
        };
        Try {
            key: attempt.key,
            model: attempt.model,
            served,
            hedge: attempt.hedge,
            outcome,
            error,
            reserved: attempt.reserved,
            cost: bill.cost,
            booked: bill.settle.unwrap_or(Money::zero(attempt.reserved.currency())),
            unsettled: false,
            usage: bill.usage,
            started: attempt.started,
            first_piece: attempt.first_piece,
            took: now.saturating_sub(attempt.began),
        }
    }

    /// Ends the reservation. One that the budget does not take the end of stays set aside.
    async fn book(&self, mut record: Try, settle: Option<Money>) -> Try {
        let (budget, key) = (&self.router.budget, &record.key);
        let ended = retry(RetryPolicy::default(), &self.router.runtime, |_| async {
            match settle {
                Some(cost) => budget.settle(key, cost).await,
                None => budget.release(key).await,
            }
        })
        .await;
        if ended.is_err() {
            (record.unsettled, record.booked) = (true, record.reserved);
        }
        record
    }
}

fn bill(attempt: &Attempt, end: End<'_>, priced: Option<&Priced<'_>>, at: Timestamp) -> Bill {
    let settled = |usage, cost: Option<Money>| Bill {
        usage,
        cost,
        settle: Some(cost.map_or(attempt.reserved, |cost| cost.ceil_to_micro())),
    };
    match end {
        End::Answered(answer) => {
            let usage = attempt.total(answer);
            settled(usage, priced.and_then(|priced| priced.cost(usage, answer, at)))
        }
        End::Failed(error, _) if error.cost().is_some() => settled(attempt.so_far(), error.cost()),
        End::Failed(error, _) if error.effect() == Effect::NotApplied && !attempt.heard => {
            Bill { usage: None, cost: Some(Money::zero(attempt.reserved.currency())), settle: None }
        }
        End::Failed(..) | End::Cancelled | End::Outrun => {
            let usage = attempt.so_far();
            let cost = usage.and_then(|usage| priced?.cost_so_far(&usage, at));
            settled(usage, cost)
        }
    }
}
