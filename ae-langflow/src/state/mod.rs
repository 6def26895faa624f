//! The state that a graph works on.

pub(crate) mod hash;
mod json;
mod patch;
pub mod reduce;

use std::error::Error as StdError;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use self::reduce::FieldReducer;
pub use self::{
    json::{JsonState, Reducers},
    patch::Patch,
};

/// Why a state of an older version can't be carried over.
pub type MigrateError = Box<dyn StdError + Send + Sync>;

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
    /// The update that a node writes.
    type Update: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The version of the stored form. A thread stored under an older one is [migrated](State::migrate) or refused.
    const VERSION: u32;

    /// Calls `writes` with the name of every field that `update` writes and that only one task may write in one
    /// superstep.
    fn last_value_writes(&self, update: &Self::Update, writes: &mut dyn FnMut(&str));

    /// Folds `update` in.
    fn apply(&mut self, update: Self::Update);

    /// How the fields that have a reducer are folded as JSON. A field that is not here holds the last value. An update
    /// is then a JSON object with some of the state's fields under their names.
    ///
    /// Read by hosts that know the state only as JSON, and when a thread of an older version is carried over. Without
    /// it every field holds the last value there.
    #[must_use]
    fn reducers() -> Vec<FieldReducer> {
        Vec::new()
    }

    /// Carries the JSON of a state of version `from` over to this version.
    ///
    /// # Errors
    ///
    /// When that version can't be carried over: what to do instead.
    fn migrate(from: u32, state: Value) -> Result<Value, MigrateError> {
        drop(state);
        let version = Self::VERSION;
        Err(format!("no migration leads from version {from} to {version}: use the program that wrote it")
            .into())
    }
}
