//! The meaning of an error for the next try. Pure.

use std::time::Duration;

use ae_core::{BackendError, ErrorKind, Retry};

/// The model to try next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// None: no model would take the request.
    Stop,
    /// The same model after a pause, as long as it has tries left; then the next one.
    Again,
    /// Another model.
    Other,
    /// A model of another provider.
    OtherProvider,
    /// A model with a larger window.
    LargerWindow,
}

/// The harm that an error says is done to a model or a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Harm {
    /// Nothing: the fault is the request's.
    None,
    /// A failure, which counts towards a rest.
    Failure,
    /// The model rests for this time.
    Model(Duration),
    /// The model is not to be had with this key, for as long as an account takes.
    ModelOfAccount,
    /// Nor is any other model of the provider.
    Provider,
}

/// The meaning of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) next: Next,
    pub(super) harm: Harm,
}

impl Fate {
    pub(super) fn of(error: &BackendError) -> Self {
        let fate = |next, harm| Self { next, harm };
        let again = if error.retry() == Retry::Never { Next::Other } else { Next::Again };
        match error.kind() {
            ErrorKind::InvalidInput if is_too_long(error) => fate(Next::LargerWindow, Harm::None),
            ErrorKind::Unauthenticated | ErrorKind::QuotaExceeded => {
                fate(Next::OtherProvider, Harm::Provider)
            }
            ErrorKind::PermissionDenied | ErrorKind::NotFound => fate(Next::Other, Harm::ModelOfAccount),
            ErrorKind::RateLimited => match error.retry() {
                Retry::After(pause) => fate(again, Harm::Model(pause)),
                _ => fate(again, Harm::Failure),
            },
            ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Protocol | ErrorKind::Internal => {
                fate(again, Harm::Failure)
            }
            // The vendor declined the content, or its wire form has no place for a part of the request.
            ErrorKind::Declined | ErrorKind::Unsupported => fate(Next::Other, Harm::None),
            _ => fate(Next::Stop, Harm::None),
        }
    }
}

/// Whether the request is longer than the model takes.
fn is_too_long(error: &BackendError) -> bool {
    let by_class =
        error.context().iter().any(|(name, value)| *name == "class" && value == "context_too_long");
    by_class || error.status() == Some(413) || error.code() == Some("context_length_exceeded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_fate() {
        let error = |kind| BackendError::new(kind, "test", "complete", "no");
        let pause = Duration::from_secs(7);
        for (error, next, harm) in [
            (error(ErrorKind::InvalidInput), Next::Stop, Harm::None),
            (error(ErrorKind::InvalidInput).with_status(413), Next::LargerWindow, Harm::None),
            (
                error(ErrorKind::InvalidInput).with_context("class", "context_too_long"),
                Next::LargerWindow,
                Harm::None,
            ),
            (
                error(ErrorKind::InvalidInput).with_code("context_length_exceeded"),
                Next::LargerWindow,
                Harm::None,
            ),
            (error(ErrorKind::Unauthenticated), Next::OtherProvider, Harm::Provider),
            (error(ErrorKind::QuotaExceeded), Next::OtherProvider, Harm::Provider),
            (error(ErrorKind::PermissionDenied), Next::Other, Harm::ModelOfAccount),
            (error(ErrorKind::NotFound), Next::Other, Harm::ModelOfAccount),
            (error(ErrorKind::RateLimited), Next::Other, Harm::Failure),
            (error(ErrorKind::RateLimited).with_retry(Retry::Backoff), Next::Again, Harm::Failure),
            (error(ErrorKind::RateLimited).with_retry(Retry::After(pause)), Next::Again, Harm::Model(pause)),
            (error(ErrorKind::Unavailable), Next::Other, Harm::Failure),
            (error(ErrorKind::Unavailable).with_retry(Retry::Backoff), Next::Again, Harm::Failure),
            (error(ErrorKind::Timeout).with_retry(Retry::Backoff), Next::Again, Harm::Failure),
            (error(ErrorKind::Protocol), Next::Other, Harm::Failure),
            (error(ErrorKind::Internal), Next::Other, Harm::Failure),
            (error(ErrorKind::Declined), Next::Other, Harm::None),
            (error(ErrorKind::Unsupported), Next::Other, Harm::None),
            (error(ErrorKind::Conflict), Next::Stop, Harm::None),
            (error(ErrorKind::Cancelled), Next::Stop, Harm::None),
        ] {
            assert_eq!(Fate::of(&error), Fate { next, harm }, "{error:?}");
        }
    }
}
