//! A node with options.

use std::{fmt, future::Future, marker::PhantomData, sync::Arc, time::Duration};

use ae_core::RetryPolicy;

use super::{Node, Step, Stop};
use crate::{
    Cx, State,
    node::policy::{NodePolicy, millis},
};

/// The part of the state that a node's result depends on, as text.
pub type CacheKey<S> = Arc<dyn Fn(&S) -> String + Send + Sync>;

/// How a node is run.
#[non_exhaustive]
pub struct NodeOptions<S> {
    /// The policy that every host follows.
    pub policy: NodePolicy,
    /// Tells apart the results that a [`NodeCache`](crate::NodeCache) keeps of it.
    pub cache_key: Option<CacheKey<S>>,
}

impl<S> Default for NodeOptions<S> {
    fn default() -> Self {
        Self { policy: NodePolicy::default(), cache_key: None }
    }
}

impl<S> fmt::Debug for NodeOptions<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeOptions")
            .field("policy", &self.policy)
            .field("cached", &self.cache_key.is_some())
            .finish()
    }
}

/// A node with options. Made by [`node`].
pub struct Configured<S, N> {
    node: N,
    policy: NodePolicy,
    cache_key: Option<CacheKey<S>>,
    state: PhantomData<fn() -> S>,
}

/// Wraps `node` to say how it is run: `add_node("write", node(write).with_retry(…).with_timeout(…))`.
pub fn node<S: State, N: Node<S>>(node: N) -> Configured<S, N> {
    let NodeOptions { policy, cache_key } = node.options();
    Configured { node, policy, cache_key, state: PhantomData }
}

impl<S: State, N: Node<S>> Configured<S, N> {
    /// Repeats a failed run. An [`ae_core::BackendError`] among the causes decides whether and when; every other
    /// failure is repeated after the pauses of `retry`. What the node recorded with [`Cx::once`] is not repeated.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.policy.set_retry(retry);
        self
    }

    /// Ends a try that takes longer, as a failure.
    #[must_use]
    pub fn with_timeout(mut self, limit: Duration) -> Self {
        self.policy.timeout_ms = Some(millis(limit));
        self
    }

    /// Ends a try without a heartbeat for that long, as a failure.
    #[must_use]
    pub fn with_idle_timeout(mut self, limit: Duration) -> Self {
        self.policy.idle_timeout_ms = Some(millis(limit));
        self
    }

    /// Goes to the node `handler` when the last try has failed, instead of stopping the thread. The handler reads what
    /// went wrong with [`Cx::failure`]. The edges of the failed node are not followed.
    #[must_use]
    pub fn with_error_handler(mut self, handler: impl Into<String>) -> Self {
        self.policy.on_error = Some(handler.into());
        self
    }

    /// Runs it only when nothing else is due; in a subgraph, when nothing else in that is due.
    #[must_use]
    pub fn deferred(mut self) -> Self {
        self.policy.deferred = true;
        self
    }

    /// Takes a result from the app's [`NodeCache`](crate::NodeCache) when one with the same key is there. `key` says
    /// everything that the result depends on besides the node's own input.
    #[must_use]
    pub fn cached(mut self, key: impl Fn(&S) -> String + Send + Sync + 'static) -> Self {
        self.cache_key = Some(Arc::new(key));
        self
    }
}

impl<S: State, N: Node<S>> Node<S> for Configured<S, N> {
    fn run(&self, state: Arc<S>, cx: Cx) -> impl Future<Output = Result<Step<S>, Stop>> + Send {
        self.node.run(state, cx)
    }

    fn options(&self) -> NodeOptions<S> {
        NodeOptions { policy: self.policy.clone(), cache_key: self.cache_key.clone() }
    }
}

impl<S, N> fmt::Debug for Configured<S, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Configured").field("policy", &self.policy).finish_non_exhaustive()
    }
}
