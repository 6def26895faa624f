//! The room in a vendor's limits of requests and tokens, as its last answer stated it. Pure: the time is handed in.

use std::time::Duration;

use crate::RateState;

/// The time after which a limit without a stated reset is believed to be full again: limits are a minute's.
const RESET: Duration = Duration::from_secs(60);

/// The room left for one model.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    requests: Room,
    tokens: Room,
}

/// The room in one limit; unknown until a vendor states it, and again after its reset.
#[derive(Debug, Default, Clone, Copy)]
struct Room(Option<Left>);

#[derive(Debug, Clone, Copy)]
struct Left {
    count: u64,
    until: Duration,
}

impl Bucket {
    /// The time until a request of `tokens` fits; zero when it fits now.
    ///
    /// A request that is larger than the whole limit fits after a reset: the vendor decides.
    pub(super) fn wait(&self, tokens: u64, now: Duration) -> Duration {
        self.requests.wait(1, now).max(self.tokens.wait(tokens, now))
    }

    /// Takes the room for a request of `tokens`.
    pub(super) fn take(&mut self, tokens: u64, now: Duration) {
        self.requests.take(1, now);
        self.tokens.take(tokens, now);
    }

    /// Takes in what an answer states.
    pub(super) fn observe(&mut self, rate: &RateState, now: Duration) {
        self.requests.observe(rate.requests_left, rate.requests_reset, now);
        self.tokens.observe(rate.tokens_left, rate.tokens_reset, now);
    }
}

impl Room {
    fn left(&self, now: Duration) -> Option<Left> {
        self.0.filter(|left| now < left.until)
    }

    fn wait(&self, count: u64, now: Duration) -> Duration {
        match self.left(now) {
            Some(left) if left.count < count => left.until.saturating_sub(now),
            _ => Duration::ZERO,
        }
    }

    fn take(&mut self, count: u64, now: Duration) {
        self.0 = self.left(now).map(|left| Left { count: left.count.saturating_sub(count), ..left });
    }

    fn observe(&mut self, count: Option<u64>, reset: Option<Duration>, now: Duration) {
        if let Some(count) = count {
            self.0 = Some(Left { count, until: now.saturating_add(reset.unwrap_or(RESET)) });
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

    fn stated(requests: Option<u64>, tokens: Option<u64>, reset: Option<u64>) -> RateState {
        RateState::default()
            .with_requests_left(requests)
            .with_requests_reset(reset.map(s))
            .with_tokens_left(tokens)
            .with_tokens_reset(reset.map(s))
    }

    #[test]
    fn an_unknown_limit_stops_nothing() {
        assert_eq!(Bucket::default().wait(u64::MAX, s(0)), s(0));
    }

    #[test]
    fn what_is_taken_is_gone_until_the_reset() {
        let mut bucket = Bucket::default();
        bucket.observe(&stated(Some(2), Some(1_000), Some(6)), s(10));
        assert_eq!(bucket.wait(1_000, s(10)), s(0));
        bucket.take(800, s(10));
        assert_eq!(bucket.wait(200, s(11)), s(0));
        assert_eq!(bucket.wait(201, s(11)), s(5));
        bucket.take(1, s(11));
        assert_eq!(bucket.wait(1, s(12)), s(4), "no request is left");
        assert_eq!(bucket.wait(u64::MAX, s(16)), s(0));
    }

    #[test]
    fn a_limit_without_a_reset_is_full_again_after_a_minute() {
        let mut bucket = Bucket::default();
        bucket.observe(&stated(Some(0), None, None), s(0));
        assert_eq!((bucket.wait(5, s(0)), bucket.wait(5, s(60))), (s(60), s(0)));
    }

    proptest! {
        #[test]
        fn no_more_is_let_through_than_was_stated(
            left in 0_u64..50,
            tokens_left in 0_u64..5_000,
            calls in prop::collection::vec((0_u64..500, 0_u64..3), 0..100),
        ) {
            let mut bucket = Bucket::default();
            let reset = 30;
            bucket.observe(&stated(Some(left), Some(tokens_left), Some(reset)), s(0));
            let (mut now, mut passed, mut tokens) = (0, 0, 0);
            for (size, pause) in calls {
                now += pause;
                if now >= reset {
                    prop_assert_eq!(bucket.wait(size, s(now)), s(0));
                    break;
                }
                let wait = bucket.wait(size, s(now));
                prop_assert!(wait.is_zero() || wait == s(reset - now));
                if wait.is_zero() {
                    bucket.take(size, s(now));
                    passed += 1;
                    tokens += size;
                }
                prop_assert!(passed <= left && tokens <= tokens_left);
            }
        }
    }
}
