//! The function of a hosted site gives the licence that the seller's books give for the same payments: the events of a
//! payment go into the books, the objects that they are about lie on a server that answers as Stripe does, and both sides
//! come to the same claims, or to none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    missing_docs
)]

use std::{
    io::Write as _,
    process::{Command, Stdio},
    sync::Arc,
};

use ae_billing::{
    EventStore, LicenceCheck, LicenceClaims, LicenceKey, LicenceTerms, MemoryLedger, Mode, NewPrice, OnSale,
    Price, STRIPE_SIGNATURE_HEADER, StripeVerifier, WebhookIntake, sign, tiers_variable,
};
use ae_core::{
    BillingInterval, Currency, Digest, IdempotencyKey, Money, ProjectId, RunId, Runtime, Secret, Timestamp,
};
use serde_json::{Value, json};

/// Answers as Stripe does with the objects of a case, and asks the function for each checkout.
const SCRIPT: &str = r#"
import http from "node:http";
import licence from "./licence.js";
const { env, cases } = JSON.parse(await new Response(process.stdin).text());
const answers = [];
for (const { checkout, objects, invoices } of cases) {
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, "http://x");
    const path = url.pathname.slice("/v1/".length);
    const found = path === "invoices" ? { data: invoices.toReversed(), has_more: false } : objects[path];
    response.writeHead(found ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(found ?? { error: {} }));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const base = `http://127.0.0.1:${server.address().port}`;
  const request = new Request("https://site.example/api/licence", { method: "POST", body: JSON.stringify({ checkout }) });
  const answer = await licence(request, { ...env, AE_STRIPE_API_BASE: base });
  answers.push(await answer.json());
  server.closeAllConnections();
  server.close();
}
console.log(JSON.stringify(answers));
"#;

const DAY: i64 = 86_400;
const CHECKOUT: &str = "cs_test_a1";

/// A purchase with what happened to it: the events, and the objects as they are now.
struct Case {
    name: &'static str,
    events: Vec<Value>,
    objects: serde_json::Map<String, Value>,
    invoices: Vec<Value>,
    /// The refusal by its name, `None` where a licence is due.
    refusal: Option<&'static str>,
}

fn event(kind: &str, at: i64, object: &Value) -> Value {
    let id = format!("evt_{}", Digest::of_bytes("event", format!("{kind}{at}{object}").as_bytes()).short(16));
    json!({ "id": id, "object": "event", "type": kind, "livemode": false, "created": at, "data": { "object": object } })
}

fn charge(name: &str, amount: i64, refunded: i64, at: i64) -> Value {
    json!({
        "id": format!("ch_{name}"), "object": "charge", "amount": amount, "amount_refunded": refunded, "currency": "usd",
        "refunded": refunded == amount, "disputed": false, "payment_intent": format!("pi_{name}"), "created": at,
    })
}

/// A single purchase of 29 USD at `at`, of which `refunded` went back.
fn once(name: &'static str, at: i64, refunded: i64, refusal: Option<&'static str>) -> Case {
    let session = json!({
        "id": CHECKOUT, "object": "checkout.session", "mode": "payment", "livemode": false, "status": "complete",
        "payment_status": "paid", "created": at - 60, "currency": "usd", "amount_total": 2900, "customer": "cus_1",
        "payment_intent": "pi_once", "subscription": null, "invoice": null, "payment_link": "plink_once",
    });
    let charge = charge("once", 2_900, refunded, at);
    let mut events = vec![event("checkout.session.completed", at, &session)];
    if refunded > 0 {
        events.push(event("charge.refunded", at + 10, &charge));
    }
    let mut seen = session;
    seen["line_items"] = json!({ "data": [{ "price": { "id": "price_once" } }] });
    seen["payment_intent"] = json!({ "id": "pi_once", "latest_charge": charge });
    let objects = [(format!("checkout/sessions/{CHECKOUT}"), seen)].into_iter().collect();
    Case { name, events, objects, invoices: Vec::new(), refusal }
}

