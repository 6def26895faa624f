//! Webhooks: what a provider says has happened, believed only when signed.

#[cfg(feature = "conformance")]
pub(crate) mod conformance;
mod error;
mod event;
mod intake;
mod offline;
mod port;

pub use error::WebhookError;
pub use event::{
    EntitlementEnd, EventEffect, EventKind, FailedPayment, PaidInvoice, ProviderEvent, RefundedPayment,
};
pub use intake::{RAW_BYTES_MAX, WebhookIntake};
pub(crate) use offline::Envelope;
pub use offline::{OfflineVerifier, SIGNATURE_HEADER, TOLERANCE_SECONDS, sign};
#[cfg(feature = "mock")]
pub use port::MockWebhookVerifier;
pub use port::WebhookVerifier;
