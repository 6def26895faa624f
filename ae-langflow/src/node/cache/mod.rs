//! Results of nodes that are kept for other threads.

mod memory;
mod port;

#[cfg(feature = "mock")]
pub use self::port::MockNodeCache;
pub use self::{memory::MemoryNodeCache, port::NodeCache};