/// A subscription of 9 USD a month whose periods began at `starts`; the months in `back` went back, `status` is its state.
fn monthly(
    name: &'static str,
    starts: &[i64],
    back: &[usize],
    status: &str,
    refusal: Option<&'static str>,
) -> Case {
    let first = starts[0];
    let mut session = json!({
        "id": CHECKOUT, "object": "checkout.session", "mode": "subscription", "livemode": false, "status": "complete",
        "payment_status": "paid", "created": first - 60, "currency": "usd", "amount_total": 900, "customer": "cus_1",
        "payment_intent": null, "subscription": "sub_1", "invoice": "in_0", "payment_link": "plink_month",
    });
    let mut events = vec![event("checkout.session.completed", first, &session)];
    let (mut objects, mut invoices) = (serde_json::Map::new(), Vec::new());
    for (month, at) in starts.iter().enumerate() {
        let went = if back.contains(&month) { 900 } else { 0 };
        let intent = format!("pi_{month}");
        let invoice = json!({
            "id": format!("in_{month}"), "object": "invoice", "status": "paid", "created": at - 5, "currency": "usd",
            "amount_paid": 900, "customer": "cus_1", "status_transitions": { "paid_at": at },
            "parent": { "type": "subscription_details", "subscription_details": { "subscription": "sub_1" } },
            "lines": { "data": [{
                "amount": 900, "period": { "start": at, "end": at + 30 * DAY },
                "parent": { "type": "subscription_item_details", "subscription_item_details": { "proration": false } },
                "pricing": { "price_details": { "price": "price_month" } },
            }] },
            "payments": { "data": [{ "status": "paid", "payment": { "payment_intent": intent } }] },
        });
        events.push(event("invoice.paid", *at, &invoice));
        let charge = charge(&month.to_string(), 900, went, *at);
        if went > 0 {
            let payment =
                json!({ "invoice": format!("in_{month}"), "payment": { "payment_intent": intent } });
            events.push(event("invoice_payment.paid", *at, &payment));
            events.push(event("charge.refunded", at + 10, &charge));
        }
        objects.insert(format!("payment_intents/{intent}"), json!({ "id": intent, "latest_charge": charge }));
        invoices.push(invoice);
    }
    let subscription = json!({ "id": "sub_1", "object": "subscription", "status": status, "customer": "cus_1", "items": { "data": [] } });
    if status == "canceled" {
        events.push(event("customer.subscription.deleted", starts[starts.len() - 1] + 100, &subscription));
    }
    session["subscription"] = subscription;
    session["line_items"] = json!({ "data": [{ "price": { "id": "price_month" } }] });
    objects.insert(format!("checkout/sessions/{CHECKOUT}"), session);
    Case { name, events, objects, invoices, refusal }
}

/// The same purchase with a dispute in `status` over all of it.
fn disputed(name: &'static str, at: i64, status: &str, refusal: Option<&'static str>) -> Case {
    let mut case = once(name, at, 0, refusal);
    let dispute = json!({
        "id": "dp_1", "object": "dispute", "amount": 2900, "currency": "usd", "status": status, "charge": "ch_once",
        "payment_intent": "pi_once",
    });
    case.events.push(event("charge.dispute.created", at + 20, &dispute));
    let session = case.objects.get_mut(&format!("checkout/sessions/{CHECKOUT}")).unwrap();
    session["payment_intent"]["latest_charge"]["disputed"] = json!(true);
    case.objects.insert("disputes".to_owned(), json!({ "data": [dispute] }));
    case
}

fn cases(now: i64) -> Vec<Case> {
    let month = 30 * DAY;
    vec![
        once("a single purchase", now - 400, 0, None),
        once("a part went back", now - 400, 2_899, None),
        once("all went back", now - 400, 2_900, Some("refunded")),
        monthly("the first month", &[now - 400], &[], "active", None),
        monthly(
            "the third month",
            &[now - 400 - 2 * month, now - 400 - month, now - 400],
            &[],
            "active",
            None,
        ),
        monthly("the newest went back", &[now - month - DAY, now - 400], &[1], "active", None),
        monthly("both went back", &[now - month - DAY, now - 400], &[0, 1], "active", Some("refunded")),
        monthly("days of grace", &[now - month - 2 * DAY], &[], "past_due", None),
        monthly("the grace is over", &[now - month - 4 * DAY], &[], "past_due", Some("expired")),
        monthly("cancelled at once", &[now - 400], &[], "canceled", Some("ended")),
        disputed("a dispute under way", now - 400, "needs_response", Some("disputed")),
        disputed("a dispute that was lost", now - 400, "lost", Some("disputed")),
        disputed("a dispute that was won", now - 400, "won", None),
        disputed("a question of the bank", now - 400, "warning_needs_response", None),
    ]
}

