//! Cuts at every step: exactly one of each, whatever is lost.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    task::{Context, Poll},
};

use ae_billing::{
    MemoryJournal, NewRefund, PaymentProvider, PaymentQuery, RequestJournal, StoredRequest, Stripe,
};
use ae_core::{BackendError, BillingInterval, Effect, ErrorKind, IdempotencyKey, Runtime, Timestamp};
use async_trait::async_trait;
use doubles::{
    server::{Fault, Reply},
    stripe::StripeDouble,
};
use serde_json::json;

use crate::world::{START, config, double, key, link, posts, price, product, run, usd};

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// A journal whose process dies at a step: before it, or after it.
#[derive(Debug, Clone)]
struct Cut {
    inner: MemoryJournal,
    left: Arc<AtomicI64>,
    is_after: bool,
}

impl Cut {
    fn step(&self) -> i64 {
        self.left.fetch_sub(1, Ordering::SeqCst)
    }

    async fn done<T>(&self, work: impl Future<Output = Result<T, BackendError>>) -> Result<T, BackendError> {
        let dead = || {
            Err(BackendError::new(ErrorKind::Unavailable, "cut", "step", "cut").with_effect(Effect::Unknown))
        };
        match self.step() {
            ..0 => dead(),
            0 if self.is_after => {
                work.await?;
                dead()
            }
            0 => dead(),
            _ => work.await,
        }
    }
}

#[async_trait]
impl RequestJournal for Cut {
    async fn begin(&self, request: &StoredRequest) -> Result<StoredRequest, BackendError> {
        self.done(self.inner.begin(request)).await
    }

    async fn get(&self, scope: &str, key: &IdempotencyKey) -> Result<Option<StoredRequest>, BackendError> {
        self.done(self.inner.get(scope, key)).await
    }

    async fn put(&self, request: &StoredRequest) -> Result<(), BackendError> {
        self.done(self.inner.put(request)).await
    }

    async fn remove(&self, scope: &str, key: &IdempotencyKey) -> Result<(), BackendError> {
        self.done(self.inner.remove(scope, key)).await
    }
}

/// A future that is dropped after some polls.
struct Dropped<F>(Pin<Box<F>>, u64);

impl<F: Future> Future for Dropped<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.1 == 0 {
            return Poll::Ready(None);
        }
        self.1 -= 1;
        self.0.as_mut().poll(cx).map(Some)
    }
}

/// The whole way: product, price, link, a customer's payment, and its refund.
async fn way(stripe: &Stripe, double: &StripeDouble) -> Result<(), BackendError> {
    stripe.ensure_product(&key("product"), &product()).await?;
    stripe.ensure_price(&key("price"), &price(BillingInterval::OneTime)).await?;
    let link = stripe.ensure_payment_link(&key("link"), &link()).await?.into_inner();
    if double.objects("charge").is_empty() {
        double.pay(link.id.as_str(), "");
    }
    let paid = stripe.payments(&PaymentQuery::new(run())).await?.items.remove(0).id;
    stripe.refund(&key("refund"), &NewRefund::new(paid, usd("10"))).await?;
    Ok(())
}

fn fault(dice: &mut Dice) -> Option<Fault> {
    let error = |status| Reply::json(status, &json!({ "error": { "type": "api_error" } }));
    Some(match dice.below(16) {
        0 => Fault::LoseRequest,
        1 | 2 => Fault::LoseAnswer,
        3 => Fault::AnswerAfter(error(500)),
        4 => Fault::Answer(error(503)),
        5 => Fault::Answer(error(409)),
        6 => Fault::Answer(error(429)),
        _ => return None,
    })
}

