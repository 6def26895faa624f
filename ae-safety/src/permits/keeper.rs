//! The parts that a permit rests on.

use std::{fmt, sync::Arc};

use ae_core::ApprovalId;

use crate::{
    approvals::ApprovalDesk,
    audit::AuditSink,
    budget::{BudgetLedger, Scope},
    gates::PolicyGate,
    redact::Redactor,
};

/// The parts that a permit is checked and recorded with: a gate, a desk, a ledger, a log and a redactor. Cheap to clone.
#[derive(Clone)]
pub struct Gatekeeper {
    pub(super) gate: Arc<dyn PolicyGate>,
    pub(super) desk: Arc<dyn ApprovalDesk>,
    pub(super) budget: Arc<dyn BudgetLedger>,
    pub(super) audit: Arc<dyn AuditSink>,
    pub(super) redactor: Redactor,
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

    /// The gate, which judges actions.
    #[must_use]
    pub fn gate(&self) -> &Arc<dyn PolicyGate> {
        &self.gate
    }

    /// The desk, where people are asked.
    #[must_use]
    pub fn desk(&self) -> &Arc<dyn ApprovalDesk> {
        &self.desk
    }

    /// The ledger, where money is reserved.
    #[must_use]
    pub fn budget(&self) -> &Arc<dyn BudgetLedger> {
        &self.budget
    }

    /// The log, where everything is recorded.
    #[must_use]
    pub fn audit(&self) -> &Arc<dyn AuditSink> {
        &self.audit
    }

    /// The redactor, which takes secrets out of records.
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

/// The caller's part: who acts, on which approval, from which account.
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
}

ae_core::setters! { Grant {
    /// Sets the approval.
    fn with_approval(approval: some ApprovalId);
    /// Sets the account that pays.
    fn with_budget(budget: some Scope);
} }