fn prices(run: RunId) -> Vec<Price> {
    let price = |id: &str, tier: &str, amount, interval| {
        let key = IdempotencyKey::derive(run, "monetize", "ensure_product", 0);
        let amount = Money::from_minor(amount, 2, Currency::USD).unwrap();
        let new = NewPrice::new(run, key, tier, tier, amount, interval);
        Price::new(id.parse().unwrap(), "prod_1".parse().unwrap(), new, Timestamp::UNIX_EPOCH)
    };
    vec![
        price("price_month", "pro", 900, BillingInterval::MONTH),
        price("price_once", "lifetime", 2_900, BillingInterval::OneTime),
    ]
}

/// The claims that the books give once `events` came in, in this order.
fn books(events: &[Value], run: RunId, project: ProjectId, now: Timestamp) -> Option<LicenceClaims> {
    let ledger = MemoryLedger::new(Runtime::system(), "http://127.0.0.1:8080");
    let secret = Secret::new("whsec_test".to_owned());
    let intake =
        WebhookIntake::new(Arc::new(StripeVerifier::new(secret.clone()).unwrap()), Arc::new(ledger.clone()))
            .with_mode(Mode::Test);
    futures_executor::block_on(async {
        for event in events {
            let raw = event.to_string();
            let mut headers = http::HeaderMap::new();
            // Both sign in the same way.
            headers.insert(STRIPE_SIGNATURE_HEADER, sign(&secret, raw.as_bytes(), now).parse().unwrap());
            intake.receive(&headers, raw.as_bytes(), now).await.unwrap();
        }
        for (price, link) in prices(run).into_iter().zip(["plink_month", "plink_once"]) {
            ledger.put_on_sale(&OnSale::new("stripe", price).with_link(link.parse().unwrap())).await.unwrap();
        }
        let books = ledger.revenue(run).await.unwrap();
        assert!(books.entitlements.len() <= 1, "{:?}", books.entitlements);
        LicenceTerms::default().claims(books.entitlements.first()?, project, now)
    })
}

/// The answers of the function, `None` without Node; with `AE_REQUIRE_SERVICES=1` that is a failure.
fn function(input: &Value) -> Option<Vec<Value>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/functions");
    let mut command = Command::new("node");
    command.args(["--input-type=module", "-e", SCRIPT]).current_dir(folder);
    let Ok(mut child) = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    else {
        let required = std::env::var("AE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
        assert!(!required, "there is no node: install Node 20 or newer");
        eprintln!("skipped: there is no node");
        return None;
    };
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn function_and_books_come_to_the_same_claims() {
    let run = RunId::from_digest(&Digest::of_bytes("hosted", b"run"));
    let project = ProjectId::from_digest(&Digest::of_bytes("hosted", b"project"));
    let key = LicenceKey::new(7, &Secret::new([9; 32])).unwrap();
    let now = Timestamp::from_second(Runtime::system().now().as_second()).unwrap();
    let cases = cases(now.as_second());
    let asked: Vec<_> = cases
        .iter()
        .map(|case| json!({ "checkout": CHECKOUT, "objects": case.objects, "invoices": case.invoices }))
        .collect();
    let env = json!({
        "AE_SITE_KEY": key.private_jwk().expose(), "AE_PROJECT": project.to_string(),
        "AE_TIERS": tiers_variable(&prices(run)), "AE_STRIPE_KEY": "rk_test_1",
    });
    let Some(answers) = function(&json!({ "env": env, "cases": asked })) else { return };
    let (keys, tiers) = ([key.public()], ["pro".to_owned(), "lifetime".to_owned()]);
    let check = LicenceCheck::new(&keys, project, &tiers, now);
    for (case, answer) in cases.iter().zip(&answers) {
        let issued = answer["licence"].as_str().map(|token| check.verify(token).unwrap());
        assert_eq!(answer["refusal"].as_str(), case.refusal, "{}", case.name);
        // Events arrive in any order.
        let backwards: Vec<_> = case.events.iter().rev().cloned().collect();
        for events in [&case.events, &backwards] {
            assert_eq!(issued, books(events, run, project, now), "{}", case.name);
        }
    }
    assert_eq!(answers.len(), cases.len());
}

#[test]
fn a_private_key_is_one_that_the_public_half_belongs_to() {
    let key = LicenceKey::new(3, &Secret::new([5; 32])).unwrap();
    let (private, public): (Value, Value) = (
        serde_json::from_str(key.private_jwk().expose()).unwrap(),
        serde_json::to_value(key.public()).unwrap(),
    );
    for (name, value) in public.as_object().unwrap() {
        assert_eq!(private[name], *value);
    }
    assert_eq!(private["d"].as_str().unwrap().len(), 43);
    assert!(!format!("{:?}", key.private_jwk()).contains(private["d"].as_str().unwrap()));
}
