//! Where rows are kept: in memory, or in an SQLite file; each change with an entry in a hash-chained journal.

pub(crate) mod journal;
mod memory;
pub(crate) mod records;
pub(crate) mod rows;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use journal::JournalHead;
pub use memory::{MemoryLedger, MemoryStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteBilling, SqliteStore};
