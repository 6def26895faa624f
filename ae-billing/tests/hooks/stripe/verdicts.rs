//! The same verdicts as Stripe's own libraries, or stricter ones that are named here.

use std::collections::{BTreeMap, BTreeSet};

use ae_billing::{StripeVerifier, WebhookError, WebhookVerifier as _, sign};
use ae_core::Secret;
use http::HeaderMap;
use serde_json::json;

use super::bodies::{NOW, SECRET, at, event};
use crate::official::{Case, recorded};

/// Refused here, believed by the library.
const STRICTER: [(&str, &str); 8] = [
    ("signed 301 s ahead", "a clock that is wrong, or a signature made ahead"),
    ("signed a day ahead", "the same"),
    ("more than 16 parts", "Stripe never sends as many"),
    ("not a snapshot event", "only events are events"),
    ("no object", "only events are events"),
    ("t with a blank before it", "Stripe never sends it, and the signature covers the time as it stands"),
    ("t with a plus", "the same"),
    ("t with a zero before it", "the same"),
];
/// Where the libraries differ, we side with Python's.
const DIFFERENT: [&str; 5] = [
    "an empty code before",
    "not an object",
    "t twice, the first right",
    "t twice, the second right",
    "t with a letter after it",
];

fn hook(header: Option<&str>) -> BTreeMap<String, String> {
    header.map(|header| ("stripe-signature".to_owned(), header.to_owned())).into_iter().collect()
}

fn signed_at(secret: &str, body: &str, second: i64) -> String {
    sign(&Secret::new(secret.to_owned()), body.as_bytes(), at(second))
}

fn code(header: &str) -> String {
    header.split_once("v1=").unwrap().1.to_owned()
}

fn cases() -> Vec<Case> {
    let body = event("evt_1", "ping", 0, json!({})).to_string();
    let good = signed_at(SECRET, &body, NOW);
    let (ours, other) = (code(&good), code(&signed_at("whsec_other", &body, NOW)));
    let mut cases = Vec::new();
    let mut add = |name: &str, header: Option<String>, body: &str, secret: &str, now: i64| {
        cases.push(Case {
            name: name.to_owned(),
            headers: hook(header.as_deref()),
            body: body.to_owned(),
            secret: secret.to_owned(),
            now,
        });
    };
    for (name, age) in [
        ("fresh", 0),
        ("299 s old", 299),
        ("300 s old", 300),
        ("301 s old", 301),
        ("a day old", 86_400),
        ("signed 300 s ahead", -300),
        ("signed 301 s ahead", -301),
        ("signed a day ahead", -86_400),
    ] {
        add(name, Some(good.clone()), &body, SECRET, NOW + age);
    }
    let old = code(&signed_at(SECRET, &body, NOW - 400));
    for (name, header) in [
        ("two codes, the first right", format!("t={NOW},v1={ours},v1={other}")),
        ("two codes, the second right", format!("t={NOW},v1={other},v1={ours}")),
        ("two codes, none right", format!("t={NOW},v1={other},v1={other}")),
        ("an empty code before", format!("t={NOW},v1=,v1={ours}")),
        ("v0 alone", format!("t={NOW},v0={ours}")),
        ("v0 before v1", format!("t={NOW},v0={other},v1={ours}")),
        ("v2 alone", format!("t={NOW},v2={ours}")),
        ("t after v1", format!("v1={ours},t={NOW}")),
        ("t twice, the first right", format!("t={NOW},t=5,v1={ours}")),
        ("t twice, the second right", format!("t=5,t={NOW},v1={ours}")),
        ("t of another signature", format!("t={NOW},v1={old}")),
        ("upper-case hex", format!("t={NOW},v1={}", ours.to_uppercase())),
        ("a blank after the comma", format!("t={NOW}, v1={ours}")),
        ("a blank before the code", format!("t={NOW},v1= {ours}")),
        ("a code cut short", format!("t={NOW},v1={}", &ours[..62])),
        ("a code too long", format!("t={NOW},v1={ours}00")),
        ("a code that is not hex", format!("t={NOW},v1={}", "x".repeat(64))),
        ("no t", format!("v1={ours}")),
        ("no v1", format!("t={NOW}")),
        ("t without a number", format!("t=now,v1={ours}")),
        ("t below zero", format!("t=-{NOW},v1={ours}")),
        ("t with a plus", format!("t=+{NOW},v1={ours}")),
        ("t with a zero before it", format!("t=0{NOW},v1={ours}")),
        ("t with a blank before it", format!("t= {NOW},v1={ours}")),
        ("t with a letter after it", format!("t={NOW}s,v1={ours}")),
        ("t of another height", format!("T={NOW},v1={ours}")),
        ("unknown parts", format!("x,t={NOW},y=z,v1={ours},=")),
        ("more than 16 parts", format!("{}t={NOW},v1={ours}", "x=y,".repeat(16))),
        ("semicolons", format!("t={NOW};v1={ours}")),
        ("not a header", "hello".to_owned()),
        ("commas", ",,,".to_owned()),
    ] {
        add(name, Some(header), &body, SECRET, NOW);
    }
    add("no header", None, &body, SECRET, NOW);
    add("an empty header", Some(String::new()), &body, SECRET, NOW);
    add("another secret", Some(good.clone()), &body, "whsec_other", NOW);
    add("a blank around the secret", Some(good.clone()), &body, &format!("{SECRET} "), NOW);
    for (name, secret) in [("an empty secret", ""), ("a blank secret", " \t")] {
        add(name, Some(signed_at(secret, &body, NOW)), &body, secret, NOW);
    }
    let value: serde_json::Value = serde_json::from_str(&body).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    add("written again", Some(good.clone()), &pretty, SECRET, NOW);
    add("one byte more", Some(good.clone()), &format!("{body} "), SECRET, NOW);
    add("another body", Some(good), &event("evt_2", "ping", 0, json!({})).to_string(), SECRET, NOW);
    let thin = json!({ "id": "evt_1", "object": "v2.core.event", "type": "v2.core.account.updated",
        "created": "2027-01-15T08:00:00.000Z", "livemode": false, "related_object": null });
    let umlaut = event("evt_1", "ping", 0, json!({ "name": "Ås – 東京" }));
    for (name, body) in [
        ("a thin event", thin.to_string()),
        ("not ASCII", umlaut.to_string()),
        ("not a snapshot event", json!({ "id": "evt_1", "object": "charge", "type": "ping" }).to_string()),
        ("no object", json!({ "id": "evt_1", "type": "ping" }).to_string()),
        ("not an object", "7".to_owned()),
        ("not JSON", "hello".to_owned()),
        ("an empty body", String::new()),
    ] {
        let header = signed_at(SECRET, &body, NOW);
        add(name, Some(header), &body, SECRET, NOW);
    }
    cases
}

