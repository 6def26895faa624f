//! A backend behind its gate.

use std::fmt;

use ae_core::{Action, ApprovalId, Digest, IdempotencyKey};
use serde::Serialize;

use super::{Gatekeeper, Grant, Permit, Refusal, permit::Parts, request_digest};
use crate::{
    approvals::{Approval, ApprovalStatus},
    gates::{Decision, Gate, Obligations},
};

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
    keeper: Gatekeeper,
}

impl<T> Guarded<T> {
    /// Locks `backend` away.
    #[must_use]
    pub const fn new(backend: T, keeper: Gatekeeper) -> Self {
        Self { backend, keeper }
    }

    /// What it is guarded with.
    #[must_use]
    pub const fn keeper(&self) -> &Gatekeeper {
        &self.keeper
    }

    /// Asks for a permit to send `request` as `action`, in the name of the effect `key`.
    ///
    /// Nothing is spent or used up yet, and the same call again, also after a crash, has the same answer while policy and
    /// approval stay as they are.
    ///
    /// # Errors
    ///
    /// [`Refusal`]; every one is recorded as `action_refused`, as far as the log can be reached.
    pub async fn authorize<R: Serialize + Send + Sync>(
        &self,
        key: &IdempotencyKey,
        action: Action,
        request: R,
        grant: &Grant,
    ) -> Result<Permit<'_, T, R>, Refusal> {
        let (keeper, parts) = (&self.keeper, Parts { key: key.clone(), action, grant: grant.clone() });
        match keeper.check(&parts, &request).await {
            Ok(cleared) => Ok(Permit { backend: &self.backend, keeper, parts, request, cleared }),
            Err(refusal) => {
                keeper.record_refusal(&parts, &refusal).await;
                Err(refusal)
            }
        }
    }
}

impl<T> fmt::Debug for Guarded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("backend", &"***").field("keeper", &self.keeper).finish()
    }
}

/// What a gate's yes rests on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cleared {
    pub(super) gate: Option<Gate>,
    pub(super) obligations: Obligations,
    /// The approval to use up, where the gate asks for one.
    pub(super) approval: Option<ApprovalId>,
}

impl Gatekeeper {
    async fn check<R: Serialize + Send + Sync>(
        &self,
        parts: &Parts,
        request: &R,
    ) -> Result<Cleared, Refusal> {
        same_request(parts.action.request, request)?;
        match self.gate.decide(&parts.action).await.map_err(Refusal::Backend)? {
            Decision::Deny { gate, reason } => Err(Refusal::Denied { gate, reason }),
            Decision::Allow { gate, obligations } => Ok(Cleared { gate, obligations, approval: None }),
            Decision::NeedsApproval { gate, reason } => {
                let action = parts.action.digest();
                let Some(id) = parts.grant.approval else {
                    return Err(Refusal::NeedsApproval { gate, action, reason });
                };
                let approval = self.desk.get(id).await.map_err(Refusal::Backend)?;
                covered(&approval, gate, action)?;
                let obligations = Obligations::audited();
                Ok(Cleared { gate: Some(gate), obligations, approval: Some(id) })
            }
        }
    }
}

pub(super) fn same_request<R: Serialize>(expected: Digest, request: &R) -> Result<(), Refusal> {
    let found = request_digest(request).map_err(Refusal::Backend)?;
    if found == expected { Ok(()) } else { Err(Refusal::Mismatch { expected, found }) }
}

/// Whether `approval` says yes to exactly this action. That it was used already is no refusal yet: the same effect may
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
