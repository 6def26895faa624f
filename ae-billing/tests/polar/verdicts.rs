//! The same verdicts on signatures as Polar's own SDK, or stricter ones that are named here; and what events mean.

use std::collections::{BTreeMap, BTreeSet};

use ae_billing::{
    EntitlementEnd, EventEffect, Mode, POLAR_EVENTS, PaidInvoice, PolarVerifier, ProviderEvent,
    RefundedPayment, SubscriptionChange, SubscriptionState, WebhookError, WebhookVerifier as _,
};
use ae_core::{Secret, Timestamp};
use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, Mac as _};
use http::{HeaderMap, HeaderName};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    official::{Case, recorded},
    world::{run, usd},
};

const NOW: i64 = 1_800_000_000;
/// Refused here, believed by the SDK.
const STRICTER: [(&str, &str); 4] = [
    ("a blank secret", "anyone could sign with it"),
    ("more than 16 signatures", "Polar never sends as many"),
    ("a time with a letter after it", "the signature covers the time as it stands"),
    ("a time with a zero before it", "the same"),
];

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn body(kind: &str, data: Value) -> Value {
    json!({ "type": kind, "timestamp": at(NOW).to_string(), "data": data })
}

fn code(secret: &str, id: &str, second: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{id}.{second}.{body}").as_bytes());
    format!("v1,{}", Base64::encode_string(&mac.finalize().into_bytes()))
}

