//! Coding agents behind their command lines, run by the supervisor.

mod attempt;
mod detect;
mod folders;
mod host;
mod provider;
mod report;
mod session;
#[cfg(feature = "sandbox")]
mod walls;
mod way;

pub use self::{detect::Detected, host::HostEnv, provider::CliAgent};

use ae_core::{BackendError, ErrorKind};

/// The backend that errors name.
const NAME: &str = "agent";

fn error(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, NAME, operation, message)
}
