//! The store of threads: the port, its records, and its backends.

#[cfg(feature = "encryption")]
mod encrypted;
mod memory;
mod port;
#[cfg(feature = "postgres")]
mod postgres;
pub mod record;
mod refused;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "encryption")]
pub use self::encrypted::{Encrypted, EncryptionKeys};
#[cfg(feature = "postgres")]
pub use self::postgres::{PostgresCheckpointer, PostgresOptions};
#[cfg(feature = "sqlite")]
pub use self::sqlite::{Durability, SqliteCheckpointer};
pub use self::{memory::MemoryCheckpointer, port::Checkpointer};
