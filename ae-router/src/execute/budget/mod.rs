//! Money that stops before a call.

#[cfg(feature = "conformance")]
pub mod conformance;
mod memory;
mod port;

#[cfg(feature = "mock")]
pub use self::port::MockBudget;
pub use self::{memory::MemoryBudget, port::Budget};
