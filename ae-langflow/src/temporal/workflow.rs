//! The one workflow type: it drives the run of any graph. It holds no user code, and its own code is replayed: see the
//! replay tests before changing what it schedules.

use std::{collections::BTreeMap, error::Error as StdError, sync::Arc};

use temporalio_common::data_converters::{
    GenericPayloadConverter as _, RawValue, SerializationContext, SerializationContextData,
    WorkflowSerializationContext,
};
use temporalio_macros::{workflow, workflow_methods};
use temporalio_sdk::{
    SyncWorkflowContext, WorkflowCancellationToken, WorkflowContext, WorkflowContextView, WorkflowResult,
};

use super::{
    drive,
    inbox::Inbox,
    registry::Registry,
    wire::{FORMAT, Records, RunEnd, RunPolicy, Standing, WorkflowInput, json_bytes},
};
use crate::{Answer, GraphRun, JsonState, NodeFailure, Question, RunError, TaskId};

/// The most bytes of failures that are shown.
const FAILURES_BYTES_MAX: u64 = 64 * 1024;

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
    /// The bytes that the tasks under way have given back so far.
    pub(crate) returned: u64,
    /// The nodes that failed for good and ended the run, by task.
    pub(crate) failures: BTreeMap<TaskId, NodeFailure>,
}

/// A graph as a workflow.
#[workflow]
pub(crate) struct GraphWorkflow {
    pub(crate) registry: Arc<Registry>,
    /// None until `run` is polled for the first time; answers may come before.
    pub(crate) active: Option<Active>,
    pub(crate) inbox: Inbox,
    /// Says whether the run was asked to stop; none until it is polled.
    pub(crate) stop: Option<WorkflowCancellationToken>,
}

#[workflow_methods(factory_only)]
impl GraphWorkflow {
    #[run(name = "graph")]
    pub(crate) async fn run(ctx: &mut WorkflowContext<Self>, input: WorkflowInput) -> WorkflowResult<RunEnd> {
        drive::run(ctx, input).await
    }

    /// Answers a question. The first answer to a question counts; one that comes early is kept. What is not an answer
    /// is dropped: an error here would block the run.
    #[signal(name = "answer")]
    pub(crate) fn signalled(&mut self, ctx: &mut SyncWorkflowContext<Self>, signal: RawValue) {
        let converter = ctx.payload_converter();
        let data = SerializationContextData::Workflow(WorkflowSerializationContext::new());
        let answer = converter.from_payloads(&SerializationContext::new(&data, converter), signal.payloads);
        let answer = answer.map_err(|error| format!("a signal is not an answer: {error}"));
        let open = self.active.as_ref().map_or(&[][..], |active| active.run.questions());
        self.inbox.receive(answer, open, ctx.cancellation_token().is_cancelled());
    }

    #[allow(clippy::ptr_arg, reason = "the type of the update, as the macro passes it")]
    #[update_validator(answered)]
    fn check(
        &self,
        _: &WorkflowContextView,
        answers: &Vec<Answer>,
    ) -> Result<(), Box<dyn StdError + Send + Sync>> {
        if self.stop.as_ref().is_some_and(WorkflowCancellationToken::is_cancelled) {
            return Err("the run is cancelled and takes no answers any more".into());
        }
        self.inbox.check(answers, self.questions())
    }

    /// Answers open questions and says what is open then.
    #[update(name = "answer")]
    pub(crate) fn answered(&mut self, _: &mut SyncWorkflowContext<Self>, answers: Vec<Answer>) {
        // The loop hands them to the run at a step's boundary: a task in flight may still ask the same thing again.
        self.inbox.accept(answers);
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
            failures: active.failures.values().cloned().collect(),
            open_joins: active.run.open_joins(),
            questions: active.run.questions().to_vec(),
            step: active.run.step(),
            finished: active.run.is_finished(),
            dropped: self.inbox.dropped().clone(),
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

impl GraphWorkflow {
    fn questions(&self) -> &[Question] {
        self.active.as_ref().map_or(&[], |active| active.run.questions())
    }
}

impl Active {
    pub(crate) fn to_input(&self, inbox: Inbox) -> WorkflowInput {
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
    pub(crate) fn bytes(&self, inbox: &Inbox) -> u64 {
        let sizes = [json_bytes(&self.run), json_bytes(inbox), json_bytes(&self.records)];
        // What can't be written down can't travel either.
        sizes.into_iter().map(|size| size.unwrap_or(u64::MAX)).fold(0, u64::saturating_add)
    }

    /// Gives the run those answers of `inbox` that fit an open question.
    pub(crate) fn take_answers(&mut self, inbox: &mut Inbox) -> Result<(), RunError> {
        let fitting = inbox.take(self.run.questions());
        if fitting.is_empty() { Ok(()) } else { self.run.answer(fitting).map(drop) }
    }

    /// Keeps why a task failed, if there is room: it comes with every answer to a query.
    pub(crate) fn keep_failure(&mut self, task: &TaskId, failure: NodeFailure) {
        self.failures.insert(task.clone(), failure);
        if !json_bytes(&self.failures).is_ok_and(|bytes| bytes <= FAILURES_BYTES_MAX) {
            self.failures.remove(task);
        }
    }

    /// Keeps what a task recorded until the superstep ends: it may run again.
    pub(crate) fn keep_records(&mut self, task: &str, records: Records) {
        if !records.is_empty() {
            self.records.insert(task.to_owned(), records);
        }
    }
}
