//! Counts page views and the ways to a payment page, a day and site, without cookies or addresses.

use std::{
    mem,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use ae_core::Timestamp;
use ae_harness::SiteId;

use super::Sale;
use crate::{error::Result, setup::eprint_line, store::Counted};

/// How long a number may wait in memory: the most that a crash loses.
const FLUSH_AFTER: Duration = Duration::from_secs(10);
/// The seconds of a day.
const DAY_S: i64 = 86_400;

/// The day of a time, counted from 1970-01-01 in UTC.
pub(super) fn day(at: Timestamp) -> i64 {
    at.as_second().div_euclid(DAY_S)
}

/// Numbers that wait to be written: as many entries as there are sites and days, however many requests come in.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<Counted>);

/// An act of a visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// A page was shown.
    View,
    /// The way to a payment page was taken.
    Click,
}

impl Sale {
    /// Counts what a visitor of `site` did, in memory; [`write_visits`](Self::write_visits) keeps it.
    pub fn count(&self, site: &SiteId, visit: Visit) {
        let day = day(self.installation.runtime.now());
        let mut waiting = self.visits.0.lock().unwrap_or_else(PoisonError::into_inner);
        let visits = waiting.entry((site.to_string(), day)).or_default();
        let number = match visit {
            Visit::View => &mut visits.views,
            Visit::Click => &mut visits.clicks,
        };
        *number = number.saturating_add(1);
    }

    /// Writes what was counted since the last time, in one transaction. What can't be written waits on.
    ///
    /// # Errors
    ///
    /// When the list of runs can't be written.
    pub async fn write_visits(&self) -> Result<()> {
        let counted = mem::take(&mut *self.visits.0.lock().unwrap_or_else(PoisonError::into_inner));
        if counted.is_empty() {
            return Ok(());
        }
        let written = self.installation.runs.add_visits(counted.clone()).await;
        if written.is_err() {
            let mut waiting = self.visits.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (place, visits) in counted {
                let sum = waiting.entry(place).or_default();
                sum.views = sum.views.saturating_add(visits.views);
                sum.clicks = sum.clicks.saturating_add(visits.clicks);
            }
        }
        written
    }

    /// Writes what is counted every few seconds, without an end.
    pub async fn keep_writing_visits(&self) {
        loop {
            self.installation.runtime.sleeper.sleep(FLUSH_AFTER).await;
            if let Err(error) = self.write_visits().await {
                eprint_line(&format!("warning: page views can't be written now: {error}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_in_utc() {
        for (at, number) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T23:59:59Z", 0),
            ("1970-01-02T00:00:00Z", 1),
            ("1969-12-31T23:59:59Z", -1),
            ("2026-11-30T12:00:00Z", 20_787),
        ] {
            assert_eq!(day(at.parse().unwrap()), number, "{at}");
        }
    }
}
