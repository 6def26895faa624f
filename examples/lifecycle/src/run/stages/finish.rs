//! Closes the books.

use ae_core::Outcome;
use serde_json::json;

use super::{Halt, Stage};
use crate::run::{End, RunState, RunStateUpdate};

/// Names the outcome and records it. `Verified` needs a live release, a link and every sealed check passed.
pub(super) async fn finish(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let end = stage.state.end.clone().unwrap_or_else(|| judge(&stage.state));
    let good = end.outcome == Outcome::Verified;
    stage
        .audit("run_ended", json!({ "outcome": end.outcome, "reason": end.reason, "stage": end.stage }))
        .await?;
    let phase = if good { "complete" } else { "refinement" };
    let line = format!("{}: {}", end.outcome, end.reason);
    let living = stage.living(phase, if good { "success" } else { "failure" }, &line)?;
    Ok(RunState::update().living(living).end(Some(end)))
}

fn judge(state: &RunState) -> End {
    let proven = state.built.as_ref().is_some_and(|built| {
        built.outcome == Outcome::Verified
            && !built.checks.is_empty()
            && built.checks.iter().all(|check| check.passed)
    });
    let live = state.launched.as_ref().is_some_and(|launched| launched.deployment.is_some());
    let (outcome, reason) = if proven && live && state.sold.is_some() {
        (Outcome::Verified, "live and purchasable; every sealed check passed")
    } else {
        (Outcome::Failed, "a part of the launch is missing from the checkpoint")
    };
    End { outcome, reason: reason.to_owned(), stage: "finish".to_owned() }
}
