//! Domain names: looking, quoting, buying.

mod advice;
#[cfg(feature = "conformance")]
pub mod conformance;
mod contact;
mod journal;
mod memory;
mod order;
#[cfg(feature = "porkbun")]
mod porkbun;
mod port;
#[cfg(feature = "rdap")]
mod rdap;
mod types;
#[cfg(feature = "vercel")]
mod vercel;

#[cfg(feature = "porkbun")]
pub use self::porkbun::{PorkbunConfig, PorkbunRegistrar};
#[cfg(feature = "mock")]
pub use self::port::MockRegistrar;
#[cfg(feature = "rdap")]
pub use self::rdap::{RdapBootstrap, RdapRegistrar};
#[cfg(feature = "vercel")]
pub use self::vercel::{VercelRegistrar, VercelRegistrarConfig};
pub use self::{
    advice::{DomainAdvice, advise},
    contact::Contact,
    journal::{FileOrderJournal, MemoryOrderJournal, OrderEntry, OrderJournal},
    memory::MemoryRegistrar,
    order::{Order, OrderState, Purchase},
    port::Registrar,
    types::{Availability, Domain, Quote, RegistrarInfo},
};
