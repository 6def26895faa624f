//! Answers that are lost or spoilt: nothing is made twice.

use ae_billing::{NewRefund, ObjectRef, PaymentProvider as _, PaymentQuery};
use ae_core::{Effect, ErrorKind};
use doubles::{
    polar::PolarDouble,
    server::{Fault, Reply},
};
use serde_json::json;

use crate::world::{key, launch, link, price, product, provider, run, usd};

fn posts(double: &PolarDouble) -> usize {
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
        let double = PolarDouble::start().unwrap();
        let polar = provider(&double);
        let faults = double.server().faults();
        faults.push_on("POST", "/products/", fault.clone());
        let error = polar.ensure_product(&key("product"), &product()).await.unwrap_err();
        let expected = if status == Some(429) { Effect::NotApplied } else { Effect::Unknown };
        assert_eq!((error.effect(), error.status(), posts(&double)), (expected, status, 1), "{fault:?}");
        polar.ensure_product(&key("product"), &product()).await.unwrap();
        faults.push_on("POST", "/products/", fault.clone());
        assert!(polar.ensure_price(&key("price"), &price()).await.is_err());
        polar.ensure_price(&key("price"), &price()).await.unwrap();
        faults.push_on("POST", "/checkout-links/", fault.clone());
        assert!(polar.ensure_payment_link(&key("link"), &link()).await.is_err());
        let open = polar.ensure_payment_link(&key("link"), &link()).await.unwrap().into_inner();
        double.pay(open.id.as_str(), "CUST-1").unwrap();
        let paid = polar.payments(&PaymentQuery::new(run())).await.unwrap().items;
        faults.push_on("POST", "/refunds/", fault.clone());
        let refund = NewRefund::new(paid[0].id.clone(), usd("5"));
        assert!(polar.refund(&key("refund"), &refund).await.is_err());
        let refund = polar.refund(&key("refund"), &refund).await.unwrap();
        assert_eq!(refund.as_ref().total, usd("5"));
        let made = ["products", "checkout-links", "refunds"].map(|kind| double.objects(kind).len());
        assert_eq!((made, faults.waiting()), ([2, 1, 1], 0), "{fault:?}");
    }
}

#[tokio::test]
async fn what_reads_or_ends_is_tried_again() {
    let double = PolarDouble::start().unwrap();
    let polar = provider(&double);
    let faults = double.server().faults();
    for (method, part) in [("GET", "/products/"), ("GET", "/checkout-links/")] {
        faults.push_on(method, part, Fault::Answer(Reply::json(503, &json!({}))));
        faults.push_on(method, part, Fault::LoseAnswer);
    }
    let open = launch(&polar).await;
    faults.push_on("PATCH", "/products/", Fault::LoseAnswer);
    faults.push_on("DELETE", "/checkout-links/", Fault::LoseAnswer);
    polar.deactivate(&key("end"), &ObjectRef::Link(open.id.clone())).await.unwrap();
    assert_eq!((double.objects("checkout-links").len(), faults.waiting()), (0, 0));
    let again = polar.ensure_payment_link(&key("link"), &link()).await.unwrap();
    assert_eq!((again.is_created(), again.as_ref().active, &again.as_ref().id), (false, false, &open.id));
    assert_eq!(again.as_ref().url, open.url);
}

#[tokio::test]
async fn an_end_that_was_cut_is_finished_by_a_repeat() {
    let double = PolarDouble::start().unwrap();
    let polar = provider(&double);
    let open = launch(&polar).await;
    let refused = Fault::Answer(Reply::json(403, &json!({ "error": "NotPermitted" })));
    double.server().faults().push_on("DELETE", "/checkout-links/", refused);
    let object = ObjectRef::Link(open.id.clone());
    let error = polar.deactivate(&key("end"), &object).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::PermissionDenied, Some("NotPermitted")));
    assert_eq!(polar.find(run()).await.unwrap().len(), 3, "one link, though it is noted and still there");
    polar.deactivate(&key("end"), &object).await.unwrap();
    polar.deactivate(&key("end"), &object).await.unwrap();
    assert!(double.objects("checkout-links").is_empty());
    assert_eq!(double.pay(open.id.as_str(), "CUST-1"), None);
    assert_eq!(polar.find(run()).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_run_s_second_maker_keeps_the_older_object() {
    let double = PolarDouble::start().unwrap();
    let (one, other) = (provider(&double), provider(&double));
    let (key, spec) = (key("product"), product());
    let both = tokio::join!(one.ensure_product(&key, &spec), other.ensure_product(&key, &spec));
    let (first, second) = (both.0.unwrap(), both.1.unwrap());
    assert_eq!(first.as_ref().id, second.as_ref().id);
    let on_sale = double.objects("products").into_iter().filter(|product| product["is_archived"] == false);
    assert_eq!(on_sale.count(), 1);
}
