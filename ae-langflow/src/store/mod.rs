//! The store of threads: the port, its records, and its backends.

#[cfg(feature = "encryption")]
mod encrypted;
mod memory;
mod port;
#[cfg(feature = "postgres")]
mod postgres;
pub(crate) mod record;
mod refused;
#[cfg(feature = "sqlite")]
mod sqlite;
mod tap;

#[cfg(feature = "encryption")]
pub use self::encrypted::{Encrypted, EncryptionKeys};
#[cfg(feature = "mock")]
pub use self::port::MockCheckpointer;
#[cfg(feature = "postgres")]
pub use self::postgres::{PostgresCheckpointer, PostgresOptions};
pub(crate) use self::refused::is_name;
#[cfg(feature = "sqlite")]
pub use self::sqlite::SqliteCheckpointer;
pub use self::{
    memory::MemoryCheckpointer,
    port::Checkpointer,
    record::{Page, ThreadInfo},
    tap::{Intercept, StoreAnswer, StoreCall, Tap},
};
