//! The requests to Vercel are those of the official client.

use ae_harness::{Purchase, Registrar};
use doubles::server::Seen;
use serde_json::{Value, json};

use crate::rig::{contact, domain, key, vercel};

/// A request as the recordings have it.
fn shown(seen: &Seen) -> Value {
    let query: serde_json::Map<String, Value> =
        seen.pairs().into_iter().map(|(name, value)| (name, value.into())).collect();
    json!({ "method": seen.method.as_str(), "path": seen.path, "query": query, "body": seen.json() })
}

#[tokio::test]
async fn our_requests_are_those_of_the_official_client() {
    let recordings: Value = serde_json::from_str(include_str!("vercel-sdk.json")).unwrap();
    let rig = vercel();
    rig.registrar.search(&[domain("csv-tidy.com"), domain("other.dev")]).await.unwrap();
    let quote = rig.registrar.quote(&domain("csv-tidy.com"), 1).await.unwrap();
    let purchase = Purchase::new(quote).with_contact(contact());
    let order = rig.registrar.buy(&key(0), &purchase).await.unwrap();
    rig.registrar.order(&order.id).await.unwrap();
    let sent: Vec<Value> = rig.server.seen().iter().map(shown).collect();
    let recorded = &recordings["recorded"];
    let expected =
        ["supported", "search", "price", "owned", "price", "buy", "order"].map(|name| recorded[name].clone());
    assert_eq!(sent, expected);
}
