//! The permission to send one request once.

use std::fmt;

use ae_core::{Action, BackendError, ErrorKind, IdempotencyKey};
use serde::Serialize;
use serde_json::json;

use super::{
    Gatekeeper, Grant, Redeemed, Refusal,
    guarded::{Cleared, same_request},
    refusal::Stop,
};
use crate::audit::AuditEvent;

/// An action that is about to happen, on which grant, in the name of which effect.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub(super) key: IdempotencyKey,
    pub(super) action: Action,
    pub(super) grant: Grant,
}

/// The permission to send one request. It can't be cloned, and [`Permit::redeem`] takes it.
pub struct Permit<'g, T, R> {
    pub(super) backend: &'g T,
    pub(super) keeper: &'g Gatekeeper,
    pub(super) parts: Parts,
    pub(super) request: R,
    pub(super) cleared: Cleared,
}

impl<'g, T, R: Serialize + Send + Sync> Permit<'g, T, R> {
    /// Trades the permit for the backend: hashes the request again, uses up the approval, reserves the cost ceiling and
    /// writes the record `action_started`, in this order. Only then the backend is given out.
    ///
    /// After a crash the same key with the same request passes here again and finds what it did before: no second use of
    /// the approval, no second reservation. A reservation that was voided, since the attempt before certainly failed, is
    /// made again.
    ///
    /// # Errors
    ///
    /// The error of a part that could not be asked. After it, as after a refusal, the backend was not reached; a use of the
    /// approval or a reservation made before stays in the name of the key, ready for the next attempt.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future at any point leaves at most what an error leaves.
    pub async fn redeem(self) -> Result<Result<Redeemed<'g, T, R>, Refusal>, BackendError> {
        let Self { backend, keeper, parts, request, cleared } = self;
        let started = async {
            same_request(parts.action.request, &request)?;
            if let Some(id) = cleared.approval {
                let used = keeper.desk.consume(&parts.key, id, parts.action.digest()).await;
                used.map_err(|error| unusable(&cleared, &parts, error))?;
            }
            let hold = keeper.take_hold(&parts).await?;
            let event = started(keeper, &parts, &cleared);
            keeper.audit.append(&event).await?;
            Ok(hold)
        };
        match started.await {
            Ok(hold) => Ok(Ok(Redeemed { backend, keeper, parts, request, hold })),
            Err(stop) => {
                keeper.record_stop(&parts, &stop).await;
                stop.split()
            }
        }
    }
}

impl<T, R> fmt::Debug for Permit<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("parts", &self.parts)
            .field("cleared", &self.cleared)
            .finish_non_exhaustive()
    }
}

/// Why an approval that looked good could not be used.
fn unusable(cleared: &Cleared, parts: &Parts, error: BackendError) -> Stop {
    match (error.kind(), cleared.gate) {
        (ErrorKind::Conflict | ErrorKind::PermissionDenied | ErrorKind::Expired, Some(gate)) => {
            let (action, reason) = (parts.action.digest(), error.message().to_owned());
            Refusal::NeedsApproval { gate, action, reason }.into()
        }
        _ => error.into(),
    }
}

fn started(keeper: &Gatekeeper, parts: &Parts, cleared: &Cleared) -> AuditEvent {
    let action = &parts.action;
    let detail = json!({
        "key": parts.key,
        "kind": action.kind,
        "operation": action.operation,
        "target": action.target,
        "request": action.request,
        "isolation": action.isolation,
        "spend": action.spend,
        "provider": action.provider,
        "attributes": action.attributes,
        "project": action.project,
        "summary": action.summary,
        "policy": keeper.gate.name(),
        "gate": cleared.gate,
        "approval": cleared.approval,
        "budget": parts.grant.budget,
    });
    event("action_started", parts, detail)
}

pub(super) fn event(kind: &str, parts: &Parts, detail: serde_json::Value) -> AuditEvent {
    let mut event = AuditEvent::new(kind, parts.grant.actor.clone());
    event.run = parts.action.run;
    event.subject = Some(parts.action.digest());
    event.detail = detail;
    event
}

impl Gatekeeper {
    /// Records why nothing happens. That stands whether or not the log can be reached.
    pub(super) async fn record_stop(&self, parts: &Parts, stop: &Stop) {
        let (reason, cause) = match stop {
            Stop::Refused(refusal) => (refusal.to_string(), None),
            Stop::Failed(error) => {
                let cause = self.redactor.redact(&error.to_string()).into_owned();
                (format!("the {} could not be asked", error.backend()), Some(cause))
            }
        };
        let detail = json!({
            "key": parts.key,
            "kind": parts.action.kind,
            "operation": parts.action.operation,
            "target": parts.action.target,
            "reason": self.redactor.redact(&reason),
            "cause": cause,
            "approval": parts.grant.approval,
        });
        // A refusal needs no record to stand, so a log that fails here changes nothing.
        let _ = self.audit.append(&event("action_refused", parts, detail)).await;
    }
}
