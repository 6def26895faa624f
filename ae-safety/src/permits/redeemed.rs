//! A backend, given out for one request.

use std::fmt;

use ae_core::{BackendError, Effect, ErrorKind, IdempotencyKey, Money, Spend};
use serde_json::json;

use crate::budget::HoldState;

use super::{
    Gatekeeper,
    holds::Taken,
    permit::{Parts, event},
};

/// How a permitted action ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionEnd(End);

#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Done(Option<Money>),
    Failed { effect: Effect, kind: ErrorKind, message: String, cost: Option<Money> },
}

impl ActionEnd {
    /// It happened. `actual_cost` is `None` when it was not measured: then the reservation of an action that is not free
    /// stays counted in full until it is settled or voided by hand.
    pub const fn done(actual_cost: Option<Money>) -> Self {
        Self(End::Done(actual_cost))
    }

    /// It failed with `error`. A cost that the error states is settled. Without one, an action that certainly did not
    /// happen gives its reservation back, and one that may have happened keeps it.
    pub fn failed(error: &BackendError) -> Self {
        Self(End::Failed {
            effect: error.effect(),
            kind: error.kind(),
            message: error.to_string(),
            cost: error.cost(),
        })
    }
}

impl End {
    /// The cost, as far as it is known. A free action that may have happened cost nothing.
    fn cost(&self, parts: &Parts, taken: Option<&Taken>) -> Option<Money> {
        let (stated, certainly_not) = match self {
            Self::Done(cost) => (*cost, false),
            Self::Failed { effect, cost, .. } => (*cost, *effect == Effect::NotApplied),
        };
        let is_free = parts.action.spend == Some(Spend::Free) && !certainly_not;
        stated.or_else(|| taken.filter(|_| is_free).map(|taken| Money::zero(taken.amount.currency())))
    }
}

/// The backend, for the one request that was permitted. [`Redeemed::finish`] says how it ended.
///
/// Dropped without `finish`, as in a crash, the reservation stays counted: whether the effect happened is not known.
#[must_use = "say how the action ended with `finish`, or its reservation stays counted"]
pub struct Redeemed<'g, T, R> {
    pub(super) backend: &'g T,
    pub(super) keeper: &'g Gatekeeper,
    pub(super) parts: Parts,
    pub(super) request: R,
    pub(super) hold: Option<Taken>,
}

impl<T, R> Redeemed<'_, T, R> {
    /// The backend.
    pub const fn backend(&self) -> &T {
        self.backend
    }

    /// The request that was permitted: send this one.
    pub const fn request(&self) -> &R {
        &self.request
    }

    /// The effect's durable name: hand it to the backend.
    pub const fn key(&self) -> &IdempotencyKey {
        &self.parts.key
    }

    /// Settles the reservation with the actual cost, gives it back when the action certainly did not happen and cost
    /// nothing, keeps it when it may have happened or its cost was not measured, and records `action_finished`.
    ///
    /// Where an attempt before this one left the reservation open, a failure does not give it back: that attempt may
    /// have happened. Where an attempt before was paid and this one reports the same cost, it counts as the same answer;
    /// another cost is posted too.
    ///
    /// # Errors
    ///
    /// The ledger's or the log's. The action itself has ended as it did; the reservation stays counted unless the ledger
    /// answered.
    pub async fn finish(self, end: ActionEnd) -> Result<(), BackendError> {
        let Self { keeper, parts, hold, .. } = self;
        let spent = end.0.cost(&parts, hold.as_ref());
        let money = settle(keeper, &parts, hold.as_ref(), &end.0, spent).await;
        let outcome = match &end.0 {
            End::Done(_) => json!({ "outcome": "done" }),
            End::Failed { effect, kind, message, .. } => json!({
                "outcome": "failed",
                "effect": match effect { Effect::NotApplied => "not_applied", _ => "unknown" },
                "error_kind": kind,
                "error": keeper.redactor.redact(message),
            }),
        };
        let cost = spent.map_or(json!("not measured"), |cost| json!(cost));
        let reservation = match &money {
            Ok(done) => json!(done),
            Err(error) => json!(keeper.redactor.redact(&error.to_string())),
        };
        let detail = json!({
            "key": parts.key,
            "operation": parts.action.operation,
            "target": parts.action.target,
            "end": outcome,
            "cost": cost,
            "reservation": reservation,
        });
        keeper.audit.append(&event("action_finished", &parts, detail)).await?;
        money.map(drop)
    }
}

impl<T, R> fmt::Debug for Redeemed<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redeemed")
            .field("parts", &self.parts)
            .field("hold", &self.hold)
            .finish_non_exhaustive()
    }
}

/// Ends the reservation as the action ended; returns the words for the log.
async fn settle(
    keeper: &Gatekeeper,
    parts: &Parts,
    taken: Option<&Taken>,
    end: &End,
    spent: Option<Money>,
) -> Result<&'static str, BackendError> {
    let certainly_failed = matches!(end, End::Failed { effect: Effect::NotApplied, .. });
    let Some(taken) = taken else {
        return Ok(match spent {
            Some(cost) if !cost.is_zero() => "not posted: the grant names no account",
            _ => "none",
        });
    };
    match (spent, taken.paid) {
        (None, Some(_)) => Ok("settled before"),
        (None, None) if certainly_failed && !taken.in_doubt => {
            keeper.budget.void(&taken.key).await?;
            Ok("voided")
        }
        (None, None) => Ok("kept"),
        (Some(cost), Some(paid)) if cost == paid => Ok("settled before"),
        (Some(cost), Some(_)) => {
            keeper.post(parts, taken, cost).await?;
            Ok("settled before, and this cost posted")
        }
        (Some(cost), None) if certainly_failed && taken.in_doubt => {
            keeper.post(parts, taken, cost).await?;
            Ok("kept, and this cost posted")
        }
        (Some(cost), None) if certainly_failed => {
            keeper.settle_failed(parts, taken, cost).await?;
            Ok("settled as failed")
        }
        (Some(cost), None) => match keeper.budget.settle(&taken.key, cost).await {
            Ok(_) => Ok("settled"),
            // Another attempt with the same key ended the reservation meanwhile; the money was spent all the same.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                if keeper.budget.hold(&taken.key).await?.state == HoldState::Open {
                    return Err(error);
                }
                keeper.post(parts, taken, cost).await?;
                Ok("ended by another attempt, and this cost posted")
            }
            Err(error) => Err(error),
        },
    }
}
