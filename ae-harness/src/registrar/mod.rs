//! Domain names: looking, quoting, buying.

#[cfg(feature = "conformance")]
pub mod conformance;
mod memory;
mod port;
mod types;

pub use self::{
    memory::MemoryRegistrar,
    port::Registrar,
    types::{Availability, Domain, Order, OrderState, Quote},
};
