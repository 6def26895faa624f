//! A circuit breaker: lets calls of one model through, or not. Pure: the time is handed in.

use std::{collections::VecDeque, time::Duration};

use crate::RestLimits;

/// The circuit of one model.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: State,
    /// The times of the failures within the window, oldest first; at most the number that opens the circuit.
    failures: VecDeque<Duration>,
    /// Rests without a success in between.
    rests: u32,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Calls pass.
    #[default]
    Closed,
    /// No call passes until then; after that, one.
    Open { until: Duration },
    /// One call is under way as a probe. When its end is not reported until then, another one may pass.
    HalfOpen { until: Duration },
}

impl Breaker {
    /// The time until a call may pass; zero when it may pass now.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        match self.state {
            State::Closed => Duration::ZERO,
            State::Open { until } | State::HalfOpen { until } => until.saturating_sub(now),
        }
    }

    /// Lets a call pass, or says how long it has to wait. After a rest the call is a probe, and the only one.
    pub(super) fn pass(&mut self, now: Duration, limits: &RestLimits) -> Result<(), Duration> {
        let wait = self.wait(now);
        if !wait.is_zero() {
            return Err(wait);
        }
        if self.state != State::Closed {
            self.state = State::HalfOpen { until: now.saturating_add(limits.rest_max) };
        }
        Ok(())
    }

    /// A call was answered.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// A call failed.
    pub(super) fn failed(&mut self, now: Duration, limits: &RestLimits) {
        let is_probe = matches!(self.state, State::HalfOpen { .. });
        if matches!(self.state, State::Open { .. }) {
            // A call that began before the circuit opened: it says nothing new.
            return;
        }
        let counts = |at: &Duration| now.saturating_sub(*at) <= limits.window;
        self.failures.retain(counts);
        self.failures.push_back(now);
        let count = u32::try_from(self.failures.len()).unwrap_or(u32::MAX);
        if is_probe || count >= limits.failures_max.max(1) {
            let rest = limits.rest.saturating_mul(1 << self.rests.min(16)).min(limits.rest_max);
            self.state = State::Open { until: now.saturating_add(rest) };
            self.rests = self.rests.saturating_add(1);
            self.failures.clear();
        }
    }

    /// A call ended without saying anything about the model: it was cancelled, or the request was wrong.
    pub(super) fn abandoned(&mut self, now: Duration) {
        if matches!(self.state, State::HalfOpen { .. }) {
            self.state = State::Open { until: now };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn failures_open_it_and_one_probe_closes_it() {
        let limits = RestLimits::default().with_failures_max(3);
        let mut breaker = Breaker::default();
        for at in 0..3 {
            assert_eq!(breaker.pass(s(at), &limits), Ok(()));
            breaker.failed(s(at), &limits);
        }
        assert_eq!(breaker.pass(s(10), &limits), Err(s(22)));
        assert_eq!(breaker.pass(s(32), &limits), Ok(()), "the probe");
        assert!(breaker.pass(s(32), &limits).is_err(), "one probe at a time");
        breaker.succeeded();
        assert_eq!(breaker.pass(s(33), &limits), Ok(()));
        assert_eq!(breaker.pass(s(33), &limits), Ok(()));
    }

    #[test]
    fn a_failed_probe_doubles_the_rest_up_to_the_longest() {
        let limits = RestLimits::default().with_failures_max(1).with_rest(s(10)).with_rest_max(s(30));
        let mut breaker = Breaker::default();
        let mut now = s(0);
        for rest in [10, 20, 30, 30] {
            assert_eq!(breaker.pass(now, &limits), Ok(()));
            breaker.failed(now, &limits);
            assert_eq!(breaker.wait(now), s(rest));
            now += s(rest);
        }
    }

    #[test]
    fn failures_beyond_the_window_are_forgotten() {
        let limits = RestLimits::default().with_failures_max(2).with_window(s(5));
        let mut breaker = Breaker::default();
        for at in [0, 6, 12] {
            breaker.failed(s(at), &limits);
            assert_eq!(breaker.wait(s(at)), s(0));
        }
        breaker.failed(s(17), &limits);
        assert_eq!(breaker.wait(s(17)), limits.rest);
    }

    #[test]
    fn an_abandoned_probe_leaves_the_next_one() {
        let limits = RestLimits::default().with_failures_max(1);
        let mut breaker = Breaker::default();
        breaker.failed(s(0), &limits);
        assert_eq!(breaker.pass(s(30), &limits), Ok(()));
        breaker.abandoned(s(31));
        assert_eq!(breaker.pass(s(31), &limits), Ok(()));
        assert_eq!(
            breaker.pass(s(31) + limits.rest_max, &limits),
            Ok(()),
            "a probe without an end times out"
        );
    }

    #[derive(Debug, Clone, Copy)]
    enum Event {
        Pass,
        Success,
        Failure,
        Abandon,
    }

    fn event() -> impl Strategy<Value = (Event, u64)> {
        let event = prop_oneof![
            Just(Event::Pass),
            Just(Event::Success),
            Just(Event::Failure),
            Just(Event::Failure),
            Just(Event::Abandon)
        ];
        (event, 0_u64..40)
    }

    proptest! {
        #[test]
        fn it_never_stays_shut_and_never_lets_two_probes_pass(
            events in prop::collection::vec(event(), 0..200),
            failures_max in 0_u32..5,
        ) {
            let limits = RestLimits::default().with_failures_max(failures_max).with_rest_max(s(120));
            let (mut breaker, mut now) = (Breaker::default(), s(0));
            let mut probe: Option<Duration> = None;
            for (event, pause) in events {
                now += s(pause);
                prop_assert!(breaker.wait(now) <= limits.rest_max);
                prop_assert!(breaker.failures.len() <= failures_max.max(1) as usize);
                let open = !matches!(breaker.state, State::Closed);
                match event {
                    Event::Pass => {
                        let passes = breaker.wait(now).is_zero();
                        prop_assert_eq!(breaker.pass(now, &limits).is_ok(), passes);
                        if passes && open {
                            prop_assert!(probe.is_none_or(|since| now >= since + limits.rest_max));
                            probe = Some(now);
                        }
                    }
                    Event::Success => {
                        breaker.succeeded();
                        probe = None;
                        prop_assert!(breaker.wait(now).is_zero());
                    }
                    Event::Failure => {
                        breaker.failed(now, &limits);
                        if probe.take().is_some() {
                            prop_assert!(!breaker.wait(now).is_zero());
                        }
                    }
                    Event::Abandon => {
                        breaker.abandoned(now);
                        probe = None;
                    }
                }
            }
        }
    }
}
