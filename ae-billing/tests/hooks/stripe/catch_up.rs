//! From the provider to the books: the events of a simulator, fetched and booked.

use std::sync::Arc;

use ae_billing::{
    EventStore as _, Intake, MemoryJournal, MemoryLedger, Mode, NewLink, NewPrice, NewProduct, OnSale,
    PaymentProvider as _, Stripe, StripeConfig, StripeVerifier, WebhookIntake, sign,
};
use ae_core::{BillingInterval, Currency, IdempotencyKey, Money, Runtime, Secret};
use doubles::stripe::StripeDouble;
use http::HeaderMap;

use super::bodies::{NOW, SECRET, at, run};

fn key(operation: &str) -> IdempotencyKey {
    IdempotencyKey::derive(run(), "monetize", operation, 0)
}

/// Books every event since a time; how many were new.
async fn catch_up(stripe: &Stripe, intake: &WebhookIntake) -> usize {
    let (mut new, mut after) = (0, None::<String>);
    loop {
        let page = stripe.events(at(NOW - 60), after.as_deref()).await.unwrap();
        for listed in page.items {
            let outcome = intake.record(listed.event.unwrap(), &listed.raw, at(NOW)).await.unwrap();
            new += usize::from(!matches!(outcome, Intake::Duplicate { .. }));
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return new,
        }
    }
}

#[tokio::test]
async fn events_that_were_missed_are_booked_once() {
    let double = StripeDouble::start().unwrap();
    double.stop_clock_at(NOW);
    let config = StripeConfig::new(Secret::new("rk_test_simulator123".to_owned()), Mode::Test);
    let runtime = Runtime::manual(at(NOW), 1);
    let stripe =
        Stripe::new(config.with_base_url(double.url()), MemoryJournal::new(), runtime.clone()).unwrap();
    stripe.ensure_product(&key("product"), &NewProduct::new(run(), "CSV Cleaner", "")).await.unwrap();
    let amount = Money::parse("29.99", Currency::USD).unwrap();
    let spec = NewPrice::new(run(), key("product"), "pro", "Pro", amount, BillingInterval::MONTH);
    let price = stripe.ensure_price(&key("price"), &spec).await.unwrap().into_inner();
    let link = NewLink::new(run(), key("price"));
    let link = stripe.ensure_payment_link(&key("link"), &link).await.unwrap().into_inner();

    let ledger = Arc::new(MemoryLedger::new(runtime, "http://127.0.0.1:8080"));
    let verifier = StripeVerifier::new(Secret::new(SECRET.to_owned())).unwrap();
    let intake = WebhookIntake::new(Arc::new(verifier), ledger.clone()).with_mode(Mode::Test);
    ledger.put_on_sale(&OnSale::new("stripe", price).with_link(link.id.clone())).await.unwrap();

    // Two customers; one renews and then gets half of a month back, the other disputes.
    double.pay(link.id.as_str(), "CUST-1");
    double.pay(link.id.as_str(), "CUST-2");
    let subscription = double.objects("subscription")[0]["id"].as_str().unwrap().to_owned();
    double.control("renew", &[("subscription", &subscription)]);
    let intent = |number: usize| double.objects("payment_intent")[number]["id"].as_str().unwrap().to_owned();
    double.control("refund", &[("payment_intent", &intent(0)), ("amount", "1500")]);
    double.control("dispute", &[("payment_intent", &intent(1))]);

    assert!(catch_up(&stripe, &intake).await > 5);
    let books = ledger.revenue(run()).await.unwrap();
    let money = |text| Money::parse(text, Currency::USD).unwrap();
    let usd = books.in_currency(Currency::USD);
    assert_eq!((usd.payments, usd.gross, usd.refunded), (3, money("89.97"), money("15")), "{books:?}");
    assert_eq!(usd.net, money("44.98"), "what is disputed is not revenue");
    assert_eq!((books.entitlements.len(), books.disputes.len()), (2, 1));
    assert_eq!(ledger.unresolved().await.unwrap(), []);

    assert_eq!(catch_up(&stripe, &intake).await, 0);
    for event in double.objects("event") {
        let raw = event.to_string();
        let mut headers = HeaderMap::new();
        let signed = sign(&Secret::new(SECRET.to_owned()), raw.as_bytes(), at(NOW));
        headers.insert("stripe-signature", signed.parse().unwrap());
        let outcome = intake.receive(&headers, raw.as_bytes(), at(NOW)).await.unwrap();
        assert!(matches!(outcome, Intake::Duplicate { .. }), "{outcome:?}");
    }
    assert_eq!(ledger.revenue(run()).await.unwrap(), books);
}
