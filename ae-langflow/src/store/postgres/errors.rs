//! The server's errors in the words of the port.

use std::{error::Error as StdError, fmt, time::Duration};

use ae_core::{BackendError, Effect, ErrorKind, Retry};
use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::{Error, error::SqlState};

pub(super) const BACKEND: &str = "postgres";

/// Why a call came to nothing.
pub(super) enum Fault {
    /// The server refused it, or there is no answer.
    Server(Error),
    /// The data that it read can't be right.
    Damaged,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

/// The server's message, without the details, which may hold values of rows.
#[derive(Debug)]
struct Said(String);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Said {}

/// The server undid the call, because another one came in between: the same call can get through now.
pub(super) fn met_another(error: &Error) -> bool {
    let met = [
        &SqlState::T_R_SERIALIZATION_FAILURE,
        &SqlState::T_R_DEADLOCK_DETECTED,
        &SqlState::FOREIGN_KEY_VIOLATION,
    ];
    error.code().is_some_and(|code| met.contains(&code))
}

/// The connection is gone, and with it the answer.
pub(super) fn is_broken(error: &Error) -> bool {
    match error.code() {
        Some(code) => {
            code.code().starts_with("08")
                || [&SqlState::ADMIN_SHUTDOWN, &SqlState::CRASH_SHUTDOWN, &SqlState::CANNOT_CONNECT_NOW]
                    .contains(&code)
        }
        None => error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>()),
    }
}

/// The error for a failure of `operation` on the database at `place`.
pub(super) fn failed(operation: &'static str, place: &str, fault: Fault) -> BackendError {
    match fault {
        Fault::Server(error) => refused_by_server(operation, place, error),
        Fault::Damaged => {
            let message = format!("{place}: a row is damaged: restore the database from a backup");
            BackendError::new(ErrorKind::Protocol, BACKEND, operation, message)
        }
    }
}

fn refused_by_server(operation: &'static str, place: &str, error: Error) -> BackendError {
    let (kind, message) = meaning(&error, place);
    let (unavailable, broken) = (kind == ErrorKind::Unavailable, is_broken(&error));
    let built = BackendError::new(kind, BACKEND, operation, message)
        .with_retry(if unavailable { Retry::Backoff } else { Retry::Never })
        .with_effect(if broken { Effect::Unknown } else { Effect::NotApplied });
    with_cause(built, error)
}

fn meaning(error: &Error, place: &str) -> (ErrorKind, String) {
    let says = |kind, message: &str| (kind, format!("{place}: {message}"));
    if is_broken(error) {
        return says(ErrorKind::Unavailable, "the connection broke: load the thread to see what was stored");
    }
    if met_another(error) {
        return says(ErrorKind::Unavailable, "other calls keep coming in between: try again");
    }
    let Some(code) = error.code() else {
        return says(
            ErrorKind::Protocol,
            "the answer is not understood: are its tables those of this release?",
        );
    };
    match code.code() {
        "28000" | "28P01" => says(ErrorKind::Unauthenticated, "the user or its password is refused"),
        "3D000" => says(ErrorKind::NotFound, "there is no such database: create it"),
        "42501" => says(ErrorKind::PermissionDenied, "the user may not do this: grant it the schema"),
        "25006" => says(ErrorKind::PermissionDenied, "the server takes no writes: connect to the primary"),
        "53100" => says(ErrorKind::StorageFull, "the server's disk is full: make room"),
        "53000" | "53200" | "53300" => {
            says(ErrorKind::Unavailable, "the server has no room for another call")
        }
        "55P03" => says(ErrorKind::Unavailable, "another call holds the thread: try again"),
        "57014" => says(ErrorKind::Timeout, "the server stopped the call, which took too long"),
        "22021" | "22P05" => says(ErrorKind::InvalidInput, "text with a NUL character can't be stored"),
        "54000" => says(ErrorKind::InvalidInput, "a value is too large to be stored"),
        "3F000" | "42P01" | "42703" => says(
            ErrorKind::Protocol,
            "the tables are not those of this release: restore them, or use another schema",
        ),
        "XX001" | "XX002" => says(ErrorKind::Protocol, "the database is damaged: restore it from a backup"),
        _ => says(ErrorKind::Internal, "a statement failed"),
    }
}

fn with_cause(built: BackendError, error: Error) -> BackendError {
    match error.as_db_error() {
        Some(said) => {
            built.with_source(Said(format!("{} {}: {}", said.severity(), said.code().code(), said.message())))
        }
        None => built.with_source(error),
    }
}

/// There is no connection to make a call over.
pub(super) fn no_connection(operation: &'static str, place: &str, error: PoolError) -> BackendError {
    let unavailable = |message: &str| {
        BackendError::new(ErrorKind::Unavailable, BACKEND, operation, format!("{place}: {message}"))
            .with_retry(Retry::Backoff)
    };
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error))
            if error.code().is_some() && !is_broken(&error) =>
        {
            refused_by_server(operation, place, error)
        }
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => with_cause(
            unavailable("there is no connection: is the server running and the address right?"),
            error,
        ),
        PoolError::Timeout(_) => unavailable("there was no free connection in time: open more, or try again"),
        other => unavailable("there is no connection").with_source(other),
    }
}

pub(super) fn timed_out(operation: &'static str, place: &str, after: Duration) -> BackendError {
    let message = format!("{place}: no answer in {after:?}: load the thread to see what was stored");
    BackendError::new(ErrorKind::Timeout, BACKEND, operation, message).with_effect(Effect::Unknown)
}

/// The options or the address can't be used.
pub(super) fn unusable(kind: ErrorKind, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, BACKEND, "connect", message)
}

/// The schema can't be used.
pub(super) fn refused(schema: &str, why: &str) -> BackendError {
    let message = format!("the schema {schema:?} {why}; it was not changed");
    BackendError::new(ErrorKind::Protocol, BACKEND, "connect", message)
}
