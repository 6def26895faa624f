//! The requests of Polar's own SDK for the same operations.

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
    polar::PolarDouble,
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
    assert!(request.header("authorization").starts_with("Bearer polar_oat_"));
    if !request.body.is_empty() {
        assert_eq!(request.header("content-type"), "application/json");
    }
    Sent { method: request.method.to_string(), path: request.path.clone(), query, body: request.json() }
}

struct Recorder;

#[async_trait]
impl Handler for Recorder {
    async fn answer(&self, _: &Seen) -> Reply {
        Reply::json(200, &json!({}))
    }
}

/// Every operation once, against the simulator; each different request.
async fn ours() -> Vec<Sent> {
    let double = PolarDouble::start().unwrap();
    let polar = provider(&double);
    polar.check().await.unwrap();
    let link = launch(&polar).await;
    let order = double.pay(link.id.as_str(), "CUST-1").unwrap();
    let payments = polar.payments(&PaymentQuery::new(run()).with_limit(2)).await.unwrap();
    let refund = NewRefund::new(payments.items[0].id.clone(), usd("5"));
    polar.refund(&key("refund"), &refund).await.unwrap();
    let success = "https://example.com/thanks/?checkout={CHECKOUT}";
    let checkout = NewCheckout::new(run(), key("price"), success).with_trial_days(14);
    let checkout = polar.ensure_checkout(&key("checkout"), &checkout).await.unwrap().into_inner();
    double.finish(checkout.id.as_str(), "CUST-2").unwrap();
    assert!(polar.checkout(&checkout.id).await.unwrap().payment.is_some());
    let customer = order["customer_id"].as_str().unwrap().parse().unwrap();
    polar.open_portal(&NewPortal::new(customer, "https://example.com/")).await.unwrap();
    let all =
        polar.subscriptions(&SubscriptionQuery::new().with_price(link.prices[0].clone())).await.unwrap();
    let cancel = CancelSubscription::new(all.items[0].id.clone());
    polar.cancel_subscription(&key("later"), &cancel).await.unwrap();
    polar.cancel_subscription(&key("now"), &cancel.now()).await.unwrap();
    let endpoint = NewEndpoint::new("https://example.com/hooks").with_events(vec!["order.paid".to_owned()]);
    polar.ensure_endpoint(&key("endpoint"), &endpoint).await.unwrap();
    polar.ensure_endpoint(&key("endpoint"), &NewEndpoint::new("https://example.com/hooks")).await.unwrap();
    polar.deactivate(&key("end link"), &ObjectRef::Link(link.id)).await.unwrap();
    polar.deactivate(&key("end price"), &ObjectRef::Price(link.prices[0].clone())).await.unwrap();
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
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/polar"))
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let _ = child.stdin.take().unwrap().write_all(&serde_json::to_vec(asked).unwrap());
    let output = child.wait_with_output().unwrap();
    if output.status.code() == Some(77) {
        eprintln!("@polar-sh/sdk is not installed: its recorded requests are used");
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(recorder.seen().iter().map(sent).collect())
}

#[tokio::test]
async fn requests_are_those_of_the_official_sdk() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/polar/recorded.json");
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
