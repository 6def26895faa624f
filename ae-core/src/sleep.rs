//! The one place where code waits.

use std::{
    fmt::Debug,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::ManualClock;

/// A pause under way.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Waits without blocking a thread.
pub trait Sleeper: Debug + Send + Sync + 'static {
    /// Completes after `pause`.
    fn sleep(&self, pause: Duration) -> Sleep;
}

/// Waits for real time, on any async runtime.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSleeper;

impl Sleeper for SystemSleeper {
    fn sleep(&self, pause: Duration) -> Sleep {
        Box::pin(futures_timer::Delay::new(pause))
    }
}

/// Returns at once, moves a [`ManualClock`] forward by the pause and remembers it.
#[derive(Debug, Clone)]
pub struct ManualSleeper {
    clock: ManualClock,
    pauses: Arc<Mutex<Vec<Duration>>>,
}

impl ManualSleeper {
    /// A sleeper that moves `clock`.
    pub fn new(clock: ManualClock) -> Self {
        Self { clock, pauses: Arc::default() }
    }

    /// Every pause asked for so far, oldest first.
    pub fn pauses(&self) -> Vec<Duration> {
        self.pauses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Sleeper for ManualSleeper {
    fn sleep(&self, pause: Duration) -> Sleep {
        let (clock, pauses) = (self.clock.clone(), Arc::clone(&self.pauses));
        Box::pin(async move {
            clock.advance(pause);
            pauses.lock().unwrap_or_else(PoisonError::into_inner).push(pause);
        })
    }
}
