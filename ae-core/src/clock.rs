//! The one place where clocks are read.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};

/// Tells the time.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The time now, UTC. A wall clock may jump, backwards too.
    fn now(&self) -> Timestamp;

    /// The time since an arbitrary start that never goes backwards: for time-outs and durations.
    fn monotonic(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
    fn monotonic(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }
}

/// A clock that moves only when it is moved.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Standing>>);

#[derive(Debug)]
struct Standing {
    wall: Timestamp,
    monotonic: Duration,
}

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn at(start: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Standing { wall: start, monotonic: Duration::ZERO })))
    }

    /// Moves both readings forward. The wall clock stays at the greatest representable time once that is reached.
    pub fn advance(&self, by: Duration) {
        let mut standing = self.standing();
        standing.monotonic = standing.monotonic.saturating_add(by);
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        standing.wall = standing.wall.checked_add(by).unwrap_or(Timestamp::MAX);
    }

    /// Sets the wall clock, backwards too, as wall clocks are set. The monotonic reading stays.
    pub fn set(&self, to: Timestamp) {
        self.standing().wall = to;
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.standing().wall
    }

    fn monotonic(&self) -> Duration {
        self.standing().monotonic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_monotonic_reading_never_goes_back() {
        let clock = ManualClock::at(Timestamp::from_second(100).unwrap());
        clock.advance(Duration::from_secs(5));
        clock.set(Timestamp::UNIX_EPOCH);
        assert_eq!((clock.now(), clock.monotonic()), (Timestamp::UNIX_EPOCH, Duration::from_secs(5)));
        let first = SystemClock.monotonic();
        assert!(SystemClock.monotonic() >= first);
    }
}
