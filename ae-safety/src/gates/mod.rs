//! Whether an action may happen: decisions as values, and the port that makes them.

mod all_of;
#[cfg(feature = "conformance")]
pub mod conformance;
mod port;
mod table;
mod types;

pub use all_of::AllOf;
#[cfg(feature = "mock")]
pub use port::MockPolicyGate;
pub use port::PolicyGate;
pub use table::{GateRow, GateRule, GateTable, GateTableError};
pub use types::{Decision, Gate};
