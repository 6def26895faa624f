//! What the database's failures mean for a caller.

use ae_core::{BackendError, ErrorKind, Retry};
use rusqlite::ErrorCode;

use crate::store::records::error;

pub(super) fn store_error(operation: &'static str, source: rusqlite::Error) -> BackendError {
    let (kind, message) = match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (ErrorKind::Unavailable, "another process keeps the ledger's file: try again")
        }
        Some(ErrorCode::DiskFull) => {
            (ErrorKind::QuotaExceeded, "the disk is full: make room, then try again")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            (ErrorKind::PermissionDenied, "the ledger's file can't be written: change its permissions")
        }
        Some(ErrorCode::CannotOpen) => (
            ErrorKind::PermissionDenied,
            "the ledger's file can't be opened: check the folder and its permissions",
        ),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => (
            ErrorKind::Protocol,
            "the file is damaged or no ledger; it was not changed: restore it from a copy",
        ),
        Some(ErrorCode::SystemIoFailure) => {
            (ErrorKind::Unavailable, "the disk does not answer as it should: check it")
        }
        _ => (ErrorKind::Internal, "the database refused the statement"),
    };
    let retry = if kind == ErrorKind::Unavailable { Retry::Backoff } else { Retry::Never };
    error(kind, operation, message).with_retry(retry).with_source(source)
}

pub(super) fn damaged(what: &str) -> BackendError {
    error(ErrorKind::Protocol, "read", format!("{what} is damaged: restore the ledger from a copy"))
}
