//! Opens the budget and the workspace.

use ae_core::{Deliverable, Outcome};
use ae_harness::LivingSpec;
use ae_safety::{AccountSpec, Scope};
use serde_json::json;

use super::{Halt, Stage};
use crate::{
    glue::hosting::Parties,
    run::{RunState, RunStateUpdate},
};

/// Opens the nested budget accounts (run ⊂ project ⊂ portfolio), the workspace and the living spec, once host and payment
/// provider say that they can be used.
pub(super) async fn prepare(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let start = stage.start()?;
    // A key that is refused, or of another mode than the run's, is found before anything is spent.
    stage.ports.deploy_planner.check().await?;
    stage.ports.till.check().await?;
    let parties = Parties::new(&stage.ports.deploy_planner.info(), stage.ports.till.info().provider);
    // What a coding agent makes is sold.
    if let Some(refusal) = stage.ports.agent.as_ref().and_then(|_| parties.refusal(Deliverable::WebTool)) {
        return Ok(stage.end(Outcome::Blocked, refusal));
    }
    let (budget, limit) = (&stage.ports.keeper.budget, start.intent.budget());
    let project = Scope::Project(start.project);
    let portfolio = AccountSpec::portfolio(limit.currency());
    budget.open(&portfolio).await?;
    budget.open(&AccountSpec::new(project.clone(), portfolio.scope, limit)).await?;
    budget.open(&AccountSpec::new(Scope::Run(start.run), project, limit)).await?;
    stage
        .audit(
            "run_started",
            json!({ "intent": start.intent.text(), "budget": start.intent.budget().to_string() }),
        )
        .await?;

    let mut living = LivingSpec::new("Not named yet", start.intent.text());
    living.enter("planning");
    living.log(start.created_at, stage.name, "success", "budget and workspace opened");
    let workspace = stage.workspace()?;
    living.write_to(&workspace)?;
    Ok(RunState::update().living(Some(living)).parties(Some(parties)))
}
