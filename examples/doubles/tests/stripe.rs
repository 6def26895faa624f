//! The simulator of Stripe by itself: its pages, its events, and what it refuses.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, missing_docs)]

use std::sync::{Arc, Mutex};

use ae_core::Secret;
use ae_core_http::{Answer, Client, Limits, Request};
use async_trait::async_trait;
use doubles::{
    server::{Handler, Reply, Seen, Server},
    stripe::{StripeDouble, signature},
};
use serde_json::Value;

const FORM: &str = "application/x-www-form-urlencoded";

fn client(double: &StripeDouble) -> Client {
    Client::new("test", &double.url(), Limits::default()).unwrap()
}

fn bearer(request: Request) -> Request {
    request.with_bearer(&Secret::new("sk_test_123456789012".to_owned())).unwrap()
}

async fn post(double: &StripeDouble, path: &str, form: &str, key: &str) -> Answer {
    let request = bearer(Request::post("post", path.split('/'))).with_body(FORM, form).unwrap();
    let request = if key.is_empty() { request } else { request.with_header("idempotency-key", key).unwrap() };
    client(double).send(&request).await.unwrap()
}

async fn get(double: &StripeDouble, path: &str) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut request = bearer(Request::get("get", path.split('/')));
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        request = request.with_query(name, value);
    }
    client(double).send(&request).await.unwrap().json().unwrap()
}

async fn sell(double: &StripeDouble) -> String {
    post(double, "v1/products", "id=p1&name=CSV+%26+more", "").await.success().unwrap();
    let price = "product=p1&currency=usd&unit_amount=2999&recurring[interval]=month";
    let price: Value = post(double, "v1/prices", price, "").await.success().unwrap().json().unwrap();
    let link = format!(
        "line_items[0][price]={}&line_items[0][quantity]=1&after_completion[type]=redirect&\
         after_completion[redirect][url]=https://example.com/thanks?c={{CHECKOUT_SESSION_ID}}&\
         subscription_data[metadata][ae_tier]=pro",
        price["id"].as_str().unwrap()
    );
    let link: Value = post(double, "v1/payment_links", &link, "").await.success().unwrap().json().unwrap();
    link["url"].as_str().unwrap().to_owned()
}

#[derive(Debug, Default)]
struct Receiver(Arc<Mutex<Vec<Seen>>>);

#[async_trait]
impl Handler for Receiver {
    async fn answer(&self, request: &Seen) -> Reply {
        self.0.lock().unwrap().push(request.clone());
        Reply::json(200, &Value::Null)
    }
}

#[tokio::test]
async fn a_customer_pays_at_the_page_and_events_are_signed_and_sent() {
    let double = StripeDouble::start().unwrap();
    let got = Arc::<Mutex<Vec<Seen>>>::default();
    let receiver = Server::start(Receiver(Arc::clone(&got))).unwrap();
    let endpoint = format!("url={}/hooks&enabled_events[0]=*", receiver.url());
    let endpoint: Value =
        post(&double, "v1/webhook_endpoints", &endpoint, "").await.success().unwrap().json().unwrap();
    let secret = endpoint["secret"].as_str().unwrap();
    let again = get(&double, &format!("v1/webhook_endpoints/{}", endpoint["id"].as_str().unwrap())).await;
    assert_eq!(again["secret"], Value::Null, "a secret is shown once");

    let url = sell(&double).await;
    let path = url.strip_prefix(&double.url()).unwrap().trim_start_matches('/').to_owned();
    let page = Request::get("page", path.split('/')).with_query("client_reference_id", "\"><script>");
    let page = String::from_utf8(client(&double).send(&page).await.unwrap().into_body()).unwrap();
    assert!(page.contains("SIMULATOR") && page.contains("CSV &amp; more") && !page.contains("<script>"));
    let declined = post(&double, &path, "outcome=declined", "").await;
    assert_eq!((declined.status(), double.objects("subscription").len()), (402, 0));
    let paid = post(&double, &path, "outcome=paid", "").await;
    let session = double.objects("checkout.session")[0].clone();
    let id = session["id"].as_str().unwrap();
    assert_eq!(paid.header("location"), Some(&*format!("https://example.com/thanks?c={id}")));
    assert_eq!((&session["payment_status"], &session["status"]), (&"paid".into(), &"complete".into()));

    // Control waits until what is on its way was begun; the receiver has all of it soon after.
    double.control("renew", &[("subscription", session["subscription"].as_str().unwrap())]);
    let events = get(&double, "v1/events?limit=100").await;
    let kept = events["data"].as_array().unwrap().len();
    while got.lock().unwrap().len() < kept {
        tokio::task::yield_now().await;
    }
    let got = got.lock().unwrap();
    for seen in got.iter() {
        let body = String::from_utf8(seen.body.to_vec()).unwrap();
        let header = seen.header("stripe-signature");
        let seconds = header.split(['=', ',']).nth(1).unwrap().parse().unwrap();
        assert_eq!(header, signature(secret, seconds, &body));
    }
    let kinds: Vec<Value> = got.iter().map(|seen| seen.json()["type"].clone()).collect();
    for kind in
        ["checkout.session.completed", "customer.subscription.created", "invoice.paid", "charge.succeeded"]
    {
        assert!(kinds.contains(&kind.into()), "{kind} of {kinds:?}");
    }
    let invoice = &double.objects("invoice")[0];
    assert_eq!(invoice["parent"]["subscription_details"]["metadata"]["ae_tier"], "pro");
    assert_eq!(invoice["payments"]["data"][0]["payment"]["type"], "payment_intent");
}

#[tokio::test]
async fn keys_repeat_answers_for_a_day() {
    let double = StripeDouble::start().unwrap();
    let first = post(&double, "v1/customers", "name=a", "k").await;
    let again = post(&double, "v1/customers", "name=a", "k").await;
    assert_eq!(first.body(), again.body());
    assert_eq!(
        (first.header("idempotent-replayed"), again.header("idempotent-replayed")),
        (None, Some("true"))
    );
    let other: Value = post(&double, "v1/customers", "name=b", "k").await.json().unwrap();
    assert_eq!(other["error"]["type"], "idempotency_error");
    double.advance(std::time::Duration::from_secs(24 * 3600));
    assert_eq!(post(&double, "v1/customers", "name=b", "k").await.status(), 200);
    assert_eq!(double.objects("customer").len(), 2);
}

#[tokio::test]
async fn what_stripe_refuses_is_refused() {
    let double = StripeDouble::start().unwrap();
    sell(&double).await;
    for (path, form, code) in [
        ("v1/products", "id=p1&name=b", "resource_already_exists"),
        ("v1/products", "name=b&colour=red", "parameter_unknown"),
        ("v1/prices", "product=none&currency=usd&unit_amount=1", "resource_missing"),
        ("v1/prices", "product=p1&currency=usd&unit_amount=1&unit_amount_decimal=0.5", "parameter_invalid"),
        ("v1/refunds", "payment_intent=pi_none", "resource_missing"),
    ] {
        let answer: Value = post(&double, path, form, "").await.json().unwrap();
        assert_eq!(answer["error"]["code"], code, "{path} {form}");
    }
    let unknown = client(&double).send(&Request::get("get", ["v1", "products"])).await.unwrap();
    assert_eq!(unknown.status(), 401);
    let page = get(&double, "v1/products?limit=1").await;
    assert_eq!((&page["has_more"], page["data"].as_array().unwrap().len()), (&false.into(), 1));
}
