//! Who is next.

use std::fmt;

use ae_core::{Money, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Health, TryEnd};

/// A builder with a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Candidate {
    /// The name by which the builder was added.
    pub provider: String,
    /// The model, by the vendor's name; `None` for that of the request.
    #[serde(default)]
    pub model: Option<String>,
    /// The cost of an attempt that is expected; `None` where it is not known.
    #[serde(default)]
    pub cost: Option<Money>,
}

impl Candidate {
    /// A builder with the model of the request.
    pub fn new(provider: impl Into<String>) -> Self {
        Self { provider: provider.into(), model: None, cost: None }
    }

    /// The builder and the model: `claude/opus`.
    pub(super) fn label(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model.as_deref().unwrap_or_default())
    }
}

ae_core::setters! { Candidate {
    /// Sets the model.
    fn with_model(model: some into String);
    /// Sets the cost of an attempt that is expected.
    fn with_cost(cost: some Money);
} }

/// A try that was made for a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tried {
    /// The builder and its model.
    pub candidate: Candidate,
    /// How it ended.
    pub end: TryEnd,
}

/// The tries that were made for a request, in their order. Plain data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History(Vec<Tried>);

impl History {
    /// No tries yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a try.
    pub fn push(&mut self, candidate: Candidate, end: TryEnd) {
        self.0.push(Tried { candidate, end });
    }

    /// The tries.
    pub fn tries(&self) -> &[Tried] {
        &self.0
    }
}

/// The next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Choice {
    /// This one is next.
    Run(Candidate),
    /// The last try is the result.
    Settled,
    /// Each one that could serve the request was tried, or has to rest.
    NoneFit {
        /// The time from which one of them can be tried; `None` when each has been tried.
        until: Option<Timestamp>,
    },
    /// None can serve the request.
    NoneAble,
}

/// The candidates in tiers, the cheapest tier first, and how long a request stays in one.
///
/// The tier follows from the attempt that a request says it is: `attempts` attempts each, and the last tier for all further
/// ones. So an attempt that failed `attempts` times goes to the next tier. Within a tier the one with the least expected
/// cost comes first, those without an expected cost last; of equals the one that stands first. After an outage the next one
/// of the same tier follows, then those of the tiers above, and none of a tier below.
///
/// ```
/// use ae_core::Timestamp;
/// use ae_harness::{Candidate, Choice, Health, History, Tiers};
///
/// let (small, large) = (Candidate::new("claude").with_model("small"), Candidate::new("claude").with_model("large"));
/// let tiers = Tiers::new(vec![vec![small.clone()], vec![large.clone()]]).with_attempts(2);
/// let next = |attempt| tiers.next(attempt, &History::new(), &Health::new(), &|_| true, Timestamp::UNIX_EPOCH);
/// assert_eq!([next(1), next(2), next(3), next(9)], [&small, &small, &large, &large].map(|c| Choice::Run(c.clone())));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tiers {
    /// The candidates.
    pub tiers: Vec<Vec<Candidate>>,
    /// The attempts that a tier has; 0 counts as 1.
    pub attempts: u32,
}

impl Tiers {
    /// Two attempts in each tier.
    pub const fn new(tiers: Vec<Vec<Candidate>>) -> Self {
        Self { tiers, attempts: 2 }
    }

    /// The next step after `history`, for the attempt of that number (from 1) of a request. `able` says who can serve the
    /// request. The same arguments give the same step.
    pub fn next(
        &self,
        attempt: u32,
        history: &History,
        health: &Health,
        able: &dyn Fn(&Candidate) -> bool,
        now: Timestamp,
    ) -> Choice {
        if history.0.last().is_some_and(|tried| tried.end == TryEnd::Worked) {
            return Choice::Settled;
        }
        let steps = attempt.saturating_sub(1) / self.attempts.max(1);
        let first = usize::try_from(steps).unwrap_or(usize::MAX).min(self.tiers.len().saturating_sub(1));
        let (mut someone, mut until) = (false, None);
        for tier in self.tiers.iter().skip(first) {
            let mut fit: Vec<&Candidate> = Vec::new();
            for candidate in tier.iter().filter(|candidate| able(candidate)) {
                someone = true;
                if history.0.iter().any(|tried| tried.candidate == *candidate) {
                    continue;
                }
                match health.not_before(candidate, now) {
                    None => fit.push(candidate),
                    Some(time) => until = Some(until.map_or(time, |least: Timestamp| least.min(time))),
                }
            }
            let cost = |candidate: &&Candidate| candidate.cost.map_or(i128::MAX, |cost| cost.pico());
            if let Some(next) = fit.into_iter().min_by_key(cost) {
                return Choice::Run(next.clone());
            }
        }
        if someone { Choice::NoneFit { until } } else { Choice::NoneAble }
    }
}

