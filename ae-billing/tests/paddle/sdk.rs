//! The requests of Paddle's own SDK for the same operations.

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use ae_billing::{
    CancelSubscription, NewCheckout, NewEndpoint, NewPortal, NewRefund, ObjectRef, PaymentProvider as _,
    PaymentQuery, SubscriptionQuery,
};
use async_trait::async_trait;
use doubles::{
    paddle::PaddleDouble,
    server::{Handler, Reply, Seen, Server},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::world::{key, launch, provider, run, usd};

/// A request in the form in which two are compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sent {
    method: String,
    path: String,
    query: BTreeMap<String, Vec<String>>,
    body: Value,
}

fn sent(request: &Seen) -> Sent {
    let mut query = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in request.pairs() {
        query.entry(name).or_default().push(value);
    }
    let authorization = request.header("authorization").to_ascii_lowercase();
    assert!(authorization.starts_with("bearer pdl_sdbx_"));
    if !request.body.is_empty() {
        assert_eq!(request.header("content-type"), "application/json");
    }
    Sent { method: request.method.to_string(), path: request.path.clone(), query, body: request.json() }
}

struct Recorder;

#[async_trait]
impl Handler for Recorder {
    async fn answer(&self, _: &Seen) -> Reply {
        Reply::json(200, &json!({ "data": {}, "meta": { "pagination": { "has_more": false } } }))
    }
}

/// Every operation once, against the simulator; each different request.
async fn ours() -> Vec<Sent> {
    let double = PaddleDouble::start().unwrap();
    let paddle = provider(&double);
    paddle.check().await.unwrap();
    let link = launch(&paddle).await;
    let paid = double.pay(link.id.as_str(), "CUST-1").unwrap();
    let payments = paddle.payments(&PaymentQuery::new(run()).with_limit(2)).await.unwrap();
    let payment = &payments.items[0].id;
    paddle.refund(&key("refund"), &NewRefund::new(payment.clone(), usd("5"))).await.unwrap();
    let other = double.pay(link.id.as_str(), "CUST-3").unwrap()["id"].as_str().unwrap().parse().unwrap();
    paddle.refund(&key("whole"), &NewRefund::new(other, usd("29.99"))).await.unwrap();
    let success = "https://example.com/thanks/";
    let plain = NewCheckout::new(run(), key("price"), success);
    paddle.ensure_checkout(&key("plain"), &plain).await.unwrap();
    let checkout = plain.with_trial_days(14);
    let checkout = paddle.ensure_checkout(&key("checkout"), &checkout).await.unwrap().into_inner();
    double.finish(checkout.id.as_str(), "CUST-2").unwrap();
    assert!(paddle.checkout(&checkout.id).await.unwrap().payment.is_some());
    let customer = paid["customer_id"].as_str().unwrap().parse().unwrap();
    paddle.open_portal(&NewPortal::new(customer, "https://example.com/")).await.unwrap();
    let all =
        paddle.subscriptions(&SubscriptionQuery::new().with_price(link.prices[0].clone())).await.unwrap();
    let cancel = CancelSubscription::new(all.items[0].id.clone());
    paddle.cancel_subscription(&key("later"), &cancel).await.unwrap();
    paddle.cancel_subscription(&key("now"), &cancel.now()).await.unwrap();
    let endpoint =
        NewEndpoint::new("https://example.com/hooks").with_events(vec!["transaction.completed".to_owned()]);
    paddle.ensure_endpoint(&key("endpoint"), &endpoint).await.unwrap();
    paddle.ensure_endpoint(&key("endpoint"), &NewEndpoint::new("https://example.com/hooks")).await.unwrap();
    paddle.deactivate(&key("end link"), &ObjectRef::Link(link.id)).await.unwrap();
    paddle.deactivate(&key("end price"), &ObjectRef::Price(link.prices[0].clone())).await.unwrap();
    let mut all: Vec<Sent> = Vec::new();
    for request in double.server().seen().iter().map(sent) {
        if !all.contains(&request) {
            all.push(request);
        }
    }
    all
}

/// The requests of the SDK when it is asked for the same; `None` where it is not installed.
fn official(asked: &[Sent]) -> Option<Vec<Sent>> {
    let recorder = Server::start(Recorder).unwrap();
    let mut child = Command::new("node")
        .args(["official.cjs", &recorder.url()])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/paddle"))
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let _ = child.stdin.take().unwrap().write_all(&serde_json::to_vec(asked).unwrap());
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(77) {
        eprintln!("@paddle/paddle-node-sdk is not installed: its recorded requests are used");
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(recorder.seen().iter().map(sent).collect())
}

#[tokio::test]
async fn requests_are_those_of_the_official_sdk() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/paddle/recorded.json");
    let ours = ours().await;
    let theirs = official(&ours);
    if std::env::var_os("AE_RECORD").is_some() {
        let text = serde_json::to_string_pretty(theirs.as_ref().unwrap()).unwrap();
        std::fs::write(&file, format!("{text}\n")).unwrap();
    }
    let recorded: Vec<Sent> = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert!(theirs.is_none_or(|theirs| theirs == recorded), "the SDK sends something else: record again");
    for (ours, theirs) in ours.iter().zip(&recorded) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours.len(), recorded.len());
}
