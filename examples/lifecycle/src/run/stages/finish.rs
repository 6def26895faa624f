//! Closes the books.

use ae_core::{Deliverable, Outcome};
use serde_json::json;

use super::{Halt, Stage};
use crate::run::{End, RunState, RunStateUpdate};

/// Names the outcome and records it. `Verified` needs a live release, every sealed check passed, and a link unless it is a
/// pre-order.
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
    let deliverable = state.offered.as_ref().map(|offered| offered.spec.deliverable);
    let (outcome, reason) = match (deliverable, &state.sold) {
        (Some(Deliverable::PreOrder), None) if proven && live => (
            Outcome::Verified,
            "the page is live and every sealed check of it passed; the product is not built yet",
        ),
        (Some(Deliverable::WebTool), Some(_)) if proven && live => (
            Outcome::Verified,
            "live and purchasable; every sealed check of its features and its page passed",
        ),
        _ => (Outcome::Failed, "a part of the launch is missing from the checkpoint"),
    };
    End { outcome, reason: reason.to_owned(), stage: "finish".to_owned() }
}
