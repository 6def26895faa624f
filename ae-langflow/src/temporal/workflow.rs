//! The one workflow type: it drives the run of any graph. It holds no user code, and its own code is replayed: see the
//! replay tests before changing what it schedules.

use std::{collections::BTreeMap, error::Error as StdError, sync::Arc};

use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{SyncWorkflowContext, WorkflowContext, WorkflowContextView, WorkflowResult};

use super::{
    drive,
    registry::Registry,
    wire::{FORMAT, Records, RunEnd, RunPolicy, Standing, WorkflowInput, json_bytes},
};
use crate::{Answer, GraphRun, JsonState, RunError};

/// More early answers than this are dropped: a sender that floods a run must not break it.
const INBOX_MAX: usize = 256;

/// Larger answers are dropped when signalled and refused when updated.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// A run under way as a workflow.
pub(crate) struct Active {
    pub(crate) run: GraphRun<JsonState>,
    pub(crate) graph: String,
    pub(crate) state_version: u32,
    pub(crate) policy: RunPolicy,
    pub(crate) by_reference: bool,
    pub(crate) records: BTreeMap<String, Records>,
    /// Supersteps completed before this history began.
    pub(crate) from_step: u64,
}

/// A graph as a workflow.
#[workflow]
pub(crate) struct GraphWorkflow {
    pub(crate) registry: Arc<Registry>,
    /// None until `run` is polled for the first time; answers may come before.
    pub(crate) active: Option<Active>,
    pub(crate) inbox: Vec<Answer>,
}

#[workflow_methods(factory_only)]
impl GraphWorkflow {
    #[run(name = "graph")]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, input: WorkflowInput) -> WorkflowResult<RunEnd> {
        drive::run(ctx, input).await
    }

    /// Answers a question. The first answer to a question counts; one that comes early is kept.
    #[signal(name = "answer")]
    pub(crate) fn signalled(&mut self, _: &mut SyncWorkflowContext<Self>, answer: Answer) {
        let known = self.inbox.iter().any(|kept| kept.id == answer.id);
        let small = json_bytes(&answer).is_ok_and(|bytes| bytes <= ANSWER_BYTES_MAX);
        if !known && small && self.inbox.len() < INBOX_MAX {
            self.inbox.push(answer);
        }
    }

    #[update_validator(answered)]
    fn check(
        &self,
        _: &WorkflowContextView,
        answers: &Vec<Answer>,
    ) -> Result<(), Box<dyn StdError + Send + Sync>> {
        let questions = self.active.as_ref().map_or(&[][..], |active| active.run.questions());
        let mut open: Vec<_> = questions.iter().collect();
        open.retain(|question| !self.inbox.iter().any(|kept| question.takes(kept)));
        for answer in answers {
            let Some(index) = open.iter().position(|question| question.id == answer.id) else {
                let open = open.iter().map(|question| question.id.clone()).collect();
                return Err(Box::new(RunError::UnknownQuestion { id: answer.id.clone(), open }));
            };
            if !open.remove(index).takes(answer) {
                return Err(Box::new(RunError::StaleAnswer { id: answer.id.clone() }));
            }
            let bytes = json_bytes(answer)?;
            if bytes > ANSWER_BYTES_MAX {
                let message = format!(
                    "the answer to {:?} has {bytes} bytes, {ANSWER_BYTES_MAX} are allowed: store it and answer with \
                     its name",
                    answer.id
                );
                return Err(message.into());
            }
        }
        Ok(())
    }

    /// Answers open questions and says what is open then.
    #[update(name = "answer")]
    pub(crate) fn answered(&mut self, _: &mut SyncWorkflowContext<Self>, answers: Vec<Answer>) {
        // The loop hands them to the run at a step's boundary: a task in flight may still ask the same thing again.
        self.inbox.extend(answers);
    }

    /// Where the run stands.
    #[query(name = "state")]
    pub(crate) fn standing(
        &self,
        _: &WorkflowContextView,
    ) -> Result<Standing, Box<dyn StdError + Send + Sync>> {
        let active = self.active.as_ref().ok_or("the run has not begun yet: ask again")?;
        Ok(Standing {
            graph: active.graph.clone(),
            state_version: active.state_version,
            end: active.end(),
            next: active.run.unfinished().map(|task| task.node().to_owned()).collect(),
            questions: active.run.questions().to_vec(),
            step: active.run.step(),
            finished: active.run.is_finished(),
        })
    }

    /// The whole run, to go on from it elsewhere.
    #[query(name = "run")]
    pub(crate) fn whole(
        &self,
        _: &WorkflowContextView,
    ) -> Result<WorkflowInput, Box<dyn StdError + Send + Sync>> {
        let active = self.active.as_ref().ok_or("the run has not begun yet: ask again")?;
        Ok(active.to_input(self.inbox.clone()))
    }
}

impl Active {
    pub(crate) fn to_input(&self, inbox: Vec<Answer>) -> WorkflowInput {
        WorkflowInput {
            format: FORMAT,
            graph: self.graph.clone(),
            state_version: self.state_version,
            run: self.run.clone(),
            policy: self.policy.clone(),
            by_reference: self.by_reference,
            inbox,
            records: self.records.clone(),
        }
    }

    pub(crate) fn end(&self) -> RunEnd {
        RunEnd { state: self.run.state().fields().clone(), by_reference: self.by_reference }
    }

    /// How many bytes the run has with everything that travels with it.
    pub(crate) fn bytes(&self, inbox: &[Answer]) -> u64 {
        let sizes = [json_bytes(&self.run), json_bytes(inbox), json_bytes(&self.records)];
        // What can't be written down can't travel either.
        sizes.into_iter().map(|size| size.unwrap_or(u64::MAX)).fold(0, u64::saturating_add)
    }

    /// Gives the run those answers of `inbox` that fit an open question.
    pub(crate) fn take_answers(&mut self, inbox: &mut Vec<Answer>) -> Result<(), RunError> {
        let mut open: Vec<_> = self.run.questions().iter().collect();
        let mut fitting = Vec::new();
        inbox.retain(|answer| {
            let Some(index) = open.iter().position(|question| question.id == answer.id) else { return true };
            // An answer to an earlier asking is dropped.
            if open.get(index).is_some_and(|question| question.takes(answer)) {
                open.remove(index);
                fitting.push(answer.clone());
            }
            false
        });
        if fitting.is_empty() { Ok(()) } else { self.run.answer(fitting).map(drop) }
    }

    /// Whether an answer in `inbox` fits an open question.
    pub(crate) fn can_go_on(&self, inbox: &[Answer]) -> bool {
        self.run.questions().iter().any(|question| inbox.iter().any(|answer| question.takes(answer)))
    }

    /// Keeps what a task recorded until the superstep ends: it may run again.
    pub(crate) fn keep_records(&mut self, task: &str, records: Records) {
        if !records.is_empty() {
            self.records.insert(task.to_owned(), records);
        }
    }
}
