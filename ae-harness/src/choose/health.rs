//! Who is fit to work.

use std::{collections::BTreeMap, time::Duration};

use ae_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Candidate, TryEnd};

/// The pause after the first outage for which the vendor names none; it doubles with each further one.
const PAUSE: Duration = Duration::from_secs(30);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(3_600);

/// The recent outages of builders and their models. Plain data: store it to keep it over a restart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Health(BTreeMap<String, Outages>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Outages {
    in_a_row: u32,
    until: Timestamp,
}

impl Health {
    /// Everything is fit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes the end of a try. Work of any kind ends the outages of the builder and of its model.
    pub fn note(&mut self, candidate: &Candidate, end: TryEnd, now: Timestamp) {
        let TryEnd::Outage { whole, retry_after } = end else {
            self.0.remove(&candidate.provider);
            self.0.remove(&candidate.label());
            return;
        };
        let key = if whole { candidate.provider.clone() } else { candidate.label() };
        let before = self.0.get(&key).map_or(0, |outages| outages.in_a_row);
        let doubled = 2_u32.saturating_pow(before.min(16));
        let pause = retry_after.unwrap_or_else(|| PAUSE.saturating_mul(doubled)).min(PAUSE_MAX);
        let until = now.checked_add(pause).unwrap_or(Timestamp::MAX);
        self.0.insert(key, Outages { in_a_row: before.saturating_add(1), until });
    }

    /// The time from which a candidate can be tried; `None` when it can be now.
    pub fn not_before(&self, candidate: &Candidate, now: Timestamp) -> Option<Timestamp> {
        let outages = [self.0.get(&candidate.provider), self.0.get(&candidate.label())];
        outages.into_iter().flatten().map(|outages| outages.until).filter(|until| *until > now).max()
    }
}
