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

/// The result of everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind`.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, source: None }
    }

    /// Says what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Why it failed.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The next step.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// A failed file operation: `doing` names the operation and the path.
    #[must_use]
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

impl From<BackendError> for Error {
    fn from(error: BackendError) -> Self {
        Self {
            kind: error.kind(),
            message: error.message().to_owned(),
            hint: None,
            source: Some(error.into()),
        }
        .named()
    }
}

impl Error {
    /// Puts the backend's name in front and keeps only its cause, so that no line is said twice.
    fn named(mut self) -> Self {
        if let Some(source) = self.source.take() {
            self.message = source.to_string();
            self.source = source
                .source()
                .map(|cause| Box::<dyn std::error::Error + Send + Sync>::from(cause.to_string()));
        }
        self
    }
}

/// The message of `error` with its causes, on one line.
#[must_use]
pub fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    for cause in causes(error) {
        text.push_str(": ");
        text.push_str(&cause);
    }
    text
}

/// The causes of `error`, outermost first, without those that only repeat what was said.
#[must_use]
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
