//! The work of a coding agent in the report of a run.

use ae_core::{BackendError, Money, TokenUsage};
use ae_safety::BudgetLedger;
use serde::Serialize;

use crate::{
    glue::meter::spent,
    run::RunState,
    store::{RunRow, RunSettings},
};

/// The coding agent of a run, and the cost of its work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentReport {
    /// Its name.
    pub name: String,
    /// The model that it was to use.
    pub model: Option<String>,
    /// The specification.
    pub author: Option<WorkReport>,
    /// The build.
    pub build: Option<WorkReport>,
}

/// The cost of a part of the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkReport {
    /// The number of attempts.
    pub attempts: u32,
    /// The cost by the ledger, which has that of lost attempts too.
    pub cost: Money,
    /// The most that it could cost.
    pub limit: Money,
    /// The tokens of the attempts that ended; `null` where one of them was not measured.
    pub usage: Option<TokenUsage>,
}

/// The work of the agent of a run; `None` with the built-in builder.
pub(super) async fn agent(
    row: &RunRow,
    state: &RunState,
    budget: &dyn BudgetLedger,
) -> Result<Option<AgentReport>, BackendError> {
    let RunSettings { agent: name, model, .. } = &row.settings;
    if name == RunSettings::SITE {
        return Ok(None);
    }
    let author = state.authored.as_ref().map(|authored| WorkReport {
        attempts: authored.attempts,
        cost: authored.cost,
        limit: authored.limit,
        usage: authored.usage,
    });
    let plan = state.offered.as_ref().and_then(|offered| offered.plan.as_ref());
    let build = match plan {
        Some(plan) => {
            let built = state.built.as_ref();
            let work = built.map(|built| built.work.as_slice()).unwrap_or_default();
            let usage = work.iter().filter(|work| work.cost.is_none_or(|cost| !cost.is_zero()));
            Some(WorkReport {
                attempts: built.map(|built| built.attempts).unwrap_or_default(),
                cost: spent(budget, row.run_id, "build").await?,
                limit: plan.planned_spend,
                usage: usage
                    .map(|work| work.usage)
                    .try_fold(TokenUsage::default(), |sum, usage| sum.checked_add(usage?)),
            })
        }
        None => None,
    };
    Ok(Some(AgentReport { name: name.clone(), model: model.clone(), author, build }))
}
