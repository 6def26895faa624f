//! Panics become errors: code of a graph must not end its host.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use super::failure::NodePanic;

/// The result of `work`, or its panic. What it was changing is of no use after one.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, NodePanic> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| NodePanic::of(payload.as_ref()))
}

/// The result of `work`, or its panic, after which it is not polled again.
pub(crate) async fn caught<T>(work: impl Future<Output = T>) -> Result<T, NodePanic> {
    let mut work = pin!(work);
    std::future::poll_fn(|cx| match guarded(|| work.as_mut().poll(cx)) {
        Ok(polled) => polled.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

/// The value in a lock. No code of a graph runs under one, so that a poisoned lock still holds whole values.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
