//! The error of the lifecycle.

use ae_core::{BackendError, ErrorKind};

/// An error of the composition: what happened, and what to do next.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of everything here. Whatever touches a store or a file fails when that can't be read or written as it is;
/// what else can go wrong stands at the function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, source: None }
    }

    /// Why it failed.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The next step.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// A failed file operation: `doing` names the operation and the path.
    pub fn io(doing: impl Into<String>, error: std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        let kind = match error.kind() {
            Io::NotFound => ErrorKind::NotFound,
            Io::PermissionDenied | Io::ReadOnlyFilesystem => ErrorKind::PermissionDenied,
            Io::StorageFull | Io::QuotaExceeded => ErrorKind::StorageFull,
            Io::NotADirectory | Io::AlreadyExists | Io::InvalidInput => ErrorKind::InvalidInput,
            _ => ErrorKind::Internal,
        };
        Self::new(kind, doing).with_source(error)
    }
}

ae_core::setters! { Error {
    /// Says what to do next.
    fn with_hint(hint: some into String);
    /// Keeps the cause.
    fn with_source(source: some into Box<dyn std::error::Error + Send + Sync>);
} }

/// Names the backend in the message and keeps only its cause, so that no line is said twice.
impl From<BackendError> for Error {
    fn from(error: BackendError) -> Self {
        let cause = std::error::Error::source(&error).map(|cause| cause.to_string().into());
        Self { kind: error.kind(), message: error.to_string(), hint: None, source: cause }
    }
}

/// The message of `error` with its causes, on one line.
pub fn chain(error: &Error) -> String {
    let all: Vec<String> = std::iter::once(error.to_string()).chain(causes(error)).collect();
    all.join(": ")
}

/// The causes of `error`, outermost first, without those that only repeat what was said.
pub fn causes(error: &Error) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(present) = cause {
        let text = present.to_string();
        if text != error.to_string() && causes.last() != Some(&text) {
            causes.push(text);
        }
        cause = present.source();
    }
    causes
}
