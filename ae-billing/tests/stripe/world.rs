//! A simulator, and providers that use it.

use ae_billing::{
    MemoryJournal, Mode, NewLink, NewPrice, NewProduct, PaymentProvider, RequestJournal, Stripe, StripeConfig,
};
use ae_core::{BillingInterval, Currency, Digest, IdempotencyKey, Money, RunId, Runtime, Secret, Timestamp};
use doubles::{server::Seen, stripe::StripeDouble};

pub(crate) const START: i64 = 1_790_000_000;

pub(crate) fn run() -> RunId {
    RunId::from_digest(&Digest::of_bytes("test", b"stripe"))
}

pub(crate) fn key(operation: &str) -> IdempotencyKey {
    IdempotencyKey::derive(run(), "monetize", operation, 0)
}

pub(crate) fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

pub(crate) fn product() -> NewProduct {
    NewProduct::new(run(), "CSV Cleaner & more", "Cleans CSV files.").with_url("https://example.com/csv")
}

pub(crate) fn price(interval: BillingInterval) -> NewPrice {
    NewPrice::new(run(), key("product"), "pro", "Pro", usd("29.99"), interval)
}

pub(crate) fn link() -> NewLink {
    NewLink::new(run(), key("price")).with_success_url("https://example.com/thanks/?checkout={CHECKOUT}")
}

pub(crate) fn config(url: &str) -> StripeConfig {
    StripeConfig::new(Secret::new("rk_test_simulator123".to_owned()), Mode::Test).with_base_url(url)
}

pub(crate) fn manual(seed: u64) -> Runtime {
    Runtime::manual(Timestamp::from_second(START).unwrap(), seed)
}

/// A simulator whose clock stands at the start.
pub(crate) fn double() -> StripeDouble {
    let double = StripeDouble::start().unwrap();
    double.stop_clock_at(START);
    double
}

pub(crate) fn provider(double: &StripeDouble) -> Stripe {
    provider_with(double, MemoryJournal::new(), manual(1))
}

pub(crate) fn provider_with(double: &StripeDouble, journal: impl RequestJournal, runtime: Runtime) -> Stripe {
    Stripe::new(config(&double.url()), journal, runtime).unwrap()
}

/// Product, price and link.
pub(crate) async fn launch(stripe: &Stripe, interval: BillingInterval) -> ae_billing::PaymentLink {
    stripe.ensure_product(&key("product"), &product()).await.unwrap();
    stripe.ensure_price(&key("price"), &price(interval)).await.unwrap();
    stripe.ensure_payment_link(&key("link"), &link()).await.unwrap().into_inner()
}

/// The requests that write.
pub(crate) fn posts(double: &StripeDouble) -> Vec<Seen> {
    double.seen().into_iter().filter(|seen| seen.method == "POST" && seen.path.starts_with("/v1/")).collect()
}
