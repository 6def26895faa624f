//! Opens the budget and the workspace.

use ae_harness::LivingSpec;
use ae_safety::{AccountSpec, Scope};
use serde_json::json;

use super::{Halt, Stage};
use crate::run::{RunState, RunStateUpdate};

/// Opens the nested budget accounts (run ⊂ project ⊂ portfolio), the workspace and the living spec.
pub(super) async fn prepare(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let start = stage.start()?;
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
    Ok(RunState::update().living(Some(living)))
}
