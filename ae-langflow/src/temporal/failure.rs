//! A node's error as a failure of an activity.

use std::{error::Error as StdError, time::Duration};

#[cfg(doc)]
use ae_core::BackendError;
use ae_core::Effect;
use temporalio_common::error::ApplicationFailure;
use temporalio_sdk::activities::ActivityError;

use super::wire::{Records, Tried};
use crate::{
    Cx, Fatal, NodePolicy, NodeTimeout,
    app::{backend_error, describe, pause_before_next},
    node::chain,
};

/// The kind of a node's error that is not a [`BackendError`].
pub(crate) const NODE_FAILED: &str = "node_failed";

/// The kind of an error whose effect may have happened: it is reconciled, never tried again blindly.
pub(crate) const EFFECT_UNKNOWN: &str = "EffectUnknown";

/// The kind of what would not fit through the server.
pub(crate) const TOO_LARGE: &str = "too_large";

/// The kind of a value that is not of the form that it should have.
pub(crate) const UNREADABLE: &str = "unreadable";

/// The kind of a run at its limit; the state comes with it.
pub(crate) const STEP_LIMIT: &str = "step_limit";

/// The kind of outcomes that a run refuses.
pub(crate) const RUN_REFUSED: &str = "run_refused";

/// The kind of a node whose workers died again and again.
pub(crate) const LOST: &str = "lost";

/// When a node that failed runs again, and as what the failure shows.
pub(crate) struct Verdict {
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    /// Never, if none.
    pub(crate) pause: Option<Duration>,
}

impl Verdict {
    /// Judges what the node of `cx` failed with.
    pub(crate) fn of(error: &(dyn StdError + Send + Sync + 'static), policy: &NodePolicy, cx: &Cx) -> Self {
        let message = describe(error);
        // What says that it is not tried again is not part of the error itself.
        let timeout =
            chain(error).find(|error| !error.is::<Fatal>()).is_some_and(|error| error.is::<NodeTimeout>());
        let (kind, pause) = match backend_error(error) {
            Some(backend) if backend.effect() == Effect::Unknown => (EFFECT_UNKNOWN, None),
            Some(backend) => (backend.kind().as_str(), pause_before_next(policy, cx, error)),
            None if timeout => ("timeout", pause_before_next(policy, cx, error)),
            None => (NODE_FAILED, pause_before_next(policy, cx, error)),
        };
        Self { kind, message, pause }
    }

    /// The failure, with what the node recorded: a run that goes on after it needs the records.
    pub(crate) fn into_error(self, attempts: u32, records: Records) -> ActivityError {
        failed(self.kind, self.message, self.pause, Tried { attempts, records })
    }
}

/// Another worker may be able to: the server tries again.
pub(crate) fn other_worker(message: String) -> ActivityError {
    let failure = ApplicationFailure::builder(message).type_name("other_worker".to_owned()).build();
    ActivityError::application(failure)
}

/// An outcome that would not fit through the server.
pub(crate) fn too_large(attempts: u32, bytes: u64, max: u64) -> ActivityError {
    let message = format!(
        "the node gave back {bytes} bytes, {max} are allowed: keep large values outside and their names in the state"
    );
    failed(TOO_LARGE, message, None, Tried { attempts, records: Records::new() })
}

/// A value that no try makes readable.
pub(crate) fn unreadable(attempts: u32, message: String) -> ActivityError {
    failed(UNREADABLE, message, None, Tried { attempts, records: Records::new() })
}

fn failed(kind: &str, message: String, pause: Option<Duration>, tried: Tried) -> ActivityError {
    let failure = ApplicationFailure::builder(message)
        .type_name(kind.to_owned())
        .non_retryable(pause.is_none())
        .maybe_next_retry_delay(pause)
        .details(tried);
    ActivityError::application(failure.build())
}

#[cfg(test)]
mod tests;
