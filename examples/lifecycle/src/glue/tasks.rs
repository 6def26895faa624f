//! Joins the tasks of a spec to a builder: which are due in an attempt, and the words of each order.

use ae_core::{Money, Priority, ProductSpec, Task, TaskId, TokenUsage};
use ae_harness::AcceptancePlan;
use ae_router::RouteDecision;
use serde::{Deserialize, Serialize};

/// How many criteria of a task are named on its line.
const SHOWN_MAX: usize = 6;

/// The work on one task in one attempt; the files themselves are in the workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaskWork {
    /// The task.
    pub task: TaskId,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The builder's own summary.
    pub summary: String,
    /// The files that really changed.
    pub files_changed: Vec<String>,
    /// Its cost; `None` means not measured.
    pub cost: Option<Money>,
    /// Its tokens; `None` where no model was used, or they were not measured.
    #[serde(default)]
    pub usage: Option<TokenUsage>,
    /// The model tier that it went to; `None` with a builder that is free of charge, and with a coding agent that has one
    /// model for all.
    pub route: Option<RouteDecision>,
}

/// The tasks of an attempt after which checks named `failing` failed, in the order of the spec, in which a task comes
/// after those that it depends on. Those alone are due again that serve a criterion that failed; where a failure
/// belongs to no task, all are.
pub fn due<'a>(spec: &'a ProductSpec, acceptance: &AcceptancePlan, failing: &[String]) -> Vec<&'a Task> {
    let mut again: Vec<&TaskId> = Vec::new();
    for id in failing {
        let check = acceptance.checks.iter().find(|check| check.id == *id);
        let criterion = check.and_then(|check| check.criterion.as_ref());
        let serving = spec.tasks.iter().filter(|task| criterion.is_some_and(|id| task.criteria.contains(id)));
        let before = again.len();
        again.extend(serving.map(|task| &task.id));
        if again.len() == before {
            return spec.tasks.iter().collect();
        }
    }
    spec.tasks.iter().filter(|task| failing.is_empty() || again.contains(&&task.id)).collect()
}

/// The prompt for one task besides the typed spec. Outside text is not part of it.
pub fn prompt(spec: &ProductSpec, task: &Task) -> String {
    let mut text = format!(
        "Task {} of {}: {}\n{}\n\nThe product lies in the folder site/. Read CLAUDE.md first.\n",
        task.id, spec.product_name, task.title, task.description
    );
    if !task.depends_on.is_empty() {
        text.push_str(&format!("Done before it: {}\n", names(&task.depends_on)));
    }
    text.push_str("It is done when these hold:\n");
    let serves = spec.acceptance_criteria.iter().filter(|criterion| task.criteria.contains(&criterion.id));
    for criterion in serves.filter(|criterion| criterion.priority <= Priority::P1) {
        text.push_str(&format!("- {}: {}\n", criterion.id, criterion.text));
    }
    text
}

/// A task with its criteria, on one line; of many criteria the first.
pub fn line(task: &Task) -> String {
    let Task { id, title, criteria, .. } = task;
    let first = criteria.iter().take(SHOWN_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match criteria.len() {
        0 => format!("{id} {title}"),
        count if count > SHOWN_MAX => format!("{id} {title} ({count} criteria: {first}, …)"),
        _ => format!("{id} {title} ({first})"),
    }
}

/// Names of tasks, on one line.
pub fn names(tasks: &[TaskId]) -> String {
    tasks.iter().map(TaskId::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use ae_core::{AcceptanceCriterion, CheckKind, Digest, NicheId, TaskKind, Timestamp};
    use ae_harness::SiteContext;

    use super::*;

    fn spec() -> ProductSpec {
        let mut spec = ProductSpec::new(NicheId::from_digest(&Digest::of_bytes("test", b"n")), "X", "x", "y");
        for id in ["AC-1", "AC-2"] {
            let check = CheckKind::Phrases { phrases: vec![id.to_owned()] };
            spec.acceptance_criteria
                .push(AcceptanceCriterion::new(id, "holds", Priority::P0).with_check(check));
        }
        for (id, criterion) in [("T-1", "AC-1"), ("T-2", "AC-2")] {
            let task = Task::new(id.parse().unwrap(), "Do", "it", TaskKind::Implementation);
            spec.tasks.push(task.with_criteria(vec![criterion.to_owned()]));
        }
        spec
    }

    fn due_after(failing: &[&str]) -> Vec<String> {
        let spec = spec();
        let site = SiteContext::new("http://127.0.0.1/", Timestamp::UNIX_EPOCH);
        let failing: Vec<_> = failing.iter().map(|id| (*id).to_owned()).collect();
        let plan = AcceptancePlan::derive(&spec, &site);
        due(&spec, &plan, &failing).into_iter().map(|task| task.id.to_string()).collect()
    }

    #[test]
    fn a_repair_is_the_work_of_the_tasks_whose_criteria_failed() {
        assert_eq!(due_after(&[]), ["T-1", "T-2"], "the first attempt is all of it");
        assert_eq!(due_after(&["AC-2"]), ["T-2"]);
        assert_eq!(due_after(&["AC-2", "AC-1"]), ["T-1", "T-2"], "in the order of the spec");
        assert_eq!(due_after(&["AC-2", "generic-links"]), ["T-1", "T-2"], "a failure of no task");
        assert_eq!(due_after(&["unheard-of"]), ["T-1", "T-2"]);
    }

    #[test]
    fn an_order_names_its_task_and_its_criteria() {
        let spec = spec();
        let text = prompt(&spec, &spec.tasks[1]);
        assert!(
            text.contains("Task T-2") && text.contains("- AC-2: holds") && !text.contains("AC-1"),
            "{text}"
        );
        assert_eq!(line(&spec.tasks[0]), "T-1 Do (AC-1)");
    }
}
