//! Registrars against simulators that keep state and lose answers, and against what the official client sends.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod dns;
mod kills;
mod lookups;
mod rig;
mod schema;
mod sdk;

use ae_core::{Effect, ErrorKind, Money, Retry, conformance::caught};
use ae_harness::{Availability, OrderState, Purchase, Registrar, conformance};
use doubles::server::{Fault, Reply};
use serde_json::json;

use self::rig::{contact, domain, key, porkbun, vercel};

#[tokio::test]
async fn vercel_keeps_the_contract() {
    let rig = vercel();
    let (one, two) = (domain("one.com"), domain("two.dev"));
    let ran = conformance::registrar::run_all(&rig.registrar, &one, &two, &contact()).await;
    assert_eq!((ran.passed.len(), ran.skipped.as_slice()), (7, &["C8"][..]), "{ran:?}");
    assert_eq!(rig.double.orders(), ["one.com"]);
}

#[tokio::test]
async fn porkbun_keeps_the_contract() {
    let rig = porkbun();
    let (one, two) = (domain("one.com"), domain("two.dev"));
    let ran = conformance::registrar::run_all(&rig.registrar, &one, &two, &contact()).await;
    assert_eq!((ran.passed.len(), ran.skipped.as_slice()), (7, &["C7"][..]), "{ran:?}");
    assert_eq!(
        (rig.double.orders(), rig.double.renews("one.com")),
        (vec!["one.com".to_owned()], Some(false))
    );
    rig.registrar.check().await.unwrap();
}

#[tokio::test]
async fn a_suite_that_finds_nothing_wrong_would_be_caught() {
    let rig = vercel();
    rig.double.take("one.com");
    let (one, two) = (domain("one.com"), domain("two.dev"));
    caught("C1", conformance::registrar::run_all(&rig.registrar, &one, &two, &contact())).await;
}

#[tokio::test]
async fn a_price_that_changes_under_the_purchase_stops_it() {
    let rig = vercel();
    let quote = rig.registrar.quote(&domain("one.com"), 1).await.unwrap();
    assert_eq!(quote.price.to_string(), "$11.25");
    let purchase = Purchase::new(quote).with_contact(contact());
    // The registrar's own look still finds the old price, and the vendor's guard refuses.
    let old = json!({ "years": 1, "purchasePrice": 11.25, "renewalPrice": 11.25, "transferPrice": null });
    rig.server.faults().push_on("GET", "/price", Fault::Answer(Reply::json(200, &old)));
    rig.double.set_price(json!(12.5), json!(11.25));
    let error = rig.registrar.buy(&key(0), &purchase).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect(), error.code()),
        (ErrorKind::Conflict, Effect::NotApplied, Some("expected_price_mismatch"))
    );
    // So does its own look at the renewal price, which the vendor does not guard.
    rig.double.set_price(json!(11.25), json!(40));
    let error = rig.registrar.buy(&key(0), &purchase).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains("$40.00"), "{error}");
    assert!(rig.double.orders().is_empty());
}

#[tokio::test]
async fn an_order_that_fails_says_why_and_a_name_of_elsewhere_can_be_bought() {
    let rig = vercel();
    rig.double.add_external("one.com");
    rig.double.set_orders(2, true);
    let quote = rig.registrar.quote(&domain("one.com"), 1).await.unwrap();
    let purchase = Purchase::new(quote).with_contact(contact());
    let order = rig.registrar.buy(&key(0), &purchase).await.unwrap();
    assert_eq!(order.state, OrderState::Pending);
    assert_eq!(rig.registrar.order(&order.id).await.unwrap().state, OrderState::Pending);
    let failed = rig.registrar.buy(&key(0), &purchase).await.unwrap();
    assert_eq!((failed.state, failed.error.as_deref()), (OrderState::Failed, Some("unavailable-legal")));
    assert_eq!(rig.double.orders().len(), 1);
}

#[tokio::test]
async fn a_token_of_a_project_is_named_in_the_error() {
    let rig = vercel();
    let wrong = rig.with_token("project-scoped");
    let error = wrong.search(&[domain("one.com")]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.message().contains("limited to a project"), "{error}");
    // An ending that is not sold looks taken to the search, so it is unknown here.
    let found = rig.registrar.search(&[domain("one.example"), domain("one.com")]).await.unwrap();
    assert_eq!(found, [Availability::Unknown, Availability::MaybeFree]);
}

#[tokio::test]
async fn limits_are_waited_for_and_errors_show_no_person() {
    let rig = porkbun();
    let limited =
        json!({ "status": "ERROR", "code": "RATE_LIMIT_EXCEEDED", "message": "x", "ttlRemaining": 9 });
    // The limit comes with either status.
    rig.server.faults().push_on("POST", "/checkDomain/", Fault::Answer(Reply::json(429, &limited)));
    rig.server.faults().push_on("POST", "/checkDomain/", Fault::Answer(Reply::json(200, &limited)));
    let quote = rig.registrar.quote(&domain("one.com"), 1).await.unwrap();
    assert!(rig.elapsed().as_secs() >= 18, "{:?}", rig.elapsed());
    rig.server.faults().push_on("POST", "/create/", Fault::Answer(Reply::json(400, &limited)));
    let error = rig.registrar.buy(&key(0), &Purchase::new(quote.clone())).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::RateLimited, Effect::NotApplied));
    assert_eq!(error.retry(), Retry::After(std::time::Duration::from_secs(9)));

    rig.double.set_credit(1);
    let error = rig.registrar.rehearse(&Purchase::new(quote.clone())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
    let error = rig.registrar.buy(&key(0), &Purchase::new(quote)).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::QuotaExceeded, Some("INSUFFICIENT_FUNDS")));

    let rig = vercel();
    let quote = rig.registrar.quote(&domain("one.com"), 1).await.unwrap();
    let purchase = Purchase::new(quote).with_contact(contact());
    let quoted =
        json!({ "status": 400, "code": "bad_request", "message": "Ada +441632960961 ada@example.com" });
    for reply in [Reply::json(400, &quoted), Reply::json(500, &quoted)] {
        rig.server.faults().push_on("POST", "/buy", Fault::Answer(reply));
        let error = rig.registrar.buy(&key(7), &purchase).await.unwrap_err();
        let shown = format!("{error} {error:?} {purchase:?}");
        assert!(!shown.contains("Ada") && !shown.contains("4416") && !shown.contains("ada@"), "{shown}");
    }
}

#[test]
fn an_approval_names_the_numbers_and_the_contact_by_its_digest() {
    let price = Money::parse("11.25", ae_core::Currency::USD).unwrap();
    let quote = ae_harness::Quote::new(domain("one.com"), 1, price, price, ae_core::Timestamp::UNIX_EPOCH);
    let later = ae_harness::Quote::new(domain("one.com"), 1, price, price, ae_core::Timestamp::MAX);
    let shown = serde_json::to_value(Purchase::new(quote).with_contact(contact())).unwrap();
    let money = json!({ "amount": "11.25", "currency": "USD" });
    assert_eq!(
        shown,
        json!({
            "domain": "one.com", "years": 1, "price": money, "renewal": money, "auto_renew": false,
            "contact": contact().digest(),
        })
    );
    assert_eq!(serde_json::to_value(Purchase::new(later).with_contact(contact())).unwrap(), shown);
}
