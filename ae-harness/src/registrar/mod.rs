//! Domain names: looking, quoting, buying.

#[cfg(feature = "conformance")]
pub mod conformance;
mod memory;
mod port;
mod types;

#[cfg(feature = "mock")]
pub use self::port::MockRegistrar;
pub use self::{
    memory::MemoryRegistrar,
    port::Registrar,
    types::{Availability, Domain, Order, OrderState, Quote, RegistrarInfo},
};
