//! Wrong payment providers.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::poll_fn,
    sync::{Arc, Mutex},
    task::Poll,
};

use ae_billing::{
    BillingConfig, Caps, Ensured, MemoryLedger, NewLink, NewPrice, NewProduct, NewRefund, ObjectRef, Page,
    Payment, PaymentLink, PaymentProvider, PaymentQuery, Price, Product, ProviderInfo, Refund,
    conformance::{Pay, Subject, run_all},
};
use ae_core::conformance::faults;
use ae_core::{BackendError, ErrorKind, IdempotencyKey, Money, RunId};
use async_trait::async_trait;

use crate::world::{BASE, clocked, wait};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    CreatesProductsAgain,
    CreatesPricesAgain,
    CreatesLinksAgain,
    TakesAnotherRequest,
    ActsAndConflicts,
    MergesEqualRequests,
    FindsInAnotherOrder,
    FindsWhatIsOnSale,
    EndsTheProductToo,
    EndsWhatIsNotThere,
    Revives,
    Rounds,
    ForgetsTheCap,
    HidesWhatIsMissing,
    HidesWhoseItIs,
    LosesTheRace,
    InventsAPage,
    TakesAnyLimit,
    RepeatsThePage,
    RefundsAgain,
}

#[derive(Debug, Default)]
struct Seen {
    keys: BTreeSet<IdempotencyKey>,
    prices: BTreeMap<String, IdempotencyKey>,
    product_of: BTreeMap<String, ObjectRef>,
    ended: BTreeSet<ObjectRef>,
    in_flight: BTreeSet<IdempotencyKey>,
}

/// A ledger that breaks one clause.
#[derive(Debug)]
struct Wrong {
    inner: MemoryLedger,
    fault: Fault,
    seen: Mutex<Seen>,
}

impl Wrong {
    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// Lets another call run between the look at the key and the effect: two calls make two objects.
    async fn key(&self, key: &IdempotencyKey) -> IdempotencyKey {
        if !self.is(Fault::LosesTheRace) {
            return key.clone();
        }
        if !self.seen.lock().unwrap().in_flight.insert(key.clone()) {
            return other(key);
        }
        let mut is_first = true;
        poll_fn(|context| {
            context.waker().wake_by_ref();
            if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        self.seen.lock().unwrap().in_flight.remove(key);
        key.clone()
    }

    fn ensured<T>(&self, fault: Fault, made: Ensured<T>) -> Ensured<T> {
        if self.is(fault) { Ensured::Created(made.into_inner()) } else { made }
    }

    fn kind<T>(&self, answer: Result<T, BackendError>) -> Result<T, BackendError> {
        let swaps = [
            (Fault::HidesWhatIsMissing, ErrorKind::NotFound, ErrorKind::InvalidInput),
            (Fault::HidesWhoseItIs, ErrorKind::InvalidInput, ErrorKind::NotFound),
        ];
        answer.map_err(|error| {
            match swaps.iter().find(|(fault, from, _)| self.is(*fault) && error.kind() == *from) {
                Some((_, _, to))
                    if error.message().contains("there is no") || error.message().contains("another run") =>
                {
                    BackendError::new(*to, "wrong", "ensure", "swapped")
                }
                _ => error,
            }
        })
    }
}

fn other(key: &IdempotencyKey) -> IdempotencyKey {
    let run = RunId::from_digest(&ae_core::Digest::of_bytes("other", key.as_str().as_bytes()));
    IdempotencyKey::derive(run, "other", "other", 0)
}

#[async_trait]
impl PaymentProvider for Wrong {
    fn info(&self) -> ProviderInfo {
        let info = self.inner.info();
        if self.is(Fault::ForgetsTheCap) { info.with_caps(Caps::default()) } else { info }
    }

    async fn check(&self) -> Result<(), BackendError> {
        self.inner.check().await
    }

    async fn ensure_product(
        &self,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        let key = self.key(key).await;
        let made = self.ensured(Fault::CreatesProductsAgain, self.inner.ensure_product(&key, spec).await?);
        Ok(if self.is(Fault::Revives) { made.map(|product| product.with_active(true)) } else { made })
    }

    async fn ensure_price(
        &self,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        let mut key = self.key(key).await;
        let mut spec = spec.clone();
        if self.is(Fault::MergesEqualRequests) {
            let mut seen = self.seen.lock().unwrap();
            let first =
                seen.prices.entry(serde_json::to_string(&spec).unwrap()).or_insert(key.clone()).clone();
            if seen.keys.insert(key.clone()) {
                key = first;
            }
        }
        if self.is(Fault::Rounds) {
            let cent = 10_000_000_000;
            if let Some(amount) = spec.charge.flat() {
                let rounded = amount.pico() / cent * cent;
                spec.charge = Money::from_pico(rounded, amount.currency()).unwrap().into();
            }
        }
        let answer = self.inner.ensure_price(&key, &spec).await;
        let answer = match self.kind(answer) {
            Err(error) if error.kind() == ErrorKind::Conflict && self.is(Fault::TakesAnotherRequest) => {
                self.inner.ensure_price(&other(&key), &spec).await
            }
            answer => answer,
        };
        let made = self.ensured(Fault::CreatesPricesAgain, answer?);
        let price = made.as_ref();
        let product = ObjectRef::Product(price.product.clone());
        self.seen.lock().unwrap().product_of.insert(price.id.to_string(), product);
        Ok(made)
    }

    async fn ensure_payment_link(
        &self,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        let key = self.key(key).await;
        let made = self.kind(self.inner.ensure_payment_link(&key, spec).await)?;
        Ok(self.ensured(Fault::CreatesLinksAgain, made))
    }

    async fn deactivate(&self, key: &IdempotencyKey, object: &ObjectRef) -> Result<(), BackendError> {
        let answer = self.inner.deactivate(key, object).await;
        if answer.is_ok() {
            self.seen.lock().unwrap().ended.insert(object.clone());
        }
        match (self.fault, &answer, object) {
            (Fault::ActsAndConflicts, Err(error), _) if error.kind() == ErrorKind::Conflict => {
                self.inner.deactivate(&other(key), object).await?;
            }
            (Fault::EndsWhatIsNotThere, Err(error), _) if error.kind() == ErrorKind::NotFound => {
                return Ok(());
            }
            (Fault::EndsTheProductToo, Ok(()), ObjectRef::Price(price)) => {
                let product = self.seen.lock().unwrap().product_of[price.as_str()].clone();
                self.inner.deactivate(&other(key), &product).await?;
            }
            _ => {}
        }
        answer
    }

    async fn refund(
        &self,
        key: &IdempotencyKey,
        refund: &NewRefund,
    ) -> Result<Ensured<Refund>, BackendError> {
        let made = self.inner.refund(key, refund).await?;
        if self.is(Fault::RefundsAgain) && !made.is_created() {
            return self.inner.refund(&other(key), refund).await;
        }
        Ok(made)
    }

    async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
        let mut found = self.inner.find(run).await?;
        if self.is(Fault::FindsInAnotherOrder) {
            found.reverse();
        }
        if self.is(Fault::FindsWhatIsOnSale) {
            let seen = self.seen.lock().unwrap();
            found.retain(|object| !seen.ended.contains(object));
        }
        Ok(found)
    }

    async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
        let mut query = query.clone();
        if self.is(Fault::TakesAnyLimit) {
            query.limit = query.limit.clamp(1, 100);
        }
        if self.is(Fault::RepeatsThePage) {
            query.after = None;
        }
        let mut page = self.inner.payments(&query).await?;
        if self.is(Fault::InventsAPage) {
            page.next = Some("1".to_owned());
        }
        Ok(page)
    }
}