/// One seeded life with its cuts; the number of restarts.
async fn life(seed: u64) -> u32 {
    let double = double();
    let mut dice = Dice(seed);
    let journal = MemoryJournal::new();
    let faults = Arc::new(Mutex::new(Dice(seed ^ 0x5eed)));
    double.faults().plan(move |seen| {
        seen.path.starts_with("/v1/").then(|| fault(&mut faults.lock().unwrap())).flatten()
    });
    let mut now = START;
    for restart in 0..60 {
        if restart == 12 {
            double.faults().clear();
        }
        if dice.below(5) == 0 {
            // Longer than the vendor keeps its keys.
            now += 25 * 3600;
        }
        if restart < 12 && dice.below(6) == 0 {
            double.fail_next_post(true);
        }
        double.stop_clock_at(now);
        let left = if restart < 12 { i64::try_from(dice.below(24)).unwrap() } else { i64::MAX };
        let cut = Cut {
            inner: journal.clone(),
            left: Arc::new(AtomicI64::new(left)),
            is_after: dice.below(2) == 0,
        };
        let runtime = Runtime::manual(Timestamp::from_second(now).unwrap(), dice.below(1_000_000));
        let stripe = Stripe::new(config(&double.url()), cut, runtime).unwrap();
        let polls = if restart < 12 && dice.below(3) == 0 { dice.below(120) + 1 } else { u64::MAX };
        let went = pin!(Dropped(Box::pin(way(&stripe, &double)), polls)).await;
        now += i64::try_from(dice.below(7_200)).unwrap();
        if let Some(Ok(())) = went {
            one_of_each(&double, seed);
            return restart;
        }
    }
    panic!("seed {seed}: the way never ends");
}

fn one_of_each(double: &StripeDouble, seed: u64) {
    for kind in ["product", "price", "payment_link", "charge", "refund"] {
        assert_eq!(double.objects(kind).len(), 1, "seed {seed}: {kind}");
    }
    assert_eq!(double.objects("refund")[0]["amount"], 1000, "seed {seed}");
    let mut bodies = BTreeMap::new();
    for post in posts(double) {
        let body =
            bodies.entry(post.header("idempotency-key").to_owned()).or_insert_with(|| post.body.clone());
        assert_eq!(*body, post.body, "seed {seed}: another body under a key");
    }
}

#[tokio::test]
async fn three_hundred_lives_make_one_of_each() {
    let mut restarts = 0;
    for seed in 0..300 {
        restarts += life(seed).await;
    }
    assert!(restarts > 600, "only {restarts} restarts: the cuts do not cut");
}

/// Each step alone: the request is lost, or its answer, or the process dies around each write of the journal.
#[tokio::test]
async fn every_single_cut_makes_one_of_each() {
    for later in [60, 25 * 3600] {
        for step in 0..40 {
            for kind in 0..4 {
                let double = double();
                let journal = MemoryJournal::new();
                let left = if kind < 2 { step } else { i64::MAX };
                let cut =
                    Cut { inner: journal.clone(), left: Arc::new(AtomicI64::new(left)), is_after: kind == 0 };
                if kind >= 2 {
                    let mut number = 0;
                    double.faults().plan(move |seen| {
                        number += i64::from(seen.path.starts_with("/v1/"));
                        // This request and its repeats.
                        let is_hit = (step + 1..step + 4).contains(&number);
                        is_hit.then_some(if kind == 2 { Fault::LoseRequest } else { Fault::LoseAnswer })
                    });
                }
                let runtime = |now, seed| Runtime::manual(Timestamp::from_second(now).unwrap(), seed);
                let stripe = Stripe::new(config(&double.url()), cut, runtime(START, 1)).unwrap();
                let first = way(&stripe, &double).await;
                double.faults().clear();
                double.stop_clock_at(START + later);
                let stripe = Stripe::new(config(&double.url()), journal, runtime(START + later, 2)).unwrap();
                way(&stripe, &double).await.unwrap_or_else(|error| {
                    panic!("step {step} kind {kind} later {later}: {error} after {first:?}")
                });
                one_of_each(&double, u64::try_from(step).unwrap());
            }
        }
    }
}

/// Without a journal, natural keys alone are enough once a request has an outcome.
#[tokio::test]
async fn a_lost_journal_makes_nothing_twice() {
    let double = double();
    for seed in 0..3 {
        double.stop_clock_at(START + 30 * 3600 * seed);
        let runtime = Runtime::manual(Timestamp::from_second(START + 30 * 3600 * seed).unwrap(), 1);
        let stripe = Stripe::new(config(&double.url()), MemoryJournal::new(), runtime).unwrap();
        way(&stripe, &double).await.unwrap();
        one_of_each(&double, 0);
    }
    let mut other = product();
    other.name.push('!');
    let stripe = crate::world::provider(&double);
    let conflict = stripe.ensure_product(&key("product"), &other).await.unwrap_err();
    assert_eq!(conflict.kind(), ErrorKind::Conflict);
}
