//! Trying again, with a bound.

use std::{future::Future, time::Duration};

use crate::{BackendError, Retry, Runtime};

/// How often and how far apart a request is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Tries in all, the first included. At least 1.
    pub attempts_max: u32,
    /// The pause before the second try; it doubles after that.
    pub pause_base: Duration,
    /// No pause is longer than this, unless the backend asked for more.
    pub pause_max: Duration,
}

impl Default for RetryPolicy {
    /// Three tries, 0.5 s then 1 s, at most 5 s.
    fn default() -> Self {
        Self { attempts_max: 3, pause_base: Duration::from_millis(500), pause_max: Duration::from_secs(5) }
    }
}

impl RetryPolicy {
    /// At most `attempts_max` tries, with the pauses of the default.
    pub fn new(attempts_max: u32) -> Self {
        Self { attempts_max, ..Self::default() }
    }

    /// Sets the pause before the second try and the longest one.
    #[must_use]
    pub const fn with_pauses(mut self, base: Duration, max: Duration) -> Self {
        self.pause_base = base;
        self.pause_max = max;
        self
    }

    /// The pause before the next try after `attempt` tries (1 or more) ended in `error`, or `None` to stop.
    ///
    /// Exponential back-off with jitter between half and the whole of the pause; `jitter` is any 32 random bits.
    /// A pause that the backend named is a lower bound.
    pub fn next_pause(&self, attempt: u32, error: &BackendError, jitter: u32) -> Option<Duration> {
        if attempt >= self.attempts_max || error.retry() == Retry::Never {
            return None;
        }
        let doublings = attempt.saturating_sub(1).min(16);
        let whole = self.pause_base.saturating_mul(1 << doublings).min(self.pause_max);
        let half = whole / 2;
        let span = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX);
        // The high half of a 32 by 64 bit product: a fraction of `span` without floating point.
        let extra = u64::try_from((u128::from(span) * u128::from(jitter)) >> 32).unwrap_or(span);
        let pause = half + Duration::from_nanos(extra);
        Some(match error.retry() {
            Retry::After(least) => pause.max(least),
            Retry::Never | Retry::Backoff => pause,
        })
    }
}

/// Runs `operation` until it succeeds, its error forbids another try, or `policy` is used up; the last real error
/// comes out. Nothing sleeps after the last try.
///
/// # Errors
///
/// The error of the last try.
pub async fn retry<T, F, Fut>(
    policy: RetryPolicy,
    runtime: &Runtime,
    mut operation: F,
) -> Result<T, BackendError>
where
    F: FnMut(u32) -> Fut,
    Fut: Future<Output = Result<T, BackendError>>,
{
    let mut attempt = 1;
    loop {
        match operation(attempt).await {
            Ok(value) => return Ok(value),
            Err(error) => match policy.next_pause(attempt, &error, runtime.ids.jitter()) {
                Some(pause) => runtime.sleeper.sleep(pause).await,
                None => return Err(error),
            },
        }
        attempt += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::{ErrorKind, Timestamp};

    fn error(retry: Retry) -> BackendError {
        BackendError::new(ErrorKind::Unavailable, "test", "op", "down").with_retry(retry)
    }

    #[test]
    fn jitter_stays_between_half_and_whole_at_its_extremes() {
        let policy = RetryPolicy { attempts_max: 10, ..RetryPolicy::default() };
        for (attempt, whole_ms) in [(1, 500), (2, 1000), (4, 4000), (5, 5000), (9, 5000)] {
            for jitter in [0, u32::MAX / 2, u32::MAX] {
                let pause = policy.next_pause(attempt, &error(Retry::Backoff), jitter).unwrap();
                assert!(
                    pause >= Duration::from_millis(whole_ms / 2) && pause <= Duration::from_millis(whole_ms)
                );
            }
        }
    }

    #[test]
    fn a_named_pause_is_a_lower_bound() {
        let least = Duration::from_secs(30);
        let pause = RetryPolicy::default().next_pause(1, &error(Retry::After(least)), 0).unwrap();
        assert_eq!(pause, least);
    }

    #[tokio::test]
    async fn tries_are_bounded_and_the_last_error_comes_out() {
        let runtime = Runtime::manual(Timestamp::UNIX_EPOCH, 1);
        let tries = Cell::new(0);
        let result: Result<(), _> = retry(RetryPolicy::default(), &runtime, |attempt| {
            tries.set(attempt);
            async { Err(error(Retry::Backoff)) }
        })
        .await;
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(tries.get(), 3);
        assert!(runtime.now() < Timestamp::from_second(2).unwrap(), "no sleep after the last try");
    }

    #[tokio::test]
    async fn never_means_once() {
        let runtime = Runtime::manual(Timestamp::UNIX_EPOCH, 1);
        let tries = Cell::new(0);
        let result: Result<(), _> = retry(RetryPolicy::default(), &runtime, |attempt| {
            tries.set(attempt);
            async { Err(error(Retry::Never)) }
        })
        .await;
        assert!(result.is_err());
        assert_eq!(tries.get(), 1);
    }
}
