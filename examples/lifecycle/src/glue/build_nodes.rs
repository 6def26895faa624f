//! Joins a builder and the sealed checks to the write-test-fix graph.

use std::{path::PathBuf, sync::Arc, time::Duration};

use ae_core::{
    Action, ActionKind, ApprovalId, BackendError, Currency, Digest, ErrorKind, IdempotencyKey, Isolation,
    Money, Priority, ProductSpec, Runtime, Spend, Task, TaskId, TaskKind,
};
use ae_harness::{
    AcceptancePlan, AgentRequest, CheckOutcome, CliProvider, ProviderInfo, SiteContext, StopReason,
};
use ae_langflow::{
    Cx, Stop,
    write_test_fix::{
        CheckResult, Diagnosis, FixInput, LoopNodes, TestInput, TestReport, WriteInput, Written,
    },
};
use ae_router::{ModelRouter, RouteDecision};
use ae_safety::{Grant, Guarded, Order, Refusal, Scope, request_digest};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Owner, progress::Progress, routing::route_request};

/// How long one attempt of a builder may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(300);

/// The result of one attempt; the files themselves are in the workspace.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BuildArtifact {
    /// The builder's own summary.
    pub summary: String,
    /// The files that really changed.
    pub files_changed: Vec<String>,
    /// Its cost; `None` means not measured.
    pub cost: Option<Money>,
    /// Which model tier each attempt went to, this one last.
    pub routes: Vec<RouteDecision>,
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
    /// The address of its site.
    pub site: SiteContext,
    /// The checks.
    pub acceptance: AcceptancePlan,
    /// Their seal.
    pub seal: Digest,
    /// Where it is built.
    pub workspace: PathBuf,
    /// The approval that the work rests on.
    pub approval: ApprovalId,
}

#[async_trait]
impl LoopNodes<BuildArtifact> for BuildNodes {
    async fn write(&self, input: WriteInput<BuildArtifact>, cx: &Cx) -> Result<Written<BuildArtifact>, Stop> {
        let attempt = input.attempt;
        let route = self.route(attempt).await?;
        let info = &self.builder_info;
        let name = &info.provider.name;
        self.progress.note(&format!("attempt {attempt} by builder {name:?}; {}", describe(&route)));

        let mut request = AgentRequest::new(&self.workspace, prompt(&self.spec))
            .with_attempt(attempt)
            .with_timeout(ATTEMPT_TIMEOUT)
            .with_cost_ceiling(self.ceiling(&route));
        if let Some(diagnosis) = &input.diagnosis {
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
            .with_spend(Spend::AtMost(self.ceiling(&route)))
            .with_summary(format!("build attempt {attempt} by {name}"));
        let key = IdempotencyKey::derive(self.owner.run, "build", "execute", attempt);
        let grant = Grant::new("ae").with_approval(self.approval).with_budget(Scope::Run(self.owner.run));
        let order = Order::new(&key, action, request, &grant);
        let cancel = cx.cancel();
        let made = self
            .builder
            .perform(
                order,
                |builder, key, request| Box::pin(async move { builder.execute(key, request, &cancel).await }),
                |report| report.cost,
            )
            .await?;
        let report = match made {
            Ok(report) => report,
            Err(refusal) => {
                return Ok(Written::Ended { outcome: outcome_of(&refusal), reason: refusal.to_string() });
            }
        };
        match report.stop {
            StopReason::Cancelled => {
                return Err(
                    BackendError::new(ErrorKind::Cancelled, name.clone(), "execute", report.summary).into()
                );
            }
            StopReason::BudgetStop => {
                let reason = format!("the builder stopped at its cost ceiling: {}", report.summary);
                return Ok(Written::Ended { outcome: ae_core::Outcome::BudgetStop, reason });
            }
            // One that gave up or ran out of time leaves files that the checks judge.
            _ => {}
        }
        let mut routes = input.previous.map(|previous| previous.routes).unwrap_or_default();
        routes.push(route);
        Ok(Written::Made(BuildArtifact {
            summary: report.summary,
            files_changed: report.files_changed,
            cost: report.cost,
            routes,
        }))
    }

    async fn test(&self, _: TestInput<BuildArtifact>, _: &Cx) -> Result<TestReport, Stop> {
        let outcomes = self.acceptance.run(&self.workspace, &self.seal)?;
        let failed = outcomes.iter().filter(|check| !check.passed).count();
        self.progress.note(&format!("{} of {} checks passed", outcomes.len() - failed, outcomes.len()));
        let result = |check: &CheckOutcome| CheckResult::new(&check.id, check.passed, &check.detail);
        Ok(TestReport::new(outcomes.iter().map(result).collect()))
    }

    async fn fix(&self, input: FixInput<BuildArtifact>, _: &Cx) -> Result<Diagnosis, Stop> {
        let failing: Vec<_> = input.report.checks.iter().filter(|check| !check.passed).collect();
        let excerpt =
            failing.iter().map(|check| format!("{}: {}", check.id, check.detail)).collect::<Vec<_>>();
        for line in excerpt.iter().take(3) {
            self.progress.note(&format!("failed {line}"));
        }
        let failing = failing.iter().map(|check| check.id.clone()).collect();
        Ok(Diagnosis::new(failing, "the files written do not fulfil the sealed checks named above")
            .with_excerpt(excerpt.join("\n"))
            .with_files(input.artifact.files_changed.clone()))
    }
}

impl BuildNodes {
    async fn route(&self, attempt: u32) -> Result<RouteDecision, Stop> {
        let task = attempt_task(&self.spec, attempt)?;
        let request = route_request(task, &prompt(&self.spec), self.owner.run, self.runtime.now())
            .with_attempt(attempt);
        Ok(self.router.route(&request).await?)
    }

