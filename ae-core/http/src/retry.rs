//! Sending again, under a rule.

use std::time::Duration;

use ae_core::{BackendError, Effect, Retry, RetryPolicy, Runtime};

use crate::{Answer, Client, Request};

/// Which requests are sent again, how often, and for how long.
///
/// Without more, a request is sent again when there was no connection or no answer, and on 408, 425, 429 and 5xx. A
/// request that writes is sent again only where it certainly had no effect, unless the service recognises a repeat: see
/// [`with_repeatable`](Self::with_repeatable).
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RetryRule {
    /// The number of tries and the pauses between them.
    pub policy: RetryPolicy,
    /// The time for all tries and pauses together.
    pub total: Duration,
    /// The shortest pause.
    pub pause_min: Duration,
    /// The longest pause that a service can ask for with `Retry-After`; a longer one counts as this long.
    pub asked_max: Duration,
    /// Whether a repeat of a request that may have had its effect is safe: it has an idempotency key, or its effect is the
    /// same however often it happens.
    pub repeatable: bool,
    /// Overrides the status: `Some(true)` is sent again, even if it is a refusal, `Some(false)` is not.
    pub verdict: fn(&Answer) -> Option<bool>,
}

impl Default for RetryRule {
    /// Three tries, 90 s in all, at most 60 s asked for; a write is not repeatable.
    fn default() -> Self {
        Self {
            policy: RetryPolicy::default(),
            total: Duration::from_secs(90),
            pause_min: Duration::ZERO,
            asked_max: Duration::from_secs(60),
            repeatable: false,
            verdict: |_| None,
        }
    }
}

ae_core::setters! { RetryRule {
    /// Sets the number of tries and the pauses.
    fn with_policy(policy: RetryPolicy);
    /// Sets the time for everything.
    fn with_total(total: Duration);
    /// Sets the shortest pause.
    fn with_pause_min(pause_min: Duration);
    /// Sets the longest pause that a service can ask for.
    fn with_asked_max(asked_max: Duration);
    /// Says that a repeat is safe, also after an answer was lost.
    fn with_repeatable(repeatable = true);
    /// Sets what overrides the status.
    fn with_verdict(verdict: fn(&Answer) -> Option<bool>);
} }

impl RetryRule {
    /// The retry class of an answer, `Never` for one that is to be kept.
    fn class(&self, answer: &Answer) -> Retry {
        if answer.status.is_success() {
            return Retry::Never;
        }
        let error = answer.error();
        match (self.verdict)(answer) {
            Some(false) => Retry::Never,
            Some(true) => answer.pause().map_or(Retry::Backoff, Retry::After),
            None => self.may(&error),
        }
    }

    fn may(&self, error: &BackendError) -> Retry {
        if self.repeatable || error.effect() == Effect::NotApplied { error.retry() } else { Retry::Never }
    }

    /// The pause after `tries`, `None` to stop.
    fn pause(
        &self,
        tries: u32,
        class: Retry,
        error: BackendError,
        left: Duration,
        runtime: &Runtime,
    ) -> Option<Duration> {
        let class = match class {
            Retry::After(asked) => Retry::After(asked.min(self.asked_max)),
            other => other,
        };
        let pause = self.policy.next_pause(tries, &error.with_retry(class), runtime.ids.jitter())?;
        let pause = pause.max(self.pause_min);
        (pause < left).then_some(pause)
    }
}

impl Client {
    /// Sends `request`, again where `rule` says so, and gives the last answer, whatever its status.
    ///
    /// Every try is the same request. An error, or the error of an answer, has an unknown effect if that of any try was.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send), of the last try. Dropping the future stops at once.
    pub async fn send_under(
        &self,
        request: &Request,
        rule: &RetryRule,
        runtime: &Runtime,
    ) -> Result<Answer, BackendError> {
        let begin = runtime.clock.monotonic();
        let (mut tries, mut doubtful) = (0_u32, false);
        loop {
            tries = tries.saturating_add(1);
            let left = rule.total.saturating_sub(runtime.clock.monotonic().saturating_sub(begin));
            let sent = self.send_within(request, left).await;
            let left = rule.total.saturating_sub(runtime.clock.monotonic().saturating_sub(begin));
            let pause = match sent {
                Ok(mut answer) => {
                    answer.doubtful = doubtful;
                    let (class, error) = (rule.class(&answer), answer.error());
                    let unknown = error.effect() == Effect::Unknown;
                    let Some(pause) = rule.pause(tries, class, error, left, runtime) else {
                        return Ok(answer);
                    };
                    doubtful |= unknown;
                    pause
                }
                Err(error) => {
                    doubtful |= error.effect() == Effect::Unknown;
                    let error = if doubtful { error.with_effect(Effect::Unknown) } else { error };
                    let class = rule.may(&error);
                    let probe = BackendError::new(error.kind(), "", "", "");
                    let Some(pause) = rule.pause(tries, class, probe, left, runtime) else {
                        return Err(error);
                    };
                    pause
                }
            };
            runtime.sleeper.sleep(pause).await;
        }
    }
}
