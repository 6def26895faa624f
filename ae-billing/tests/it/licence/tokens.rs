//! Tokens: the right one, and every wrong one.

use ae_billing::{EndedList, LicenceCheck, LicenceClaims, LicenceRefusal};
use ae_core::Timestamp;
use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{at, but, december, order, project, public, secret, signer, tiers};

const NOON: &str = "2026-12-10T12:00:00Z";

fn checked(token: &str, now: &str) -> Result<LicenceClaims, LicenceRefusal> {
    let (keys, tiers) = (public(&[&signer(1, "a"), &signer(2, "b")]), tiers());
    LicenceCheck::new(&keys, project("csv"), &tiers, at(now)).verify(token)
}

/// Signs any header and payload with the key of kid 1, as an attacker can't.
fn signed(header: &str, payload: &str) -> String {
    let text = |part: &str| Base64UrlUnpadded::encode_string(part.as_bytes());
    let signed = format!("{}.{}", text(header), text(payload));
    let key = SigningKey::from_slice(secret("a").expose()).unwrap();
    let signature: Signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature.to_bytes()))
}

const HEADER: &str = r#"{"alg":"ES256","kid":"1"}"#;

fn payload() -> Value {
    json!({ "v": 1, "project": project("csv"), "tier": "pro", "order": order("one"), "n": 1,
        "iat": 1_796_083_200, "nbf": 1_796_083_200, "exp": null })
}

#[test]
fn the_right_licence_works_and_its_form_is_fixed() {
    let token = december().issue(&signer(1, "a"));
    assert_eq!(checked(&token, NOON), Ok(december()));
    assert_eq!(token, december().issue(&signer(1, "a")), "issued again, it has the same bytes");
    let parts: Vec<_> = token.split('.').map(|part| Base64UrlUnpadded::decode_vec(part).unwrap()).collect();
    assert_eq!(parts[0], HEADER.as_bytes());
    let order = order("one");
    let project = project("csv");
    let expected = format!(
        r#"{{"v":1,"project":"{project}","tier":"pro","order":"{order}","n":1,"iat":1796083200,"nbf":1796083200,"exp":1799020800}}"#
    );
    assert_eq!(String::from_utf8(parts[1].clone()).unwrap(), expected);
    assert_eq!(parts[2].len(), 64);
    assert!(token.len() < 400, "{} bytes", token.len());
}

#[test]
fn forged_changed_and_foreign_licences_are_refused() {
    let token = december().issue(&signer(1, "a"));
    let forged = december().issue(&signer(1, "another seller"));
    assert_eq!(checked(&forged, NOON), Err(LicenceRefusal::BadSignature));
    let longer = december().with_not_after(at("2099-01-01T00:00:00Z")).issue(&signer(1, "another seller"));
    let (head, rest) = token.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let changed = format!("{head}.{}.{signature}", longer.split('.').nth(1).unwrap());
    assert_eq!(checked(&changed, NOON), Err(LicenceRefusal::BadSignature));
    for (claims, refusal) in [
        (but(|claims| claims.project = project("pdf")), LicenceRefusal::OtherProduct),
        (but(|claims| claims.tier = "starter".to_owned()), LicenceRefusal::OtherTier),
        (but(|claims| claims.tier.clear()), LicenceRefusal::OtherTier),
    ] {
        assert_eq!(checked(&claims.issue(&signer(1, "a")), NOON), Err(refusal));
    }
    let yearly = but(|claims| claims.tier = "pro-yearly".to_owned());
    assert_eq!(checked(&yearly.issue(&signer(2, "b")), NOON), Ok(yearly));
}

#[test]
fn times_are_kept_and_a_clock_that_was_set_back_is_noticed() {
    let token = december().issue(&signer(1, "a"));
    let end = at("2027-01-04T00:00:00Z");
    assert_eq!(checked(&token, "2027-01-03T23:59:59Z"), Ok(december()));
    assert_eq!(checked(&token, "2027-01-04T00:00:00Z"), Err(LicenceRefusal::Expired(end)));
    assert_eq!(
        checked(&token, "2026-11-30T23:59:59Z"),
        Err(LicenceRefusal::NotYet(at("2026-12-01T00:00:00Z")))
    );
    assert_eq!(checked(&token, "2026-11-29T23:59:59Z"), Err(LicenceRefusal::ClockBehind));
    let (keys, tiers) = (public(&[&signer(1, "a")]), tiers());
    let check = |seen: &str| {
        LicenceCheck::new(&keys, project("csv"), &tiers, at(NOON)).with_seen(at(seen)).verify(&token)
    };
    assert_eq!(check("2026-12-11T12:00:00Z"), Ok(december()), "a day behind is a wrong clock, not a trick");
    assert_eq!(check("2026-12-11T12:00:01Z"), Err(LicenceRefusal::ClockBehind));
    let endless = but(|claims| claims.not_after = None);
    assert_eq!(checked(&endless.issue(&signer(1, "a")), "2099-01-01T00:00:00Z"), Ok(endless));
}

