//! Hard budgets: money is reserved before the call, then settled or given back.

mod book;
#[cfg(feature = "conformance")]
pub mod conformance;
mod memory;
mod port;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "sqlite")]
mod sums;
mod types;

pub use memory::MemoryLedger;
pub use port::BudgetLedger;
#[cfg(feature = "mock")]
pub use port::MockBudgetLedger;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteLedger;
pub use types::{
    AccountSpec, AccountStatus, Hold, HoldState, NOTE_BYTES_MAX, OverLimit, Refund, Reserve, Scope,
};