ae_core::setters! { Tiers {
    /// Sets the attempts that a tier has.
    fn with_attempts(attempts: u32);
} }

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, time::Duration};

    use ae_core::Currency;
    use proptest::prelude::*;

    use super::*;

    fn tiers() -> impl Strategy<Value = Tiers> {
        let candidate = (0..3_u8, 0..2_u8, prop::option::of(0..4_i64)).prop_map(|(provider, model, cost)| {
            let candidate = Candidate::new(format!("p{provider}")).with_model(format!("m{model}"));
            let cost = cost.map(|cost| Money::from_minor(cost, 2, Currency::USD).unwrap());
            Candidate { cost, ..candidate }
        });
        (prop::collection::vec(prop::collection::vec(candidate, 0..4), 0..4), 0..4_u32)
            .prop_map(|(tiers, attempts)| Tiers::new(tiers).with_attempts(attempts))
    }

    fn end() -> impl Strategy<Value = TryEnd> {
        prop_oneof![
            1 => Just(TryEnd::Worked),
            4 => (any::<bool>(), prop::option::of(0..10_000_u64)).prop_map(|(whole, seconds)| {
                TryEnd::Outage { whole, retry_after: seconds.map(Duration::from_secs) }
            }),
        ]
    }

    proptest! {
        /// Whatever fails, each run of the machine ends: no candidate is tried twice, none after work was done, none while
        /// it has to rest, none that is not able, and none from a tier below.
        #[test]
        fn every_run_ends_and_keeps_the_rules(
            tiers in tiers(),
            ends in prop::collection::vec(end(), 20),
            attempt in 1..12_u32,
            unable in 0..3_u8,
            pause in 0..100_u64,
        ) {
            let able = |candidate: &Candidate| candidate.provider != format!("p{unable}");
            let (mut history, mut health, mut now) = (History::new(), Health::new(), Timestamp::UNIX_EPOCH);
            let mut seen = BTreeSet::new();
            let mut lowest = 0;
            for end in ends {
                let choice = tiers.next(attempt, &history, &health, &able, now);
                prop_assert_eq!(&choice, &tiers.next(attempt, &history, &health, &able, now));
                let stored: (History, Health) =
                    serde_json::from_str(&serde_json::to_string(&(&history, &health)).unwrap()).unwrap();
                prop_assert_eq!(&choice, &tiers.next(attempt, &stored.0, &stored.1, &able, now));
                match choice {
                    Choice::Run(candidate) => {
                        prop_assert!(able(&candidate));
                        prop_assert!(history.tries().iter().all(|tried| tried.end != TryEnd::Worked));
                        prop_assert_eq!(health.not_before(&candidate, now), None);
                        let name = format!("{candidate} {:?}", candidate.cost);
                        prop_assert!(seen.insert(name));
                        let tier = tiers.tiers.iter().rposition(|tier| tier.contains(&candidate)).unwrap();
                        prop_assert!(tier >= lowest);
                        lowest = tiers.tiers.iter().position(|tier| tier.contains(&candidate)).unwrap();
                        health.note(&candidate, end, now);
                        history.push(candidate, end);
                        now = now.checked_add(Duration::from_secs(pause)).unwrap();
                    }
                    Choice::Settled => {
                        prop_assert_eq!(history.tries().last().unwrap().end, TryEnd::Worked);
                        return Ok(());
                    }
                    Choice::NoneFit { until } => {
                        prop_assert!(until.is_none_or(|until| until > now));
                        return Ok(());
                    }
                    Choice::NoneAble => {
                        prop_assert!(history.tries().is_empty());
                        return Ok(());
                    }
                }
            }
            prop_assert!(false, "it did not end");
        }
    }

    #[test]
    fn the_cheapest_is_first_and_an_outage_leads_to_the_next() {
        let cost = |minor| Money::from_minor(minor, 2, Currency::USD).unwrap();
        let unknown = Candidate::new("a");
        let dear = Candidate::new("b").with_cost(cost(300));
        let cheap = Candidate::new("c").with_cost(cost(100));
        let above = Candidate::new("c").with_model("large");
        let tiers = Tiers::new(vec![vec![unknown.clone(), dear.clone(), cheap.clone()], vec![above.clone()]]);
        let (mut history, mut health, now) = (History::new(), Health::new(), Timestamp::UNIX_EPOCH);
        for wanted in [&cheap, &dear, &unknown, &above] {
            let found = tiers.next(1, &history, &health, &|_| true, now);
            assert_eq!(found, Choice::Run(wanted.clone()));
            let end = TryEnd::Outage { whole: false, retry_after: Some(Duration::from_secs(60)) };
            health.note(wanted, end, now);
            history.push(wanted.clone(), end);
        }
        assert_eq!(tiers.next(1, &history, &health, &|_| true, now), Choice::NoneFit { until: None });
        let until = now.checked_add(Duration::from_secs(60)).unwrap();
        let fresh = History::new();
        assert_eq!(tiers.next(1, &fresh, &health, &|_| true, now), Choice::NoneFit { until: Some(until) });
        assert_eq!(tiers.next(1, &fresh, &health, &|_| true, until), Choice::Run(cheap));
    }
}
