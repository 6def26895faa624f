//! The checks that every [`NodeCache`] passes, one for each clause of its contract.
//!
//! Each check uses keys of its own, so one cache will do. A cache may forget, so a check holds where nothing is kept:
//! run them on a cache with room for a hundred results.

use ae_core::{
    Timestamp,
    conformance::{Ran, held, holds},
};
use serde_json::{Value, json};

use crate::NodeCache;

/// Runs every check on `cache`.
pub async fn run_all(cache: &dyn NodeCache) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", c1_a_value_comes_back_as_it_was_put(cache)).await;
    ran.clause("C2", c2_the_last_value_counts(cache)).await;
    ran.clause("C3", c3_keys_are_whole(cache)).await;
    ran
}

/// C1: values of every kind come back as they were put, or not at all.
pub async fn c1_a_value_comes_back_as_it_was_put(cache: &dyn NodeCache) {
    let values = [
        json!(null),
        json!({ "text": "Ä \u{0} 👍", "list": [1, 2.5, true, null], "nested": { "": {} } }),
        json!([u64::MAX, i64::MIN, 0.1 + 0.2, 1e300]),
        json!("x".repeat(1 << 20)),
    ];
    for (number, value) in values.iter().enumerate() {
        let key = format!("c1 {number}");
        put(cache, "C1", &key, value).await;
        gives(cache, "C1", &key, value).await;
    }
    let unknown = held("C1", cache.get("c1 unknown", Timestamp::UNIX_EPOCH).await);
    holds("C1", unknown.is_none(), "a value comes back that was not put");
}

/// C2: a value that was put again replaces the one before.
pub async fn c2_the_last_value_counts(cache: &dyn NodeCache) {
    for value in [json!("first"), json!("second"), json!(3)] {
        put(cache, "C2", "c2", &value).await;
        gives(cache, "C2", "c2", &value).await;
    }
}

/// C3: keys that differ in one place are two places.
pub async fn c3_keys_are_whole(cache: &dyn NodeCache) {
    let long = "k".repeat(4096);
    let alike = ["c3", "C3", "c3 ", " c3", "c3/", "c3\0", "c3%"].map(str::to_owned);
    let keys: Vec<String> =
        alike.into_iter().chain(["a", "b"].map(|end| format!("c3 {long}{end}"))).collect();
    for (number, key) in keys.iter().enumerate() {
        put(cache, "C3", key, &json!(number)).await;
    }
    for (number, key) in keys.iter().enumerate() {
        gives(cache, "C3", key, &json!(number)).await;
    }
}

async fn put(cache: &dyn NodeCache, clause: &str, key: &str, value: &Value) {
    held(clause, cache.put(key, value.clone(), Timestamp::UNIX_EPOCH).await);
}

/// The cache has this value under the key, or none.
async fn gives(cache: &dyn NodeCache, clause: &str, key: &str, value: &Value) {
    let found = held(clause, cache.get(key, Timestamp::UNIX_EPOCH).await);
    holds(clause, found.is_none_or(|found| found == *value), "another value comes back than was put");
}
