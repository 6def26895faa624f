//! The time that a try waits for its host, which its limits leave out.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Wake, Waker},
    time::Duration,
};

use ae_core::Clock;

use super::Cx;

/// The waits of one try for its host: in calls to it, and while it is ready to go on and the host does not run it.
#[derive(Debug, Default)]
pub(super) struct Waits(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The waits that are over.
    total: Duration,
    /// The number of waits under way, which count once.
    under_way: u32,
    since: Duration,
    is_woken: bool,
}

impl Waits {
    /// All waits up to `now`.
    pub(super) fn total(&self, now: Duration) -> Duration {
        let state = self.state();
        let present = if state.under_way > 0 { now.saturating_sub(state.since) } else { Duration::ZERO };
        state.total.saturating_add(present)
    }

    /// A wait that ends when the guard is dropped.
    pub(super) fn begin<'a>(&'a self, clock: &'a dyn Clock) -> Waiting<'a> {
        self.state().begin(clock.monotonic());
        Waiting { waits: self, clock }
    }

    /// The host runs the try, which may have waited for that.
    pub(super) fn run(&self, now: Duration) {
        let mut state = self.state();
        if std::mem::take(&mut state.is_woken) {
            state.end(now);
        }
    }

    fn woken(&self, now: Duration) {
        let mut state = self.state();
        if !std::mem::replace(&mut state.is_woken, true) {
            state.begin(now);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock panics half-way, so a poisoned lock still holds whole numbers.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn begin(&mut self, now: Duration) {
        if self.under_way == 0 {
            self.since = now;
        }
        self.under_way = self.under_way.saturating_add(1);
    }

    fn end(&mut self, now: Duration) {
        self.under_way = self.under_way.saturating_sub(1);
        if self.under_way == 0 {
            self.total = self.total.saturating_add(now.saturating_sub(self.since));
        }
    }
}

pub(super) struct Waiting<'a> {
    waits: &'a Waits,
    clock: &'a dyn Clock,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.waits.state().end(self.clock.monotonic());
    }
}

/// Wakes the host for a try, and notes since when the try is ready to go on.
pub(super) struct WakeTime {
    pub(super) cx: Cx,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) host: Waker,
}

impl Wake for WakeTime {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.cx.0.waits.woken(self.clock.monotonic());
        self.host.wake_by_ref();
    }
}
