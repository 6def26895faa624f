//! Simulators of registrars, and of a registry.
#![allow(clippy::indexing_slicing, reason = "a JSON value gives null for what it does not hold")]

mod porkbun;
mod rdap;
mod vercel;

pub use porkbun::Porkbun;
pub use rdap::Rdap;
pub use vercel::VercelDomains;
