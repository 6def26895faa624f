//! Counts of visits, webhooks of payment providers, and messages to a system of the operator's own.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use ae_billing::{
    LicenceCheck, OfflineVerifier, OrderId, SIGNATURE_HEADER, STRIPE_SIGNATURE_HEADER, WebhookVerifier as _,
    sign,
};
use ae_core::{Mode, Secret};
use axum::{Router, body::Bytes, extract::State, routing::post};
use http::{HeaderMap, Method, StatusCode};
use lifecycle::{
    faces::sites::{self, Hosts},
    service::{Sale, keep_webhook_secret},
};
use serde_json::{Value, json};

use super::{
    ae::Ae,
    shop::{ONE, SHOP, Shop, TWO, ask},
};

const SECRET: &str = "whsec_of_the_test";

async fn visit(
    shop: &Shop,
    (method, host, path): (Method, &str, &str),
    headers: &[(&str, &str)],
) -> StatusCode {
    ask(shop.public(), (method, host, path), headers, String::new()).await.status
}

#[tokio::test]
async fn views_and_clicks_are_counted_a_day_and_site_and_nothing_about_who_came() {
    let shop = Shop::open().await;
    let navigates = [("sec-fetch-mode", "navigate"), ("cookie", "a=b"), ("x-forwarded-for", "203.0.113.9")];
    let page = (Method::GET, ONE, "/");
    assert_eq!(visit(&shop, page.clone(), &[]).await, StatusCode::OK);
    assert_eq!(visit(&shop, page.clone(), &navigates).await, StatusCode::OK);
    assert_eq!(
        visit(&shop, (Method::GET, ONE, "/checkout?tier=pro"), &navigates).await,
        StatusCode::SEE_OTHER
    );
    // Neither programs that look, nor what is loaded by or ahead of a page, nor what is not there.
    for (request, headers) in [
        ((Method::HEAD, ONE, "/"), [("x", "y")]),
        ((Method::HEAD, ONE, "/checkout"), [("x", "y")]),
        (page.clone(), [("sec-fetch-mode", "cors")]),
        (page.clone(), [("sec-purpose", "prefetch")]),
        ((Method::GET, ONE, "/app.js"), [("x", "y")]),
        ((Method::GET, ONE, "/none"), [("x", "y")]),
        ((Method::GET, "site-none.localhost:4180", "/"), [("x", "y")]),
    ] {
        visit(&shop, request, &headers).await;
    }
    let runs = &shop.installation.runs;
    assert_eq!(runs.visits("site-one", 0).await.unwrap().views, 0, "numbers wait in memory");
    shop.sale.write_visits().await.unwrap();
    shop.sale.write_visits().await.unwrap();
    let seen = runs.visits("site-one", 0).await.unwrap();
    assert_eq!((seen.views, seen.clicks), (2, 1));
    assert_eq!(runs.visits("site-none", 0).await.unwrap().views, 0);
    assert_eq!(visit(&shop, (Method::GET, TWO, "/"), &[]).await, StatusCode::OK);
    shop.sale.write_visits().await.unwrap();
    assert_eq!(runs.visits("site-two", 0).await.unwrap().views, 1);
}

/// A server that takes in the webhooks of Stripe's test mode.
async fn taking_in(shop: &Shop) -> sites::Shared {
    keep_webhook_secret(&shop.installation, "stripe", Mode::Test, &format!("{SECRET}\n")).await.unwrap();
    let sale = Sale::open(&shop.installation, &format!("http://{SHOP}")).await.unwrap();
    let sale = sale.taking_webhooks().await.unwrap();
    assert_eq!(sale.vendors(), ["stripe (test)"]);
    Arc::new(sale)
}

