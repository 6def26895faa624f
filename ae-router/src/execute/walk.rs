//! The way of a call through its candidates. Pure.

use std::time::Duration;

use super::{fate::Next, resting::Wait};
use crate::{CallLimits, ModelChoice};

/// The candidates of a call and what was tried.
#[derive(Debug)]
pub(super) struct Walk {
    lanes: Vec<Lane>,
    tries: u32,
    tries_max: u32,
    tries_per_model_max: u32,
}

#[derive(Debug)]
struct Lane {
    model: ModelChoice,
    /// The most tokens of input that the model takes, if known.
    window: Option<u64>,
    tries: u32,
    open: bool,
}

/// The next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Try the candidate of this number.
    Try(usize),
    /// Every candidate that is left rests; the first one rests for this time.
    Rest(Wait),
    /// There is nothing left to try.
    End,
}

impl Walk {
    pub(super) fn new(
        models: impl IntoIterator<Item = (ModelChoice, Option<u64>)>,
        limits: &CallLimits,
    ) -> Self {
        let lane = |(model, window)| Lane { model, window, tries: 0, open: true };
        Self {
            lanes: models.into_iter().map(lane).collect(),
            tries: 0,
            tries_max: limits.tries_max.max(1),
            tries_per_model_max: limits.tries_per_model_max.max(1),
        }
    }

    /// The next step; `rests` says how long a model has to be left alone. `not` is a candidate that is under way.
    pub(super) fn step(&self, not: Option<usize>, rests: impl Fn(&ModelChoice) -> Option<Wait>) -> Step {
        if self.tries >= self.tries_max {
            return Step::End;
        }
        let mut least: Option<Wait> = None;
        for (number, lane) in self.lanes.iter().enumerate() {
            if !lane.open || lane.tries >= self.tries_per_model_max || Some(number) == not {
                continue;
            }
            match rests(&lane.model) {
                None => return Step::Try(number),
                Some(wait) if least.is_none_or(|least| wait.pause < least.pause) => least = Some(wait),
                Some(_) => {}
            }
        }
        least.map_or(Step::End, Step::Rest)
    }

    pub(super) fn model(&self, number: usize) -> Option<&ModelChoice> {
        self.lanes.get(number).map(|lane| &lane.model)
    }

    /// A try of a candidate begins: its number over all tries, from 1.
    pub(super) fn begin(&mut self, number: usize) -> u32 {
        self.tries = self.tries.saturating_add(1);
        if let Some(lane) = self.lanes.get_mut(number) {
            lane.tries = lane.tries.saturating_add(1);
        }
        self.tries
    }

    /// The tries of a candidate so far.
    pub(super) fn tries_of(&self, number: usize) -> u32 {
        self.lanes.get(number).map_or(0, |lane| lane.tries)
    }

    /// A candidate failed: closes what is not worth a try any more.
    pub(super) fn failed(&mut self, number: usize, next: Next) {
        let Some(lane) = self.lanes.get(number) else { return };
        let (provider, window) = (lane.model.provider.clone(), lane.window);
        for (other, lane) in self.lanes.iter_mut().enumerate() {
            let shut = match next {
                Next::Stop => true,
                Next::Again => false,
                Next::Other => other == number,
                Next::OtherProvider => other == number || lane.model.provider == provider,
                // A window that is not known is not known to be larger.
                Next::LargerWindow => other == number || lane.window <= window,
            };
            lane.open &= !shut;
        }
    }

    /// The pause, if `pause` is short enough to be waited for.
    pub(super) fn is_worth(pause: Duration, limits: &CallLimits) -> bool {
        pause <= limits.retry_after_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk() -> Walk {
        let lanes = [("a", "x", Some(100)), ("b", "x", Some(300)), ("c", "y", Some(100)), ("d", "y", None)];
        Walk::new(
            lanes.map(|(id, provider, window)| (ModelChoice::new(id, provider), window)),
            &CallLimits::default(),
        )
    }

    fn free(_: &ModelChoice) -> Option<Wait> {
        None
    }

    #[test]
    fn each_fate_leaves_its_candidates() {
        for (next, left) in [
            (Next::Stop, vec![]),
            (Next::Again, vec!["a", "b", "c", "d"]),
            (Next::Other, vec!["b", "c", "d"]),
            (Next::OtherProvider, vec!["c", "d"]),
            (Next::LargerWindow, vec!["b"]),
        ] {
            let mut walk = walk();
            walk.failed(0, next);
            let open: Vec<_> =
                walk.lanes.iter().filter(|lane| lane.open).map(|lane| &*lane.model.id).collect();
            assert_eq!(open, left, "{next:?}");
        }
    }

    #[test]
    fn tries_are_bounded_in_all_and_for_each_model() {
        let mut walk = walk();
        let mut tried = Vec::new();
        while let Step::Try(number) = walk.step(None, free) {
            assert_eq!(walk.begin(number) as usize, tried.len() + 1);
            tried.push(number);
        }
        assert_eq!(tried, [0, 0, 1, 1]);
        assert_eq!((walk.tries_of(0), walk.tries_of(2)), (2, 0));
    }

    #[test]
    fn what_rests_is_passed_over_and_the_shortest_rest_is_named() {
        let walk = walk();
        let wait = |seconds| Wait { pause: Duration::from_secs(seconds), why: "test" };
        assert_eq!(walk.step(None, |model| (model.id == "a").then(|| wait(9))), Step::Try(1));
        assert_eq!(walk.step(Some(0), free), Step::Try(1));
        let all = |model: &ModelChoice| Some(wait(if model.id == "c" { 3 } else { 9 }));
        assert_eq!(walk.step(None, all), Step::Rest(wait(3)));
    }
}