fn ours(case: &Case) -> bool {
    let Ok(verifier) = StripeVerifier::new(Secret::new(case.secret.clone())) else { return false };
    let mut headers = HeaderMap::new();
    if let Some(header) = case.headers.get("stripe-signature") {
        headers.insert("stripe-signature", header.parse().unwrap());
    }
    verifier.verify(&headers, case.body.as_bytes(), at(case.now)).is_ok()
}

#[test]
fn verdicts_are_those_of_the_official_libraries_or_stricter() {
    let cases = cases();
    let programs: [(&str, &[&str]); 2] =
        [("python", &["python3", "official.py"]), ("node", &["node", "official.cjs"])];
    let said = recorded("stripe", &programs, &cases);
    let (mut stricter, mut different) = (BTreeSet::new(), BTreeSet::new());
    for case in &cases {
        let (theirs, ours) = (&said.cases[&case.name], ours(case));
        let (python, node) = (theirs["python"], theirs["node"]);
        assert!(!ours || python, "{}: believed here and not by the official library", case.name);
        if python && !ours {
            stricter.insert(case.name.as_str());
        }
        if python != node {
            different.insert(case.name.as_str());
        }
    }
    assert_eq!(stricter, STRICTER.iter().map(|(name, _)| *name).collect());
    assert_eq!(different, DIFFERENT.into_iter().collect());
}

#[test]
fn several_secrets_may_sign_and_none_of_them_is_empty() {
    let body = event("evt_1", "ping", 0, json!({})).to_string();
    let secret = |text: &str| Secret::new(text.to_owned());
    let verifier =
        StripeVerifier::new(secret("whsec_new")).unwrap().with_secret(secret("whsec_old")).unwrap();
    for (signer, is_believed) in [("whsec_new", true), ("whsec_old", true), ("whsec_older", false)] {
        let mut headers = HeaderMap::new();
        headers.insert("stripe-signature", signed_at(signer, &body, NOW).parse().unwrap());
        let verdict = verifier.verify(&headers, body.as_bytes(), at(NOW));
        assert_eq!(verdict.is_ok(), is_believed, "{signer}");
    }
    assert_eq!(verifier.clone().with_secret(secret(" ")).unwrap_err(), WebhookError::EmptySecret);
    assert!(!format!("{verifier:?}").contains("whsec"));
}
