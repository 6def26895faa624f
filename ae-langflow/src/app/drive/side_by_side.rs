//! Futures that are polled side by side in one task.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// Futures of which only those that were woken are polled.
pub(super) struct SideBySide<F: Future> {
    running: Vec<Option<Pin<Box<F>>>>,
    left: usize,
    ready: Arc<Ready>,
}

/// The state that the futures share with their wakers.
#[derive(Default)]
struct Ready(Mutex<Woken>);

#[derive(Default)]
struct Woken {
    /// The numbers of futures to poll.
    queue: Vec<usize>,
    parent: Option<Waker>,
}

/// Wakes one future.
struct Slot {
    index: usize,
    is_queued: AtomicBool,
    ready: Arc<Ready>,
}

impl<F: Future> SideBySide<F> {
    pub(super) fn new(futures: impl IntoIterator<Item = F>) -> Self {
        let running: Vec<_> = futures.into_iter().map(|future| Some(Box::pin(future))).collect();
        let left = running.len();
        let woken = Woken { queue: (0..left).collect(), parent: None };
        Self { running, left, ready: Arc::new(Ready(Mutex::new(woken))) }
    }

    /// Whether all of them are done.
    pub(super) fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Everything that is done by now, at least one result; nothing once all of them are done.
    pub(super) async fn next_batch(&mut self) -> Vec<F::Output> {
        std::future::poll_fn(|cx| self.poll_batch(cx)).await
    }

    fn poll_batch(&mut self, cx: &Context<'_>) -> Poll<Vec<F::Output>> {
        if self.is_empty() {
            return Poll::Ready(Vec::new());
        }
        let queue = {
            let mut woken = self.ready.woken();
            woken.parent = Some(cx.waker().clone());
            std::mem::take(&mut woken.queue)
        };
        let mut done = Vec::new();
        for index in queue {
            let Some(running) = self.running.get_mut(index) else { continue };
            let Some(future) = running.as_mut() else { continue };
            let slot = Slot { index, is_queued: AtomicBool::new(false), ready: Arc::clone(&self.ready) };
            let waker = Waker::from(Arc::new(slot));
            if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                *running = None;
                self.left = self.left.saturating_sub(1);
                done.push(result);
            }
        }
        // A future that woke itself in the meantime has woken the parent too, so its turn comes.
        if done.is_empty() { Poll::Pending } else { Poll::Ready(done) }
    }
}

impl Ready {
    fn woken(&self) -> MutexGuard<'_, Woken> {
        // Nothing under the lock panics half-way, so a poisoned lock still holds a whole list.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Slot {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // One slot is made for each poll, and one call is enough for the next one.
        if !self.is_queued.swap(true, Ordering::SeqCst) {
            let parent = {
                let mut woken = self.ready.woken();
                woken.queue.push(self.index);
                woken.parent.take()
            };
            if let Some(parent) = parent {
                parent.wake();
            }
        }
    }
}

impl<F: Future> fmt::Debug for SideBySide<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SideBySide").field("left", &self.left).finish_non_exhaustive()
    }
}

/// Which of two futures was done first.
pub(super) enum First<A, B> {
    One(A),
    Other(B),
}

/// Waits for the first of two futures; `one` counts when both are done.
pub(super) async fn first<A: Future + Unpin, B: Future + Unpin>(
    mut one: A,
    mut other: B,
) -> First<A::Output, B::Output> {
    std::future::poll_fn(|cx| {
        if let Poll::Ready(result) = Pin::new(&mut one).poll(cx) {
            return Poll::Ready(First::One(result));
        }
        Pin::new(&mut other).poll(cx).map(First::Other)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives way so often, then is done.
    async fn after(turns: usize) -> usize {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        turns
    }

    #[tokio::test]
    async fn what_is_done_at_once_comes_together_and_the_rest_later() {
        let mut futures = SideBySide::new([0, 2, 0, 1].map(after));
        let mut batches = Vec::new();
        while !futures.is_empty() {
            batches.push(futures.next_batch().await);
        }
        assert_eq!(batches, [vec![0, 0], vec![1], vec![2]]);
        assert!(futures.next_batch().await.is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_wake_from_another_thread_is_not_lost() {
        let tasks = (0..200).map(|number| async move {
            tokio::spawn(async move { after(number % 7).await }).await.unwrap();
            number
        });
        let (mut futures, mut seen) = (SideBySide::new(tasks), Vec::new());
        while !futures.is_empty() {
            seen.extend(futures.next_batch().await);
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..200).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn only_who_was_woken_is_polled() {
        let polls = Arc::new(Mutex::new(0));
        let count = Arc::clone(&polls);
        let idle = std::future::poll_fn(move |_| {
            *count.lock().unwrap() += 1;
            Poll::<usize>::Pending
        });
        let busy = async { after(5).await };
        let mut futures =
            SideBySide::new([Box::pin(idle) as Pin<Box<dyn Future<Output = usize>>>, Box::pin(busy)]);
        assert_eq!(futures.next_batch().await, [5]);
        assert_eq!(*polls.lock().unwrap(), 1);
    }
}
