//! Joins a builder and the sealed checks to the write-test-fix graph.

use std::{path::PathBuf, sync::Arc, time::Duration};

use ae_core::{
    Action, ActionKind, ApprovalId, BackendError, Currency, Digest, ErrorKind, IdempotencyKey, Isolation,
    Money, Outcome, ProductSpec, Runtime, Spend, Task,
};
use ae_harness::{
    AcceptancePlan, AgentLimits, AgentReport, AgentRequest, BehaviourRunner, CliProvider, ProviderInfo,
    StopReason,
};
use ae_langflow::{
    Cx, Stop,
    write_test_fix::{Diagnosis, FixInput, LoopNodes, TestInput, Verdict as _, WriteInput, Written},
};
use ae_router::{ModelRouter, RouteDecision};
use ae_safety::{Grant, Guarded, Order, Refusal, Scope, request_digest};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    Owner,
    agent_build::AgentBuild,
    checks::{Checked, check},
    progress::Progress,
    routing::route_request,
    tasks::{TaskWork, due, line, names, prompt},
};

/// How long one attempt of a builder at a task may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(300);

/// The work of all attempts so far; the files themselves are in the workspace.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct BuildArtifact {
    /// The work, oldest first.
    pub work: Vec<TaskWork>,
    /// The reasons why the agent's kit could not be put together in the last attempt.
    #[serde(default)]
    pub problems: Vec<String>,
    /// The failures of earlier attempts, oldest first.
    #[serde(default)]
    pub errors: Vec<String>,
}

/// The end of the work on one task.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum TaskEnd {
    /// It is done, as far as the builder can say.
    Done(Box<TaskWork>),
    /// The build ends here.
    Over { outcome: Outcome, reason: String },
}

/// A builder behind its guard, and its account of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hand<'a> {
    pub(super) builder: &'a Guarded<Arc<dyn CliProvider>>,
    pub(super) info: &'a ProviderInfo,
}

/// The three nodes of the build loop of one run.
#[derive(Debug)]
pub struct BuildNodes {
    /// The builder of this product behind its guard.
    pub builder: Guarded<Arc<dyn CliProvider>>,
    /// The builder's account of itself.
    pub builder_info: ProviderInfo,
    /// Chooses the model of each attempt.
    pub router: Arc<dyn ModelRouter>,
    /// Runs sealed behaviours.
    pub runner: BehaviourRunner,
    /// Is notified of each attempt.
    pub progress: Arc<dyn Progress>,
    /// Clock and ids.
    pub runtime: Runtime,
    /// The run.
    pub owner: Owner,
    /// The currency of its budget.
    pub currency: Currency,
    /// The product.
    pub spec: ProductSpec,
    /// The checks.
    pub acceptance: AcceptancePlan,
    /// Their seal.
    pub seal: Digest,
    /// Where it is built.
    pub workspace: PathBuf,
    /// The approval that the work rests on.
    pub approval: ApprovalId,
    /// The coding agent that writes the product's functions and its page, if one does.
    pub agent: Option<AgentBuild>,
}

#[async_trait]
impl LoopNodes<BuildArtifact, Checked> for BuildNodes {
    async fn write(&self, input: WriteInput<BuildArtifact>, cx: &Cx) -> Result<Written<BuildArtifact>, Stop> {
        let failing = input.diagnosis.as_ref().map(|diagnosis| diagnosis.failing.as_slice());
        let due = due(&self.spec, &self.acceptance, failing.unwrap_or_default());
        let name = &self.builder_info.provider.name;
        self.progress.note(&format!(
            "attempt {} by builder {name:?}: {}",
            input.attempt,
            names(&due.iter().map(|task| task.id.clone()).collect::<Vec<_>>())
        ));
        if let Some(agent) = &self.agent {
            return agent.write(self, &due, input, cx).await;
        }
        let mut work = input.previous.map(|previous| previous.work).unwrap_or_default();
        let hand = Hand { builder: &self.builder, info: &self.builder_info };
        for task in due {
            // Recorded one by one, so that a crash repeats one task at most and not what was paid for before it.
            let once = format!("{}/{}", task.id, input.attempt);
            let doing = self.work_on(hand, task, input.attempt, input.diagnosis.as_ref(), cx);
            match cx.once(&once, doing).await? {
                TaskEnd::Done(done) => work.push(*done),
                TaskEnd::Over { outcome, reason } => return Ok(Written::Ended { outcome, reason }),
            }
        }
        Ok(Written::Made(BuildArtifact { work, problems: Vec::new(), errors: Vec::new() }))
    }

    async fn test(&self, _: TestInput<BuildArtifact>, _: &Cx) -> Result<Checked, Stop> {
        let workspace = self.workspace.clone();
        let ids = &*self.runtime.ids;
        let checked = check(&self.acceptance, self.seal, workspace, &self.runner, ids).await?;
        let (all, failed) = (checked.outcomes.len(), checked.failing().len());
        self.progress.note(&format!("{} of {all} checks passed", all - failed));
        Ok(checked)
    }

