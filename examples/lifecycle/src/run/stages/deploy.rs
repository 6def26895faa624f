//! Publishes the approved release.

use std::sync::Arc;

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Mode, Outcome, RunId};
use ae_harness::{DeploymentStatus, ReadyWait};
use ae_safety::{Grant, Order, Scope};

use super::{Halt, Stage, approve::launch_approved, launch::bundle};
use crate::run::{Launched, RunState, RunStateUpdate};

/// The lines of a host's log that the end of a run shows.
const LOG_LINES: usize = 5;

/// Publishes exactly the release that was approved; an equal release that is live already stays as it is.
pub(super) async fn deploy(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let start = stage.start()?;
    let launched = stage.launched()?.clone();
    let (launch, approval) = (&launched.plan, launched.approval);
    stage.parties()?;
    launch_approved(&stage, &launched, "nothing was published").await?;
    let key = IdempotencyKey::derive(start.run, "deploy", "deploy", 0);
    let grant = Grant::new("ae").with_approval(approval).with_budget(Scope::Run(start.run));
    let action = launch.terms.deploy_action(&launch.deploy)?;
    let bundle = bundle(&stage, &launch.terms)?;
    let order = Order::new(&key, action, launch.deploy.clone(), &grant);
    let progress = Arc::clone(&stage.ports.progress);
    let wait = ReadyWait::new(stage.ports.runtime.clone(), stage.cx.cancel()).with_progress(move |report| {
        progress.note(&format!("the deployment {} is {}", report.deployment.id, report.deployment.state));
    });
    let waiting = wait.clone();
    let performed = stage
        .ports
        .deployer
        .perform(
            order,
            |deployer, key, plan| {
                Box::pin(async move {
                    let begun = deployer.deploy(key, plan, &bundle).await?;
                    if begun.state == DeploymentStatus::Ready && begun.active {
                        return Ok(begun);
                    }
                    Ok(waiting.wait_ready(&**deployer, key, plan, &begun).await?.deployment)
                })
            },
            |_| None,
        )
        .await;
    let performed = match performed {
        Err(error) if is_refused_by_host(&error) => {
            return Ok(stage.end(Outcome::Failed, why(&error, start.run)));
        }
        other => other?,
    };
    let deployment = stage.allowed(performed)?;
    // A local release was asked for every one of its files before it went live, and its server need not run yet.
    if launch.terms.parties.publisher.mode != Mode::Offline {
        wait.check_health(&deployment.url, &deployment.release).await?;
    }
    stage.note(&format!("release {} answers at {}", deployment.release, deployment.url));
    let line = format!("release {} published", deployment.release);
    let launched = Launched { deployment: Some(deployment), ..launched };
    Ok(RunState::update().living(stage.living("deployment", "success", &line)?).launched(Some(launched)))
}

/// Whether the host says that the release can't be served: no repeat changes that.
fn is_refused_by_host(error: &BackendError) -> bool {
    error.kind() == ErrorKind::Unavailable && error.operation() == "wait_ready"
}

/// The host's reason with the end of its log, and what to do about what is on sale.
fn why(error: &BackendError, run: RunId) -> String {
    let log = error.context().iter().find(|(name, _)| *name == "log").map(|(_, log)| log.as_str());
    let lines: Vec<_> = log.unwrap_or_default().lines().rev().take(LOG_LINES).collect();
    let log: Vec<_> = lines.into_iter().rev().map(str::trim).collect();
    let log =
        if log.is_empty() { String::new() } else { format!("; the end of its log: {}", log.join(" / ")) };
    format!(
        "{}{log}; nothing public leads to the payment links, take them back with `ae undo {run}`",
        error.message()
    )
}
