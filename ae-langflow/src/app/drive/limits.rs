//! The limits in time of one try.

use std::{error::Error as StdError, future::Future, pin::Pin, task::Context, task::Poll, time::Duration};

use ae_core::Runtime;

use crate::{Cx, NodePolicy, NodeTimeout};

type BoxError = Box<dyn StdError + Send + Sync>;

/// The result of `work`, the try of `cx`, or an error once it has taken longer than its policy allows. The time that
/// it waits for the host does not count.
pub(super) async fn in_time<T>(
    policy: &NodePolicy,
    cx: Cx,
    work: impl Future<Output = Result<T, BoxError>>,
) -> Result<T, BoxError> {
    let Some(runtime) = &cx.host().runtime else { return work.await };
    let mut whole = policy.timeout().map(|limit| Limit::new(&cx, runtime, NodeTimeout::Run(limit), limit));
    let mut idle =
        policy.idle_timeout().map(|limit| Limit::new(&cx, runtime, NodeTimeout::Idle(limit), limit));
    let mut work = std::pin::pin!(work);
    let mut heard = cx.beats();
    std::future::poll_fn(|context| {
        let waker = cx.begin_turn(runtime, context.waker());
        if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Poll::Ready(done);
        }
        loop {
            if let (Some(limit), true) = (&mut idle, cx.beats() != heard) {
                heard = cx.beats();
                limit.restart();
            }
            let late = [&mut idle, &mut whole].into_iter().flatten().find_map(|limit| limit.passed(context));
            match late {
                None => return Poll::Pending,
                // Another thread may have sent a heartbeat in between.
                Some(NodeTimeout::Idle(_)) if cx.beats() != heard => {}
                Some(late) => return Poll::Ready(Err(late.into())),
            }
        }
    })
    .await
}

/// A limit, counted by the clock; the sleeper says when to look at it.
struct Limit<'a> {
    cx: &'a Cx,
    runtime: &'a Runtime,
    passed: NodeTimeout,
    limit: Duration,
    /// The time of the try's own when the limit began.
    began: Duration,
    sleep: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<'a> Limit<'a> {
    fn new(cx: &'a Cx, runtime: &'a Runtime, passed: NodeTimeout, limit: Duration) -> Self {
        Self { cx, runtime, passed, limit, began: cx.own_time(runtime), sleep: runtime.sleeper.sleep(limit) }
    }

    fn restart(&mut self) {
        self.began = self.cx.own_time(self.runtime);
        self.sleep = self.runtime.sleeper.sleep(self.limit);
    }

    /// Whether it has passed.
    fn passed(&mut self, context: &mut Context<'_>) -> Option<NodeTimeout> {
        if self.sleep.as_mut().poll(context).is_pending() {
            return None;
        }
        let taken = self.cx.own_time(self.runtime).saturating_sub(self.began);
        if taken >= self.limit {
            return Some(self.passed);
        }
        self.sleep = self.runtime.sleeper.sleep(self.limit.saturating_sub(taken));
        // A sleeper that does not wait, as those of tests, must not keep the host from its other work.
        if self.sleep.as_mut().poll(context).is_ready() {
            self.sleep = self.runtime.sleeper.sleep(Duration::ZERO);
            context.waker().wake_by_ref();
        }
        None
    }
}
