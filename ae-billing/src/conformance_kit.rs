//! A small launch to check with, and what a failed check says.
#![allow(clippy::panic, reason = "a check that fails panics with the number of its clause")]

use std::{
    fmt::Debug,
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use ae_core::{BackendError, BillingInterval, ErrorKind, IdempotencyKey, Money, RunId};

use crate::{
    Mode, NewLink, NewPrice, NewProduct, ObjectRef, PaymentLink, PaymentProvider, Price, Product,
    RequestError, conformance::Subject,
};

/// One of each.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) product: Product,
    pub(crate) price: Price,
    pub(crate) link: PaymentLink,
}

impl Launch {
    pub(crate) fn objects(&self) -> Vec<ObjectRef> {
        vec![
            ObjectRef::Product(self.product.id.clone()),
            ObjectRef::Price(self.price.id.clone()),
            ObjectRef::Link(self.link.id.clone()),
        ]
    }
}

pub(crate) async fn launch(subject: &Subject, provider: &dyn PaymentProvider, run: RunId) -> Launch {
    holds("setup: these checks make prices and never run in live mode", provider.info().mode != Mode::Live);
    let product = expect("setup", provider.ensure_product(&key(run, "product"), &product(run)).await);
    let product = product.into_inner();
    let spec = price(run, "basic", subject.amount(1_500));
    let price = expect("setup", provider.ensure_price(&key(run, "price"), &spec).await).into_inner();
    let spec = link(run);
    let link = expect("setup", provider.ensure_payment_link(&key(run, "link"), &spec).await).into_inner();
    Launch { product, price, link }
}

pub(crate) fn product(run: RunId) -> NewProduct {
    NewProduct::new(run, "CSV Cleaner", "Cleans CSV files.").with_url("https://example.com/csv")
}

pub(crate) fn price(run: RunId, tier: &str, amount: Money) -> NewPrice {
    NewPrice::new(run, key(run, "product"), tier, "Basic", amount, BillingInterval::MONTH)
}

pub(crate) fn link(run: RunId) -> NewLink {
    NewLink::new(run, vec![key(run, "price")]).with_success_url("https://example.com/thanks")
}

pub(crate) fn key(run: RunId, operation: &str) -> IdempotencyKey {
    IdempotencyKey::derive(run, "conformance", operation, 0)
}

pub(crate) fn expect<T, E: Debug>(clause: &str, result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{clause}: {error:?}"),
    }
}

pub(crate) fn holds(clause: &str, holds: bool) {
    assert!(holds, "{clause}: it does not hold");
}

pub(crate) fn same<T: PartialEq + Debug>(clause: &str, left: &T, right: &T) {
    assert!(left == right, "{clause}: {left:?} is not {right:?}");
}

pub(crate) fn refuses<T: Debug>(clause: &str, result: Result<T, BackendError>, kind: ErrorKind) {
    match result {
        Ok(value) => panic!("{clause}: expected {kind}, got {value:?}"),
        Err(error) => assert!(error.kind() == kind, "{clause}: expected {kind}, got {error:?}"),
    }
}

/// The refusal follows from the request and the provider's info alone.
pub(crate) fn foretold(clause: &str, checked: Result<(), RequestError>, kind: ErrorKind) {
    let said = checked.err().map(|wrong| wrong.kind());
    assert!(said == Some(kind), "{clause}: its info foretells {said:?}, not {kind}");
}

/// Drives two futures in turns until both are done, on whatever runtime the caller has.
pub(crate) async fn both<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> (T, T) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    let (mut first, mut second) = (None, None);
    poll_fn(|context| {
        if first.is_none() {
            if let Poll::Ready(value) = one.as_mut().poll(context) {
                first = Some(value);
            }
        }
        if second.is_none() {
            if let Poll::Ready(value) = other.as_mut().poll(context) {
                second = Some(value);
            }
        }
        match (first.take(), second.take()) {
            (Some(first), Some(second)) => Poll::Ready((first, second)),
            (left, right) => {
                (first, second) = (left, right);
                Poll::Pending
            }
        }
    })
    .await
}
