//! What a graph works on.

use serde::{Serialize, de::DeserializeOwned};

/// The typed state of a graph, normally derived: `#[derive(State)]`.
///
/// A node reads a snapshot of it and gives back an [`Update`](State::Update); the engine folds the updates of one
/// superstep in task order. Implement it by hand when the update is not "every field optional"; add
/// `impl From<MyUpdate> for Step<MyState>` so that closures may return the update itself.
///
/// # Contract
///
/// - [`apply`](State::apply) is pure: the same state and update always give the same result. Stored threads are
///   replayed through it, and a hash notices when it changed its meaning.
/// - The state and the update come back from JSON as they were written. A collection has an order
///   (`Vec`, `BTreeSet`); map keys are sorted before the hash is taken.
/// - [`VERSION`](State::VERSION) changes when the stored form or the meaning of a reducer does.
pub trait State: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What a node writes.
    type Update: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The version of the stored form. A thread stored under another one is refused.
    const VERSION: u32;

    /// Calls `writes` with the name of every field that `update` writes and that only one task may write in one
    /// superstep.
    fn last_value_writes(update: &Self::Update, writes: &mut dyn FnMut(&'static str));

    /// Folds `update` in.
    fn apply(&mut self, update: Self::Update);
}
