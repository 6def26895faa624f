//! The checks of the cache can fail: caches with one fault each, and the clause that catches it.

use std::num::NonZeroUsize;

use ae_core::{BackendError, Timestamp, conformance::faults};
use ae_langflow::{MemoryNodeCache, NodeCache, conformance::node_cache};
use async_trait::async_trait;
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    RoundsNumbers,
    InventsValues,
    KeepsTheFirst,
    CutsKeys,
    FoldsCase,
}

#[derive(Debug)]
struct Faulty {
    inner: MemoryNodeCache,
    fault: Fault,
}

fn memory() -> MemoryNodeCache {
    MemoryNodeCache::new(NonZeroUsize::new(100).unwrap())
}

impl Faulty {
    fn key(&self, key: &str) -> String {
        match self.fault {
            Fault::CutsKeys => key.chars().take(255).collect(),
            Fault::FoldsCase => key.to_lowercase(),
            _ => key.to_owned(),
        }
    }
}

#[async_trait]
impl NodeCache for Faulty {
    async fn get(&self, key: &str, now: Timestamp) -> Result<Option<Value>, BackendError> {
        let found = self.inner.get(&self.key(key), now).await?;
        Ok(match self.fault {
            Fault::InventsValues => found.or(Some(Value::Null)),
            Fault::RoundsNumbers => found.map(|found| match found {
                Value::Array(items) => {
                    items.iter().map(|item| item.as_f64().map_or(Value::Null, |item| json!(item))).collect()
                }
                other => other,
            }),
            _ => found,
        })
    }

    async fn put(&self, key: &str, value: Value, now: Timestamp) -> Result<(), BackendError> {
        let key = self.key(key);
        if self.fault == Fault::KeepsTheFirst && self.inner.get(&key, now).await?.is_some() {
            return Ok(());
        }
        self.inner.put(&key, value, now).await
    }
}

#[tokio::test]
async fn every_fault_is_caught_by_its_clause() {
    let wrong = [
        ("C1", Fault::RoundsNumbers),
        ("C1", Fault::InventsValues),
        ("C2", Fault::KeepsTheFirst),
        ("C3", Fault::CutsKeys),
        ("C3", Fault::FoldsCase),
    ];
    let ran = node_cache::run_all(&memory()).await;
    let suite = |fault| async move { node_cache::run_all(&Faulty { inner: memory(), fault }).await };
    faults(&ran, wrong, suite).await;
}
