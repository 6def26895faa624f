//! Verdicts on signatures: those of Paddle's own SDK, or others that are named here; and what events mean.

use std::collections::{BTreeMap, BTreeSet};

use ae_billing::{
    DisputeState, DisputedPayment, EntitlementEnd, EventEffect, FailedPayment, Mode, PADDLE_EVENTS,
    PaddleVerifier, PaidInvoice, ProviderEvent, RefundedPayment, SubscriptionChange, SubscriptionState,
    WebhookError, WebhookVerifier as _,
};
use ae_core::{Secret, Timestamp};
use hmac::{Hmac, Mac as _};
use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    official::{Case, recorded},
    world::{run, usd},
};

const NOW: i64 = 1_800_000_000;
/// Refused here, believed by the SDK.
const STRICTER: [(&str, &str); 7] = [
    ("6 s ahead", "the SDK knows no signatures from ahead"),
    ("a blank secret", "anyone could sign with it"),
    ("an empty secret", "the same"),
    ("a time with a letter after it", "the time is a number"),
    ("more than 16 parts", "Paddle never sends as many"),
    ("three parts in the code", "a code has no equals sign"),
    ("two times, the second right", "the first time counts"),
];
/// Believed here, refused by the SDK.
const WIDER: [(&str, &str); 2] = [
    (
        "two codes, the first right",
        "two are there while a secret is replaced, and the SDK compares the last alone",
    ),
    ("two times, the first right", "the first time counts, and the code is its own"),
];

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn body(kind: &str, data: Value) -> Value {
    json!({ "event_id": "evt_1", "event_type": kind, "occurred_at": at(NOW).to_string(),
        "notification_id": "ntf_1", "data": data })
}

