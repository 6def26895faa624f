//! Talking to runs.

use std::{pin::Pin, sync::Arc};

use futures_core::Stream as _;
use serde_json::Value;
use temporalio_client::{
    Client, ClientOptions, Connection, ConnectionOptions, HistoryEventFilterType, WorkflowCancelOptions,
    WorkflowExecuteUpdateOptions, WorkflowFetchHistoryOptions, WorkflowGetResultOptions, WorkflowHandle,
    WorkflowHistoryError, WorkflowQueryOptions, WorkflowSignalOptions,
    errors::{WorkflowGetResultError, WorkflowInteractionError, WorkflowQueryError, WorkflowUpdateError},
    tonic::Status,
};
use temporalio_common::{
    HasWorkflowDefinition, SignalDefinition, data_converters::PayloadConversionError, error::IncomingError,
    protos::temporal::api::history::v1::history_event::Attributes,
};

use super::{
    BlobStore, ConnectOptions, DroppedSignals, TemporalError, blobs,
    error::{local, server},
    failure,
    wire::{RunEnd, Standing},
    workflow::GraphWorkflow,
};
use crate::{Answer, Ending, GraphError, State, ThreadState};

/// Starts runs on a server and talks to them. Cheap to clone.
#[derive(Clone)]
pub struct TemporalClient {
    pub(crate) client: Client,
    pub(crate) queue: String,
    pub(crate) blobs: Option<Arc<dyn BlobStore>>,
}

impl TemporalClient {
    /// Connects to a server. `queue` is the task queue that runs wait in and workers take from.
    ///
    /// # Errors
    ///
    /// [`TemporalError::Server`] when the address is none or contradicts the options, and when the server can't be
    /// reached or refuses.
    pub async fn connect(options: ConnectOptions, queue: impl Into<String>) -> Result<Self, TemporalError> {
        let url = options.target()?;
        // The SDK encrypts when it gets these options, whatever the scheme of the URL is.
        let tls = (url.scheme() == "https").then(|| options.tls.unwrap_or_default().into_sdk());
        let connection = ConnectionOptions::new(url)
            .identity(options.identity)
            .maybe_tls_options(tls)
            .maybe_api_key(options.api_key.map(|key| key.expose().clone()))
            .connect_timeout(options.connect_timeout)
            .build();
        let connection = Connection::connect(connection).await.map_err(|error| local("connect", error))?;
        let client = Client::new(connection, ClientOptions::new(options.namespace).build());
        Ok(Self::from_client(client.map_err(|error| local("connect", error))?, queue))
    }

    /// Uses a connected client of the SDK.
    #[must_use]
    pub fn from_client(client: Client, queue: impl Into<String>) -> Self {
        Self { client, queue: queue.into(), blobs: None }
    }

    /// Keeps fields over 64 KiB of the runs that it starts outside of them, in `blobs`, unless they have a reducer. Every
    /// client and worker of such a run needs the same store.
    #[must_use]
    pub fn with_blobs(mut self, blobs: Arc<dyn BlobStore>) -> Self {
        self.blobs = Some(blobs);
        self
    }

    /// Answers open questions, and returns once the run has taken the answers. It needs a worker.
    ///
    /// # Errors
    ///
    /// [`TemporalError::Refused`] when a question is not open (any more) or an answer is too large: nothing changed.
    /// [`TemporalError::ThreadNotFound`], also when the run has ended; [`TemporalError::Server`].
    pub async fn answer(&self, thread: &str, answers: Vec<Answer>) -> Result<(), TemporalError> {
        let options = WorkflowExecuteUpdateOptions::default();
        match self.handle(thread).execute_update(GraphWorkflow::answered, answers, options).await {
            Ok(()) => Ok(()),
            Err(WorkflowUpdateError::NotFound(status)) => Err(not_found(thread, status)),
            Err(WorkflowUpdateError::Failed(failure)) => {
                Err(TemporalError::Refused { thread: thread.to_owned(), reason: failure.message })
            }
            Err(WorkflowUpdateError::Rpc(status)) => Err(server("answer", status).into()),
            Err(error) => Err(local("answer", error).into()),
        }
    }

