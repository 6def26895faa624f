//! Joins the approval desk to the approver: a standing decision, a person at the terminal, or a person later.

use std::{fmt::Debug, sync::Arc};

use ae_core::{BackendError, ErrorKind, RunId};
use ae_safety::{Approval, ApprovalDesk, ApprovalQuery, ApprovalStatus, Ruling};
use async_trait::async_trait;

/// The topic of the question whether to go on despite weak evidence.
pub const EVIDENCE: &str = "evidence";

/// The topic of a question, which its title begins with: `evidence`, `spec` or `launch`.
pub fn topic(approval: &Approval) -> &str {
    approval.request.title.split(' ').next().unwrap_or_default()
}

/// Decides on a pending approval, now or not.
#[async_trait]
pub trait Approver: Debug + Send + Sync {
    /// Returns the approval as it stands after asking; still pending means "later".
    async fn consult(&self, desk: &dyn ApprovalDesk, approval: Approval) -> Result<Approval, BackendError>;

    /// Whether a person answers a question about weak evidence, or has answered it in advance.
    fn reaches_a_person(&self) -> bool;
}

/// No approver: every question waits.
#[derive(Debug, Clone, Copy)]
pub struct Absent;

#[async_trait]
impl Approver for Absent {
    async fn consult(&self, _: &dyn ApprovalDesk, approval: Approval) -> Result<Approval, BackendError> {
        Ok(approval)
    }

    fn reaches_a_person(&self) -> bool {
        false
    }
}

/// A person's standing decisions, recorded as such. What they don't cover goes to another approver.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The name of the person.
    pub decided_by: String,
    /// Approves spec and launch (`--yes`).
    pub launches: bool,
    /// Goes on although the evidence is weak (`--despite-evidence`); an approval of the launch never means it.
    pub despite_evidence: bool,
    /// Decides on the rest.
    pub otherwise: Arc<dyn Approver>,
}

#[async_trait]
impl Approver for Standing {
    async fn consult(&self, desk: &dyn ApprovalDesk, approval: Approval) -> Result<Approval, BackendError> {
        let (covered, option) = if topic(&approval) == EVIDENCE {
            (self.despite_evidence, "--despite-evidence")
        } else {
            (self.launches, "--yes")
        };
        if !covered {
            return self.otherwise.consult(desk, approval).await;
        }
        let ruling = Ruling::approve(&self.decided_by)
            .with_reason(format!("standing decision ({option})"))
            .with_standing();
        decide(desk, &approval, ruling).await
    }

    fn reaches_a_person(&self) -> bool {
        self.despite_evidence || self.otherwise.reaches_a_person()
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
