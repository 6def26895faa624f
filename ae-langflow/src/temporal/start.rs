//! The begin of a run: new, taken over from a store, or again after a failure.

use std::{collections::BTreeMap, sync::Arc};

use ae_core::Runtime;
use temporalio_client::{
    WorkflowDescribeOptions, WorkflowIdConflictPolicy, WorkflowIdReusePolicy, WorkflowQueryOptions,
    WorkflowStartOptions,
    errors::{WorkflowInteractionError, WorkflowStartError},
    tonic::IntoRequest as _,
};
use temporalio_common::protos::temporal::api::workflowservice::v1::DescribeNamespaceRequest;

use super::{
    RunOptions, TemporalClient, TemporalError, blobs,
    client::{asked, interaction, unreadable},
    error::{local, server},
    inbox::Inbox,
    wire::{DEPTH_MAX, FORMAT, Records, WorkflowInput, is_too_deep, json_bytes},
    workflow::GraphWorkflow,
};
use crate::{App, Graph, GraphRun, JsonState, RunConfig, State};

impl TemporalClient {
    /// Starts a run in `state`. `thread` names it from then on, also once it has ended.
    ///
    /// # Errors
    ///
    /// [`TemporalError::ThreadExists`], [`TemporalError::TooLarge`], [`TemporalError::Run`] when a router after START
    /// gives an unknown label, [`TemporalError::Server`]. An effect `Unknown` may have started it: read its state.
    pub async fn start<S: State>(
        &self,
        graph: &Graph<S>,
        thread: &str,
        state: S,
        options: &RunOptions,
    ) -> Result<(), TemporalError> {
        let incarnation = Runtime::system().ids.new_uuid().to_string();
        let run = GraphRun::start(graph, state)?.named(thread, incarnation);
        let input = self.input(thread, &run, BTreeMap::new(), options).await?;
        self.send(thread, input, WorkflowIdReusePolicy::RejectDuplicate).await
    }

    /// Takes a thread over from the store of `app`: it ends there, for every process, and goes on here under the same
    /// name. No node that finished runs again. Calling it again, after a crash in between for example, is not an error:
    /// the store notes that the thread has arrived, and then nothing is started, even when the server has forgotten the
    /// run since.
    ///
    /// # Errors
    ///
    /// Nothing changed: [`TemporalError::ThreadExists`] when there is another thread of that name here,
    /// [`TemporalError::Finished`] when nothing is left to run, [`TemporalError::TooLarge`], [`TemporalError::Graph`] when
    /// there is no such thread in the store, it went elsewhere, or another runner has it.
    ///
    /// The thread has left the store and waits for another try: [`TemporalError::Server`] when the server can't be
    /// reached any more or refuses the run after all.
    pub async fn promote<S: State>(
        &self,
        app: &App<S>,
        thread: &str,
        options: &RunOptions,
    ) -> Result<(), TemporalError> {
        let (config, place) = (RunConfig::thread(thread), self.place(thread).await?);
        let mut leaving = app.leaving(&config, &place).await?;
        if leaving.has_arrived() {
            return Ok(());
        }
        let (again, run) = (leaving.has_left(), leaving.run());
        if !again {
            if run.is_finished() {
                return Err(TemporalError::Finished { thread: thread.to_owned() });
            }
            match self.handle(thread).describe(WorkflowDescribeOptions::default()).await {
                Ok(_) => return Err(TemporalError::ThreadExists { thread: thread.to_owned() }),
                Err(WorkflowInteractionError::NotFound(_)) => {}
                Err(error) => return Err(interaction(thread, "promote", error)),
            }
        }
        let input = self.input(thread, &run, leaving.recorded().clone(), options).await?;
        check_size(thread, &input)?;
        leaving.leave().await?;
        match self.send(thread, input, WorkflowIdReusePolicy::RejectDuplicate).await {
            // An earlier try came as far as this.
            Err(TemporalError::ThreadExists { .. }) if again => {}
            other => other?,
        }
        Ok(leaving.note_arrival().await?)
    }

