//! The checks that every [`NodeCache`] passes, one for each clause of its contract.
//!
//! Each check uses keys of its own, so one cache will do. A cache may forget, so a check holds where nothing is kept:
//! run them on a cache with room for a hundred results.

use ae_core::{BackendError, Timestamp};
use serde_json::{Value, json};

use crate::NodeCache;

/// Runs every check on `cache`.
pub async fn run_all(cache: &dyn NodeCache) {
    c1_a_value_comes_back_as_it_was_put(cache).await;
    c2_the_last_value_counts(cache).await;
    c3_keys_are_whole(cache).await;
}

/// C1: values of every kind come back as they were put, or not at all.
pub async fn c1_a_value_comes_back_as_it_was_put(cache: &dyn NodeCache) {
    let values = [
        json!(null),
        json!({ "text": "Ä \u{0} 👍", "list": [1, 2.5, true, null], "nested": { "": {} } }),
        json!([u64::MAX, i64::MIN, 0.1 + 0.2, 1e300]),
        json!("x".repeat(1 << 20)),
    ];
    for (number, value) in values.into_iter().enumerate() {
        let key = format!("c1 {number}");
        put(cache, &key, &value).await;
        let found = get(cache, &key).await;
        assert!(found.is_none_or(|found| found == value), "C1: value {number} comes back as it was put");
    }
    assert_eq!(get(cache, "c1 unknown").await, None, "C1: nothing comes back that was not put");
}

/// C2: a value that was put again replaces the one before.
pub async fn c2_the_last_value_counts(cache: &dyn NodeCache) {
    for value in [json!("first"), json!("second"), json!(3)] {
        put(cache, "c2", &value).await;
        let found = get(cache, "c2").await;
        assert!(found.is_none_or(|found| found == value), "C2: the last value that was put comes back");
    }
}

/// C3: keys that differ in one place are two places.
pub async fn c3_keys_are_whole(cache: &dyn NodeCache) {
    let long = "k".repeat(4096);
    let alike = ["c3", "C3", "c3 ", " c3", "c3/", "c3\0", "c3%"].map(str::to_owned);
    let keys: Vec<String> =
        alike.into_iter().chain(["a", "b"].map(|end| format!("c3 {long}{end}"))).collect();
    for (number, key) in keys.iter().enumerate() {
        put(cache, key, &json!(number)).await;
    }
    for (number, key) in keys.iter().enumerate() {
        let found = get(cache, key).await;
        assert!(found.is_none_or(|found| found == json!(number)), "C3: key {number} is a place of its own");
    }
}

async fn get(cache: &dyn NodeCache, key: &str) -> Option<Value> {
    done(cache.get(key, Timestamp::UNIX_EPOCH).await)
}

async fn put(cache: &dyn NodeCache, key: &str, value: &Value) {
    done(cache.put(key, value.clone(), Timestamp::UNIX_EPOCH).await);
}

fn done<T>(result: Result<T, BackendError>) -> T {
    result.unwrap_or_else(|error| panic!("the cache failed: {error:?}"))
}
