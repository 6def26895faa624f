//! The contracts of the ports.

use std::sync::Arc;

use ae_billing::{
    Mode, PolarVerifier,
    conformance::{Pay, SignedRequest, Subject, Subscribe, run_all, run_verifier},
};
use ae_core::{Secret, Timestamp};
use doubles::polar::PolarDouble;
use http::HeaderMap;
use serde_json::Value;

use crate::{verdicts, world::provider};

#[tokio::test]
async fn the_contract_of_a_provider() {
    let double = Arc::new(PolarDouble::start().unwrap());
    let (paying, subscribing) = (Arc::clone(&double), Arc::clone(&double));
    let pay: Pay = Arc::new(move |_, payment| {
        let order = paying.pay(payment.link.as_str(), &payment.payer_reference);
        assert!(order.is_some());
        Box::pin(async { Ok(()) })
    });
    let subscribe: Subscribe = Arc::new(move |_, payment| {
        let order: Value = subscribing.pay(payment.link.as_str(), &payment.payer_reference).unwrap();
        let id = order["subscription_id"].as_str().unwrap().parse().unwrap();
        Box::pin(async { Ok(id) })
    });
    let subject = Subject::new(Arc::new(provider(&double)), "polar")
        .with_second(Arc::new(provider(&double)))
        .with_pay(pay)
        .with_subscribe(subscribe);
    let ran = run_all(&subject).await;
    // Polar makes customers by itself, and its meters are not used here.
    assert_eq!(ran.skipped, ["C13", "C15", "C18"], "{ran:?}");
}

#[tokio::test]
async fn the_contract_of_a_verifier() {
    let (now, raw) = (1_800_000_000, verdicts::body("ping", serde_json::json!({})).to_string());
    let mut headers = HeaderMap::new();
    for (name, value) in verdicts::signed("secret", "evt_1", now, &raw) {
        headers.insert(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    let good = SignedRequest::new(headers, raw.into_bytes(), Timestamp::from_second(now).unwrap());
    let verifier = PolarVerifier::new(Secret::new("secret".to_owned()), Mode::Test).unwrap();
    assert_eq!(run_verifier(&verifier, &good).await.skipped, Vec::<&str>::new());
}
