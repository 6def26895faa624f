//! The journal of requests to a vendor: what is about to be sent is kept first, so that a crash can be made good.

#[cfg(feature = "conformance")]
pub(crate) mod conformance;
mod entry;
mod memory;
mod port;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use entry::StoredRequest;
pub use memory::MemoryJournal;
pub use port::RequestJournal;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteJournal;
