//! Waiting with a bound, and without falling with what is waited for.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use ae_core::{BackendError, Cancel, Effect, ErrorKind, Sleep};

/// The end of a wait.
#[derive(Debug)]
pub(super) enum Waited<T> {
    Done(T),
    Cancelled,
    TimedOut,
}

/// Waits for `future` until it is cancelled or the time is over. What is done counts, even if it is late.
pub(super) async fn within<T>(
    future: impl Future<Output = T>,
    cancel: &Cancel,
    mut time: Sleep,
) -> Waited<T> {
    let (mut future, mut cancelled) = (pin!(future), pin!(cancel.cancelled()));
    poll_fn(|context| {
        if let Poll::Ready(value) = future.as_mut().poll(context) {
            return Poll::Ready(Waited::Done(value));
        }
        if cancelled.as_mut().poll(context).is_ready() {
            return Poll::Ready(Waited::Cancelled);
        }
        time.as_mut().poll(context).map(|()| Waited::TimedOut)
    })
    .await
}

/// The result of `future`. A panic in it is an error, so that what it was called for is still settled.
pub(super) async fn caught<T>(
    future: impl Future<Output = Result<T, BackendError>>,
) -> Result<T, BackendError> {
    let mut future = pin!(future);
    poll_fn(|context| {
        let poll = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        poll.unwrap_or_else(|_| Poll::Ready(Err(panicked())))
    })
    .await
}

fn panicked() -> BackendError {
    BackendError::new(ErrorKind::Internal, "ae-router", "call", "the client panicked: see its own message")
        .with_effect(Effect::Unknown)
}

/// Cancels when it is dropped.
#[derive(Debug, Default)]
pub(super) struct CancelOnDrop(pub(super) Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
