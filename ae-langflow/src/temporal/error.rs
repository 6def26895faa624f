//! The errors of a client and a worker.

use ae_core::{BackendError, Effect, ErrorKind, Retry};
use temporalio_client::tonic;

/// An error of [`TemporalClient`](super::TemporalClient) or [`TemporalWorker`](super::TemporalWorker).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TemporalError {
    /// There is a run of that thread, under way or ended.
    #[error("the thread {thread:?} exists: read its state, or start another one")]
    ThreadExists {
        /// The thread.
        thread: String,
    },
    /// The thread to promote has finished.
    #[error(
        "the thread {thread:?} has finished, and a run on the server takes no further turns: it stays in its store, \
         where it can take them; promote it while something is left to run"
    )]
    Finished {
        /// The thread.
        thread: String,
    },
    /// There is no such run.
    #[error("there is no thread {thread:?} on this server: start it")]
    ThreadNotFound {
        /// The thread.
        thread: String,
    },
    /// The run refused a message, and nothing changed.
    #[error("the thread {thread:?} refused: {reason}")]
    Refused {
        /// The thread.
        thread: String,
        /// Why.
        reason: String,
    },
    /// The run failed and is closed.
    #[error("the thread {thread:?} failed: {message}")]
    Failed {
        /// The thread.
        thread: String,
        /// The kind of the failure: that of a [`BackendError`], or `node_failed`, `EffectUnknown` (it may have happened:
        /// reconcile), `timeout`, `lost` (its workers died), `too_large`, `unreadable` (a node can't read the state or
        /// its input, or no worker could read what it wrote), `run_refused` (what a [`RunError`](crate::RunError) says).
        kind: String,
        /// The message.
        message: String,
    },
    /// An operator ended the run, or the server did, because it went past a limit.
    #[error("the thread {thread:?} was terminated: {reason}")]
    Terminated {
        /// The thread.
        thread: String,
        /// Why, as the server has it.
        reason: String,
    },
    /// The server holds another form than this program knows.
    #[error("the thread {thread:?} can't be read: {reason}")]
    Unreadable {
        /// The thread.
        thread: String,
        /// The mistake.
        reason: String,
    },
    /// The state is too large to send.
    #[error(
        "the state of the thread {thread:?} has {bytes} bytes, {max} are allowed: keep large values outside"
    )]
    TooLarge {
        /// The thread.
        thread: String,
        /// Its size.
        bytes: u64,
        /// The limit.
        max: u64,
    },
    /// The graph refused to begin.
    #[error(transparent)]
    Run(#[from] crate::RunError),
    /// The in-process side of a promotion failed.
    #[error(transparent)]
    Graph(#[from] crate::GraphError),
    /// The server could not be reached, or refused.
    #[error(transparent)]
    Server(#[from] BackendError),
    /// A recorded run would take another turn now.
    #[error("the recorded run does not run as it did: {reason}")]
    Replay {
        /// Where.
        reason: String,
    },
    /// The worker can't be set up.
    #[error("the worker can't run: {reason}")]
    Worker {
        /// The mistake.
        reason: String,
    },
}

/// An error of the server or of the way to it.
pub(crate) fn server(operation: &'static str, status: tonic::Status) -> BackendError {
    use tonic::Code;
    let (kind, retry, effect) = match status.code() {
        Code::InvalidArgument | Code::OutOfRange => {
            (ErrorKind::InvalidInput, Retry::Never, Effect::NotApplied)
        }
        Code::NotFound => (ErrorKind::NotFound, Retry::Never, Effect::NotApplied),
        Code::AlreadyExists | Code::FailedPrecondition | Code::Aborted => {
            (ErrorKind::Conflict, Retry::Never, Effect::NotApplied)
        }
        Code::Unauthenticated => (ErrorKind::Unauthenticated, Retry::Never, Effect::NotApplied),
        Code::PermissionDenied => (ErrorKind::PermissionDenied, Retry::Never, Effect::NotApplied),
        Code::ResourceExhausted => (ErrorKind::RateLimited, Retry::Backoff, Effect::NotApplied),
        Code::Unimplemented => (ErrorKind::Unsupported, Retry::Never, Effect::NotApplied),
        Code::DeadlineExceeded | Code::Cancelled => (ErrorKind::Timeout, Retry::Backoff, Effect::Unknown),
        Code::Unavailable => (ErrorKind::Unavailable, Retry::Backoff, Effect::Unknown),
        _ => (ErrorKind::Internal, Retry::Backoff, Effect::Unknown),
    };
    BackendError::new(kind, "temporal", operation, status.message().to_owned())
        .with_retry(retry)
        .with_effect(effect)
        .with_source(status)
}

/// Something between this program and the server that is not an answer of the server.
pub(crate) fn local(
    operation: &'static str,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> BackendError {
    let error = error.into();
    BackendError::new(ErrorKind::Internal, "temporal", operation, error.to_string()).with_source(error)
}
