//! The work of the analyst in the report of a run.

use ae_core::{BackendError, Money, TokenUsage};
use ae_safety::BudgetLedger;
use serde::Serialize;

use crate::{
    glue::analysts::{AnalystWork, account_of},
    run::RunState,
    store::{RunRow, RunSettings},
};

/// The analyst of a run, and the cost of its work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnalystReport {
    /// `rules`, or `model`.
    pub name: String,
    /// The models that wrote niches and spec; empty without one.
    pub models: Vec<String>,
    /// The cost; of one with models by the ledger, which has that of lost calls too. `null` means not measured.
    pub cost: Option<Money>,
    /// The most that it may cost; `null` without a limit of its own.
    pub limit: Option<Money>,
    /// The tokens of the answers; `null` without a model, or where they were not measured.
    pub usage: Option<TokenUsage>,
    /// The answers of models that were sent back with what was wrong.
    pub repairs: u32,
}

/// The work of the analyst of a run.
pub(super) async fn analyst(
    row: &RunRow,
    state: &RunState,
    budget: &dyn BudgetLedger,
) -> Result<AnalystReport, BackendError> {
    let work = state.found.as_ref().map(|found| found.analyst.as_slice()).unwrap_or_default();
    let mut models: Vec<String> = Vec::new();
    for model in work.iter().flat_map(|work| &work.models) {
        if !models.contains(model) {
            models.push(model.clone());
        }
    }
    let account = account_of(budget, row.run_id).await?;
    let zero = Money::zero(row.intent.currency());
    let stated = work.iter().try_fold(zero, |sum, work| sum.checked_add(work.cost?).ok());
    let cost = match &account {
        Some(account) => account.settled.checked_add(account.reserved).ok(),
        None if row.settings.analyst == RunSettings::MODEL && work.is_empty() => Some(zero),
        None => stated,
    };
    let with_models: Vec<&AnalystWork> = work.iter().filter(|work| !work.models.is_empty()).collect();
    let usage = with_models
        .iter()
        .try_fold(TokenUsage::default(), |sum, work| sum.checked_add(work.usage?))
        .filter(|_| !with_models.is_empty());
    Ok(AnalystReport {
        name: row.settings.analyst.clone(),
        models,
        cost,
        limit: account.and_then(|account| account.limit),
        usage,
        repairs: work.iter().map(|work| work.repairs).sum(),
    })
}