#[test]
fn an_order_on_the_list_is_refused_and_the_list_is_checked_like_a_licence() {
    let key = signer(1, "a");
    let (keys, tiers) = (public(&[&key]), tiers());
    let token = december().issue(&key);
    let verdict = |orders: &[&str]| {
        let list = EndedList::new(project("csv"), at(NOON), orders.iter().map(|name| order(name)));
        let read = EndedList::verify(&list.sign(&key), &keys, project("csv")).unwrap();
        assert_eq!(read, list);
        LicenceCheck::new(&keys, project("csv"), &tiers, at(NOON)).with_ended(&read).verify(&token)
    };
    assert_eq!(verdict(&["two", "three"]), Ok(december()));
    assert_eq!(verdict(&["two", "one"]), Err(LicenceRefusal::Ended));
    let list = EndedList::new(project("pdf"), at(NOON), []).sign(&key);
    assert_eq!(EndedList::verify(&list, &keys, project("csv")), Err(LicenceRefusal::OtherProduct));
    let forged = EndedList::new(project("csv"), at(NOON), []).sign(&signer(1, "another seller"));
    assert_eq!(EndedList::verify(&forged, &keys, project("csv")), Err(LicenceRefusal::BadSignature));
    // Both are signed by one key, and neither passes for the other.
    assert_eq!(checked(&list, NOON), Err(LicenceRefusal::Malformed));
    assert_eq!(EndedList::verify(&token, &keys, project("csv")), Err(LicenceRefusal::Malformed));
}

#[test]
fn a_malleable_signature_is_the_same_licence() {
    let token = december().issue(&signer(1, "a"));
    let (text, signature) = token.rsplit_once('.').unwrap();
    let signature = Signature::from_slice(&Base64UrlUnpadded::decode_vec(signature).unwrap()).unwrap();
    let (r, s) = signature.split_scalars();
    let twin = Signature::from_scalars(r, -s).unwrap();
    let twin = format!("{text}.{}", Base64UrlUnpadded::encode_string(&twin.to_bytes()));
    assert_ne!(twin, token);
    assert_eq!(checked(&twin, NOON), Ok(december()));
    // Refused like the first: the list has orders, not texts.
    let (keys, tiers) = (public(&[&signer(1, "a")]), tiers());
    let list = EndedList::new(project("csv"), at(NOON), [order("one")]);
    let check = LicenceCheck::new(&keys, project("csv"), &tiers, at(NOON)).with_ended(&list);
    assert_eq!(check.verify(&twin), Err(LicenceRefusal::Ended));
}

