//! A connection that breaks: before a call, or after the call but before its answer.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use ae_billing::{
    Ensured, NewLink, NewPrice, NewProduct, NewRefund, ObjectRef, Page, Payment, PaymentLink,
    PaymentProvider, PaymentQuery, Price, Product, ProviderInfo, Refund,
};
use ae_core::{BackendError, Effect, ErrorKind, IdempotencyKey, RunId};
use async_trait::async_trait;

use crate::{
    ledgers::{Ledger, on_each},
    world::{clocked, open, run, try_open, wait},
};

/// Lets some calls through, then none.
#[derive(Debug)]
struct Cut {
    inner: Arc<dyn Ledger>,
    left: AtomicUsize,
    /// Whether the call that breaks reaches the ledger and only its answer is lost.
    loses_the_answer: bool,
}

impl Cut {
    async fn pass<T>(
        &self,
        call: impl Future<Output = Result<T, BackendError>> + Send,
    ) -> Result<T, BackendError> {
        let left = self.left.load(Ordering::SeqCst);
        if left == 0 {
            if self.loses_the_answer {
                call.await?;
            }
            let gone = BackendError::new(ErrorKind::Unavailable, "cut", "call", "the connection broke");
            return Err(gone.with_effect(Effect::Unknown));
        }
        self.left.store(left - 1, Ordering::SeqCst);
        call.await
    }
}

#[async_trait]
impl PaymentProvider for Cut {
    fn info(&self) -> ProviderInfo {
        self.inner.info()
    }
    async fn check(&self) -> Result<(), BackendError> {
        self.pass(self.inner.check()).await
    }
    async fn ensure_product(
        &self,
        key: &IdempotencyKey,
        spec: &NewProduct,
    ) -> Result<Ensured<Product>, BackendError> {
        self.pass(self.inner.ensure_product(key, spec)).await
    }
    async fn ensure_price(
        &self,
        key: &IdempotencyKey,
        spec: &NewPrice,
    ) -> Result<Ensured<Price>, BackendError> {
        self.pass(self.inner.ensure_price(key, spec)).await
    }
    async fn ensure_payment_link(
        &self,
        key: &IdempotencyKey,
        spec: &NewLink,
    ) -> Result<Ensured<PaymentLink>, BackendError> {
        self.pass(self.inner.ensure_payment_link(key, spec)).await
    }
    async fn deactivate(&self, key: &IdempotencyKey, object: &ObjectRef) -> Result<(), BackendError> {
        self.pass(self.inner.deactivate(key, object)).await
    }
    async fn refund(
        &self,
        key: &IdempotencyKey,
        refund: &NewRefund,
    ) -> Result<Ensured<Refund>, BackendError> {
        self.pass(self.inner.refund(key, refund)).await
    }
    async fn find(&self, run: RunId) -> Result<Vec<ObjectRef>, BackendError> {
        self.pass(self.inner.find(run)).await
    }
    async fn payments(&self, query: &PaymentQuery) -> Result<Page<Payment>, BackendError> {
        self.pass(self.inner.payments(query)).await
    }
}

#[test]
fn a_launch_cut_at_any_call_is_finished_by_a_repeat_with_one_of_each() {
    let (_, runtime) = clocked();
    for loses_the_answer in [false, true] {
        for calls in 0..5 {
            on_each(&runtime, |ledger| {
                let cut = Cut { inner: Arc::clone(&ledger), left: AtomicUsize::new(calls), loses_the_answer };
                let error = try_open(&cut, run("cut")).unwrap_err();
                assert_eq!(error.effect(), Effect::Unknown);
                let made = wait(ledger.find(run("cut"))).unwrap().len();
                assert_eq!(made, calls + usize::from(loses_the_answer));
                let shop = open(&*ledger, run("cut"));
                assert_eq!(wait(ledger.find(run("cut"))).unwrap().len(), 5);
                assert_eq!(open(&*ledger, run("cut")), shop);
                wait(ledger.verify_journal(None)).unwrap();
            });
        }
    }
}
