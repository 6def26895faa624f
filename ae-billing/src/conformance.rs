//! The contracts of [`PaymentProvider`](crate::PaymentProvider), [`EventStore`](crate::EventStore),
//! [`Entitlements`](crate::Entitlements) and [`WebhookVerifier`](crate::WebhookVerifier) as checks that any backend can run.
//!
//! Each check makes runs of its own, derived from [`Subject::seed`]; use another seed for every pass over a provider
//! that remembers. A live provider is refused: these checks make prices.

pub use crate::{
    books::conformance::run_store, books::entitlements::conformance::run_entitlements,
    journal::conformance::*, provider::conformance::*, webhook::conformance::*,
};
