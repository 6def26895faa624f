//! A request to stop, shared by everything that works on the same thing.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

/// A request to stop, shared by all clones. Once made it stays.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    asked: AtomicBool,
    waiting: Mutex<Waiting>,
}

/// The wakers of those who wait, in the order in which they came.
#[derive(Debug, Default)]
struct Waiting {
    wakers: BTreeMap<u64, Waker>,
    next: u64,
}

/// Waits for the request.
struct Cancelled<'a> {
    inner: &'a Inner,
    id: Option<u64>,
}

impl Cancel {
    /// A token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the holders of all clones to stop.
    pub fn cancel(&self) {
        self.0.asked.store(true, Ordering::SeqCst);
        let wakers = std::mem::take(&mut self.0.waiting().wakers);
        wakers.into_values().for_each(Waker::wake);
    }

    /// Whether [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// Waits until it is cancelled. Cancel safe.
    pub async fn cancelled(&self) {
        Cancelled { inner: &self.0, id: None }.await;
    }
}

impl Inner {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing under the lock panics half-way, so a poisoned lock still holds whole entries.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Future for Cancelled<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut waiting = self.inner.waiting();
        // Read under the lock that `cancel` takes after it has set the flag, so that a call in between is not missed.
        if self.inner.asked.load(Ordering::SeqCst) {
            return Poll::Ready(());
        }
        let id = self.id.unwrap_or(waiting.next);
        waiting.next = waiting.next.max(id.saturating_add(1));
        waiting.wakers.insert(id, cx.waker().clone());
        drop(waiting);
        self.id = Some(id);
        Poll::Pending
    }
}

impl Drop for Cancelled<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.inner.waiting().wakers.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_clone_hears_it_before_and_after() {
        let cancel = Cancel::new();
        let waiting = tokio::spawn({
            let cancel = cancel.clone();
            async move { cancel.cancelled().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        cancel.clone().cancel();
        waiting.await.unwrap();
        cancel.cancelled().await;
        assert!(cancel.is_cancelled());
    }

    #[tokio::test]
    async fn who_stops_waiting_is_forgotten() {
        let cancel = Cancel::new();
        let mut waiting = Box::pin(cancel.cancelled());
        let poll = waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll.is_pending());
        assert_eq!(cancel.0.waiting().wakers.len(), 1);
        drop(waiting);
        assert!(cancel.0.waiting().wakers.is_empty());
    }
}
