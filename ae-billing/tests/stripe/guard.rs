//! Modes, caps, and secrets.

use ae_billing::{Caps, MemoryJournal, Mode, NewCustomer, NewPrice, PaymentProvider, Stripe, StripeConfig};
use ae_core::{BillingInterval, Currency, ErrorKind, Secret};
use doubles::server::{Fault, Reply};
use serde_json::json;

use crate::world::{config, double, key, launch, manual, posts, product, provider, run, usd};

fn made(key: &str, mode: Mode, url: &str, live: bool) -> Result<Stripe, ae_core::BackendError> {
    let config = StripeConfig::new(Secret::new(key.to_owned()), mode).with_base_url(url);
    let config = if live { config.allowing_live() } else { config };
    Stripe::new(config, MemoryJournal::new(), manual(1))
}

#[tokio::test]
async fn a_key_of_another_mode_is_refused_before_anything_is_sent() {
    let double = double();
    let url = double.url();
    for (key, mode, live, kind) in [
        ("sk_live_1", Mode::Test, true, ErrorKind::PermissionDenied),
        ("rk_live_1", Mode::Test, true, ErrorKind::PermissionDenied),
        ("sk_test_1", Mode::Live, true, ErrorKind::PermissionDenied),
        ("rk_test_1", Mode::Offline, true, ErrorKind::PermissionDenied),
        ("sk_live_1", Mode::Live, false, ErrorKind::PermissionDenied),
        ("pk_test_1", Mode::Test, false, ErrorKind::InvalidInput),
        ("", Mode::Test, false, ErrorKind::InvalidInput),
    ] {
        assert_eq!(made(key, mode, &url, live).unwrap_err().kind(), kind, "{key} {mode}");
    }
    for (key, mode) in [
        ("sk_test_1", Mode::Test),
        ("rk_test_1", Mode::Test),
        ("sk_live_1", Mode::Live),
        ("rk_live_1", Mode::Live),
    ] {
        assert_eq!(made(key, mode, &url, true).unwrap().info().provider.mode, mode);
    }
    assert!(double.seen().is_empty());
}

#[tokio::test]
async fn after_an_object_of_another_mode_nothing_is_sent() {
    let double = double();
    let stripe = provider(&double);
    launch(&stripe, BillingInterval::MONTH).await;
    let live = json!({ "object": "product", "id": "x", "livemode": true });
    double.faults().push_on("GET", "/v1/products", Fault::Answer(Reply::json(200, &live)));
    let wrong = stripe.ensure_product(&key("another"), &product()).await.unwrap_err();
    assert_eq!((wrong.kind(), wrong.code()), (ErrorKind::PermissionDenied, Some("wrong_mode")));
    let sent = double.seen().len();
    assert_eq!(stripe.check().await.unwrap_err().code(), Some("wrong_mode"));
    assert_eq!(stripe.clone().find(run()).await.unwrap_err().code(), Some("wrong_mode"));
    assert_eq!(double.seen().len(), sent, "nothing more was sent, by no clone either");
}

#[tokio::test]
async fn a_list_with_one_object_of_another_mode_stops_everything() {
    let double = double();
    let stripe = provider(&double);
    let list = json!({ "object": "list", "has_more": false, "data": [{ "id": "a", "livemode": false },
        { "id": "b", "livemode": true }] });
    double.faults().push(Fault::Answer(Reply::json(200, &list)));
    assert_eq!(stripe.find(run()).await.unwrap_err().code(), Some("wrong_mode"));
    assert_eq!(stripe.check().await.unwrap_err().code(), Some("wrong_mode"));
    assert_eq!(double.seen().len(), 1);
}

#[tokio::test]
async fn caps_and_currencies_hold_before_the_call() {
    let double = double();
    let caps = Caps::default().with_amount_max(5_000).with_products_per_run_max(1).with_links_per_run_max(1);
    let config = config(&double.url()).with_caps(caps).with_currencies(vec![Currency::USD]);
    let stripe = Stripe::new(config, MemoryJournal::new(), manual(1)).unwrap();
    launch(&stripe, BillingInterval::MONTH).await;
    let sent = posts(&double).len();
    let price = |amount: ae_core::Money| {
        NewPrice::new(run(), key("product"), "t", "N", amount, BillingInterval::MONTH)
    };
    let above = stripe.ensure_price(&key("above"), &price(usd("50.01"))).await.unwrap_err();
    assert_eq!(above.kind(), ErrorKind::QuotaExceeded);
    let euro = ae_core::Money::parse("1", "EUR".parse().unwrap()).unwrap();
    let other = stripe.ensure_price(&key("other"), &price(euro)).await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::InvalidInput);
    let second = stripe.ensure_product(&key("second"), &product()).await.unwrap_err();
    assert_eq!(second.kind(), ErrorKind::QuotaExceeded);
    let second = stripe.ensure_payment_link(&key("second-link"), &crate::world::link()).await.unwrap_err();
    assert_eq!(second.kind(), ErrorKind::QuotaExceeded);
    assert_eq!(posts(&double).len(), sent);
}

#[tokio::test]
async fn errors_and_debug_forms_tell_no_secret() {
    let double = double();
    let secret = "rk_test_readonly_hunter2";
    let config = StripeConfig::new(Secret::new(secret.to_owned()), Mode::Test).with_base_url(double.url());
    let journal = MemoryJournal::new();
    let stripe = Stripe::new(config, journal.clone(), manual(1)).unwrap();
    let customer = NewCustomer::new(run(), "CUST-1").with_email(Secret::new("buyer@example.com".to_owned()));
    let denied = stripe.ensure_customer(&key("customer"), &customer).await.unwrap_err();
    assert_eq!(denied.kind(), ErrorKind::PermissionDenied);
    let quoting = json!({ "error": { "type": "invalid_request_error", "code": "hunter2 is wrong",
        "param": "email=buyer@example.com", "message": "No such customer: buyer@example.com rk_test_readonly_hunter2" } });
    double.faults().push(Fault::Answer(Reply::json(400, &quoting).with_header("request-id", "req_9")));
    let quoted = stripe.ensure_customer(&key("customer"), &customer).await.unwrap_err();
    assert_eq!(quoted.request_id(), Some("req_9"));
    double.faults().push(Fault::LoseRequest);
    double.faults().push(Fault::LoseRequest);
    double.faults().push(Fault::LoseRequest);
    let lost = stripe.ensure_customer(&key("customer"), &customer).await.unwrap_err();
    for text in [
        format!("{denied} {denied:?}"),
        format!("{quoted} {quoted:?}"),
        format!("{lost} {lost:?}"),
        format!("{stripe:?} {customer:?} {journal:?}"),
    ] {
        for word in ["hunter2", "buyer", "example.com"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
}
