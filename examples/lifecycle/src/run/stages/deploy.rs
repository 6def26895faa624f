//! Publishes the approved release.

use ae_core::{IdempotencyKey, Outcome};
use ae_harness::{Bundle, DeploymentStatus};
use ae_safety::{Grant, Order, Scope};

use super::{Halt, Stage, approve::still_approved};
use crate::run::{Launched, RunState, RunStateUpdate};

/// Publishes exactly the release that was approved; an equal release that is live already stays as it is.
pub(super) async fn deploy(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let start = stage.start()?;
    let launched = stage.launched()?.clone();
    let (launch, approval) = (&launched.plan, launched.approval);
    let changed = "the release, the product or its prices are not what was approved: nothing was published";
    still_approved(&stage, approval, launch.subject()?, changed).await?;
    let key = IdempotencyKey::derive(start.run, "deploy", "deploy", 0);
    let grant = Grant::new("ae").with_approval(approval).with_budget(Scope::Run(start.run));
    let action = launch.deploy_action()?;
    let bundle = Bundle::scan(&stage.workspace()?.join("site"))?;
    let order = Order::new(&key, action, launch.deploy.clone(), &grant);
    let deployer = &stage.ports.deployer;
    let performed = deployer
        .perform(
            order,
            |deployer, key, plan| Box::pin(async move { deployer.deploy(key, plan, &bundle).await }),
            |_| None,
        )
        .await?;
    let deployment = stage.allowed(performed)?;
    if deployment.state != DeploymentStatus::Ready {
        let reason = format!("release {} is {}, not ready", deployment.id, deployment.state);
        return Ok(stage.end(Outcome::Failed, reason));
    }
    stage.note(&format!("release {} answers at {}", deployment.id, deployment.url));
    let line = format!("release {} published", deployment.id);
    let launched = Launched { deployment: Some(deployment), ..launched };
    Ok(RunState::update().living(stage.living("deployment", "success", &line)?).launched(Some(launched)))
}
