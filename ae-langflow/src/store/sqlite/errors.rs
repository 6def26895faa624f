//! SQLite's errors in the words of the port.

use std::path::Path;

use ae_core::{BackendError, Effect, ErrorKind, Retry};
use rusqlite::{Error, ErrorCode};

pub(super) const BACKEND: &str = "sqlite";

/// The error for a failure of `operation` on the file at `path`.
pub(super) fn failed(operation: &'static str, path: &Path, error: Error) -> BackendError {
    let at = path.display();
    let (kind, message) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (ErrorKind::Unavailable, format!("another process holds {at}: try again when it is done"))
        }
        Some(ErrorCode::DiskFull) => (ErrorKind::StorageFull, format!("the disk of {at} is full: make room")),
        Some(
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied,
        ) => {
            (ErrorKind::PermissionDenied, format!("{at} can't be written: check who owns it and its folder"))
        }
        Some(ErrorCode::CannotOpen) => (
            ErrorKind::PermissionDenied,
            format!("{at} can't be opened: check that its folder exists and is yours"),
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => (
            ErrorKind::Protocol,
            format!("{at} is damaged or no database: restore it from a backup; it was not changed"),
        ),
        _ if matches!(
            error,
            Error::FromSqlConversionFailure(..) | Error::InvalidColumnType(..) | Error::QueryReturnedNoRows
        ) =>
        {
            (
                ErrorKind::Protocol,
                format!("a row of {at} is damaged: restore it from a backup; it was not changed"),
            )
        }
        Some(ErrorCode::SystemIoFailure) => {
            (ErrorKind::Unavailable, format!("{at} could not be read or written"))
        }
        _ => (ErrorKind::Internal, format!("a statement on {at} failed")),
    };
    let retry = if kind == ErrorKind::Unavailable { Retry::Backoff } else { Retry::Never };
    let io = error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure);
    let effect = if io { Effect::Unknown } else { Effect::NotApplied };
    BackendError::new(kind, BACKEND, operation, message)
        .with_retry(retry)
        .with_effect(effect)
        .with_source(error)
}

pub(super) fn refused(path: &Path, why: &str) -> BackendError {
    let message = format!("{} {why}; it was not changed", path.display());
    BackendError::new(ErrorKind::Protocol, BACKEND, "open", message)
}