fn subject(provider: Arc<dyn PaymentProvider>, ledger: MemoryLedger) -> Subject {
    let pay: Pay = Arc::new(move |key, payment| {
        let ledger = ledger.clone();
        Box::pin(async move { ledger.record_payment(&key, payment).await.map(|_| ()) })
    });
    Subject::new(provider, "faults").with_pay(pay)
}

#[test]
fn each_clause_of_the_provider_catches_a_wrong_one() {
    let right = MemoryLedger::new(clocked().1, BASE);
    let mut ran = wait(run_all(&subject(Arc::new(right.clone()), right)));
    assert_eq!(ran.skipped, ["C13", "C14", "C15", "C16", "C17", "C18", "C19"], "{ran:?}");
    let capped = |caps: fn(Caps) -> Caps| ("C7", Fault::ForgetsTheCap, caps);
    let usual: fn(Caps) -> Caps = |caps| caps;
    let wrong = [
        ("C1", Fault::CreatesProductsAgain, usual),
        ("C1", Fault::CreatesPricesAgain, usual),
        ("C1", Fault::CreatesLinksAgain, usual),
        ("C2", Fault::TakesAnotherRequest, usual),
        ("C2", Fault::ActsAndConflicts, usual),
        ("C3", Fault::MergesEqualRequests, usual),
        ("C4", Fault::FindsInAnotherOrder, usual),
        ("C4", Fault::FindsWhatIsOnSale, usual),
        ("C5", Fault::EndsTheProductToo, usual),
        ("C5", Fault::EndsWhatIsNotThere, usual),
        ("C5", Fault::Revives, usual),
        ("C6", Fault::Rounds, usual),
        capped(|caps| caps.with_amount_max(i64::MAX)),
        capped(|caps| caps.with_products_per_run_max(100)),
        capped(|caps| caps.with_prices_per_run_max(100)),
        capped(|caps| caps.with_links_per_run_max(100)),
        ("C8", Fault::HidesWhatIsMissing, usual),
        ("C8", Fault::HidesWhoseItIs, usual),
        ("C9", Fault::LosesTheRace, usual),
        ("C10", Fault::InventsAPage, usual),
        ("C10", Fault::TakesAnyLimit, usual),
        ("C11", Fault::RepeatsThePage, usual),
        ("C12", Fault::RefundsAgain, usual),
    ]
    .map(|(clause, fault, caps)| {
        let config = BillingConfig::new(BASE).with_caps(caps(Caps::default()));
        let inner = MemoryLedger::with_config(clocked().1, config);
        let wrong = Wrong { inner: inner.clone(), fault, seen: Mutex::default() };
        (clause, subject(Arc::new(wrong), inner))
    });
    // What follows from the abilities is broken where there are any.
    ran.passed.retain(|clause| *clause != "C20");
    wait(faults(&ran, wrong, |subject| async move { run_all(&subject).await }));
}
