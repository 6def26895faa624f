//! Polar, a merchant of record.
//!
//! Polar has no prices of their own: what it sells is a product with its price inside. So each price is a product there,
//! and the product that the prices belong to is one that is never sold (`draft`) and keeps name and description. Objects
//! carry the run, the key and the digest of the request in their metadata, so that everything is found again from any
//! machine. Polar knows no idempotency keys: before anything is made, what is there is looked at, and a request that
//! makes something is sent once and never again by itself.

mod answer;
mod catalog;
mod client;
mod config;
mod money;
mod provider;
mod request;
mod sales;
mod snapshot;
mod webhook;

pub use config::PolarConfig;
pub use provider::Polar;
pub use webhook::{POLAR_EVENTS, PolarVerifier};