    /// Goes on with a run that failed, was cancelled or terminated, or reached its limit: from the last completed
    /// superstep, and without what finished next to the failure. It needs a worker.
    ///
    /// # Errors
    ///
    /// [`TemporalError::ThreadExists`] when it is under way or done; those of [`start`](Self::start).
    pub async fn go_on(&self, thread: &str, options: &RunOptions) -> Result<(), TemporalError> {
        let handle = self.handle(thread);
        let query = handle.query(GraphWorkflow::whole, (), WorkflowQueryOptions::default());
        let mut input = query.await.map_err(|error| asked(thread, "go_on", error))?;
        input.run.limit_steps(options.step_limit);
        input.policy = options.policy.clone();
        self.send(thread, input, WorkflowIdReusePolicy::AllowDuplicateFailedOnly).await
    }

    /// The input of the workflow that goes on with `run`. Its large values are in the blob store then.
    async fn input<S: State>(
        &self,
        thread: &str,
        run: &GraphRun<S>,
        records: BTreeMap<String, Records>,
        options: &RunOptions,
    ) -> Result<WorkflowInput, TemporalError> {
        let mut run = run.to_json_state().map_err(|error| unreadable(thread, &error))?;
        if let Some(store) = &self.blobs {
            let mut fields = run.state().fields().clone();
            let reduced = S::reducers().iter().map(|reducer| reducer.field).collect();
            blobs::lift(store.as_ref(), &reduced, &mut fields).await?;
            run.position.state = Arc::new(JsonState::new(fields, crate::Reducers::default()));
        }
        run.limit_steps(options.step_limit);
        Ok(WorkflowInput {
            format: FORMAT,
            graph: run.topology().name().to_owned(),
            state_version: S::VERSION,
            run,
            policy: options.policy.clone(),
            by_reference: self.blobs.is_some(),
            inbox: Inbox::default(),
            records,
        })
    }

    async fn send(
        &self,
        thread: &str,
        input: WorkflowInput,
        reuse: WorkflowIdReusePolicy,
    ) -> Result<(), TemporalError> {
        check_size(thread, &input)?;
        let start = WorkflowStartOptions::new(self.queue.clone(), thread.to_owned())
            .id_conflict_policy(WorkflowIdConflictPolicy::Fail)
            .id_reuse_policy(reuse)
            .static_summary(input.graph.clone())
            .build();
        match self.client.start_workflow(GraphWorkflow::run, input, start).await {
            Ok(_) => Ok(()),
            Err(WorkflowStartError::AlreadyStarted { .. }) => {
                Err(TemporalError::ThreadExists { thread: thread.to_owned() })
            }
            Err(WorkflowStartError::Rpc(status)) => Err(server("start", status).into()),
            Err(error) => Err(local("start", error).into()),
        }
    }

    /// The name of this server and namespace, whatever address it is reached at.
    async fn place(&self, thread: &str) -> Result<String, TemporalError> {
        let namespace = self.client.options().namespace.clone();
        let request = DescribeNamespaceRequest { namespace, ..DescribeNamespaceRequest::default() };
        let mut service = self.client.connection().workflow_service();
        let answer = service.describe_namespace(request.into_request()).await;
        let answer = answer.map_err(|status| server("promote", status))?.into_inner();
        let id = answer.namespace_info.map(|namespace| namespace.id).unwrap_or_default();
        Ok(format!("temporal/{id}/{thread}"))
    }
}

/// Refuses what the server or a worker could not read.
fn check_size(thread: &str, input: &WorkflowInput) -> Result<(), TemporalError> {
    let (bytes, max) =
        (json_bytes(input).map_err(|error| unreadable(thread, &error))?, input.policy.bytes_max);
    if bytes > max {
        return Err(TemporalError::TooLarge { thread: thread.to_owned(), bytes, max });
    }
    let value = serde_json::to_value(input).map_err(|error| unreadable(thread, &error))?;
    if is_too_deep(&value) {
        let reason = format!("its JSON is nested more than {DEPTH_MAX} deep");
        return Err(TemporalError::Unreadable { thread: thread.to_owned(), reason });
    }
    Ok(())
}
