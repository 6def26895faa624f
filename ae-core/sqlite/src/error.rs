//! SQLite's errors as the ports report them.

use std::path::Path;

use ae_core::{BackendError, ErrorKind, Retry};
use rusqlite::{Error, ErrorCode};

use crate::Access;

/// The reason why work in a transaction stopped; the transaction is rolled back.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// A rule of the port refused it.
    Refused(BackendError),
    /// SQLite failed.
    Sql(Error),
    /// The named part of the stored data can't be read.
    Damaged(String),
}

impl Failure {
    /// A failure to read `part` of the stored data.
    #[must_use]
    pub fn damaged(part: impl Into<String>) -> Self {
        Self::Damaged(part.into())
    }
}

impl From<BackendError> for Failure {
    fn from(error: BackendError) -> Self {
        Self::Refused(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Sql(error)
    }
}

pub(crate) fn backend_error(
    backend: &'static str,
    operation: &'static str,
    path: &Path,
    access: Access,
    error: Error,
) -> BackendError {
    let (kind, hint) = meaning(path, access, &error);
    let retry = if kind == ErrorKind::Unavailable { Retry::Backoff } else { Retry::Never };
    BackendError::new(kind, backend, operation, format!("{} {hint}", path.display()))
        .with_retry(retry)
        .with_source(error)
}

fn meaning(path: &Path, access: Access, error: &Error) -> (ErrorKind, &'static str) {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (ErrorKind::Unavailable, "is held by another process: try again")
        }
        Some(ErrorCode::DiskFull) => (ErrorKind::StorageFull, "does not fit: the disk is full, make room"),
        Some(
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied,
        ) => (
            ErrorKind::PermissionDenied,
            "can't be written: check the permissions of the file and its folder",
        ),
        Some(ErrorCode::CannotOpen) if access != Access::Create && !path.exists() => {
            (ErrorKind::NotFound, "does not exist: restore a copy or check the path")
        }
        Some(ErrorCode::CannotOpen) => {
            (ErrorKind::PermissionDenied, "can't be opened: check that its folder exists and the permissions")
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            (ErrorKind::Protocol, "is damaged or not a database: restore a copy; it was not changed")
        }
        Some(ErrorCode::SystemIoFailure) => {
            (ErrorKind::Unavailable, "could not be read or written: check the disk")
        }
        Some(ErrorCode::ConstraintViolation) => (ErrorKind::Conflict, "has rows that contradict this one"),
        _ if is_damaged_row(error) => {
            (ErrorKind::Protocol, "has a damaged row: restore a copy; it was not changed")
        }
        _ => (ErrorKind::Internal, "refused a statement"),
    }
}

fn is_damaged_row(error: &Error) -> bool {
    matches!(
        error,
        Error::FromSqlConversionFailure(..)
            | Error::InvalidColumnType(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::QueryReturnedNoRows
            | Error::Utf8Error(..)
    )
}
