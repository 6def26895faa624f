//! Builds the product in the write-test-fix graph.

use std::{path::Path, sync::Arc};

use ae_core::{BackendError, ErrorKind, Outcome};
use ae_langflow::{Ending, Input, RunConfig, write_test_fix};
use serde_json::json;

use super::{
    Halt, Stage,
    approve::{spec_approved, still_approved},
};
use crate::{
    glue::{
        agent_build::AgentBuild,
        build_nodes::{BuildArtifact, BuildNodes},
        checks::{Checked, unnoticed},
    },
    run::{Built, RunState, RunStateUpdate},
};

/// The most defects that no case notices which are listed.
const DEFECTS_SHOWN: usize = 10;

/// Drives the build loop on a thread of its own, which a resumed run continues where it stopped.
pub(super) async fn build(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let start = stage.start()?;
    let (offered, plan, approval) = (stage.offered()?, stage.plan()?, stage.spec_approval()?);
    let changed = "the spec, the spend, the checks or the site are not what was approved: nothing was built";
    still_approved(&stage, approval, spec_approved(&stage)?, changed).await?;

    let (mut builder_info, builder) = stage.ports.builders.of(&offered.spec, &offered.context);
    let mut agent_build = None;
    if let Some((agent, draft)) = stage.agent_work()? {
        agent.recover(start.owner()).await?;
        builder_info = agent.info.clone();
        agent_build = Some(AgentBuild {
            agent: agent.clone(),
            draft: draft.clone(),
            context: offered.context.clone(),
            private: stage.ports.dir.run_folder(start.run, "agent")?,
            living: stage.known(stage.state.living.clone(), "living spec")?,
        });
    }
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
        agent: agent_build,
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
    let gaps = if verified && stage.agent_work()?.is_some() {
        gaps(stage, &workspace, seed).await?
    } else {
        Vec::new()
    };
    Ok(update.living(living).built(Some(Built { outcome, attempts, checks, seed, manifest, work, gaps })))
}

/// The gaps in the proof of an agent's work: defects of its modules that no case notices, and what no check looks at.
async fn gaps(stage: &Stage, workspace: &Path, seed: u64) -> Result<Vec<String>, Halt> {
    let features = &stage.offered()?.spec.core_features;
    let behaviours = features.iter().flat_map(|feature| feature.behaviours.iter().cloned()).collect();
    let found = unnoticed(workspace, &stage.ports.runner, behaviours, seed).await?;
    stage.note(&format!("{} defects of the modules would be noticed by no case", found.len()));
    let mut gaps: Vec<String> =
        found.iter().take(DEFECTS_SHOWN).map(|defect| format!("this line, by no case: {defect}")).collect();
    if found.len() > DEFECTS_SHOWN {
        gaps.push(format!("{} further lines, by no case", found.len() - DEFECTS_SHOWN));
    }
    if features.iter().any(|feature| feature.tier.is_some()) {
        gaps.push("that all that is paid for stands behind the lock of the page".to_owned());
    }
    Ok(gaps)
}
