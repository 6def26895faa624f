//! Wrong providers with every ability.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use ae_billing::{
    CancelSubscription, Charge, Checkout, CheckoutId, Customer, Endpoint, Ensured, Meter, NewCheckout,
    NewCustomer, NewEndpoint, NewLink, NewMeter, NewPortal, NewPrice, NewProduct, NewUsage, ObjectRef, Page,
    Payment, PaymentLink, PaymentProvider, PaymentQuery, Portal, Price, Product, ProviderInfo, Subscription,
    SubscriptionId, SubscriptionQuery,
    conformance::{Subject, Subscribe, run_all},
};
use ae_core::conformance::faults;
use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, Money, RunId, Secret};
use async_trait::async_trait;

use crate::{full::Full, world::wait};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    MakesCustomersAgain,
    TakesAnotherCustomer,
    PaysByItself,
    TakesAnyPrice,
    InventsCheckouts,
    OpensAnyPortal,
    InventsSubscriptions,
    TakesAnyLimit,
    RepeatsThePage,
    EndsAtOnce,
    NeverEnds,
    MakesMetersAgain,
    CountsUsageAgain,
    MakesEndpointsAgain,
    HidesTheSecret,
    Rounds,
    AnnouncesNoTrials,
    TakesFallingSteps,
}

#[derive(Debug)]
struct Wrong {
    inner: Full,
    fault: Fault,
    count: AtomicU32,
}

impl Wrong {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn other(&self) -> IdempotencyKey {
        let run = RunId::from_digest(&Digest::of_bytes("other", b""));
        IdempotencyKey::derive(run, "other", "other", self.count.fetch_add(1, Ordering::Relaxed))
    }

    fn key(&self, fault: Fault, key: &IdempotencyKey) -> IdempotencyKey {
        if self.is(fault) { self.other() } else { key.clone() }
    }
}

#[async_trait]
impl PaymentProvider for Wrong {
    fn info(&self) -> ProviderInfo {
        let mut info = self.inner.info();
        info.capabilities.trials &= !self.is(Fault::AnnouncesNoTrials);
        info
    }

    async fn check(&self) -> Result<(), BackendError> {
        self.inner.check().await
    }

    async fn ensure_product(
        &self,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        self.inner.ensure_product(key, spec).await
    }

    async fn ensure_price(
        &self,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        let mut spec = spec.clone();
        if let (Charge::Metered { unit, .. }, true) = (&mut spec.charge, self.is(Fault::Rounds)) {
            let cent = 10_000_000_000;
            *unit = Money::from_pico(unit.pico().max(cent), unit.currency()).unwrap();
        }
        if let (Charge::Tiered { steps, .. }, true) = (&mut spec.charge, self.is(Fault::TakesFallingSteps)) {
            steps.dedup_by_key(|step| step.up_to);
        }
        self.inner.ensure_price(key, &spec).await
    }

    async fn ensure_payment_link(
        &self,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        self.inner.ensure_payment_link(key, spec).await
    }

    async fn deactivate(&self, key: &IdempotencyKey, object: &ObjectRef) -> Result<(), BackendError> {
        self.inner.deactivate(key, object).await
    }

