//! Models and providers that are left alone for a while.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{bucket::Bucket, fate::Harm, health::Breaker};
use crate::{ModelChoice, RateState, RestLimits};

/// The health of every model that was called, shared by all calls of a router.
#[derive(Debug, Default)]
pub(super) struct Resting {
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    providers: BTreeMap<String, Rest>,
    models: BTreeMap<ModelChoice, Health>,
}

#[derive(Debug, Default)]
struct Health {
    breaker: Breaker,
    bucket: Bucket,
    rest: Option<Rest>,
}

#[derive(Debug, Clone, Copy)]
struct Rest {
    until: Duration,
    why: &'static str,
}

/// A time to wait and its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) pause: Duration,
    pub(super) why: &'static str,
}

impl Resting {
    /// Lets a call of about `tokens` pass, or says how long it has to wait.
    pub(super) fn pass(
        &self,
        model: &ModelChoice,
        tokens: u64,
        now: Duration,
        limits: &RestLimits,
    ) -> Result<(), Wait> {
        let mut books = self.books();
        if let Some(wait) = books.wait(model, tokens, now) {
            return Err(wait);
        }
        let health = books.models.entry(model.clone()).or_default();
        // The breaker was asked just now, under the same lock.
        let passed = health.breaker.pass(now, limits);
        passed.map_err(|pause| Wait { pause, why: Breaker::WHY })?;
        health.bucket.take(tokens, now);
        Ok(())
    }

    /// The time that a call of about `tokens` has to wait, if it has to.
    pub(super) fn wait(&self, model: &ModelChoice, tokens: u64, now: Duration) -> Option<Wait> {
        self.books().wait(model, tokens, now)
    }

    /// A call was answered.
    pub(super) fn answered(&self, model: &ModelChoice, rate: &RateState, now: Duration) {
        let mut books = self.books();
        let health = books.models.entry(model.clone()).or_default();
        health.breaker.succeeded();
        health.bucket.observe(rate, now);
    }

    /// A call failed.
    pub(super) fn failed(&self, model: &ModelChoice, harm: Harm, now: Duration, limits: &RestLimits) {
        let rest = |pause: Duration, why| Some(Rest { until: now.saturating_add(pause), why });
        let mut books = self.books();
        if harm == Harm::Provider {
            let rest = Rest {
                until: now.saturating_add(limits.account_rest),
                why: "the provider's account has no money left, or its key is refused",
            };
            books.providers.insert(model.provider.clone(), rest);
        }
        let health = books.models.entry(model.clone()).or_default();
        match harm {
            Harm::Failure => health.breaker.failed(now, limits),
            Harm::Model(pause) => {
                health.rest = rest(pause, "the vendor asked for a pause");
                health.breaker.abandoned(now);
            }
            Harm::ModelOfAccount => {
                health.rest = rest(limits.account_rest, "the model is not to be had with this key");
                health.breaker.abandoned(now);
            }
            Harm::None | Harm::Provider => health.breaker.abandoned(now),
        }
    }

    /// A call ended without saying anything about the model.
    pub(super) fn abandoned(&self, model: &ModelChoice, now: Duration) {
        self.failed(model, Harm::None, now, &RestLimits::default());
    }

    /// The models that rest, by id, and why. `listed` are all that may be called.
    pub(super) fn resting<'a>(
        &self,
        listed: impl Iterator<Item = (&'a str, &'a str)>,
        now: Duration,
    ) -> BTreeMap<String, String> {
        let books = self.books();
        let mut resting = BTreeMap::new();
        if books.models.is_empty() && books.providers.is_empty() {
            return resting;
        }
        for (id, provider) in listed {
            if let Some(wait) = books.wait(&ModelChoice::new(id, provider), 0, now) {
                resting.insert(id.to_owned(), format!("{}: {} s", wait.why, wait.pause.as_secs().max(1)));
            }
        }
        resting
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // Nothing under the lock panics half-way, so a poisoned lock still holds whole entries.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Books {
    /// The longest of all times that a call has to wait.
    fn wait(&self, model: &ModelChoice, tokens: u64, now: Duration) -> Option<Wait> {
        let rest = |rest: &Rest| Wait { pause: rest.until.saturating_sub(now), why: rest.why };
        let health = self.models.get(model);
        let waits = [
            self.providers.get(&model.provider).map(rest),
            health.and_then(|health| health.rest.as_ref()).map(rest),
            health.map(|health| Wait { pause: health.breaker.wait(now), why: Breaker::WHY }),
            health.map(|health| Wait { pause: health.bucket.wait(tokens, now), why: Bucket::WHY }),
        ];
        waits.into_iter().flatten().filter(|wait| !wait.pause.is_zero()).max_by_key(|wait| wait.pause)
    }
}

impl Breaker {
    const WHY: &'static str = "the model failed several times in a row";
}

impl Bucket {
    const WHY: &'static str = "the vendor's limit of requests or tokens is used up";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_provider_rests_with_all_its_models() {
        let (resting, limits) = (Resting::default(), RestLimits::default());
        let (one, two, other) =
            (ModelChoice::new("a", "x"), ModelChoice::new("b", "x"), ModelChoice::new("c", "y"));
        resting.failed(&one, Harm::Provider, s(0), &limits);
        assert!(resting.pass(&two, 1, s(10), &limits).is_err());
        assert!(resting.pass(&other, 1, s(10), &limits).is_ok());
        let listed = [("a", "x"), ("b", "x"), ("c", "y")];
        let named = resting.resting(listed.into_iter(), s(10));
        assert_eq!(named.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert!(named["a"].ends_with("3590 s"), "{named:?}");
        assert!(resting.pass(&two, 1, limits.account_rest, &limits).is_ok());
    }

    #[test]
    fn the_longest_reason_counts() {
        let (resting, limits) = (Resting::default(), RestLimits::default().with_failures_max(1));
        let model = ModelChoice::new("a", "x");
        resting.failed(&model, Harm::Failure, s(0), &limits);
        resting.failed(&model, Harm::Model(s(90)), s(0), &limits);
        assert_eq!(resting.wait(&model, 1, s(0)).unwrap().pause, s(90));
        let rate = RateState::default().with_requests_left(Some(0)).with_requests_reset(Some(s(120)));
        resting.answered(&model, &rate, s(0));
        assert_eq!(resting.wait(&model, 1, s(0)), Some(Wait { pause: s(120), why: Bucket::WHY }));
    }
}
