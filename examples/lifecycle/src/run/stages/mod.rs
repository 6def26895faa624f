//! The stages of a run, one node of the lifecycle graph each. A stage reads the state, performs its effects through
//! the ports and returns what changed; run again after a crash it finds its effects by their keys and repeats none.

mod approve;
mod author;
mod build;
mod configure;
mod deploy;
mod discover;
mod domain;
mod evidence;
mod finish;
mod launch;
mod monetize;
mod plan;
mod prepare;
mod site;
mod specify;
mod validate;

use std::{future::Future, pin::Pin, sync::Arc};

use ae_core::{ApprovalId, BackendError, Deliverable, ErrorKind, IdempotencyKey, Outcome};
use ae_genesis::{Analyst, Drafted};
use ae_harness::{KitDraft, LivingSpec, ProviderInfo};
use ae_langflow::{Cx, Stop};
use ae_safety::{AuditEvent, Call, Refusal};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{BuildPlan, End, Found, Launched, Offered, Ports, RunStart, RunState, RunStateUpdate, Sold};
use crate::glue::{
    agent::Agent,
    analyst::ending,
    analysts::{AnalystWork, Question},
    build_nodes::outcome_of,
    hosting::Parties,
};

/// The work of a stage, erased so that stages of different futures have one type.
pub(super) type Running<E> = Pin<Box<dyn Future<Output = Result<RunStateUpdate, E>> + Send>>;

/// One stage of a run.
#[derive(Debug)]
pub struct StageInfo {
    /// The name of its node.
    pub name: &'static str,
    /// Its work in a few words.
    pub doing: &'static str,
    pub(super) run: fn(Stage) -> Running<Halt>,
}

macro_rules! stages {
    ($($name:literal, $doing:literal, $run:path;)*) => {
        /// The stages of a run, in their order.
        pub const STAGES: [StageInfo; [$($name),*].len()] =
            [$(StageInfo { name: $name, doing: $doing, run: |stage| Box::pin($run(stage)) }),*];
    };
}

stages! {
    "prepare", "opening budget and workspace, asking host and payment provider", prepare::prepare;
    "discover", "reading demand signals", discover::discover;
    "validate", "proposing and validating niches", validate::validate;
    "evidence", "deciding whether the evidence is enough", evidence::evidence;
    "author", "specifying the product's behaviour", author::author;
    "specify", "writing the product spec", specify::specify;
    "plan", "routing tasks and sealing the acceptance checks", plan::plan;
    "approve_spec", "approval of spec, planned spend and site", approve::approve_spec;
    "site", "making the site, without publishing anything", site::site;
    "build", "write, test, fix", build::build;
    "plan_launch", "planning the launch", launch::plan_launch;
    "approve_launch", "approval of the launch", approve::approve_launch;
    "monetize", "product, prices and payment links of what works", monetize::monetize;
    "configure", "webhook endpoint and environment of the site", configure::configure;
    "deploy", "publishing the release", deploy::deploy;
    "domain", "attaching the domain", domain::domain;
    "finish", "closing the books", finish::finish;
}

/// The stage that closes the books, wherever a run ends.
pub(super) const FINISH: &str = last(&STAGES).name;

#[expect(clippy::panic, reason = "seen by the compiler, not by a user")]
const fn last<T>(all: &[T]) -> &T {
    match all {
        [.., last] => last,
        [] => panic!("a run has stages"),
    }
}

/// Why a stage is over before its work is done.
pub(super) enum Halt {
    /// The run ends here.
    Ended(Box<RunStateUpdate>),
    /// The graph stops here.
    Stopped(Stop),
}

impl<E: Into<Stop>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Stopped(error.into())
    }
}

impl Halt {
    /// The work of a stage as the graph takes it.
    pub(super) async fn settled(work: Running<Self>) -> Result<RunStateUpdate, Stop> {
        match work.await {
            Ok(update) => Ok(update),
            Err(Self::Ended(update)) => Ok(*update),
            Err(Self::Stopped(stop)) => Err(stop),
        }
    }
}

/// The end of a question to the analyst, as it is recorded.
#[derive(Debug, Serialize, Deserialize)]
enum Answered<A> {
    Given(Box<Drafted<A>>),
    /// The run ends here.
    Over {
        outcome: Outcome,
        reason: String,
    },
}

