//! A node with options.

use std::{error::Error as StdError, fmt, future::Future, marker::PhantomData, sync::Arc, time::Duration};

use ae_core::RetryPolicy;

use super::{Node, Step, Stop};
use crate::{
    Cx, State,
    node::policy::{NodePolicy, millis},
};

/// The part of the state that a node's result depends on, as text.
pub type CacheKey<S> = Arc<dyn Fn(&S) -> String + Send + Sync>;

/// Which failures of a node are worth another try.
pub type RetryOn = Arc<dyn Fn(&(dyn StdError + 'static)) -> bool + Send + Sync>;

/// How a node is run.
#[derive(Clone)]
#[non_exhaustive]
pub struct NodeOptions<S> {
    /// The policy that every host follows.
    pub policy: NodePolicy,
    /// Tells apart the results that a [`NodeCache`](crate::NodeCache) keeps of it.
    pub cache_key: Option<CacheKey<S>>,
    /// Says which failures are repeated, where the policy repeats any. All are, without one.
    pub retry_on: Option<RetryOn>,
}

impl<S> Default for NodeOptions<S> {
    fn default() -> Self {
        Self { policy: NodePolicy::default(), cache_key: None, retry_on: None }
    }
}

impl<S> fmt::Debug for NodeOptions<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeOptions")
            .field("policy", &self.policy)
            .field("cached", &self.cache_key.is_some())
            .field("retry_on", &self.retry_on.is_some())
            .finish()
    }
}

/// A node with options. Made by [`node`].
pub struct Configured<S, N> {
    node: N,
    options: NodeOptions<S>,
    state: PhantomData<fn() -> S>,
}

/// Wraps `node` to say how it is run: `add_node("write", node(write).with_retry(…).with_timeout(…))`.
pub fn node<S: State, N: Node<S>>(node: N) -> Configured<S, N> {
    let options = node.options();
    Configured { node, options, state: PhantomData }
}

impl<S: State, N: Node<S>> Configured<S, N> {
    /// Repeats a failed run. An [`ae_core::BackendError`] among the causes decides whether and when; every other
    /// failure, a panic and a timeout among them, is repeated after the pauses of `retry`, unless
    /// [`with_retry_on`](Self::with_retry_on) or a [`Fatal`](crate::Fatal) error says otherwise. What the node recorded
    /// with [`Cx::once`] is not repeated.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.options.policy.set_retry(retry);
        self
    }

    /// Repeats only failures for which `retry_on` says so, where [`with_retry`](Self::with_retry) repeats any. It is
    /// given the error of the node; causes are found with [`source`](StdError::source), and types with
    /// `error.downcast_ref()`. It can't make a failure repeated that says itself that it is not worth it.
    #[must_use]
    pub fn with_retry_on(
        mut self,
        retry_on: impl Fn(&(dyn StdError + 'static)) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.options.retry_on = Some(Arc::new(retry_on));
        self
    }

    /// Ends a try that takes longer, as a failure.
    #[must_use]
    pub fn with_timeout(mut self, limit: Duration) -> Self {
        self.options.policy.timeout_ms = Some(millis(limit));
        self
    }

    /// Ends a try without a heartbeat for that long, as a failure.
    #[must_use]
    pub fn with_idle_timeout(mut self, limit: Duration) -> Self {
        self.options.policy.idle_timeout_ms = Some(millis(limit));
        self
    }

    /// Goes to the node `handler` when the last try has failed, instead of stopping the thread. The handler reads what
    /// went wrong with [`Cx::failure`]. The edges of the failed node are not followed.
    #[must_use]
    pub fn with_error_handler(mut self, handler: impl Into<String>) -> Self {
        self.options.policy.on_error = Some(handler.into());
        self
    }

    /// Runs it only when nothing else is due; in a subgraph, when nothing else in that is due.
    #[must_use]
    pub fn deferred(mut self) -> Self {
        self.options.policy.deferred = true;
        self
    }

    /// Takes a result from the app's [`NodeCache`](crate::NodeCache) when one with the same key is there. `key` says
    /// everything that the result depends on besides the node's own input.
    #[must_use]
    pub fn cached(mut self, key: impl Fn(&S) -> String + Send + Sync + 'static) -> Self {
        self.options.cache_key = Some(Arc::new(key));
        self
    }
}

impl<S: State, N: Node<S>> Node<S> for Configured<S, N> {
    fn run(&self, state: Arc<S>, cx: Cx) -> impl Future<Output = Result<Step<S>, Stop>> + Send {
        self.node.run(state, cx)
    }

    fn options(&self) -> NodeOptions<S> {
        self.options.clone()
    }
}

impl<S, N> fmt::Debug for Configured<S, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Configured").field("options", &self.options).finish_non_exhaustive()
    }
}
