//! Whether and when a node that failed is tried again.

use std::{error::Error as StdError, time::Duration};

use ae_core::{BackendError, ErrorKind, Retry};

use crate::{Cx, Fatal, NodePolicy, node::chain};

/// The pause before the next try, if there is one.
pub(crate) fn pause_before_next(
    policy: &NodePolicy,
    cx: &Cx,
    error: &(dyn StdError + 'static),
) -> Option<Duration> {
    if chain(error).any(|cause| cause.is::<Fatal>()) {
        return None;
    }
    let jitter = cx.host().runtime.as_ref().map_or(0, |runtime| runtime.ids.jitter());
    match backend_error(error) {
        Some(error) => policy.retry().next_pause(cx.attempt(), error, jitter),
        None => {
            let unknown =
                BackendError::new(ErrorKind::Internal, "node", "run", "it failed").with_retry(Retry::Backoff);
            policy.retry().next_pause(cx.attempt(), &unknown, jitter)
        }
    }
}

/// The first backend error among an error and its causes.
pub(crate) fn backend_error<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e BackendError> {
    chain(error).find_map(|error| error.downcast_ref())
}
