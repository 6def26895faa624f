//! Results in memory.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    num::NonZeroUsize,
    sync::Mutex,
    time::Duration,
};

use ae_core::{BackendError, Timestamp};
use async_trait::async_trait;
use serde_json::Value;

use super::NodeCache;
use crate::node::{locked, policy::millis};

/// Keeps the last results in memory, each for a bounded time.
pub struct MemoryNodeCache {
    capacity: NonZeroUsize,
    time_to_live_ms: Option<u64>,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    values: BTreeMap<String, (Value, Timestamp)>,
    /// Keys by age, oldest first.
    order: VecDeque<String>,
}

impl MemoryNodeCache {
    /// Keeps up to `capacity` results; the oldest makes room.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self { capacity, time_to_live_ms: None, entries: Mutex::default() }
    }

    /// Forgets a result after `time`.
    #[must_use]
    pub fn with_time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live_ms = Some(millis(time));
        self
    }
}

impl fmt::Debug for MemoryNodeCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryNodeCache").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

#[async_trait]
impl NodeCache for MemoryNodeCache {
    async fn get(&self, key: &str, now: Timestamp) -> Result<Option<Value>, BackendError> {
        let entries = locked(&self.entries);
        let Some((value, at)) = entries.values.get(key) else { return Ok(None) };
        // A clock that went back makes nothing older.
        let age_ms = u64::try_from(now.as_millisecond().saturating_sub(at.as_millisecond())).unwrap_or(0);
        let is_old = self.time_to_live_ms.is_some_and(|limit| age_ms > limit);
        Ok((!is_old).then(|| value.clone()))
    }

    async fn put(&self, key: &str, value: Value, now: Timestamp) -> Result<(), BackendError> {
        let mut entries = locked(&self.entries);
        if entries.values.insert(key.to_owned(), (value, now)).is_some() {
            entries.order.retain(|known| known != key);
        }
        entries.order.push_back(key.to_owned());
        while entries.order.len() > self.capacity.get() {
            if let Some(oldest) = entries.order.pop_front() {
                entries.values.remove(&oldest);
            }
        }
        Ok(())
    }
}
