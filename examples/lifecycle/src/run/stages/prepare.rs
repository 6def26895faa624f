//! Opens the budget and the workspace.

use ae_harness::LivingSpec;
use ae_langflow::Stop;
use ae_safety::{AccountSpec, Scope};
use serde_json::json;

use super::Stage;
use crate::run::{Life, LifeUpdate};

/// Opens the nested budget accounts (run ⊂ project), the workspace and the living spec.
///
/// # Errors
///
/// When one of them can't be written.
pub async fn prepare(stage: Stage) -> Result<LifeUpdate, Stop> {
    let seed = stage.seed()?;
    let (budget, limit) = (stage.ports.keeper.budget(), seed.intent.budget());
    let project = Scope::Project(seed.project);
    let portfolio = AccountSpec::portfolio(limit.currency());
    budget.open(&portfolio).await?;
    budget.open(&AccountSpec::new(project.clone(), portfolio.scope, limit)).await?;
    budget.open(&AccountSpec::new(Scope::Run(seed.run), project, limit)).await?;
    stage
        .audit(
            "run_started",
            json!({ "intent": seed.intent.text(), "budget": seed.intent.budget().to_string() }),
        )
        .await?;

    let mut living = LivingSpec::new("Not named yet", seed.intent.text());
    living.enter("planning");
    living.log(seed.created_at, stage.name, "success", "budget and workspace opened");
    let workspace = stage.ports.dir.workspace(seed.run).map_err(Stop::failed)?;
    living.write_to(&workspace)?;
    Ok(Life::update().living(Some(living)))
}
