//! The determinism seams, handed in together.

use std::sync::Arc;

use crate::{
    Clock, IdSource, ManualClock, ManualSleeper, SeededIds, Sleeper, SystemClock, SystemIds, SystemSleeper,
    Timestamp,
};

/// The clock, the sleeper and the id source of one composition. Cheap to clone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Runtime {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Waits.
    pub sleeper: Arc<dyn Sleeper>,
    /// Makes ids.
    pub ids: Arc<dyn IdSource>,
}

impl Runtime {
    /// Real time and real ids.
    pub fn system() -> Self {
        Self::new(SystemClock, SystemSleeper, SystemIds)
    }

    /// Time that stands at `start` until moved or slept through, and ids that follow from `seed`.
    pub fn manual(start: Timestamp, seed: u64) -> Self {
        let clock = ManualClock::at(start);
        Self::new(clock.clone(), ManualSleeper::new(clock), SeededIds::new(seed))
    }

    /// Any three parts.
    pub fn new(clock: impl Clock, sleeper: impl Sleeper, ids: impl IdSource) -> Self {
        Self { clock: Arc::new(clock), sleeper: Arc::new(sleeper), ids: Arc::new(ids) }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
