//! Joins a coding agent to the build loop: it writes the functions and the page of the tool, the site around them follows
//! from the spec, and the sealed checks judge the whole.

use std::path::PathBuf;

use ae_core::{BackendError, Behaviour, ErrorKind, Task};
use ae_harness::{
    AcceptancePlan, AgentReport, AgentRequest, Assertion, BehaviourRunner, KitDraft, LivingSpec, Modules,
    SiteContext, Verdict,
};
use ae_langflow::{
    Cx, Stop,
    write_test_fix::{Diagnosis, FixInput, WriteInput, Written},
};

use super::{
    agent::{Agent, AgentOrder, AgentRoom, one_line},
    build_nodes::{BuildArtifact, BuildNodes, Hand, TaskEnd, describe, render},
    checks::Checked,
    kit_prompt::{is_agents, prompt},
    kit_room::KitRoom,
    routing::route_request,
    tasks::{TaskWork, line},
};

/// The most failures of earlier attempts that are remembered.
const ERRORS_MAX: usize = 40;
/// The folder of the site in a workspace.
const SITE: &str = "site";

/// A coding agent at the work of a build.
#[derive(Debug)]
pub struct AgentBuild {
    /// The agent.
    pub agent: Agent,
    /// The kit that it writes.
    pub draft: KitDraft,
    /// The address of the site.
    pub context: SiteContext,
    /// A folder for the agent's settings and sessions.
    pub private: PathBuf,
    /// The living spec before the build.
    pub living: LivingSpec,
}

impl AgentBuild {
    fn room(&self, nodes: &BuildNodes) -> KitRoom {
        KitRoom::new(nodes.workspace.clone(), self.draft.clone())
    }

    /// An attempt: the agent's tasks in their order, then the site around what it wrote.
    pub(super) async fn write(
        &self,
        nodes: &BuildNodes,
        due: &[&Task],
        input: WriteInput<BuildArtifact>,
        cx: &Cx,
    ) -> Result<Written<BuildArtifact>, Stop> {
        let WriteInput { attempt, previous, diagnosis, .. } = input;
        let mut made = previous.unwrap_or_default();
        made.problems.clear();
        made.errors
            .extend(diagnosis.iter().flat_map(|diagnosis| diagnosis.excerpt.lines().map(str::to_owned)));
        made.errors.drain(..made.errors.len().saturating_sub(ERRORS_MAX));
        let (own, rest): (Vec<&Task>, Vec<&Task>) = due.iter().partition(|task| is_agents(&nodes.spec, task));
        for task in own {
            let once = format!("{}/{attempt}", task.id);
            let doing = self.work_on(nodes, task, attempt, diagnosis.as_ref(), &made, cx);
            match cx.once(&once, doing).await? {
                TaskEnd::Done(done) => made.work.push(*done),
                TaskEnd::Over { outcome, reason } => return Ok(Written::Ended { outcome, reason }),
            }
        }
        let kit = match self.room(nodes).load()? {
            Ok(kit) => kit,
            Err(problems) => {
                for problem in problems.iter().take(3) {
                    nodes.progress.note(&format!("the kit is not sound: {problem}"));
                }
                made.problems = problems;
                return Ok(Written::Made(made));
            }
        };
        let (info, builder) = self.agent.site(&nodes.spec, &self.context, kit);
        let hand = Hand { builder: &builder, info: &info };
        // A repair of the tool alone needs a new site too.
        let around = if rest.is_empty() { nodes.spec.tasks.iter().rev().take(1).collect() } else { rest };
        for task in around {
            match nodes.work_on(hand, task, attempt, None, cx).await? {
                TaskEnd::Done(done) => made.work.push(*done),
                TaskEnd::Over { outcome, reason } => return Ok(Written::Ended { outcome, reason }),
            }
        }
        Ok(Written::Made(made))
    }

    /// One task of the agent in one attempt.
    async fn work_on(
        &self,
        nodes: &BuildNodes,
        task: &Task,
        attempt: u32,
        diagnosis: Option<&Diagnosis>,
        made: &BuildArtifact,
        cx: &Cx,
    ) -> Result<TaskEnd, Stop> {
        self.room(nodes).lay_out()?;
        self.living(nodes, made).write_to(&nodes.workspace)?;
        let mut request = AgentRequest::new(&nodes.workspace, prompt(&nodes.spec, task))
            .with_task(task.clone())
            .with_attempt(attempt);
        if let Some(diagnosis) = diagnosis {
            request = request.with_diagnosis(render(diagnosis));
        }
        let (step, owner) = (format!("build/{}", task.id), nodes.owner);
        let work = format!("{step}/{attempt}");
        let before = self.agent.spent(owner, &work).await?;
        let asked = route_request(task.clone(), &request.prompt, owner.run, nodes.runtime.now());
        let route = self.agent.route(&*nodes.router, asked.with_attempt(attempt), owner).await?;
        let model = route.as_ref().and_then(|route| route.callable().next()).map(|one| one.model.id.clone());
        if let (Some(route), Some(model)) = (&route, &model) {
            nodes.progress.note(&format!("{}: {model}, {}", task.id, describe(route)));
        }
        let order = AgentOrder {
            room: AgentRoom { owner, work: work.clone(), private: self.private.clone() },
            step,
            request,
            model,
            limit: self.agent.left(owner).await?,
            approval: Some(nodes.approval),
            summary: format!("task {} in attempt {attempt}", line(task)),
        };
        let report = match self.agent.work(order, &nodes.progress, &cx.cancel()).await? {
            Ok(report) => report,
            Err(over) => return Ok(TaskEnd::Over { outcome: over.outcome, reason: over.reason }),
        };
        let AgentReport { summary, files_changed, usage, stop, failure, .. } = report;
        // The ledger also has what an attempt cost that was lost in a crash.
        let spent = self.agent.spent(owner, &work).await?;
        let cost = if before.is_zero() { report.cost.or(Some(spent)) } else { Some(spent) };
        let end = failure.map_or_else(|| stop.to_string(), |failure| format!("{stop}: {}", failure.kind));
        nodes.progress.note(&format!("{}: {end}, {} files changed", line(task), files_changed.len()));
        let (task, summary) = (task.id.clone(), one_line(&summary));
        let work = TaskWork { task, attempt, summary, files_changed, cost, usage, route };
        Ok(TaskEnd::Done(Box::new(work)))
    }

