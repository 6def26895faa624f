//! Builds the product in the write-test-fix graph.

use std::sync::Arc;

use ae_core::{BackendError, ErrorKind, Outcome};
use ae_langflow::{Ending, Input, RunConfig, write_test_fix};
use serde_json::json;

use super::{Halt, Stage, approve::still_approved};
use crate::{
    glue::{
        build_nodes::{BuildArtifact, BuildNodes},
        checks::Checked,
        launch::spec_subject,
    },
    run::{Built, RunState, RunStateUpdate},
};

/// Drives the build loop on a thread of its own, which a resumed run continues where it stopped.
pub(super) async fn build(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let start = stage.start()?;
    let (offered, plan, approval) = (stage.offered()?, stage.plan()?, stage.spec_approval()?);
    let subject = spec_subject(offered.spec.digest()?, plan.planned_spend, plan.seal);
    let changed = "the spec, the spend or the checks are not what was approved: nothing was built";
    still_approved(&stage, approval, subject, changed).await?;

    let (builder_info, builder) = stage.ports.builders.of(&offered.spec, &offered.context);
    let nodes = BuildNodes {
        builder,
        builder_info,
        router: Arc::clone(&stage.ports.router),
        runner: stage.ports.runner.clone(),
        progress: Arc::clone(&stage.ports.progress),
        runtime: stage.ports.runtime.clone(),
        owner: start.owner(),
        currency: start.intent.currency(),
        spec: offered.spec.clone(),
        acceptance: plan.acceptance.clone(),
        seal: plan.seal,
        workspace: stage.workspace()?,
        approval,
    };
    let graph = write_test_fix::graph::<BuildArtifact, Checked>(
        "build",
        Arc::new(nodes),
        write_test_fix::LoopLimits::default(),
    )?;
    let app = graph.with_store(Arc::clone(&stage.ports.store));
    let thread = RunConfig::thread(format!("{}/build", start.run)).with_cancel(stage.cx.cancel());
    let known = app.get_state(&thread).await?;
    let state = match known {
        Some(known) if known.finished => known.state,
        known => {
            let input = if known.is_some() {
                Input::Continue
            } else {
                Input::start(write_test_fix::LoopState::update())
            };
            match app.invoke(input, &thread).await {
                Ok(Ending::Done(state)) => state,
                Ok(Ending::Cancelled(_)) => {
                    let message = "cancelled at a boundary of the build";
                    return Err(BackendError::new(ErrorKind::Cancelled, "lifecycle", "build", message).into());
                }
                Ok(_) => return Ok(stage.end(Outcome::Exhausted, "the build loop reached its step limit")),
                Err(error) => return Err(error.into()),
            }
        }
    };
    finish_build(&stage, &state).await
}

async fn finish_build(
    stage: &Stage,
    state: &write_test_fix::LoopState<BuildArtifact, Checked>,
) -> Result<RunStateUpdate, Halt> {
    let workspace = stage.workspace()?;
    let outcome = state.outcome.unwrap_or(Outcome::Failed);
    if let Some(reason) = &state.reason {
        return Ok(stage.end(outcome, reason));
    }
    // The checks that ended the loop are the proof: they saw these very files, which are looked at again before launch.
    let Checked { outcomes: checks, manifest, seed } =
        stage.known(state.report.clone(), "result of the checks")?;
    let failing: Vec<_> =
        checks.iter().filter(|check| !check.passed).map(|check| check.id.as_str()).collect();
    let attempts = u32::try_from(state.attempts.len()).unwrap_or(u32::MAX);
    stage
        .audit(
            "build_ended",
            json!({ "outcome": outcome, "attempts": attempts, "failing": failing, "seed": seed }),
        )
        .await?;
    let line = format!(
        "{outcome} after {attempts} attempt{}, {} of {} checks pass",
        if attempts == 1 { "" } else { "s" },
        checks.len() - failing.len(),
        checks.len()
    );
    stage.note(&line);
    let verified = outcome == Outcome::Verified && failing.is_empty() && manifest.is_some();
    let mut living = stage.living("testing", if verified { "success" } else { "failure" }, &line)?;
    if let Some(living) = living.as_mut().filter(|_| !verified) {
        for check in checks.iter().filter(|check| !check.passed) {
            living.record_error(stage.ports.runtime.now(), format!("{}: {}", check.id, check.detail), None);
        }
        living.write_to(&workspace)?;
    }
    let update = if verified {
        RunState::update()
    } else {
        let outcome = if outcome == Outcome::Verified { Outcome::Failed } else { outcome };
        let what = if failing.is_empty() {
            "the files changed under the checks".to_owned()
        } else {
            failing.join(", ")
        };
        stage.end(outcome, format!("the build did not pass its sealed checks: {what}"))
    };
    let work = state.artifact.as_ref().map(|artifact| artifact.work.clone()).unwrap_or_default();
    Ok(update.living(living).built(Some(Built { outcome, attempts, checks, seed, manifest, work })))
}
