//! Answers that are lost or spoilt: nothing is made twice.

use ae_billing::{
    CancelSubscription, NewCheckout, NewRefund, ObjectRef, PaymentProvider as _, PaymentQuery, RefundState,
    SubscriptionQuery,
};
use ae_core::{Effect, ErrorKind};
use doubles::{
    paddle::PaddleDouble,
    server::{Fault, Reply},
};
use serde_json::json;

use crate::world::{key, launch, link, price, product, provider, run, usd};

fn posts(double: &PaddleDouble) -> usize {
    double.server().seen().iter().filter(|request| request.method == "POST").count()
}

#[tokio::test]
async fn what_makes_something_is_sent_once_and_looked_for_afterwards() {
    for (status, fault) in [
        (None, Fault::LoseAnswer),
        (Some(502), Fault::AnswerAfter(Reply::json(502, &json!({})))),
        (None, Fault::LoseRequest),
        (Some(503), Fault::Answer(Reply::json(503, &json!({})))),
        (Some(429), Fault::Answer(Reply::json(429, &json!({})).with_header("retry-after", "1"))),
    ] {
        let double = PaddleDouble::start().unwrap();
        let paddle = provider(&double);
        let faults = double.server().faults();
        faults.push_on("POST", "/products", fault.clone());
        let error = paddle.ensure_product(&key("product"), &product()).await.unwrap_err();
        let expected = if status == Some(429) { Effect::NotApplied } else { Effect::Unknown };
        assert_eq!((error.effect(), error.status(), posts(&double)), (expected, status, 1), "{fault:?}");
        paddle.ensure_product(&key("product"), &product()).await.unwrap();
        faults.push_on("POST", "/prices", fault.clone());
        assert!(paddle.ensure_price(&key("price"), &price()).await.is_err());
        paddle.ensure_price(&key("price"), &price()).await.unwrap();
        faults.push_on("POST", "/prices", fault.clone());
        assert!(paddle.ensure_payment_link(&key("link"), &link()).await.is_err());
        let open = paddle.ensure_payment_link(&key("link"), &link()).await.unwrap().into_inner();
        assert_eq!(open.url, format!("https://example.com/buy?price_id={}", open.id));
        let checkout = NewCheckout::new(run(), key("price"), "https://example.com/thanks/");
        faults.push_on("POST", "/transactions", fault.clone());
        assert!(paddle.ensure_checkout(&key("checkout"), &checkout).await.is_err());
        paddle.ensure_checkout(&key("checkout"), &checkout).await.unwrap();
        double.pay(open.id.as_str(), "CUST-1").unwrap();
        let paid = paddle.payments(&PaymentQuery::new(run())).await.unwrap().items;
        faults.push_on("POST", "/adjustments", fault.clone());
        let refund = NewRefund::new(paid[0].id.clone(), usd("5"));
        assert!(paddle.refund(&key("refund"), &refund).await.is_err());
        let refund = paddle.refund(&key("refund"), &refund).await.unwrap();
        assert_eq!(refund.as_ref().total, usd("5"));
        let made =
            ["products", "prices", "transactions", "adjustments"].map(|kind| double.objects(kind).len());
        assert_eq!((made, faults.waiting()), ([1, 2, 2, 1], 0), "{fault:?}");
    }
}

#[tokio::test]
async fn what_reads_or_ends_is_tried_again() {
    let double = PaddleDouble::start().unwrap();
    let paddle = provider(&double);
    let faults = double.server().faults();
    for (method, part) in [("GET", "/products"), ("GET", "/prices")] {
        faults.push_on(method, part, Fault::Answer(Reply::json(503, &json!({}))));
        faults.push_on(method, part, Fault::LoseAnswer);
    }
    let open = launch(&paddle).await;
    faults.push_on("PATCH", "/prices", Fault::LoseAnswer);
    paddle.deactivate(&key("end"), &ObjectRef::Link(open.id.clone())).await.unwrap();
    assert_eq!(faults.waiting(), 0);
    let again = paddle.ensure_payment_link(&key("link"), &link()).await.unwrap();
    assert_eq!((again.is_created(), again.as_ref().active, &again.as_ref().id), (false, false, &open.id));
    assert_eq!(double.pay(open.id.as_str(), "CUST-1"), None, "the page of an ended link sells nothing");
    assert!(double.pay(open.prices[0].as_str(), "CUST-1").is_some(), "its price is still on sale");
}

