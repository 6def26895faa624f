//! A backend behind its gate.

use std::fmt;

use ae_core::{Action, ApprovalId, BackendError, Digest, ErrorKind, IdempotencyKey, Provider, Spend};
use serde::Serialize;

use super::{Gatekeeper, Grant, Permit, Refusal, permit::Parts, refusal::Stop};
use crate::{
    approvals::{Approval, ApprovalStatus},
    gates::{Decision, Gate},
};

/// The digest of the JSON form of `request`: what [`Action::request`](ae_core::Action::request) must be for a
/// [`Guarded`] backend to accept the two together.
///
/// The form is stable as long as the type's fields keep their order and its maps are ordered (`BTreeMap`).
///
/// # Errors
///
/// `InvalidInput` when `request` can't be written as JSON.
pub fn request_digest<R: Serialize>(request: &R) -> Result<Digest, BackendError> {
    Digest::of_json("request/1", request).map_err(|error| {
        let message = "the request can't be written as JSON, so nothing can be bound to it";
        BackendError::new(ErrorKind::InvalidInput, "permits", "request_digest", message).with_source(error)
    })
}

/// Owns a backend and gives it out for one permitted request at a time.
///
/// A program that holds its backends only as `Guarded` values can't make an effect past the gate: there is no other way
/// to the value inside.
///
/// ```compile_fail
/// # fn deploy(site: ae_safety::Guarded<String>) {
/// let backend = &site.backend; // private
/// # }
/// ```
///
/// ```compile_fail
/// # async fn twice<'g>(permit: ae_safety::Permit<'g, String, u8>) {
/// permit.redeem().await; // the first use takes the permit
/// permit.redeem().await;
/// # }
/// ```
pub struct Guarded<T> {
    backend: T,
    provider: Provider,
    keeper: Gatekeeper,
}

impl<T> Guarded<T> {
    /// Locks `backend` away, which acts as `provider`.
    pub const fn new(backend: T, provider: Provider, keeper: Gatekeeper) -> Self {
        Self { backend, provider, keeper }
    }

    /// The provider in whose name the backend acts.
    pub const fn provider(&self) -> &Provider {
        &self.provider
    }

    /// The gatekeeper.
    pub const fn keeper(&self) -> &Gatekeeper {
        &self.keeper
    }

    /// The action as this provider's, for an approval: its digest names who acts, so that a yes to a test is not a yes to
    /// the real thing.
    pub fn stamp(&self, action: Action) -> Action {
        action.with_provider(self.provider.clone())
    }

    /// Asks for a permit to send `request` as `action`, in the name of the effect `key`. An action without a provider is
    /// stamped. [`perform`](Self::perform) does this and all that follows; a permit by itself is for streams.
    ///
    /// Nothing is spent or used up yet, and the same call again, also after a crash, has the same answer while policy and
    /// approval stay as they are.
    ///
    /// # Errors
    ///
    /// The error of a part that could not be asked. That and every refusal are recorded as `action_refused`, as far as the
    /// log can be reached.
    pub async fn authorize<R: Serialize + Send + Sync>(
        &self,
        key: &IdempotencyKey,
        action: Action,
        request: R,
        grant: &Grant,
    ) -> Result<Result<Permit<'_, T, R>, Refusal>, BackendError> {
        let action = if action.provider.is_none() { self.stamp(action) } else { action };
        let (keeper, parts) = (&self.keeper, Parts { key: key.clone(), action, grant: grant.clone() });
        match keeper.check(&self.provider, &parts, &request).await {
            Ok(cleared) => Ok(Ok(Permit { backend: &self.backend, keeper, parts, request, cleared })),
            Err(stop) => {
                keeper.record_stop(&parts, &stop).await;
                stop.split()
            }
        }
    }
}

impl<T> fmt::Debug for Guarded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("provider", &self.provider).field("keeper", &self.keeper).finish()
    }
}

/// The grounds of a gate's yes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cleared {
    pub(super) gate: Option<Gate>,
    /// The approval to use up, where the gate asks for one.
    pub(super) approval: Option<ApprovalId>,
}

impl Gatekeeper {
    async fn check<R: Serialize + Send + Sync>(
        &self,
        provider: &Provider,
        parts: &Parts,
        request: &R,
    ) -> Result<Cleared, Stop> {
        if let Some(found) = parts.action.provider.as_ref().filter(|found| *found != provider) {
            let (expected, found) = (provider.clone(), found.clone());
            return Err(Refusal::OtherProvider { expected, found }.into());
        }
        same_request(parts.action.request, request)?;
        payable(parts)?;
        match self.gate.decide(&parts.action).await? {
            Decision::Deny { gate, reason } => Err(Refusal::Denied { gate, reason }.into()),
            Decision::Allow { gate } => Ok(Cleared { gate, approval: None }),
            Decision::NeedsApproval { gate, reason } => {
                let action = parts.action.digest();
                let Some(id) = parts.grant.approval else {
                    return Err(Refusal::NeedsApproval { gate, action, reason }.into());
                };
                let approval = self.desk.get(id).await?;
                covered(&approval, gate, action)?;
                Ok(Cleared { gate: Some(gate), approval: Some(id) })
            }
        }
    }
}

pub(super) fn same_request<R: Serialize>(expected: Digest, request: &R) -> Result<(), Stop> {
    let found = request_digest(request)?;
    if found == expected { Ok(()) } else { Err(Refusal::Mismatch { expected, found }.into()) }
}

/// Refuses what says nothing of its cost, and what may cost something that no account pays: an effect without a ceiling
/// would pass any budget, since there is nothing to compare with it.
fn payable(parts: &Parts) -> Result<(), Stop> {
    match (parts.action.spend, &parts.grant.budget) {
        (None, _) => Err(Stop::denied("it does not state what it may cost: free, or at most an amount")),
        (Some(Spend::AtMost(most)), None) if !most.is_zero() => {
            Err(Stop::denied(format!("it may cost {most}, and the grant names no account that pays")))
        }
        _ => Ok(()),
    }
}

/// Whether `approval` says yes to exactly this action. That it was used already is not a refusal yet: the same effect may
/// have used it before a crash, which only the desk can tell when it is consumed.
fn covered(approval: &Approval, gate: Gate, action: Digest) -> Result<(), Refusal> {
    let (id, status) = (approval.id, approval.status);
    let ask = |reason| Err(Refusal::NeedsApproval { gate, action, reason });
    if !approval.request.covers.contains(&action) {
        return ask(format!("approval {id} is for something else: ask again for this exact action"));
    }
    match status {
        ApprovalStatus::Approved => Ok(()),
        ApprovalStatus::Denied => {
            let by = approval.decided_by.as_deref().unwrap_or("a person");
            let why = approval.reason.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
            Err(Refusal::Denied { gate: Some(gate), reason: format!("{by} said no{why}") })
        }
        // Used before it ended: the desk knows whether the same effect comes again.
        ApprovalStatus::Expired | ApprovalStatus::Cancelled if approval.consumed.contains(&action) => Ok(()),
        ApprovalStatus::Pending => ask(format!("approval {id} is still pending")),
        ApprovalStatus::Expired | ApprovalStatus::Cancelled => {
            ask(format!("approval {id} is {status}: ask again"))
        }
    }
}
