//! A backend, given out for one request.

use std::fmt;

use ae_core::{Action, BackendError, Effect, ErrorKind, IdempotencyKey};
use serde_json::json;

use crate::budget::HoldState;

use super::{
    ActionEnd, End, Gatekeeper,
    holds::Taken,
    permit::{Parts, event},
};

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
    #[must_use]
    pub const fn backend(&self) -> &T {
        self.backend
    }

    /// The request that was permitted: send this one.
    #[must_use]
    pub const fn request(&self) -> &R {
        &self.request
    }

    /// The effect's durable name: hand it to the backend.
    #[must_use]
    pub const fn key(&self) -> &IdempotencyKey {
        &self.parts.key
    }

    /// What was permitted.
    #[must_use]
    pub const fn action(&self) -> &Action {
        &self.parts.action
    }

    /// Says how it ended: settles the reservation with the actual cost, gives it back when the action certainly did not
    /// happen, keeps it when it may have happened or its cost was not measured, and records `action_finished`.
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
        let money = settle(keeper, &parts, hold.as_ref(), &end.0).await;
        let outcome = match &end.0 {
            End::Done(_) => json!({ "outcome": "done" }),
            End::Failed { effect, kind, message } => json!({
                "outcome": "failed",
                "effect": match effect { Effect::NotApplied => "not_applied", _ => "unknown" },
                "error_kind": kind,
                "error": keeper.redactor.redact(message),
            }),
        };
        let cost = match &end.0 {
            End::Done(Some(cost)) => json!(cost),
            End::Done(None) | End::Failed { .. } => json!("not measured"),
        };
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

/// Ends the reservation as the action ended; says what became of it.
async fn settle(
    keeper: &Gatekeeper,
    parts: &Parts,
    hold: Option<&Taken>,
    end: &End,
) -> Result<&'static str, BackendError> {
    match (end, hold) {
        (End::Done(Some(cost)), None) => {
            keeper.post(parts, None, *cost).await?;
            Ok(match &parts.grant.budget {
                _ if cost.is_zero() => "none",
                Some(_) => "posted",
                None => "not posted: the grant names no account",
            })
        }
        (End::Done(Some(cost)), Some(Taken { paid: Some(paid), .. })) if paid == cost => Ok("settled before"),
        (End::Done(Some(cost)), Some(taken @ Taken { paid: Some(_), .. })) => {
            keeper.post(parts, Some(taken), *cost).await?;
            Ok("settled before, and this cost posted")
        }
        (End::Done(Some(cost)), Some(taken)) => match keeper.budget.settle(&taken.key, *cost).await {
            Ok(_) => Ok("settled"),
            // Another attempt with the same key ended the reservation meanwhile; the money was spent all the same.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                if keeper.budget.hold(&taken.key).await?.state == HoldState::Open {
                    return Err(error);
                }
                keeper.post(parts, Some(taken), *cost).await?;
                Ok("ended by another attempt, and this cost posted")
            }
            Err(error) => Err(error),
        },
        (End::Failed { effect: Effect::NotApplied, .. }, Some(taken))
            if !taken.in_doubt && taken.paid.is_none() =>
        {
            keeper.budget.void(&taken.key).await?;
            Ok("voided")
        }
        (End::Done(None) | End::Failed { .. }, Some(Taken { paid: Some(_), .. })) => Ok("settled before"),
        (End::Done(None) | End::Failed { .. }, Some(_)) => Ok("kept"),
        (End::Done(None) | End::Failed { .. }, None) => Ok("none"),
    }
}