#[tokio::test]
async fn refunds_wait_for_approval_and_may_be_rejected() {
    let double = PaddleDouble::start().unwrap();
    let paddle = provider(&double);
    let open = launch(&paddle).await;
    let paid = double.pay(open.id.as_str(), "CUST-1").unwrap();
    double.hold_refunds();
    let refund = NewRefund::new(paid["id"].as_str().unwrap().parse().unwrap(), usd("5"));
    let made = paddle.refund(&key("refund"), &refund).await.unwrap();
    assert_eq!((made.as_ref().state, made.as_ref().total), (RefundState::Pending, usd("5")));
    let error = paddle.refund(&key("other"), &refund).await.unwrap_err();
    assert_eq!(error.code(), Some("adjustment_pending_refund_request"));
    let id = double.objects("adjustments")[0]["id"].as_str().unwrap().to_owned();
    double.decide(&id, "rejected");
    let known = paddle.refund(&key("refund"), &refund).await.unwrap();
    assert_eq!((known.is_created(), known.as_ref().state), (false, RefundState::Failed));
    let whole = NewRefund::new(refund.payment.clone(), usd("29.99"));
    let whole = paddle.refund(&key("whole"), &whole).await.unwrap();
    assert_eq!(whole.as_ref().total, usd("29.99"), "what was rejected is still there to give back");
    assert_eq!(double.objects("adjustments")[1]["type"], "full");
}

#[tokio::test]
async fn an_end_whose_answer_is_lost_is_looked_for() {
    let double = PaddleDouble::start().unwrap();
    let paddle = provider(&double);
    let open = launch(&paddle).await;
    double.pay(open.id.as_str(), "CUST-1").unwrap();
    let query = SubscriptionQuery::new().with_price(open.prices[0].clone());
    let cancel = CancelSubscription::new(paddle.subscriptions(&query).await.unwrap().items[0].id.clone());
    double.server().faults().push_on("POST", "/cancel", Fault::LoseAnswer);
    let error = paddle.cancel_subscription(&key("end"), &cancel).await.unwrap_err();
    assert_eq!(error.effect(), Effect::Unknown);
    let before = posts(&double);
    assert!(paddle.cancel_subscription(&key("end"), &cancel).await.unwrap().ends_with_period);
    assert_eq!(posts(&double), before, "it is found ended, not ended again");
    assert!(paddle.cancel_subscription(&key("now"), &cancel.now()).await.unwrap().state.is_over());
}

#[tokio::test]
async fn a_refusal_names_the_vendor_s_word_and_the_place() {
    let double = PaddleDouble::start().unwrap();
    let paddle = provider(&double);
    let error =
        json!({ "error": { "code": "forbidden", "errors": [{ "field": "name", "message": "secret" }] } });
    double.server().faults().push_on("POST", "/products", Fault::Answer(Reply::json(403, &error)));
    let error = paddle.ensure_product(&key("product"), &product()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::PermissionDenied, Some("forbidden")));
    assert!(format!("{error:?}").contains("name") && !format!("{error:?}").contains("secret"));
}

#[tokio::test]
async fn a_run_s_second_maker_keeps_the_older_object() {
    let double = PaddleDouble::start().unwrap();
    let (one, other) = (provider(&double), provider(&double));
    let (key, spec) = (key("product"), product());
    let both = tokio::join!(one.ensure_product(&key, &spec), other.ensure_product(&key, &spec));
    let (first, second) = (both.0.unwrap(), both.1.unwrap());
    assert_eq!(first.as_ref().id, second.as_ref().id);
    let on_sale = double.objects("products").into_iter().filter(|product| product["status"] == "active");
    assert_eq!(on_sale.count(), 1);
}
