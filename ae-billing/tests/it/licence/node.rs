//! WebCrypto, as browsers and Node have it, agrees on tokens and keys.
#![allow(clippy::disallowed_methods, clippy::print_stderr)]

use std::process::Command;

use ae_billing::{EndedList, LicenceCheck, LicencePublicKey};
use serde_json::{Value, json};

use super::{at, but, december, order, project, public, signer, tiers};

/// Verifies a token as a product does, and signs one with a key of its own.
const SCRIPT: &str = r#"
const [token, list, jwk, payload] = JSON.parse(process.argv[1]);
const algorithm = { name: "ECDSA", namedCurve: "P-256" }, ecdsa = { name: "ECDSA", hash: "SHA-256" };
const bytes = (text) => Buffer.from(text, "base64url");
const url = (data) => Buffer.from(data).toString("base64url");
const key = await crypto.subtle.importKey("jwk", jwk, algorithm, true, ["verify"]);
const verify = (head, body, end) => crypto.subtle.verify(ecdsa, key, bytes(end), new TextEncoder().encode(head + "." + body));
const [head, body, end] = token.split(".");
const changed = url(JSON.stringify({ ...JSON.parse(bytes(body)), tier: "other" }));
const own = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
const signed = url('{"alg":"ES256","kid":"9"}') + "." + url(payload);
const signature = await crypto.subtle.sign(ecdsa, own.privateKey, new TextEncoder().encode(signed));
const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", own.publicKey);
console.log(JSON.stringify({
  good: await verify(head, body, end),
  list: await verify(...list.split(".")),
  changed: await verify(head, changed, end),
  header: JSON.parse(bytes(head)), claims: JSON.parse(bytes(body)),
  own: signed + "." + url(signature), jwk: { kty, crv, x, y, kid: "9", alg: "ES256" },
}));
"#;

/// The output of the script, `None` without Node; with `AE_REQUIRE_SERVICES=1` that is a failure.
fn node(input: &Value) -> Option<Value> {
    let mut command = Command::new("node");
    let run = command.args(["--input-type=module", "-e", SCRIPT, &input.to_string()]).output();
    let Ok(output) = run else {
        let required = std::env::var("AE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
        assert!(!required, "there is no node: install Node 20 or newer");
        eprintln!("skipped: there is no node");
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn web_crypto_takes_our_licences_and_we_take_its_signatures() {
    let (key, now) = (signer(1, "a"), at("2026-12-10T12:00:00Z"));
    let list = EndedList::new(project("csv"), now, [order("two")]).sign(&key);
    let payload = json!({ "v": 1, "project": project("csv"), "tier": "pro", "order": order("one"), "n": 3,
        "iat": 1_796_083_200, "nbf": 1_796_083_200, "exp": null });
    let input = json!([december().issue(&key), list, key.public(), payload.to_string()]);
    let Some(said) = node(&input) else { return };
    assert_eq!((&said["good"], &said["list"], &said["changed"]), (&json!(true), &json!(true), &json!(false)));
    assert_eq!(said["header"], json!({ "alg": "ES256", "kid": "1" }));
    assert_eq!((&said["claims"]["tier"], &said["claims"]["n"]), (&json!("pro"), &json!(1)));

    let theirs: LicencePublicKey = serde_json::from_value(said["jwk"].clone()).unwrap();
    let (keys, tiers) = ([public(&[&key]), vec![theirs]].concat(), tiers());
    let read = LicenceCheck::new(&keys, project("csv"), &tiers, now).verify(said["own"].as_str().unwrap());
    let expected = but(|claims| (claims.number, claims.not_after) = (3, None));
    assert_eq!(read, Ok(expected));
}