/// Why the analyst gave nothing, and what to do about it.
fn unanswered(operation: &str, error: &BackendError) -> String {
    let message = error.message();
    format!(
        "the analyst gave no answer to {operation}: {message}; start a new run with --analyst rules, a larger budget or other words"
    )
}

/// The input of a stage: the ports, the state and the graph's context.
#[derive(Debug, Clone)]
pub struct Stage {
    pub(super) ports: Arc<Ports>,
    pub(super) state: Arc<RunState>,
    /// The graph's context: questions, cancellation.
    pub(super) cx: Cx,
    pub(super) name: &'static str,
}

impl Stage {
    fn start(&self) -> Result<&RunStart, Stop> {
        self.known(self.state.start.as_ref(), "start")
    }

    fn found(&self) -> Result<&Found, Stop> {
        self.known(self.state.found.as_ref(), "signals")
    }

    fn offered(&self) -> Result<&Offered, Stop> {
        self.known(self.state.offered.as_ref(), "spec")
    }

    fn plan(&self) -> Result<&BuildPlan, Stop> {
        self.known(self.offered()?.plan.as_ref(), "plan")
    }

    fn spec_approval(&self) -> Result<ApprovalId, Stop> {
        self.known(self.offered()?.approval, "approval of the spec")
    }

    /// The coding agent and the product that it specified, where the spec is of that product.
    fn agent_work(&self) -> Result<Option<(&Agent, &KitDraft)>, Stop> {
        let spec = &self.offered()?.spec;
        let draft = self.state.authored.as_ref().and_then(|authored| authored.draft.as_ref());
        let is_it = |draft: &&KitDraft| {
            spec.deliverable == Deliverable::WebTool && spec.offer.as_ref() == Some(&draft.offer().name)
        };
        let Some(draft) = draft.filter(is_it) else { return Ok(None) };
        Ok(Some((self.known(self.ports.agent.as_ref(), "coding agent")?, draft)))
    }

    /// The account of itself of the builder of the product.
    fn builder_info(&self) -> Result<ProviderInfo, Stop> {
        let Offered { spec, context, .. } = self.offered()?;
        Ok(match self.agent_work()? {
            Some((agent, _)) => agent.info.clone(),
            None => self.ports.builders.of(spec, context).0,
        })
    }

    fn launched(&self) -> Result<&Launched, Stop> {
        self.known(self.state.launched.as_ref(), "approved launch")
    }

    /// The objects of `launched` at the payment provider; `None` where nothing is sold.
    fn sold(&self, launched: &Launched) -> Result<Option<&Sold>, Stop> {
        let sells = launched.plan.terms.for_sale.is_some();
        sells.then(|| self.known(self.state.sold.as_ref(), "products on sale")).transpose()
    }

    /// Host and payment provider, which are the ones with which the run began: with others it ends here.
    fn parties(&self) -> Result<&Parties, Halt> {
        let then = self.known(self.state.parties.as_ref(), "host and payment provider")?;
        let now = Parties::new(&self.ports.deploy_planner.info(), self.ports.till.info().provider);
        if then.acts_as(&now) {
            return Ok(then);
        }
        let in_words = |parties: &Parties| {
            format!("{} and {} ({})", parties.host(), parties.seller.name, parties.seller.mode)
        };
        let left = match (&self.state.launched, &self.state.start) {
            (Some(_), Some(start)) => {
                format!(
                    "nothing more was sent; take back what was made, with the keys of then: `ae undo {}`",
                    start.run
                )
            }
            _ => "nothing was sent, start a new run".to_owned(),
        };
        let reason = format!(
            "the run began with {}, and now it would act through {}: {left}",
            in_words(then),
            in_words(&now)
        );
        Err(self.halt(Outcome::Blocked, reason))
    }

    /// A part of the state that an earlier stage must have left.
    fn known<T>(&self, part: Option<T>, name: &str) -> Result<T, Stop> {
        part.ok_or_else(|| {
            let message =
                format!("the checkpoint of this run has no {name}; restore checkpoints.db from a backup");
            Stop::failed(BackendError::new(ErrorKind::Protocol, "lifecycle", self.name, message))
        })
    }