/// A finished checkout of the tier `pro` of the first product.
fn checkout(shop: &Shop, live: bool) -> String {
    let at = shop.installation.runtime.now().as_second();
    let metadata = json!({ "ae_run": shop.runs[0], "ae_tier": "pro" });
    let session = json!({
        "id": "cs_test_1", "object": "checkout.session", "mode": "payment", "payment_status": "paid", "currency": "usd",
        "amount_total": 900, "customer": "cus_1", "payment_intent": "pi_1", "metadata": metadata,
    });
    let event = json!({
        "id": format!("evt_{live}"), "object": "event", "type": "checkout.session.completed", "livemode": live,
        "created": at, "data": { "object": session },
    });
    event.to_string()
}

async fn send(
    shop: &Shop,
    sale: &sites::Shared,
    vendor: &str,
    body: &str,
    secret: &str,
) -> (StatusCode, Value) {
    let app = sites::app(Arc::clone(sale), Hosts::new(SHOP.parse().unwrap(), &[]));
    let now = shop.installation.runtime.now();
    let signature = sign(&Secret::new(secret.to_owned()), body.as_bytes(), now);
    let path = format!("/api/v1/billing/webhooks/{vendor}");
    let headers = [(STRIPE_SIGNATURE_HEADER, signature.as_str())];
    let answer = ask(app, (Method::POST, SHOP, &path), &headers, body.to_owned()).await;
    (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
}

#[tokio::test]
async fn a_payment_providers_webhook_leads_to_a_licence_at_the_sellers_own_server() {
    let shop = Shop::open().await;
    let sale = taking_in(&shop).await;
    let body = checkout(&shop, false);
    for (vendor, secret, status) in [
        ("stripe", "whsec_other", StatusCode::BAD_REQUEST),
        ("polar", SECRET, StatusCode::NOT_FOUND),
        ("elsewhere", SECRET, StatusCode::NOT_FOUND),
    ] {
        assert_eq!(send(&shop, &sale, vendor, &body, secret).await.0, status, "{vendor}");
    }
    let live = send(&shop, &sale, "stripe", &checkout(&shop, true), SECRET).await;
    assert_eq!(live, (StatusCode::OK, json!({ "status": "ignored" })), "a test secret brings no real money");
    assert_eq!(shop.payments().await, [0, 0]);
    let order = OrderId::of_entitlement("stripe:pi_1").to_string();
    assert_eq!(shop.get(SHOP, &format!("/order/{order}")).await.status, StatusCode::NOT_FOUND);

    for status in ["accepted", "duplicate"] {
        let taken = send(&shop, &sale, "stripe", &body, SECRET).await;
        assert_eq!(taken, (StatusCode::OK, json!({ "status": status })));
    }
    assert_eq!(shop.payments().await, [1, 0]);
    let licence = shop.licence(&order).await.expect("the page of the order has the licence");
    let (keys, tiers) = ([shop.licence_key()], ["pro".to_owned()]);
    let now = shop.installation.runtime.now();
    let claims = LicenceCheck::new(&keys, shop.project(0), &tiers, now).verify(&licence).unwrap();
    assert_eq!((claims.order.as_str(), claims.number), (&*order, 1));
    assert!(!shop.order_page(&order).await.contains("pi_1"), "a vendor's id stays inside");
}

#[tokio::test]
async fn only_what_can_be_a_secret_of_a_known_provider_is_kept() {
    let shop = Shop::open().await;
    for (vendor, text) in
        [("acme", SECRET), ("stripe", ""), ("stripe", " \n"), ("stripe", "two words"), ("stripe", "ä")]
    {
        keep_webhook_secret(&shop.installation, vendor, Mode::Live, text).await.unwrap_err();
    }
    let log = std::fs::read_to_string(shop.installation.dir.audit_log()).unwrap();
    assert!(!log.contains("webhook_secret_kept"));
    keep_webhook_secret(&shop.installation, "polar", Mode::Live, SECRET).await.unwrap();
    let log = std::fs::read_to_string(shop.installation.dir.audit_log()).unwrap();
    assert!(log.contains("webhook_secret_kept") && !log.contains(SECRET));
}

#[test]
fn what_a_new_product_earned_and_what_to_do_with_it_is_said_with_its_arithmetic() {
    let ae = Ae::new();
    let run = ["run", "Build a $500 MRR CSV tool", "--signals", "sample", "--yes", "--no-serve", "--json"];
    let run = ae.ae(&run).expect(0).json()["run_id"].as_str().unwrap().to_owned();
    let revenue = ae.ae(&["revenue", "--json"]).expect(0).json();
    let shown = &revenue["runs"][0];
    assert_eq!((&shown["run_id"], &shown["active"]), (&json!(run), &json!(0)), "{revenue}");
    assert_eq!(shown["currencies"][0]["gross"], revenue["total"][0]["gross"], "{revenue}");
    assert_eq!(shown["churn"]["lost_per_mille"], Value::Null, "of none there is no rate");
    let text = ae.ae(&["revenue", &run]).expect(0).stdout;
    assert!(text.contains("from 0 payments") && text.contains("no rate"), "{text}");

    let decision = ae.ae(&["decide", &run, "--json"]).expect(0).json();
    assert_eq!(decision["verdict"], "too_early", "{decision}");
    assert_eq!(decision["numbers"]["views"], 0, "the server here counts views");
    let text = ae.ae(&["decide", &run]).expect(0).stdout;
    for part in ["too early to tell", "age: 0 < 14 of DAYS_MIN", "DAYS_MIN = 14 days: "] {
        assert!(text.contains(part), "{part}: {text}");
    }
    ae.ae(&["revenue", "no-such-run"]).expect(2);
}

/// A system of the operator's own: it refuses at first, then keeps what it gets.
#[derive(Clone, Default)]
struct Receiver {
    refusals: Arc<AtomicU32>,
    got: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    receiver.got.lock().unwrap().push((headers, body));
    let refuse = |left: u32| left.checked_sub(1);
    match receiver.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, refuse) {
        Ok(_) => StatusCode::SERVICE_UNAVAILABLE,
        Err(_) => StatusCode::NO_CONTENT,
    }
}

