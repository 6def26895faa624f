//! A simulator, and providers that use it.

use ae_billing::{
    Mode, NewLink, NewPrice, NewProduct, PaymentLink, PaymentProvider as _, Polar, PolarConfig,
};
use ae_core::{BillingInterval, Currency, Digest, IdempotencyKey, Money, RunId, Runtime, Secret, Timestamp};
use doubles::polar::{PolarDouble, TOKEN};

pub(crate) fn run() -> RunId {
    RunId::from_digest(&Digest::of_bytes("test", b"polar"))
}

pub(crate) fn key(operation: &str) -> IdempotencyKey {
    IdempotencyKey::derive(run(), "monetize", operation, 0)
}

pub(crate) fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

pub(crate) fn product() -> NewProduct {
    NewProduct::new(run(), "CSV Cleaner", "Cleans CSV files.")
}

pub(crate) fn price() -> NewPrice {
    NewPrice::new(run(), key("product"), "pro", "Pro", usd("29.99"), BillingInterval::MONTH)
}

pub(crate) fn link() -> NewLink {
    NewLink::new(run(), key("price")).with_success_url("https://example.com/thanks/?checkout={CHECKOUT}")
}

pub(crate) fn config(url: &str) -> PolarConfig {
    PolarConfig::new(Secret::new(TOKEN.to_owned()), Mode::Test).with_base_url(url)
}

pub(crate) fn provider(double: &PolarDouble) -> Polar {
    let start = Timestamp::from_second(1_800_000_000).unwrap();
    Polar::new(config(&double.url()), Runtime::manual(start, 1)).unwrap()
}

/// Product, price and link.
pub(crate) async fn launch(polar: &Polar) -> PaymentLink {
    polar.ensure_product(&key("product"), &product()).await.unwrap();
    polar.ensure_price(&key("price"), &price()).await.unwrap();
    polar.ensure_payment_link(&key("link"), &link()).await.unwrap().into_inner()
}