    /// Leaves an answer with the server, whether or not the question is open yet. The first answer to a question
    /// counts, and one that is sent twice does not answer the next question: once a question was answered and is asked
    /// again, only an answer made by [`Question::answer`](crate::Question::answer) counts. It needs no worker, and the
    /// sender does not learn whether it fitted: [`dropped_signals`](Self::dropped_signals) says so.
    ///
    /// # Errors
    ///
    /// [`TemporalError::ThreadNotFound`], also when the run has ended; [`TemporalError::Server`].
    pub async fn signal_answer(&self, thread: &str, answer: Answer) -> Result<(), TemporalError> {
        let options = WorkflowSignalOptions::default();
        let sent = self.handle(thread).signal(AnswerSignal, answer, options).await;
        sent.map_err(|error| interaction(thread, "signal", error))
    }

    /// Reads where a run stands. It needs a worker, and works once the run has ended as well. There are no records
    /// here, so their number is 0. The failures are those that ended the run, as many as fit into 64 KiB.
    ///
    /// # Errors
    ///
    /// [`TemporalError::ThreadNotFound`], [`TemporalError::Unreadable`] when it belongs to another state,
    /// [`TemporalError::Server`] also when no worker answers.
    pub async fn state<S: State>(&self, thread: &str) -> Result<ThreadState<S>, TemporalError> {
        let standing = self.standing(thread).await?;
        if standing.state_version != S::VERSION {
            return Err(GraphError::StateVersion {
                thread: thread.to_owned(),
                found: standing.state_version,
                expected: S::VERSION,
                reason: "use the program that started it".to_owned(),
            }
            .into());
        }
        Ok(ThreadState {
            state: self.read(thread, standing.end).await?,
            next: standing.next,
            failures: standing.failures,
            open_joins: standing.open_joins,
            questions: standing.questions,
            step: standing.step,
            seq: 0,
            finished: standing.finished,
            moved_to: None,
        })
    }

    /// Reads which signals a run got and did not use: those that were not answers, or not to its questions. It needs a
    /// worker, as [`state`](Self::state) does.
    ///
    /// # Errors
    ///
    /// [`TemporalError::ThreadNotFound`]; [`TemporalError::Server`] also when no worker answers.
    pub async fn dropped_signals(&self, thread: &str) -> Result<DroppedSignals, TemporalError> {
        Ok(self.standing(thread).await?.dropped)
    }

    /// Asks a run to stop. It takes no answers from then on. Its nodes see it with their next heartbeat; see
    /// [`TemporalWorker::on_cancel`](super::TemporalWorker::on_cancel).
    ///
    /// # Errors
    ///
    /// [`TemporalError::ThreadNotFound`], also when the run has ended on its own; [`TemporalError::Server`].
    pub async fn cancel(&self, thread: &str, reason: &str) -> Result<(), TemporalError> {
        let options = WorkflowCancelOptions::builder().reason(reason).build();
        let sent = self.handle(thread).cancel(options).await;
        sent.map_err(|error| interaction(thread, "cancel", error))
    }

    /// Waits until a run has ended. Dropping the call changes nothing.
    ///
    /// # Errors
    ///
    /// [`TemporalError::Failed`], [`TemporalError::Terminated`], [`TemporalError::ThreadNotFound`],
    /// [`TemporalError::Unreadable`], [`TemporalError::Server`].
    pub async fn result<S: State>(&self, thread: &str) -> Result<Ending<S>, TemporalError> {
        let result = self.handle(thread).get_result(WorkflowGetResultOptions::default()).await;
        let failed = |kind: &str, message: String| {
            Err(TemporalError::Failed { thread: thread.to_owned(), kind: kind.to_owned(), message })
        };
        let garbled = |error: PayloadConversionError| TemporalError::Unreadable {
            thread: thread.to_owned(),
            reason: error.to_string(),
        };
        match result {
            Ok(end) => Ok(Ending::Done(self.read(thread, end).await?)),
            Err(WorkflowGetResultError::Cancelled { details }) => {
                let end = details.deserialize().map_err(garbled)?;
                Ok(Ending::Cancelled(self.read(thread, end).await?))
            }
            Err(WorkflowGetResultError::Failed(error)) => match *error {
                IncomingError::Application(cause) if cause.type_name() == Some(failure::STEP_LIMIT) => {
                    let end = cause.details().map_err(garbled)?.unwrap_or_default();
                    Ok(Ending::StepLimit(self.read(thread, end).await?))
                }
                IncomingError::Application(cause) => {
                    failed(cause.type_name().unwrap_or(failure::NODE_FAILED), cause.to_string())
                }
                other => failed(failure::NODE_FAILED, other.to_string()),
            },
            Err(WorkflowGetResultError::Terminated { .. }) => Err(TemporalError::Terminated {
                thread: thread.to_owned(),
                reason: self.reason(thread).await,
            }),
            Err(WorkflowGetResultError::TimedOut) => {
                failed("timeout", "the server's own limit for the run was reached".to_owned())
            }
            Err(WorkflowGetResultError::NotFound(status)) => Err(not_found(thread, status)),
            Err(WorkflowGetResultError::Rpc(status)) => Err(server("result", status).into()),
            Err(error) => Err(local("result", error).into()),
        }
    }

