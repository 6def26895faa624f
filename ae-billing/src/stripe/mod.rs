//! Stripe.
//!
//! `request` and `answer` are pure, `client` alone sends, `ops` says which requests make sure of what.

mod answer;
mod call;
mod client;
mod config;
mod form;
mod ops;
mod provider;
mod request;
mod webhook;

pub use call::StripeCall;
pub use config::StripeConfig;
pub use provider::Stripe;
pub use webhook::{STRIPE_EVENTS, STRIPE_SIGNATURE_HEADER, StripeEvent, StripeVerifier};

/// The version of the API that every request names; forms and answers here are of this version.
pub(crate) const API_VERSION: &str = "2026-10-28.endive";