#[test]
fn the_header_chooses_nothing_but_one_of_our_keys() {
    let body = payload().to_string();
    assert!(checked(&signed(HEADER, &body), NOON).is_ok());
    for alg in ["none", "None", "", "HS256", "RS256", "ES384", "es256"] {
        let header = format!(r#"{{"alg":"{alg}","kid":"1"}}"#);
        assert_eq!(checked(&signed(&header, &body), NOON), Err(LicenceRefusal::OtherAlgorithm), "{alg}");
    }
    let unsigned = signed(r#"{"alg":"none"}"#, &body);
    let unsigned = format!("{}.", unsigned.rsplit_once('.').unwrap().0);
    assert_eq!(checked(&unsigned, NOON), Err(LicenceRefusal::OtherAlgorithm));
    for (header, refusal) in [
        (r#"{"alg":"ES256"}"#, LicenceRefusal::UnknownKey),
        (r#"{"alg":"ES256","kid":"3"}"#, LicenceRefusal::UnknownKey),
        (r#"{"alg":"ES256","kid":"01"}"#, LicenceRefusal::UnknownKey),
        (r#"{"alg":"ES256","kid":"../1"}"#, LicenceRefusal::UnknownKey),
        // Signed by key 1, named as key 2.
        (r#"{"alg":"ES256","kid":"2"}"#, LicenceRefusal::BadSignature),
        (r#"{"alg":"ES256","kid":1}"#, LicenceRefusal::Malformed),
        (r#"{"kid":"1","alg":"ES256"}"#, LicenceRefusal::Malformed),
        (r#"{"alg":"ES256","kid":"1" }"#, LicenceRefusal::Malformed),
        (r#"{"alg":"ES256","kid":"1","jwk":{}}"#, LicenceRefusal::Malformed),
        (r#"{"alg":"none","alg":"ES256","kid":"1"}"#, LicenceRefusal::Malformed),
    ] {
        assert_eq!(checked(&signed(header, &body), NOON), Err(refusal), "{header}");
    }
}

#[test]
fn a_payload_of_another_form_or_version_is_refused_although_it_is_signed() {
    let changed = |name: &str, value: Value| {
        let mut body = payload();
        body[name] = value;
        checked(&signed(HEADER, &body.to_string()), NOON)
    };
    for version in [json!(0), json!(2), json!(u64::MAX)] {
        assert_eq!(changed("v", version), Err(LicenceRefusal::UnknownVersion));
    }
    let mut newer = payload();
    newer["v"] = json!(2);
    newer["seats"] = json!(5);
    assert_eq!(checked(&signed(HEADER, &newer.to_string()), NOON), Err(LicenceRefusal::UnknownVersion));
    for (name, value) in [
        ("seats", json!(5)),
        ("v", json!("1")),
        ("order", json!("sub_1")),
        ("project", json!("csv")),
        ("iat", json!(1.5)),
        ("exp", json!(i64::MAX)),
        ("n", json!(-1)),
    ] {
        assert_eq!(changed(name, value), Err(LicenceRefusal::Malformed), "{name}");
    }
    for name in ["v", "project", "tier", "order", "n", "iat", "nbf", "exp"] {
        let mut body = payload();
        body.as_object_mut().unwrap().remove(name);
        assert_eq!(
            checked(&signed(HEADER, &body.to_string()), NOON),
            Err(LicenceRefusal::Malformed),
            "{name}"
        );
    }
}

#[test]
fn text_around_or_instead_of_a_licence_is_refused() {
    let token = december().issue(&signer(1, "a"));
    let (text, signature) = token.rsplit_once('.').unwrap();
    let der = SigningKey::from_slice(secret("a").expose()).unwrap();
    let der: Signature = der.sign(text.as_bytes());
    let der = Base64UrlUnpadded::encode_string(der.to_der().as_bytes());
    for wrong in [
        String::new(),
        "..".to_owned(),
        text.to_owned(),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{token}="),
        format!("{token}."),
        format!("{token}.{signature}"),
        token.replace('-', "+").replace('_', "/") + "+",
        "a".repeat(1_000_000),
    ] {
        let refusal = checked(&wrong, NOON).unwrap_err();
        assert!(matches!(refusal, LicenceRefusal::Malformed), "{refusal:?}: {:.80}", wrong);
    }
    // The last letter of each part has bits that stand for nothing: they have one value.
    for (place, last) in
        token.char_indices().filter(|(place, _)| matches!(token.as_bytes().get(place + 1), None | Some(b'.')))
    {
        for other in ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']).filter(|c| *c != last) {
            let mut changed = token.clone();
            changed.replace_range(place..=place, &other.to_string());
            assert!(checked(&changed, NOON).is_err(), "{last} to {other} at {place}");
        }
    }
    for signature in [String::new(), der, Base64UrlUnpadded::encode_string(&[0; 64])] {
        assert_eq!(checked(&format!("{text}.{signature}"), NOON), Err(LicenceRefusal::BadSignature));
    }
}

fn claims() -> impl Strategy<Value = LicenceClaims> {
    let times = (0_i64..4_000_000_000, 0_i64..100_000_000, prop::option::of(1_i64..100_000_000));
    ("[ -~\u{e9}]{0,64}", "[a-z]{1,8}", any::<u32>(), times).prop_map(
        |(tier, name, number, (iat, nbf, exp))| {
            let time = |second: i64| Timestamp::from_second(second).unwrap();
            let claims = LicenceClaims::new(project("csv"), tier, order(&name), time(iat));
            let claims = claims.with_number(number).with_not_before(time(iat + nbf));
            exp.into_iter().fold(claims, |claims, exp| claims.with_not_after(time(iat + nbf + exp)))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn a_licence_says_what_was_issued(claims in claims(), kid in any::<u32>()) {
        let key = signer(kid, "a");
        let (keys, tiers) = (public(&[&key]), [claims.tier.clone()]);
        let check = LicenceCheck::new(&keys, claims.project, &tiers, claims.not_before);
        prop_assert_eq!(check.verify(&claims.issue(&key)), Ok(claims));
    }

    #[test]
    fn any_other_byte_is_refused(place in any::<prop::sample::Index>(), byte in 0_u8..128) {
        let token = december().issue(&signer(1, "a"));
        let mut changed = token.clone().into_bytes();
        let place = place.index(changed.len());
        prop_assume!(changed[place] != byte);
        changed[place] = byte;
        prop_assert!(checked(&String::from_utf8(changed).unwrap(), NOON).is_err());
    }

    #[test]
    fn no_text_breaks_the_reader(text in "[ -~]{0,120}", tail in "[A-Za-z0-9_.-]{0,200}") {
        prop_assert!(checked(&text, NOON).is_err());
        let headed = format!("eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ.{tail}");
        prop_assert!(checked(&headed, NOON).is_err());
    }
}
