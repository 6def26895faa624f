//! Webhooks: what a provider says has happened, believed only when signed.

#[cfg(feature = "conformance")]
pub(crate) mod conformance;
mod error;
mod event;
mod intake;
mod offline;
mod port;

pub use error::WebhookError;
pub use event::{EntitlementEnd, EventEffect, EventKind, PaidFor, PaidInvoice, ProviderEvent};
pub use intake::{RAW_BYTES_MAX, WebhookIntake};
pub(crate) use offline::Envelope;
pub use offline::{OfflineVerifier, SIGNATURE_HEADER, TOLERANCE_SECONDS, sign};
pub use port::WebhookVerifier;
