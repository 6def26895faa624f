//! A small launch to check with.

use ae_core::{
    BillingInterval, ErrorKind, IdempotencyKey, Mode, Money, RunId,
    conformance::{held, holds, same},
};

use super::Subject;
use crate::{
    NewLink, NewPrice, NewProduct, ObjectRef, PaymentLink, PaymentProvider, Price, Product, RequestError,
};

/// One of each.
#[derive(Debug, PartialEq)]
pub(super) struct Launch {
    pub(super) product: Product,
    pub(super) price: Price,
    pub(super) link: PaymentLink,
}

impl Launch {
    pub(super) fn objects(&self) -> Vec<ObjectRef> {
        vec![
            ObjectRef::Product(self.product.id.clone()),
            ObjectRef::Price(self.price.id.clone()),
            ObjectRef::Link(self.link.id.clone()),
        ]
    }
}

pub(super) async fn launch(subject: &Subject, provider: &dyn PaymentProvider, run: RunId) -> Launch {
    let is_live = provider.info().provider.mode == Mode::Live;
    holds("setup", !is_live, "these checks make prices and never run in live mode");
    let product = held("setup", provider.ensure_product(&key(run, "product"), &product(run)).await);
    let spec = price(run, "basic", subject.amount(1_500));
    let price = held("setup", provider.ensure_price(&key(run, "price"), &spec).await);
    let link = held("setup", provider.ensure_payment_link(&key(run, "link"), &link(run)).await);
    Launch { product: product.into_inner(), price: price.into_inner(), link: link.into_inner() }
}

pub(super) fn product(run: RunId) -> NewProduct {
    NewProduct::new(run, "CSV Cleaner", "Cleans CSV files.").with_url("https://example.com/csv")
}

pub(super) fn price(run: RunId, tier: &str, amount: Money) -> NewPrice {
    NewPrice::new(run, key(run, "product"), tier, "Basic", amount, BillingInterval::MONTH)
}

pub(super) fn link(run: RunId) -> NewLink {
    NewLink::new(run, key(run, "price")).with_success_url("https://example.com/thanks")
}

pub(super) fn key(run: RunId, operation: &str) -> IdempotencyKey {
    IdempotencyKey::derive(run, "conformance", operation, 0)
}

/// The refusal follows from the request and the provider's info alone.
pub(super) fn refused_early(clause: &str, checked: Result<(), RequestError>, kind: ErrorKind) {
    same(clause, &Some(kind), &checked.err().map(|wrong| wrong.kind()));
}
