//! The state that a graph works on.

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
/// - The state and the update come back from JSON as they were written. Sets and maps may have any order.
/// - [`VERSION`](State::VERSION) changes when the stored form or the meaning of a reducer does.
///
/// # Values that are refused
///
/// Every later read gives back what a commit took. A state or an update that JSON can't hold is refused before it is
/// stored, by [`GraphError::Encode`](crate::GraphError::Encode) with the name of the field:
///
/// - numbers that are not finite, NaN and infinity, also in an `Option`;
/// - nothing inside a `Some`: `Some(None)`, `Some(())`, `Some(Value::Null)`;
/// - more than 100 lists and objects inside each other;
/// - keys of a map that are neither text, numbers, truth values nor names of variants;
/// - what the type itself reads as something else, or not at all. It is read back once for each form, by type, number of
///   bits and number of items: an untagged enum whose variants look alike, a number of more than 64 bits or a map with
///   numbers as keys inside a tagged enum or a flattened field, a field that is written but not read. A `Serialize` of
///   one's own that changes some values of a form and not others is not noticed.
///
/// Questions, answers, inputs that are sent and values of [`Cx::once`](crate::Cx::once) travel as [`Value`]: in addition,
/// numbers in them have at most 64 bits, and the members of an object have no order, unless serde_json's
/// `arbitrary_precision` and `preserve_order` are on. The type that reads a question, an answer or an input need not be
/// the one that wrote it. The state travels so too under a host that knows it as JSON, and while a thread of an older
/// version is carried over.
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
