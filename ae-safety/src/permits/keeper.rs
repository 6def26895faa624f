//! The parts that a permit rests on.

use std::sync::Arc;

use ae_core::ApprovalId;

use crate::{
    approvals::ApprovalDesk,
    audit::AuditSink,
    budget::{BudgetLedger, Scope},
    gates::PolicyGate,
    redact::Redactor,
};

/// The parts that a permit is checked and recorded with: a gate, a desk, a ledger, a log and a redactor. Cheap to clone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Gatekeeper {
    /// The gate, which judges actions.
    pub gate: Arc<dyn PolicyGate>,
    /// The desk, where people are asked.
    pub desk: Arc<dyn ApprovalDesk>,
    /// The ledger, where money is reserved.
    pub budget: Arc<dyn BudgetLedger>,
    /// The log, where everything is recorded.
    pub audit: Arc<dyn AuditSink>,
    /// The redactor, which takes secrets out of records.
    pub redactor: Redactor,
}

impl Gatekeeper {
    /// A gatekeeper of these parts.
    pub fn new(
        gate: Arc<dyn PolicyGate>,
        desk: Arc<dyn ApprovalDesk>,
        budget: Arc<dyn BudgetLedger>,
        audit: Arc<dyn AuditSink>,
        redactor: Redactor,
    ) -> Self {
        Self { gate, desk, budget, audit, redactor }
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
