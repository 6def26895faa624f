//! Results that the cache keeps.

use ae_core::Timestamp;

use crate::{Cx, Graph, NodeCache, State, TaskResult, json};

/// The place of one result in the cache.
pub(super) struct Slot {
    key: String,
}

impl<S: State> Graph<S> {
    /// Where the result of this task is kept, if its node is cached and there is a cache.
    pub(super) fn cache_slot(&self, state: &S, cx: &Cx) -> Option<Slot> {
        cx.host().cache.as_ref()?;
        let key = self.0.nodes.get(cx.node())?.cache_key.as_ref()?(state);
        // A list keeps the parts apart whatever is in them. One that can't be written has no place.
        let parts = (self.topology().name(), S::VERSION, cx.node(), cx.raw_input(), key);
        serde_json::to_string(&parts).ok().map(|key| Slot { key })
    }
}

impl Slot {
    /// The kept result. A cache that fails, or holds something else, holds nothing.
    pub(super) async fn get<S: State>(&self, cx: &Cx) -> Option<TaskResult<S>> {
        let (cache, now) = place(cx)?;
        let value = cache.get(&self.key, now).await.ok().flatten()?;
        json::from_str(value.as_str()?).ok()
    }

    /// Keeps a result, if the cache can.
    pub(super) async fn put<S: State>(&self, cx: &Cx, result: &TaskResult<S>) {
        // As text, which keeps wide numbers and the order of maps.
        if let (Some((cache, now)), Ok(text)) = (place(cx), json::to_string(result)) {
            // The result counts whether or not it could be kept.
            let _ = cache.put(&self.key, text.into(), now).await;
        }
    }
}

fn place(cx: &Cx) -> Option<(&dyn NodeCache, Timestamp)> {
    let host = cx.host();
    Some((host.cache.as_deref()?, host.runtime.as_ref()?.now()))
}
