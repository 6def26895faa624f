//! Where rows are kept: in memory, in an SQLite file or in a PostgreSQL database; each change with an entry in a hash-chained journal.

pub(crate) mod journal;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
pub(crate) mod records;
pub(crate) mod rows;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use journal::JournalHead;
pub use memory::{MemoryLedger, MemoryStore};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresBilling, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteBilling, SqliteStore};
