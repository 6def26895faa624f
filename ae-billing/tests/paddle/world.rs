//! A simulator, and providers that use it.

use ae_billing::{
    Mode, NewLink, NewPrice, NewProduct, Paddle, PaddleConfig, PaymentLink, PaymentProvider as _,
};
use ae_core::{BillingInterval, Currency, Digest, IdempotencyKey, Money, RunId, Runtime, Secret, Timestamp};
use doubles::paddle::{KEY, PaddleDouble};

pub(crate) fn run() -> RunId {
    RunId::from_digest(&Digest::of_bytes("test", b"paddle"))
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
    NewLink::new(run(), key("price")).with_success_url("https://example.com/thanks/")
}

pub(crate) fn config(url: &str) -> PaddleConfig {
    PaddleConfig::new(Secret::new(KEY.to_owned()), Mode::Test, "https://example.com/buy").with_base_url(url)
}

pub(crate) fn provider(double: &PaddleDouble) -> Paddle {
    let start = Timestamp::from_second(1_800_000_000).unwrap();
    Paddle::new(config(&double.url()), Runtime::manual(start, 1)).unwrap()
}

/// Product, price and link.
pub(crate) async fn launch(paddle: &Paddle) -> PaymentLink {
    paddle.ensure_product(&key("product"), &product()).await.unwrap();
    paddle.ensure_price(&key("price"), &price()).await.unwrap();
    paddle.ensure_payment_link(&key("link"), &link()).await.unwrap().into_inner()
}
