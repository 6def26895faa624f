//! A node: what runs in a superstep.

mod cache;
mod caught;
mod configured;
mod cx;
mod failure;
mod name;
mod policy;
mod question;
mod task;

use std::{error::Error as StdError, fmt, future::Future, pin::Pin, sync::Arc};

use serde::Serialize;
use serde_json::Value;

#[cfg(feature = "mock")]
pub use self::cache::MockNodeCache;
pub use self::{
    cache::{MemoryNodeCache, NodeCache},
    configured::{CacheKey, Configured, NodeOptions, RetryOn, node},
    cx::{Cx, Emitter, Journal},
    failure::{Fatal, ForeignPause, NodeFailure, NodePanic, NodeTimeout},
    policy::{NodePolicy, NodeRetry},
    question::{Answer, Question},
    task::{DueTask, TaskId},
};
pub(crate) use self::{
    caught::{caught, guarded, locked},
    cx::Host,
    failure::{chain, describe},
    name::Name,
};
use crate::{State, json};

/// One unit of work of a graph. Async functions and closures `|state: Arc<S>, cx: Cx| async move { … }` are nodes, and
/// so is any struct that implements it; [`node`] adds retries, limits in time and the like to any of them.
///
/// A node may run more than once for one superstep: after a crash, after a failure, and after a question was answered.
/// Put what must not happen twice into [`Cx::once`]. Heavy computation belongs on a thread of its own: the nodes of a
/// superstep share one task.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a node of a graph over `{S}`",
    note = "a node is `async fn(Arc<State>, Cx) -> Result<StateUpdate, Stop>`, a closure of that form, or a struct that implements `Node`"
)]
pub trait Node<S: State>: Send + Sync + 'static {
    /// Does the work on a snapshot of the state and says what to write and where to go.
    ///
    /// # Errors
    ///
    /// [`Stop::Paused`] when it asked a question, [`Stop::Failed`] when it broke.
    fn run(&self, state: Arc<S>, cx: Cx) -> impl Future<Output = Result<Step<S>, Stop>> + Send;

    /// How it is run. Read once, when the node is added.
    fn options(&self) -> NodeOptions<S> {
        NodeOptions::default()
    }
}

impl<S, F, Fut, O> Node<S> for F
where
    S: State,
    F: Fn(Arc<S>, Cx) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, Stop>> + Send,
    O: Into<Step<S>>,
{
    async fn run(&self, state: Arc<S>, cx: Cx) -> Result<Step<S>, Stop> {
        self(state, cx).await.map(Into::into)
    }
}

/// The result of a node: its writes, and the nodes to go to in addition to those that its edges name.
pub struct Step<S: State> {
    pub(crate) update: Option<S::Update>,
    pub(crate) goto: Vec<String>,
    pub(crate) sends: Vec<(String, Result<Value, serde_json::Error>)>,
}

impl<S: State> Step<S> {
    /// Writes `update` and follows the edges.
    #[must_use]
    pub fn update(update: S::Update) -> Self {
        Self { update: Some(update), goto: Vec::new(), sends: Vec::new() }
    }

    /// Writes nothing and follows the edges.
    #[must_use]
    pub fn none() -> Self {
        Self { update: None, goto: Vec::new(), sends: Vec::new() }
    }

    /// Goes to `target` too, which [`StateGraph::add_goto`](crate::StateGraph::add_goto) must name. Edges still count.
    #[must_use]
    pub fn goto(mut self, target: impl Into<String>) -> Self {
        self.goto.push(target.into());
        self
    }

    /// Runs `target` once more in the next superstep, with an input of its own that [`Cx::input`] reads: called for
    /// every item of a list, it is the first half of a map and reduce. [`StateGraph::add_goto`](crate::StateGraph::add_goto)
    /// must name the target, which is not a subgraph. An input that JSON can't hold fails the node.
    #[must_use]
    pub fn send<T: Serialize + ?Sized>(mut self, target: impl Into<String>, input: &T) -> Self {
        self.sends.push((target.into(), json::to_value(input)));
        self
    }
}

impl<S: State> fmt::Debug for Step<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sends: Vec<_> = self.sends.iter().map(|(target, _)| target).collect();
        f.debug_struct("Step").field("goto", &self.goto).field("sends", &sends).finish_non_exhaustive()
    }
}

/// Why a node did not finish. `?` makes it of any error.
#[derive(Debug)]
#[non_exhaustive]
pub enum Stop {
    /// It asked a question and waits for the answer.
    Paused(Pause),
    /// It broke. A panic counts as this too.
    Failed(Box<dyn StdError + Send + Sync>),
}

/// Only [`Cx::ask`] makes one.
#[derive(Debug)]
pub struct Pause(pub(crate) ());

impl Stop {
    /// The node broke because of `error`, which may also be a text.
    #[must_use]
    pub fn failed(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }

    /// The node broke because of `error`, which may also be a text, and trying it again is of no use: its policy's
    /// retries are not used. An error handler takes over all the same. [`Fatal`] says so from inside an error.
    #[must_use]
    pub fn fatal(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::failed(Fatal::new(error))
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(Box::new(error))
    }
}

pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// [`Node`] with its future erased, so that a graph can hold nodes of many types.
pub(crate) trait DynNode<S: State>: Send + Sync + 'static {
    fn run_boxed(&self, state: Arc<S>, cx: Cx) -> BoxFuture<'_, Result<Step<S>, Stop>>;
}

impl<S: State, N: Node<S>> DynNode<S> for N {
    fn run_boxed(&self, state: Arc<S>, cx: Cx) -> BoxFuture<'_, Result<Step<S>, Stop>> {
        Box::pin(self.run(state, cx))
    }
}