#[tokio::test]
async fn a_system_of_the_operators_own_is_told_at_least_once_and_signed() {
    let shop = Shop::open().await;
    let receiver = Receiver::default();
    receiver.refusals.store(1, Ordering::SeqCst);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks/ae", listener.local_addr().unwrap());
    let app = Router::new().route("/hooks/ae", post(receive)).with_state(receiver.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let sale = Sale::open(&shop.installation, &format!("http://{SHOP}")).await.unwrap();
    let sale = sale.telling(&url).await.unwrap();
    sale.tell().await.unwrap();
    assert_eq!(receiver.got.lock().unwrap().len(), 0, "nothing was paid");

    let order = shop.order(super::shop::MONTHLY).await;
    assert_eq!(shop.press(&format!("paid {order} 0")).await.status, StatusCode::OK);
    sale.tell().await.unwrap_err();
    sale.tell().await.unwrap();
    sale.tell().await.unwrap();
    assert_eq!(shop.press(&format!("refund {order} 0")).await.status, StatusCode::OK);
    sale.tell().await.unwrap();

    let secret = std::fs::read_to_string(shop.installation.dir.path().join("keys/notify")).unwrap();
    let verifier = OfflineVerifier::new(Secret::new(secret.trim().to_owned())).unwrap();
    let now = shop.installation.runtime.now();
    let got = receiver.got.lock().unwrap().clone();
    let told: Vec<_> = got
        .iter()
        .map(|(headers, body)| {
            assert!(headers.contains_key(SIGNATURE_HEADER));
            let event = verifier.verify(headers, body, now).unwrap();
            let body: Value = serde_json::from_slice(body).unwrap();
            assert_eq!((&body["data"]["order"], &body["data"]["site"]), (&json!(order), &json!("site-one")));
            assert!(!body.to_string().contains("eyJ"), "no licence");
            (event.kind.to_string(), event.id)
        })
        .collect();
    let kinds: Vec<_> = told.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["order.entitled", "order.entitled", "order.ended"]);
    assert_eq!(told[0].1, told[1].1, "a repeat has the same id");
    assert_ne!(told[0].1, told[2].1);
}