    /// A builder that is not metered costs nothing; a metered one is held to the router's estimate, or to nothing.
    fn ceiling(&self, route: &RouteDecision) -> Money {
        let zero = Money::zero(self.currency);
        if self.builder_info.metered { route.estimate.cost.unwrap_or(zero) } else { zero }
    }
}

/// A route in a line: why, and at what price.
pub fn describe(route: &RouteDecision) -> String {
    let estimate = route.estimate.cost.map_or_else(|| "not measured".to_owned(), |cost| cost.to_string());
    format!("{}; estimate {estimate}", route.reasoning)
}

/// One attempt of the build as a task that can be routed.
fn attempt_task(spec: &ProductSpec, attempt: u32) -> Result<Task, Stop> {
    let id: TaskId = format!("build-{attempt}").parse()?;
    let title = format!("Build the site of {}, attempt {attempt}", spec.product_name);
    Ok(Task::new(id, title, &spec.tagline, TaskKind::Implementation)
        .with_depends_on(spec.tasks.iter().map(|task| task.id.clone()).collect())
        .with_criteria(spec.acceptance_criteria.iter().map(|criterion| criterion.id.clone()).collect()))
}

/// The prompt of a builder besides the typed spec. Outside text is not part of it.
fn prompt(spec: &ProductSpec) -> String {
    let must: Vec<_> = spec
        .acceptance_criteria
        .iter()
        .filter(|criterion| criterion.priority <= Priority::P1)
        .map(|criterion| format!("- {}: {}", criterion.id, criterion.text))
        .collect();
    format!(
        "Build the product site of {} in the folder site/. Read CLAUDE.md first.\nIt is done when these hold:\n{}\n",
        spec.product_name,
        must.join("\n")
    )
}

fn render(diagnosis: &Diagnosis) -> String {
    format!(
        "failing: {}\n{}\ncause: {}",
        diagnosis.failing.join(", "),
        diagnosis.excerpt,
        diagnosis.suspected_cause
    )
}

/// How the run ends when a gate refuses.
pub const fn outcome_of(refusal: &Refusal) -> ae_core::Outcome {
    match refusal {
        Refusal::OverBudget { .. } => ae_core::Outcome::BudgetStop,
        _ => ae_core::Outcome::Blocked,
    }
}