    /// The living spec as it stands before a task.
    fn living(&self, nodes: &BuildNodes, made: &BuildArtifact) -> LivingSpec {
        let (mut living, now) = (self.living.clone(), nodes.runtime.now());
        living.enter("implementation");
        for work in &made.work {
            let detail = format!("attempt {}, {} files changed", work.attempt, work.files_changed.len());
            living.log(now, work.task.to_string(), "success", detail);
        }
        for error in &made.errors {
            living.record_error(now, error.clone(), None);
        }
        living
    }

    /// The words on a failure that the agent gets. Of a case that it may not see the name is given and not the values: an
    /// agent that got them one by one could repeat them.
    pub(super) async fn diagnosis(
        &self,
        nodes: &BuildNodes,
        input: &FixInput<BuildArtifact, Checked>,
    ) -> Result<Vec<String>, Stop> {
        if !input.artifact.problems.is_empty() {
            let problems = input.artifact.problems.iter();
            return Ok(problems.map(|problem| format!("kit/{problem}")).collect());
        }
        let failing: Vec<&str> = input
            .report
            .outcomes
            .iter()
            .filter(|check| !check.passed)
            .map(|check| check.id.as_str())
            .collect();
        let (behaviours, other) = by_kind(&nodes.acceptance, &failing);
        let mut lines = cases(nodes, behaviours, &self.draft, input.report.seed).await?;
        let details = input.report.outcomes.iter().filter(|check| other.contains(&check.id.as_str()));
        lines.extend(details.map(|check| format!("{}: {}", check.id, check.detail)));
        Ok(lines)
    }
}

/// The behaviours of the failing checks, and the ids of the checks of another kind.
fn by_kind<'a>(plan: &AcceptancePlan, failing: &[&'a str]) -> (Vec<Behaviour>, Vec<&'a str>) {
    let (mut behaviours, mut other) = (Vec::new(), Vec::new());
    for id in failing {
        match plan.checks.iter().find(|check| check.id == *id).map(|check| &check.asserts) {
            Some(Assertion::Behaves { behaviour }) => behaviours.push(behaviour.clone()),
            _ => other.push(*id),
        }
    }
    (behaviours, other)
}

/// Runs the behaviours again, case by case.
async fn cases(
    nodes: &BuildNodes,
    behaviours: Vec<Behaviour>,
    draft: &KitDraft,
    seed: u64,
) -> Result<Vec<String>, BackendError> {
    let shown: Vec<Behaviour> = draft.shown().into_values().flatten().collect();
    let (folder, runner) = (nodes.workspace.join(SITE), nodes.runner.clone());
    let work = move || judge(&folder, &runner, &behaviours, &shown, seed);
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        let message = "the cases broke off";
        BackendError::new(ErrorKind::Internal, "lifecycle", "diagnosis", message).with_source(error)
    })?
}

fn judge(
    folder: &std::path::Path,
    runner: &BehaviourRunner,
    behaviours: &[Behaviour],
    shown: &[Behaviour],
    seed: u64,
) -> Result<Vec<String>, BackendError> {
    if behaviours.is_empty() {
        return Ok(Vec::new());
    }
    let mut lines = Vec::new();
    for (behaviour, outcome) in
        behaviours.iter().zip(runner.run(&Modules::read(folder)?, behaviours, seed)?)
    {
        let known = shown.iter().find(|one| one.id == behaviour.id);
        let is_shown = |name: &str| known.is_some_and(|one| one.cases.iter().any(|case| case.name == name));
        let module = behaviour.module.replacen("tool/", "kit/", 1);
        for case in outcome.verdicts.iter().filter(|case| case.verdict != Verdict::Passed) {
            let place = format!("{module}, {}, case {:?}: {}", behaviour.export, case.name, case.verdict);
            // What was thrown may repeat the input.
            lines.push(if is_shown(&case.name) {
                format!("{place}: {}", case.detail)
            } else {
                format!("{place} (a case that you don't see: find the general rule)")
            });
        }
    }
    Ok(lines)
}