    /// The history of the last run of `thread`, to be kept for [`Replayer`](super::Replayer). It holds the states of the
    /// run in clear.
    ///
    /// # Errors
    ///
    /// [`TemporalError::ThreadNotFound`], [`TemporalError::Server`].
    pub async fn history(&self, thread: &str) -> Result<Vec<u8>, TemporalError> {
        let history = self.handle(thread).fetch_history(WorkflowFetchHistoryOptions::default());
        match history.to_json().await {
            Ok(json) => Ok(json),
            Err(WorkflowHistoryError::Fetch(error)) => Err(interaction(thread, "history", error)),
            Err(error) => Err(local("history", error).into()),
        }
    }

    async fn standing(&self, thread: &str) -> Result<Standing, TemporalError> {
        let handle = self.handle(thread);
        let query = handle.query(GraphWorkflow::standing, (), WorkflowQueryOptions::default());
        query.await.map_err(|error| asked(thread, "state", error))
    }

    /// Why a run was terminated.
    async fn reason(&self, thread: &str) -> String {
        let options = WorkflowFetchHistoryOptions::builder()
            .event_filter_type(HistoryEventFilterType::CloseEvent)
            .build();
        let mut events = self.handle(thread).fetch_history(options);
        let event = std::future::poll_fn(|waker| Pin::new(&mut events).poll_next(waker)).await;
        let end = event.and_then(Result::ok).and_then(|event| event.attributes);
        match end {
            Some(Attributes::WorkflowExecutionTerminatedEventAttributes(end)) if !end.reason.is_empty() => {
                end.reason
            }
            _ => "by an operator, without a reason".to_owned(),
        }
    }

    /// The state as its type, with the large values back in it.
    async fn read<S: State>(&self, thread: &str, mut end: RunEnd) -> Result<Arc<S>, TemporalError> {
        if end.by_reference {
            let Some(store) = &self.blobs else {
                let reason = "its large values are in a blob store: give it to this client".to_owned();
                return Err(TemporalError::Unreadable { thread: thread.to_owned(), reason });
            };
            blobs::fetch(store.as_ref(), &mut end.state).await?;
        }
        let state = S::deserialize(Value::Object(end.state));
        state.map(Arc::new).map_err(|error| unreadable(thread, &error))
    }

    pub(super) fn handle(&self, thread: &str) -> WorkflowHandle<Client, GraphWorkflow> {
        self.client.get_workflow_handle::<GraphWorkflow>(thread)
    }
}

/// The signal as it should come. The workflow takes it as it does come.
struct AnswerSignal;

impl SignalDefinition for AnswerSignal {
    type Workflow = <GraphWorkflow as HasWorkflowDefinition>::Run;
    type Input = Answer;

    fn name(&self) -> &str {
        "answer"
    }
}

/// The server says the same of a namespace that is not there.
fn not_found(thread: &str, status: Status) -> TemporalError {
    if status.message().starts_with("Namespace") {
        return server("find", status).into();
    }
    TemporalError::ThreadNotFound { thread: thread.to_owned() }
}

pub(super) fn unreadable(thread: &str, error: &serde_json::Error) -> TemporalError {
    TemporalError::Unreadable { thread: thread.to_owned(), reason: error.to_string() }
}

pub(super) fn asked(thread: &str, operation: &'static str, error: WorkflowQueryError) -> TemporalError {
    match error {
        WorkflowQueryError::NotFound(status) => not_found(thread, status),
        WorkflowQueryError::Rpc(status) => server(operation, status).into(),
        error => local(operation, error).into(),
    }
}

pub(super) fn interaction(
    thread: &str,
    operation: &'static str,
    error: WorkflowInteractionError,
) -> TemporalError {
    match error {
        WorkflowInteractionError::NotFound(status) => not_found(thread, status),
        WorkflowInteractionError::Rpc(status) => server(operation, status).into(),
        error => local(operation, error).into(),
    }
}

impl std::fmt::Debug for TemporalClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TemporalClient").field("queue", &self.queue).finish_non_exhaustive()
    }
}
