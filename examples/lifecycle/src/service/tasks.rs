//! The tasks of a run in its report.

use std::collections::BTreeSet;

use ae_core::{Currency, Money, Task, TokenUsage};
use serde::Serialize;

use crate::{
    glue::{kit_prompt::is_agents, tasks::TaskWork},
    run::RunState,
};

/// A task of the spec: what it was thought to cost, and what it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskReport {
    /// The task.
    pub task: Task,
    /// The estimated cost of one attempt; `null` means not measured, and zero that the builder is free of charge.
    pub estimate: Option<Money>,
    /// The cost of all attempts; `null` when nothing was done or one of them was not measured.
    pub cost: Option<Money>,
    /// In how many attempts it was worked on.
    pub attempts: usize,
    /// The tokens of all attempts; `null` where no model was used, or one of them was not measured.
    pub usage: Option<TokenUsage>,
    /// The files that were changed by it.
    pub files_changed: BTreeSet<String>,
}

/// The tasks with what they were thought to cost, and what they did.
pub(super) fn tasks(state: &RunState, currency: Currency) -> Vec<TaskReport> {
    let Some(offered) = &state.offered else { return Vec::new() };
    let work = state.built.as_ref().map(|built| built.work.as_slice()).unwrap_or_default();
    let report = |task: &Task| {
        let done: Vec<_> = work.iter().filter(|work| work.task == task.id).collect();
        let estimate = offered.plan.as_ref().and_then(|plan| match plan.metered {
            // The site around the work of a coding agent is free of charge.
            true if plan.estimate.is_some() && !is_agents(&offered.spec, task) => Some(Money::zero(currency)),
            true => plan.routes.iter().find(|route| route.task.as_ref() == Some(&task.id))?.cost(),
            false => Some(Money::zero(currency)),
        });
        let sum = |sum: Option<Money>, work: &&TaskWork| sum?.checked_add(work.cost?).ok();
        let cost = if done.is_empty() { None } else { done.iter().fold(Some(Money::zero(currency)), sum) };
        TaskReport {
            task: task.clone(),
            estimate,
            cost,
            attempts: done.len(),
            usage: if done.is_empty() {
                None
            } else {
                done.iter().try_fold(TokenUsage::default(), |sum, work| sum.checked_add(work.usage?))
            },
            files_changed: done.iter().flat_map(|work| work.files_changed.iter().cloned()).collect(),
        }
    };
    offered.spec.tasks.iter().map(report).collect()
}
