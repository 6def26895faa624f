//! Joins the approval desk to the approver: a standing decision, a person at the terminal, or a person later.

use std::fmt::Debug;

use ae_core::{BackendError, ErrorKind, RunId};
use ae_safety::{Approval, ApprovalDesk, ApprovalQuery, ApprovalStatus, Ruling};
use async_trait::async_trait;

/// Decides on a pending approval, now or not.
#[async_trait]
pub trait Approver: Debug + Send + Sync {
    /// Returns the approval as it stands after asking; still pending means "later".
    async fn consult(&self, desk: &dyn ApprovalDesk, approval: Approval) -> Result<Approval, BackendError>;
}

/// No approver: every question waits.
#[derive(Debug, Clone, Copy)]
pub struct Absent;

#[async_trait]
impl Approver for Absent {
    async fn consult(&self, _: &dyn ApprovalDesk, approval: Approval) -> Result<Approval, BackendError> {
        Ok(approval)
    }
}

/// A person's standing decision (`--yes`), recorded as such.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The name of the person.
    pub decided_by: String,
}

#[async_trait]
impl Approver for Standing {
    async fn consult(&self, desk: &dyn ApprovalDesk, approval: Approval) -> Result<Approval, BackendError> {
        let ruling =
            Ruling::approve(&self.decided_by).with_reason("standing decision (--yes)").with_standing();
        decide(desk, &approval, ruling).await
    }
}

/// Records `ruling`; a decision that was faster stands.
pub async fn decide(
    desk: &dyn ApprovalDesk,
    approval: &Approval,
    ruling: Ruling,
) -> Result<Approval, BackendError> {
    match desk.decide(approval.id, ruling).await {
        Ok(decided) => Ok(decided),
        Err(error) if error.kind() == ErrorKind::Conflict => desk.get(approval.id).await,
        Err(error) => Err(error),
    }
}

/// Withdraws the open questions of `run`, so that no approver is asked for what can't happen any more.
pub async fn close_questions(desk: &dyn ApprovalDesk, run: RunId, why: &str) -> Result<(), BackendError> {
    let query = ApprovalQuery::new().with_run(run).with_status(ApprovalStatus::Pending);
    for approval in desk.list(&query).await? {
        desk.cancel(approval.id, why).await?;
    }
    Ok(())
}
