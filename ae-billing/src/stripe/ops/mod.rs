//! Operations: which requests make sure of what.

pub(super) mod catalog;
pub(super) mod customers;
pub(super) mod ensure;
pub(super) mod links;
pub(super) mod payments;
pub(super) mod prices;
pub(super) mod refunds;
pub(super) mod subscriptions;
pub(super) mod usage;

use ae_core::{BackendError, ErrorKind, RunId, Timestamp};

use super::{answer::catalog::Made, client::Wire, config::NAME};
use crate::{RequestError, RequestJournal};

/// The needs of every operation.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) wire: Wire,
    pub(super) journal: Box<dyn RequestJournal>,
}

pub(super) fn error(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, NAME, operation, message)
}

pub(super) fn refused(operation: &'static str) -> impl Fn(RequestError) -> BackendError {
    move |wrong| error(wrong.kind(), operation, wrong.to_string())
}

/// The rules for an object that a request refers to: of this run, and on sale.
pub(super) fn usable(
    operation: &'static str,
    id: &str,
    is_own: bool,
    is_active: bool,
) -> Result<(), BackendError> {
    if !is_own {
        return Err(error(ErrorKind::InvalidInput, operation, format!("{id} belongs to another run")));
    }
    if !is_active {
        let message = format!("{id} was taken off sale: make a new one");
        return Err(error(ErrorKind::Conflict, operation, message));
    }
    Ok(())
}

/// Whether a run may make one more of what it has made `present` of.
pub(super) fn within(present: usize, most: usize, operation: &'static str) -> Result<(), BackendError> {
    if present < most {
        return Ok(());
    }
    let message = format!("this run has made {present} of these, the cap: raise it if that is meant");
    Err(error(ErrorKind::QuotaExceeded, operation, message))
}

/// Of objects that were made here, the one under the key of `wanted`.
pub(super) fn of_key<T, W: ensure::Wanted>(
    wanted: &W,
    made: impl IntoIterator<Item = Made<T>>,
) -> Result<Option<T>, BackendError> {
    let Some(made) = made.into_iter().find(|made| made.key == wanted.key().as_str()) else { return Ok(None) };
    if made.request == ensure::digest(wanted)?.to_string() {
        Ok(Some(made.object))
    } else {
        Err(ensure::conflict(wanted))
    }
}

/// Objects made since a little before `since`: the vendor's clock is another one.
pub(super) fn created_since(since: Timestamp) -> i64 {
    since.as_second().saturating_sub(3_600)
}

pub(super) fn is_of(run: RunId) -> impl Fn(&super::answer::Marks) -> bool {
    move |marks| super::answer::catalog::run_of(marks) == Some(run)
}
