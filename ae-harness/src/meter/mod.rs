//! Money that is stopped before a call of a model: the port of meters, a meter in memory, and the proxy that puts every call
//! of a coding agent through one.

#[cfg(feature = "conformance")]
pub mod conformance;
mod memory;
mod port;
mod price;
#[cfg(feature = "meter")]
mod proxy;
mod types;

#[cfg(feature = "mock")]
pub use self::port::MockMeter;
#[cfg(feature = "meter")]
pub use self::proxy::{MeterProxy, ProxyOptions, ProxySession, SessionPlan, SessionSpend};
pub use self::{
    memory::BudgetMeter,
    port::Meter,
    price::ModelPrice,
    types::{CallAnswer, ModelCall},
};