    /// Ends the run here.
    fn end(&self, outcome: Outcome, reason: impl Into<String>) -> RunStateUpdate {
        let reason = self.ports.keeper.redactor.redact(&reason.into()).into_owned();
        RunState::update().end(Some(End { outcome, reason, stage: self.name.to_owned() }))
    }

    /// Ends the run here, from within the work of a stage.
    fn halt(&self, outcome: Outcome, reason: impl Into<String>) -> Halt {
        Halt::Ended(Box::new(self.end(outcome, reason)))
    }

    /// Ends the run where a gate refused.
    fn allowed<T>(&self, performed: Result<T, Refusal>) -> Result<T, Halt> {
        performed.map_err(|refusal| self.halt(outcome_of(&refusal), refusal.to_string()))
    }

    /// One answer of the analyst, and what it took. One that costs money is recorded before it is used, so that a run that goes
    /// on after a crash does not pay for it again.
    async fn ask_analyst<R: Serialize + Send + Sync, A: Serialize + DeserializeOwned + Send + 'static>(
        &self,
        operation: &'static str,
        brief: R,
        call: impl for<'a> FnOnce(&'a Arc<dyn Analyst>, &'a IdempotencyKey, &'a R) -> Call<'a, Drafted<A>> + Send,
    ) -> Result<(A, AnalystWork), Halt> {
        let (start, analysts) = (self.start()?, &self.ports.analysts);
        let question = Question {
            owner: start.owner(),
            budget: start.intent.budget(),
            folder: self.ports.dir.run_folder(start.run, "analyst")?,
            place: (self.name, operation),
            brief,
        };
        let asked = async {
            match analysts.ask(question, call).await {
                Ok(Ok(draft)) => Ok(Answered::Given(Box::new(draft))),
                Ok(Err(refusal)) => {
                    Ok(Answered::Over { outcome: outcome_of(&refusal), reason: refusal.to_string() })
                }
                Err(error) => match ending(&error) {
                    Some(outcome) => Ok(Answered::Over { outcome, reason: unanswered(operation, &error) }),
                    None => Err(error),
                },
            }
        };
        let answered = if analysts.info().metered {
            self.cx.once(&format!("analyst/{operation}"), asked).await?
        } else {
            asked.await?
        };
        let draft = match answered {
            Answered::Given(draft) => *draft,
            Answered::Over { outcome, reason } => return Err(self.halt(outcome, reason)),
        };
        let work = AnalystWork::of(operation, &draft);
        if !work.models.is_empty() {
            let cost = work.cost.map_or_else(|| "not measured".to_owned(), |cost| cost.to_string());
            let (models, repairs) = (work.models.join(", "), work.repairs);
            self.note(&format!("the analyst's models ({models}): {operation} for {cost}, {repairs} repairs"));
            self.audit("analyst_answered", serde_json::to_value(&work)?).await?;
        }
        Ok((draft.artefact, work))
    }

    /// Enters `phase` in the living spec, logs `line` and renders CLAUDE.md into the workspace.
    fn living(&self, phase: &str, outcome: &str, line: &str) -> Result<Option<LivingSpec>, Stop> {
        let mut living = self.known(self.state.living.clone(), "living spec")?;
        living.enter(phase);
        living.log(self.ports.runtime.now(), self.name, outcome, self.ports.keeper.redactor.redact(line));
        living.write_to(&self.workspace()?)?;
        Ok(Some(living))
    }

    /// The folder in which the product is built.
    fn workspace(&self) -> Result<std::path::PathBuf, Stop> {
        Ok(self.ports.dir.workspace(self.start()?.run)?)
    }

    /// Records `kind` in the audit log before going on.
    async fn audit(&self, kind: &str, detail: serde_json::Value) -> Result<(), Stop> {
        let event = AuditEvent::new(kind, "ae").with_run(self.start()?.run).with_detail(detail);
        self.ports.keeper.audit.append(&event).await?;
        Ok(())
    }

    /// Reports a line of progress.
    fn note(&self, line: &str) {
        self.ports.progress.note(line);
    }
}
