//! Permits: the only way to a guarded backend, bound to the exact request.

use std::{fmt, sync::Arc};

use ae_core::{ApprovalId, BackendError, Digest, Effect, ErrorKind, Money};
use serde::Serialize;

use crate::{
    approvals::ApprovalDesk,
    audit::AuditSink,
    budget::{BudgetLedger, Scope},
    gates::PolicyGate,
    redact::Redactor,
};

mod guarded;
mod holds;
mod permit;
mod redeemed;
mod refusal;

pub use guarded::Guarded;
pub use permit::Permit;
pub use redeemed::Redeemed;
pub use refusal::Refusal;

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

/// What a permit is checked and recorded with: a gate, a desk, a ledger, a log and a redactor. Cheap to clone.
#[derive(Clone)]
pub struct Gatekeeper {
    gate: Arc<dyn PolicyGate>,
    desk: Arc<dyn ApprovalDesk>,
    budget: Arc<dyn BudgetLedger>,
    audit: Arc<dyn AuditSink>,
    redactor: Redactor,
}

impl Gatekeeper {
    /// A gatekeeper of these parts.
    #[must_use]
    pub fn new(
        gate: Arc<dyn PolicyGate>,
        desk: Arc<dyn ApprovalDesk>,
        budget: Arc<dyn BudgetLedger>,
        audit: Arc<dyn AuditSink>,
        redactor: Redactor,
    ) -> Self {
        Self { gate, desk, budget, audit, redactor }
    }

    /// What judges actions.
    #[must_use]
    pub fn gate(&self) -> &Arc<dyn PolicyGate> {
        &self.gate
    }

    /// Where people are asked.
    #[must_use]
    pub fn desk(&self) -> &Arc<dyn ApprovalDesk> {
        &self.desk
    }

    /// Where money is reserved.
    #[must_use]
    pub fn budget(&self) -> &Arc<dyn BudgetLedger> {
        &self.budget
    }

    /// Where everything is recorded.
    #[must_use]
    pub fn audit(&self) -> &Arc<dyn AuditSink> {
        &self.audit
    }

    /// What takes secrets out of what is recorded.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }
}

impl fmt::Debug for Gatekeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gatekeeper")
            .field("gate", &self.gate.name())
            .field("desk", &self.desk)
            .field("budget", &self.budget)
            .field("audit", &self.audit)
            .finish_non_exhaustive()
    }
}

/// What the caller brings: who acts, on whose approval, from which account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grant {
    /// The approval that covers the action, where a gate asks for one.
    pub approval: Option<ApprovalId>,
    /// The account that pays, where the action can cost something.
    pub budget: Option<Scope>,
    /// Who acts, for the log.
    pub actor: String,
}

impl Grant {
    /// Neither an approval nor an account.
    #[must_use]
    pub fn new(actor: impl Into<String>) -> Self {
        Self { approval: None, budget: None, actor: actor.into() }
    }

    /// Names the approval.
    #[must_use]
    pub const fn with_approval(mut self, approval: ApprovalId) -> Self {
        self.approval = Some(approval);
        self
    }

    /// Names the account.
    #[must_use]
    pub fn with_budget(mut self, budget: Scope) -> Self {
        self.budget = Some(budget);
        self
    }
}

/// How a permitted action ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionEnd(End);

#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Done(Option<Money>),
    Failed { effect: Effect, kind: ErrorKind, message: String },
}

impl ActionEnd {
    /// It happened. `actual_cost` is what it cost, or `None` when that was not measured: then the reservation stays
    /// counted in full until somebody settles or voids it.
    #[must_use]
    pub const fn done(actual_cost: Option<Money>) -> Self {
        Self(End::Done(actual_cost))
    }

    /// It failed with `error`. What certainly did not happen gives its reservation back; what may have happened keeps it.
    #[must_use]
    pub fn failed(error: &BackendError) -> Self {
        Self(End::Failed { effect: error.effect(), kind: error.kind(), message: error.to_string() })
    }
}