    async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
        self.inner.find(run).await
    }

    async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
        self.inner.payments(query).await
    }

    async fn ensure_customer(
        &self,
        key: &IdempotencyKey,
        spec: &NewCustomer,
    ) -> Result<Ensured<Customer>, BackendError> {
        let answer = self.inner.ensure_customer(&self.key(Fault::MakesCustomersAgain, key), spec).await;
        match answer {
            Err(error) if error.kind() == ErrorKind::Conflict && self.is(Fault::TakesAnotherCustomer) => {
                self.inner.ensure_customer(&self.other(), spec).await
            }
            answer => answer,
        }
    }

    async fn ensure_checkout(
        &self,
        key: &IdempotencyKey,
        spec: &NewCheckout,
    ) -> Result<Ensured<Checkout>, BackendError> {
        let made = self.inner.ensure_checkout(key, spec).await;
        match made {
            Ok(made) => {
                Ok(made.map(|one| if self.is(Fault::PaysByItself) { one.with_paid(true) } else { one }))
            }
            Err(_) if self.is(Fault::TakesAnyPrice) => {
                let now = ae_core::Timestamp::UNIX_EPOCH;
                Ok(Ensured::Created(
                    Checkout::new(CheckoutId::of_key(key), now).with_url("https://pay.example"),
                ))
            }
            Err(error) => Err(error),
        }
    }

    async fn checkout(&self, id: &CheckoutId) -> Result<Checkout, BackendError> {
        let read = self.inner.checkout(id).await;
        if self.is(Fault::InventsCheckouts) {
            return read.or(Ok(Checkout::new(id.clone(), ae_core::Timestamp::UNIX_EPOCH)));
        }
        read
    }

    async fn open_portal(&self, portal: &NewPortal) -> Result<Portal, BackendError> {
        let opened = self.inner.open_portal(portal).await;
        if self.is(Fault::OpensAnyPortal) {
            return opened.or(Ok(Portal::new(Secret::new("https://pay.example".to_owned()))));
        }
        opened
    }

    async fn subscription(&self, id: &SubscriptionId) -> Result<Subscription, BackendError> {
        let read = self.inner.subscription(id).await;
        if self.is(Fault::InventsSubscriptions) {
            let now = ae_core::Timestamp::UNIX_EPOCH;
            return read.or(Ok(Subscription::new(id.clone(), ae_billing::SubscriptionState::Active, now)));
        }
        read
    }

    async fn subscriptions(&self, query: &SubscriptionQuery) -> Result<Page<Subscription>, BackendError> {
        let mut query = query.clone();
        if self.is(Fault::TakesAnyLimit) {
            query.limit = query.limit.clamp(1, 100);
        }
        if self.is(Fault::RepeatsThePage) {
            query.after = None;
        }
        self.inner.subscriptions(&query).await
    }

    async fn cancel_subscription(
        &self,
        key: &IdempotencyKey,
        cancel: &CancelSubscription,
    ) -> Result<Subscription, BackendError> {
        let mut cancel = cancel.clone();
        match self.fault {
            Fault::EndsAtOnce => cancel.at_period_end = false,
            Fault::NeverEnds => cancel.at_period_end = true,
            _ => {}
        }
        self.inner.cancel_subscription(key, &cancel).await
    }

    async fn ensure_meter(
        &self,
        key: &IdempotencyKey,
        spec: &NewMeter,
    ) -> Result<Ensured<Meter>, BackendError> {
        self.inner.ensure_meter(&self.key(Fault::MakesMetersAgain, key), spec).await
    }

    async fn record_usage(&self, key: &IdempotencyKey, usage: &NewUsage) -> Result<(), BackendError> {
        self.inner.record_usage(&self.key(Fault::CountsUsageAgain, key), usage).await
    }

    async fn ensure_endpoint(
        &self,
        key: &IdempotencyKey,
        spec: &NewEndpoint,
    ) -> Result<Ensured<Endpoint>, BackendError> {
        let mut made = self.inner.ensure_endpoint(key, spec).await?;
        if self.is(Fault::MakesEndpointsAgain) {
            made = Ensured::Created(made.into_inner());
        }
        if self.is(Fault::HidesTheSecret) {
            made = made.map(|endpoint| Endpoint::new(endpoint.id, endpoint.url));
        }
        Ok(made)
    }
}

fn subject(provider: Arc<dyn PaymentProvider>, full: Full) -> Subject {
    let subscribe: Subscribe = Arc::new(move |key, payment| {
        let full = full.clone();
        Box::pin(async move { full.subscribe(&key, &payment) })
    });
    Subject::new(provider, "abilities").with_subscribe(subscribe)
}

#[test]
fn each_clause_of_an_ability_catches_a_wrong_provider() {
    let right = Full::new();
    let mut ran = wait(run_all(&subject(Arc::new(right.clone()), right.clone())));
    assert_eq!((ran.skipped.as_slice(), right.usage()), (&["C11", "C12"][..], 7), "{ran:?}");
    let wrong = [
        ("C13", Fault::MakesCustomersAgain),
        ("C13", Fault::TakesAnotherCustomer),
        ("C14", Fault::PaysByItself),
        ("C14", Fault::TakesAnyPrice),
        ("C14", Fault::InventsCheckouts),
        ("C15", Fault::OpensAnyPortal),
        ("C16", Fault::InventsSubscriptions),
        ("C16", Fault::TakesAnyLimit),
        ("C17", Fault::RepeatsThePage),
        ("C17", Fault::EndsAtOnce),
        ("C17", Fault::NeverEnds),
        ("C18", Fault::MakesMetersAgain),
        ("C18", Fault::CountsUsageAgain),
        ("C19", Fault::MakesEndpointsAgain),
        ("C19", Fault::HidesTheSecret),
        ("C20", Fault::Rounds),
        ("C20", Fault::AnnouncesNoTrials),
        ("C20", Fault::TakesFallingSteps),
    ]
    .map(|(clause, fault)| {
        let inner = Full::new();
        let wrong = Wrong { inner: inner.clone(), fault, count: AtomicU32::new(0) };
        (clause, subject(Arc::new(wrong), inner))
    });
    // The clauses that every provider has are broken elsewhere.
    ran.passed.retain(|clause| wrong.iter().any(|(broken, _)| broken == clause));
    wait(faults(&ran, wrong, |subject| async move { run_all(&subject).await }));
}

#[test]
fn a_clause_can_be_left_out_visibly() {
    let right = Full::new();
    let subject = subject(Arc::new(right.clone()), right).without("C19").without("C7");
    let ran = wait(run_all(&subject));
    assert_eq!(ran.skipped, ["C7", "C11", "C12", "C19"]);
}
