//! The question that a run waits for.

use ae_core::RunId;
use ae_safety::{Approval, ApprovalQuery, ApprovalStatus};

use super::Installation;
use crate::error::Result;

/// The latest question of a parked run.
#[derive(Debug, Clone)]
pub enum Question {
    /// It waits for a decision.
    Open(Approval),
    /// Its time passed without a decision; it is asked again when the run goes on.
    Expired(Approval),
    /// There is none, or it is decided.
    None,
}

/// The question of `run`.
pub async fn question(installation: &Installation, run: RunId) -> Result<Question> {
    let newest_first = installation.keeper.desk.list(&ApprovalQuery::new().with_run(run)).await?;
    Ok(match newest_first.into_iter().next() {
        Some(approval) if approval.status == ApprovalStatus::Pending => Question::Open(approval),
        Some(approval) if approval.status == ApprovalStatus::Expired => Question::Expired(approval),
        _ => Question::None,
    })
}
