//! The requests to Vercel keep the vendor's own description of them.

use ae_core::{Currency, Money};
use ae_harness::{Purchase, Quote, Registrar};
use doubles::server::Seen;
use serde_json::Value;

use crate::rig::{contact, domain, key, vercel};

/// The complaints about `value` under `schema`, as far as the description of these requests goes.
fn complaints(at: &str, schema: &Value, value: &Value, found: &mut Vec<String>) {
    let is_type = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        _ => true,
    };
    if !is_type {
        found.push(format!("{at}: another type than {}", schema["type"]));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            found.push(format!("{at}: without {name}"));
        }
    }
    for (name, part) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(schema) => complaints(&format!("{at}.{name}"), schema, part, found),
            None if schema["additionalProperties"] == false => found.push(format!("{at}: with {name}")),
            None => {}
        }
    }
    for part in value.as_array().into_iter().flatten() {
        complaints(&format!("{at}[]"), &schema["items"], part, found);
    }
    let count = |limit: &str| schema[limit].as_u64().and_then(|limit| usize::try_from(limit).ok());
    let size = value.as_array().map(Vec::len).or_else(|| value.as_str().map(str::len)).unwrap_or_default();
    let least = count("minItems").or_else(|| count("minLength")).unwrap_or_default();
    if size < least || count("maxItems").is_some_and(|most| size > most) {
        found.push(format!("{at}: of size {size}"));
    }
    if schema["minimum"].as_f64().is_some_and(|least| value.as_f64().is_some_and(|value| value < least)) {
        found.push(format!("{at}: too small"));
    }
}

/// The operation of a request in the description: its path there has names in braces.
fn operation<'a>(spec: &'a Value, seen: &Seen) -> &'a Value {
    let fits = |template: &str| {
        let (ours, theirs): (Vec<_>, Vec<_>) =
            (seen.path.split('/').collect(), template.split('/').collect());
        ours.len() == theirs.len()
            && ours.iter().zip(&theirs).all(|(ours, theirs)| theirs.starts_with('{') || ours == theirs)
    };
    let (_, path) = spec["paths"].as_object().unwrap().iter().find(|(template, _)| fits(template)).unwrap();
    let operation = &path[seen.method.as_str().to_lowercase()];
    assert!(operation.is_object(), "{} {}", seen.method, seen.path);
    operation
}

fn problems(spec: &Value, seen: &Seen) -> Vec<String> {
    let operation = operation(spec, seen);
    let mut found = Vec::new();
    for (name, _) in seen.pairs() {
        let known = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|parameter| parameter["name"] == name);
        if !known {
            found.push(format!("query: with {name}"));
        }
    }
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    if body.is_object() {
        complaints("body", body, &seen.json(), &mut found);
    }
    found
}

#[tokio::test]
async fn every_request_keeps_the_vendors_description() {
    let spec: Value = serde_json::from_str(include_str!("../fixtures/vercel-min.json")).unwrap();
    let mut checked = 0;
    for cents in [1_i64, 10, 999, 1125, 2000, 123_456] {
        let rig = vercel();
        let money = Money::from_minor(cents, 2, Currency::USD).unwrap();
        let number: Value = serde_json::from_str(&money.to_decimal().to_string()).unwrap();
        rig.double.set_price(number.clone(), number);
        let name = domain("csv-tidy.com");
        rig.registrar.search(std::slice::from_ref(&name)).await.unwrap();
        let quote = rig.registrar.quote(&name, 1).await.unwrap();
        assert_eq!((quote.price, quote.renewal), (money, money));
        let purchase = Purchase::new(quote).with_contact(contact());
        let order = rig.registrar.buy(&key(0), &purchase).await.unwrap();
        assert_eq!(rig.registrar.order(&order.id).await.unwrap().price, money);
        for seen in rig.server.seen() {
            assert_eq!(problems(&spec, &seen), [""; 0], "{} {}", seen.method, seen.path);
            checked += 1;
        }
    }
    assert_eq!(checked, 42);
}

#[tokio::test]
async fn a_spoilt_request_is_noticed() {
    let spec: Value = serde_json::from_str(include_str!("../fixtures/vercel-min.json")).unwrap();
    let rig = vercel();
    let price = Money::from_minor(1125, 2, Currency::USD).unwrap();
    let quote = Quote::new(domain("one.com"), 1, price, price, rig.runtime.now());
    rig.registrar.buy(&key(0), &Purchase::new(quote).with_contact(contact())).await.unwrap();
    let mut seen = rig.server.seen().pop().unwrap();
    assert_eq!(problems(&spec, &seen), [""; 0]);
    for (from, to) in [("expectedPrice", "price"), ("11.25", "0"), ("11.25", "\"11.25\""), ("\"GB\"", "\"\"")]
    {
        let body = String::from_utf8(seen.body.to_vec()).unwrap().replace(from, to);
        let spoilt = Seen { body: body.into_bytes().into(), ..seen.clone() };
        assert!(!problems(&spec, &spoilt).is_empty(), "{from} {to}");
    }
    seen.query.push_str("&team=1");
    assert_eq!(problems(&spec, &seen), ["query: with team"]);
}