pub(crate) fn signed(secret: &str, id: &str, second: i64, body: &str) -> BTreeMap<String, String> {
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", second.to_string()),
        ("webhook-signature", code(secret, id, second, body)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn cases() -> Vec<Case> {
    let (secret, text) = ("polar_whs_secret", body("ping", json!({})).to_string());
    let good = signed(secret, "evt_1", NOW, &text);
    let mut cases = Vec::new();
    let mut add = |name: &str, headers: BTreeMap<String, String>, body: &str, secret: &str, now: i64| {
        cases.push(Case {
            name: name.to_owned(),
            headers,
            body: body.to_owned(),
            secret: secret.to_owned(),
            now,
        });
    };
    for (name, age) in
        [("fresh", 0), ("300 s old", 300), ("301 s old", 301), ("300 s ahead", -300), ("301 s ahead", -301)]
    {
        add(name, good.clone(), &text, secret, NOW + age);
    }
    let with = |name: &str, value: String| {
        let mut headers = good.clone();
        headers.insert(name.to_owned(), value);
        headers
    };
    let (ours, other) = (code(secret, "evt_1", NOW, &text), code("other", "evt_1", NOW, &text));
    for (name, signature) in [
        ("two signatures, the first right", format!("{ours} {other}")),
        ("two signatures, the second right", format!("{other} {ours}")),
        ("two signatures, none right", format!("{other} {other}")),
        ("a public-key signature before it", format!("v1a,AAAA {ours}")),
        ("version 2 alone", ours.replace("v1,", "v2,")),
        ("no version", ours.replace("v1,", "")),
        ("without padding", ours.trim_end_matches('=').to_owned()),
        ("in another alphabet", ours.replace('+', "-").replace('/', "_").replace('=', "-")),
        ("cut short", ours[..30].to_owned()),
        ("commas between", format!("{other},{ours}")),
        ("more than 16 signatures", format!("{}{ours}", format!("{other} ").repeat(16))),
    ] {
        add(name, with("webhook-signature", signature), &text, secret, NOW);
    }
    for (name, time) in [
        ("another time", (NOW + 1).to_string()),
        ("a time that is none", "now".to_owned()),
        ("a time with a letter after it", format!("{NOW}s")),
        ("a time with a zero before it", format!("0{NOW}")),
        ("a time in milliseconds", format!("{NOW}000")),
    ] {
        add(name, with("webhook-timestamp", time), &text, secret, NOW);
    }
    add("another id", with("webhook-id", "evt_2".to_owned()), &text, secret, NOW);
    for missing in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let mut headers = good.clone();
        headers.remove(missing);
        add(&format!("no {missing}"), headers, &text, secret, NOW);
    }
    add("another secret", good.clone(), &text, "other", NOW);
    add("one byte more", good.clone(), &format!("{text} "), secret, NOW);
    for (name, secret) in
        [("an empty secret", ""), ("a blank secret", " "), ("a secret that is not ASCII", "geheim-ß")]
    {
        add(name, signed(secret, "evt_1", NOW, &text), &text, secret, NOW);
    }
    let umlaut = body("ping", json!({ "name": "Ås – 東京" })).to_string();
    add("a body that is not ASCII", signed(secret, "evt_1", NOW, &umlaut), &umlaut, secret, NOW);
    cases
}

fn verdict(
    headers: &BTreeMap<String, String>,
    body: &[u8],
    secret: &str,
    now: i64,
) -> Result<ProviderEvent, WebhookError> {
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        all.insert(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    PolarVerifier::new(Secret::new(secret.to_owned()), Mode::Test)?.verify(&all, body, at(now))
}

#[test]
fn verdicts_are_those_of_the_official_sdk_or_stricter() {
    let cases = cases();
    let said = recorded("../polar", &[("node", &["node", "official.cjs", "verdicts"])], &cases);
    let mut stricter = BTreeSet::new();
    for case in &cases {
        let theirs = said.cases[&case.name]["node"];
        let ours = verdict(&case.headers, case.body.as_bytes(), &case.secret, case.now).is_ok();
        assert!(!ours || theirs, "{}: believed here and not by the SDK", case.name);
        if theirs && !ours {
            stricter.insert(case.name.as_str());
        }
    }
    assert_eq!(stricter, STRICTER.iter().map(|(name, _)| *name).collect());
}

fn read(kind: &str, data: Value) -> Result<ProviderEvent, WebhookError> {
    let text = body(kind, data).to_string();
    verdict(&signed("secret", "evt_1", NOW, &text), text.as_bytes(), "secret", NOW)
}

fn order() -> Value {
    json!({ "id": "order-1", "status": "paid", "net_amount": 2999, "tax_amount": 570, "total_amount": 3569,
        "refunded_amount": 1000, "currency": "usd", "customer_id": "customer-1", "product_id": "product-1",
        "customer": { "email": "buyer@example.com" }, "subscription_id": null, "subscription": null,
        "metadata": { "ae_run": run().to_string() }, "product": { "metadata": { "ae_tier": "pro" } } })
}

#[test]
fn orders_are_payments_without_taxes() {
    let paid = |entitlement: &str| {
        let mut paid = PaidInvoice::new(run(), "order-1", entitlement, usd("29.99"), at(NOW))
            .with_customer("customer-1")
            .with_price_id("product-1");
        paid.tier = "pro".to_owned();
        paid
    };
    let single = read("order.paid", order()).unwrap();
    assert_eq!((single.mode, &*single.id), (Mode::Test, "evt_1"));
    assert_eq!(single.effects, [EventEffect::Paid(paid("order-1"))]);
    let mut subscribed = order();
    subscribed["subscription_id"] = json!("sub-1");
    subscribed["subscription"] = json!({ "current_period_end": at(NOW + 86_400).to_string() });
    let expected = paid("sub-1").with_period_end(at(NOW + 86_400));
    assert_eq!(read("order.paid", subscribed).unwrap().effects, [EventEffect::Paid(expected)]);
    let refunded = RefundedPayment::new(run(), "order-1", usd("10"), at(NOW));
    assert_eq!(read("order.refunded", order()).unwrap().effects, [EventEffect::Refunded(refunded)]);
    assert_eq!(read("order.created", order()).unwrap().effects, []);
    assert!(!format!("{:?}", single.effects).contains("example.com"));
}

#[test]
fn subscriptions_have_states() {
    for kind in POLAR_EVENTS.iter().filter(|kind| kind.starts_with("subscription.")) {
        for state in SubscriptionState::ALL {
            let data = json!({ "id": "sub-1", "status": state.as_str(), "cancel_at_period_end": true,
                "current_period_end": at(NOW + 86_400).to_string(), "customer_id": "customer-1",
                "product_id": "product-1", "metadata": { "ae_run": run().to_string() } });
            let change = SubscriptionChange::new("sub-1", *state, at(NOW))
                .with_run(run())
                .with_price("product-1")
                .with_customer("customer-1")
                .with_period_end(at(NOW + 86_400))
                .with_ends_with_period(true);
            let mut expected = vec![EventEffect::Changed(change)];
            if state.is_over() {
                expected.push(EventEffect::Ended(EntitlementEnd::new(run(), "sub-1")));
            }
            assert_eq!(read(kind, data).unwrap().effects, expected, "{kind}");
        }
    }
    assert!(POLAR_EVENTS.is_sorted());
    let new = read("subscription.updated", json!({ "id": "sub-1", "status": "asleep" })).unwrap();
    assert!(new.effects.is_empty(), "a state that is new here is acknowledged");
    assert!(read("subscription.updated", json!({ "id": "sub-1" })).is_err());
    assert!(matches!(read("order.paid", json!({})), Err(WebhookError::MalformedEvent(_))));
}

proptest! {
    #[test]
    fn no_header_and_no_body_breaks_the_verifier(
        raw in proptest::collection::vec(any::<u8>(), 0..80), time in "[ -~]{0,14}", signature in "[ -~]{0,80}",
    ) {
        let headers = [("webhook-id", "evt_1"), ("webhook-timestamp", &time), ("webhook-signature", &signature)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        prop_assert!(verdict(&headers, &raw, "secret", NOW).is_err());
        let signed = signed("secret", "evt_1", NOW, &String::from_utf8_lossy(&raw));
        prop_assert!(verdict(&signed, &raw, "secret", NOW).is_err());
    }
}