    async fn fix(&self, input: FixInput<BuildArtifact, Checked>, _: &Cx) -> Result<Diagnosis, Stop> {
        let failing: Vec<_> = input.report.outcomes.iter().filter(|check| !check.passed).collect();
        let mut excerpt =
            failing.iter().map(|check| format!("{}: {}", check.id, check.detail)).collect::<Vec<_>>();
        for line in excerpt.iter().take(3) {
            self.progress.note(&format!("failed {line}"));
        }
        if let Some(agent) = &self.agent {
            excerpt = agent.diagnosis(self, &input).await?;
        }
        let failing = failing.iter().map(|check| check.id.clone()).collect();
        let latest = input.artifact.work.iter().filter(|work| work.attempt == input.attempt);
        let files = latest.flat_map(|work| work.files_changed.clone()).collect();
        Ok(Diagnosis::new(failing, "the files written do not fulfil the sealed checks named above")
            .with_excerpt(excerpt.join("\n"))
            .with_files(files))
    }
}

impl BuildNodes {
    /// One task in one attempt, from the gate to the books.
    pub(super) async fn work_on(
        &self,
        hand: Hand<'_>,
        task: &Task,
        attempt: u32,
        diagnosis: Option<&Diagnosis>,
        cx: &Cx,
    ) -> Result<TaskEnd, Stop> {
        let Hand { builder, info } = hand;
        let name = &info.provider.name;
        let route = self.route(info, task, attempt).await?;
        let ceiling = self.ceiling(route.as_ref());
        let mut request = AgentRequest::new(&self.workspace, prompt(&self.spec, task))
            .with_task(task.clone())
            .with_attempt(attempt)
            .with_limits(AgentLimits::new().with_wall(ATTEMPT_TIMEOUT).with_cost(ceiling));
        if let Some(diagnosis) = diagnosis {
            request = request.with_diagnosis(render(diagnosis));
        }
        // The built-in builder is the product's own code; only what runs foreign code needs a sandbox.
        let kind = match info.isolation {
            Isolation::Confined => ActionKind::WriteFiles,
            _ => ActionKind::ExecuteCode,
        };
        let action = Action::new(kind, "execute", name, request_digest(&request)?)
            .with_owner(self.owner.project, self.owner.run)
            .with_isolation(info.isolation)
            .with_spend(Spend::AtMost(ceiling))
            .with_summary(format!("task {} in attempt {attempt} by {name}", line(task)));
        let step = format!("build/{}", task.id);
        let key = IdempotencyKey::derive(self.owner.run, &step, "execute", attempt);
        let grant = Grant::new("ae").with_approval(self.approval).with_budget(Scope::Run(self.owner.run));
        let order = Order::new(&key, action, request, &grant);
        let cancel = cx.cancel();
        let made = builder
            .perform(
                order,
                |builder, key, request| {
                    Box::pin(async move { builder.execute(key, request, &(), &cancel).await })
                },
                |report| report.cost,
            )
            .await?;
        let report = match made {
            Ok(report) => report,
            Err(refusal) => {
                return Ok(TaskEnd::Over { outcome: outcome_of(&refusal), reason: refusal.to_string() });
            }
        };
        match report.stop {
            StopReason::Cancelled => {
                let stopped =
                    BackendError::new(ErrorKind::Cancelled, name.clone(), "execute", report.summary);
                return Err(stopped.into());
            }
            StopReason::BudgetStop => {
                let reason = format!("the builder stopped at its cost ceiling: {}", report.summary);
                return Ok(TaskEnd::Over { outcome: Outcome::BudgetStop, reason });
            }
            // One that gave up or ran out of time leaves files that the checks judge.
            _ => {}
        }
        let AgentReport { summary, files_changed, cost, usage, .. } = report;
        self.progress.note(&format!("{}: {} files changed", line(task), files_changed.len()));
        let task = task.id.clone();
        Ok(TaskEnd::Done(Box::new(TaskWork { task, attempt, summary, files_changed, cost, usage, route })))
    }

    /// The model of an attempt at `task`; a builder that is free of charge calls none.
    async fn route(
        &self,
        info: &ProviderInfo,
        task: &Task,
        attempt: u32,
    ) -> Result<Option<RouteDecision>, Stop> {
        if !info.metered {
            return Ok(None);
        }
        let request =
            route_request(task.clone(), &prompt(&self.spec, task), self.owner.run, self.runtime.now())
                .with_attempt(attempt);
        let route = self.router.route(&request).await?;
        self.progress.note(&format!("{} {}: {}", task.id, task.title, describe(&route)));
        Ok(Some(route))
    }

    /// A builder that is not metered costs nothing; a metered one is held to the router's estimate, or to nothing.
    fn ceiling(&self, route: Option<&RouteDecision>) -> Money {
        route.and_then(RouteDecision::cost).unwrap_or_else(|| Money::zero(self.currency))
    }
}

/// A route in a line: why, and at what price.
pub fn describe(route: &RouteDecision) -> String {
    let estimate = route.cost().map_or_else(|| "not measured".to_owned(), |cost| cost.to_string());
    format!("{}; estimate {estimate}", route.reasoning)
}

pub(super) fn render(diagnosis: &Diagnosis) -> String {
    format!(
        "failing: {}\n{}\ncause: {}",
        diagnosis.failing.join(", "),
        diagnosis.excerpt,
        diagnosis.suspected_cause
    )
}

/// How the run ends when a gate refuses.
pub const fn outcome_of(refusal: &Refusal) -> Outcome {
    match refusal {
        Refusal::OverBudget { .. } => Outcome::BudgetStop,
        _ => Outcome::Blocked,
    }
}