fn code(secret: &str, time: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{time}:{body}").as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

pub(crate) fn signed(secret: &str, second: i64, body: &str) -> String {
    format!("ts={second};h1={}", code(secret, &second.to_string(), body))
}

fn cases() -> Vec<Case> {
    let (secret, text) = ("pdl_ntfset_secret", body("ping", json!({})).to_string());
    let good = signed(secret, NOW, &text);
    let mut cases = Vec::new();
    let mut add = |name: &str, header: String, body: &str, secret: &str, now: i64| {
        cases.push(Case {
            name: name.to_owned(),
            headers: [("paddle-signature".to_owned(), header)].into(),
            body: body.to_owned(),
            secret: secret.to_owned(),
            now,
        });
    };
    for (name, age) in [("fresh", 0), ("5 s old", 5), ("6 s old", 6), ("5 s ahead", -5), ("6 s ahead", -6)] {
        add(name, good.clone(), &text, secret, NOW + age);
    }
    let (time, later) = (NOW.to_string(), (NOW + 1).to_string());
    let (ours, other) = (code(secret, &time, &text), code("other", &time, &text));
    let lettered = format!("{NOW}s");
    let lettered = format!("ts={lettered};h1={}", code(secret, &lettered, &text));
    for (name, header) in [
        ("two codes, the first right", format!("ts={time};h1={ours};h1={other}")),
        ("two codes, the second right", format!("ts={time};h1={other};h1={ours}")),
        ("two codes, none right", format!("ts={time};h1={other};h1={other}")),
        ("another version before it", format!("ts={time};h0={other};h1={ours}")),
        ("another version alone", format!("ts={time};h2={ours}")),
        ("the code first", format!("h1={ours};ts={time}")),
        ("in capitals", format!("ts={time};h1={}", ours.to_ascii_uppercase())),
        ("cut short", format!("ts={time};h1={}", &ours[..40])),
        ("commas between", format!("ts={time},h1={ours}")),
        ("spaces between", format!("ts={time}; h1={ours}")),
        ("three parts in the code", format!("ts={time};h1={ours}=x")),
        ("more than 16 parts", format!("ts={time};{}h1={ours}", "h0=1;".repeat(16))),
        ("no time", format!("h1={ours}")),
        ("no code", format!("ts={time}")),
        ("nothing", String::new()),
        ("another time", format!("ts={later};h1={ours}")),
        ("two times, the second right", format!("ts={later};ts={time};h1={ours}")),
        ("two times, the first right", format!("ts={time};ts={later};h1={ours}")),
        ("a time that is none", format!("ts=now;h1={ours}")),
        ("a time with a letter after it", format!("ts={time}s;h1={ours}")),
        ("a time with a signed letter after it", lettered),
        ("a time in milliseconds", format!("ts={time}000;h1={ours}")),
    ] {
        add(name, header, &text, secret, NOW);
    }
    add("another secret", good.clone(), &text, "other", NOW);
    add("one byte more", good, &format!("{text} "), secret, NOW);
    for (name, secret) in
        [("an empty secret", ""), ("a blank secret", " "), ("a secret that is not ASCII", "geheim-ß")]
    {
        add(name, signed(secret, NOW, &text), &text, secret, NOW);
    }
    let umlaut = body("ping", json!({ "name": "Ås – 東京" })).to_string();
    add("a body that is not ASCII", signed(secret, NOW, &umlaut), &umlaut, secret, NOW);
    cases
}

fn verdict(
    headers: &BTreeMap<String, String>,
    body: &[u8],
    secret: &str,
    now: i64,
) -> Result<ProviderEvent, WebhookError> {
    let mut all = HeaderMap::new();
    for value in headers.values() {
        all.insert("paddle-signature", value.parse().unwrap());
    }
    PaddleVerifier::new(Secret::new(secret.to_owned()), Mode::Test)?.verify(&all, body, at(now))
}

#[test]
fn verdicts_are_those_of_the_official_sdk_or_named_here() {
    let cases = cases();
    let said = recorded("../paddle", &[("node", &["node", "official.cjs", "verdicts"])], &cases);
    let (mut stricter, mut wider) = (BTreeSet::new(), BTreeSet::new());
    for case in &cases {
        let theirs = said.cases[&case.name]["node"];
        let ours = verdict(&case.headers, case.body.as_bytes(), &case.secret, case.now).is_ok();
        match (ours, theirs) {
            (true, false) => wider.insert(case.name.as_str()),
            (false, true) => stricter.insert(case.name.as_str()),
            _ => false,
        };
    }
    assert_eq!(wider, WIDER.iter().map(|(name, _)| *name).collect());
    assert_eq!(stricter, STRICTER.iter().map(|(name, _)| *name).collect());
}

#[test]
fn a_second_secret_and_another_tolerance_are_taken() {
    let text = body("ping", json!({})).to_string();
    let mut headers = HeaderMap::new();
    headers.insert("paddle-signature", signed("new", NOW, &text).parse().unwrap());
    let old = PaddleVerifier::new(Secret::new("old".to_owned()), Mode::Live).unwrap();
    assert!(matches!(old.verify(&headers, text.as_bytes(), at(NOW)), Err(WebhookError::BadSignature)));
    let both = old.with_secret(Secret::new("new".to_owned())).unwrap();
    assert_eq!(both.verify(&headers, text.as_bytes(), at(NOW)).unwrap().mode, Mode::Live);
    let late = both.verify(&headers, text.as_bytes(), at(NOW + 60));
    assert!(matches!(late, Err(WebhookError::TooOld { .. })));
    let patient = both.with_tolerance_seconds(60);
    assert!(patient.verify(&headers, text.as_bytes(), at(NOW + 60)).is_ok());
}

fn read(kind: &str, data: Value) -> Result<ProviderEvent, WebhookError> {
    let text = body(kind, data).to_string();
    let headers = [("paddle-signature".to_owned(), signed("secret", NOW, &text))].into();
    verdict(&headers, text.as_bytes(), "secret", NOW)
}

fn transaction() -> Value {
    let marks =
        json!({ "ae_run": run().to_string(), "ae_tier": "pro", "ae_kind": "link", "ae_price": "pri_1" });
    json!({ "id": "txn_1", "status": "completed", "origin": "web", "currency_code": "USD",
        "customer_id": "ctm_1", "subscription_id": null, "custom_data": null, "billing_period": null,
        "items": [{ "quantity": 1, "price": { "id": "pri_2", "billing_cycle": null, "custom_data": marks } }],
        "details": { "totals": { "subtotal": "2999", "tax": "570", "total": "3569", "grand_total": "3569" } } })
}

fn paid(entitlement: &str) -> PaidInvoice {
    let mut paid = PaidInvoice::new(run(), "txn_1", entitlement, usd("29.99"), at(NOW))
        .with_customer("ctm_1")
        .with_price_id("pri_1")
        .with_link("pri_2");
    paid.tier = "pro".to_owned();
    paid
}

#[test]
fn transactions_are_payments_without_taxes() {
    for kind in ["transaction.completed", "transaction.paid"] {
        let single = read(kind, transaction()).unwrap();
        assert_eq!((single.mode, &*single.id), (Mode::Test, "evt_1"));
        assert_eq!(single.effects, [EventEffect::Paid(paid("txn_1"))]);
    }
    let mut subscribed = transaction();
    subscribed["items"][0]["price"]["billing_cycle"] = json!({ "interval": "month", "frequency": 1 });
    assert_eq!(
        read("transaction.paid", subscribed.clone()).unwrap().effects,
        [],
        "it has no subscription yet"
    );
    subscribed["subscription_id"] = json!("sub_1");
    subscribed["billing_period"] = json!({ "ends_at": at(NOW + 86_400).to_string() });
    for kind in ["transaction.completed", "transaction.paid"] {
        let expected = paid("sub_1").with_period_end(at(NOW + 86_400));
        assert_eq!(read(kind, subscribed.clone()).unwrap().effects, [EventEffect::Paid(expected)]);
    }
    let failed = FailedPayment::new(run(), "txn_1", usd("29.99"), "ctm_1", at(NOW))
        .with_entitlement("sub_1")
        .with_price("pri_1");
    assert_eq!(
        read("transaction.payment_failed", subscribed.clone()).unwrap().effects,
        [EventEffect::Failed(failed)]
    );
    subscribed["origin"] = json!("subscription_payment_method_change");
    assert_eq!(read("transaction.completed", subscribed).unwrap().effects, []);
    let mut extra = transaction();
    (extra["origin"], extra["subscription_id"]) = (json!("subscription_charge"), json!("sub_1"));
    assert_eq!(read("transaction.completed", extra).unwrap().effects, [EventEffect::Paid(paid("txn_1"))]);
    assert_eq!(read("transaction.created", transaction()).unwrap().effects, []);
    for (path, wrong) in [("total", json!(3569)), ("tax", json!("1.5"))] {
        let mut spoilt = transaction();
        spoilt["details"]["totals"][path] = wrong;
        assert!(matches!(read("transaction.completed", spoilt), Err(WebhookError::MalformedEvent(_))));
    }
}

#[test]
fn adjustments_are_refunds_and_disputes() {
    let effects = |action: &str, status: &str| {
        let data = json!({ "id": "adj_1", "action": action, "status": status, "transaction_id": "txn_1",
            "currency_code": "USD", "totals": { "subtotal": "1000", "tax": "190", "total": "1190" } });
        read("adjustment.updated", data).unwrap().effects
    };
    let refund = |amount| {
        let refunded = RefundedPayment::new(None, "txn_1", usd(amount), at(NOW));
        vec![EventEffect::Refunded(refunded.with_refund("adj_1"))]
    };
    assert_eq!(effects("refund", "pending_approval"), []);
    assert_eq!(effects("refund", "approved"), refund("10"));
    assert_eq!(effects("refund", "rejected"), refund("0"));
    let dispute = |state| {
        vec![EventEffect::Disputed(DisputedPayment::new("txn_1", "txn_1", usd("10"), state, at(NOW)))]
    };
    assert_eq!(effects("chargeback", "approved"), dispute(DisputeState::Open));
    assert_eq!(effects("chargeback", "reversed"), dispute(DisputeState::Won));
    assert_eq!(effects("chargeback_reverse", "approved"), dispute(DisputeState::Won));
    assert_eq!(effects("chargeback_warning", "approved"), dispute(DisputeState::Inquiry));
    assert_eq!(effects("credit", "approved"), []);
}

#[test]
fn subscriptions_have_states() {
    for kind in PADDLE_EVENTS.iter().filter(|kind| kind.starts_with("subscription.")) {
        for name in ["active", "canceled", "past_due", "paused", "trialing"] {
            let state = *SubscriptionState::ALL.iter().find(|state| state.as_str() == name).unwrap();
            let data = json!({ "id": "sub_1", "status": name, "customer_id": "ctm_1",
                "scheduled_change": { "action": "cancel" }, "items": transaction()["items"],
                "current_billing_period": { "ends_at": at(NOW + 86_400).to_string() } });
            let change = SubscriptionChange::new("sub_1", state, at(NOW))
                .with_run(run())
                .with_price("pri_1")
                .with_customer("ctm_1")
                .with_period_end(at(NOW + 86_400))
                .with_ends_with_period(true);
            let mut expected = vec![EventEffect::Changed(change)];
            if state.is_over() {
                expected.push(EventEffect::Ended(EntitlementEnd::new(run(), "sub_1")));
            }
            assert_eq!(read(kind, data).unwrap().effects, expected, "{kind}");
        }
    }
    assert!(PADDLE_EVENTS.is_sorted());
    assert!(read("subscription.updated", json!({ "id": "sub_1", "status": "asleep" })).is_err());
    assert!(matches!(read("transaction.completed", json!({})), Err(WebhookError::MalformedEvent(_))));
}

proptest! {
    #[test]
    fn no_header_and_no_body_breaks_the_verifier(
        raw in proptest::collection::vec(any::<u8>(), 0..80), header in "[ -~]{0,100}",
    ) {
        let headers = [("paddle-signature".to_owned(), header)].into();
        prop_assert!(verdict(&headers, &raw, "secret", NOW).is_err());
        let text = String::from_utf8_lossy(&raw);
        let headers = [("paddle-signature".to_owned(), signed("secret", NOW, &text))].into();
        prop_assert!(verdict(&headers, text.as_bytes(), "secret", NOW).is_err());
    }
}
