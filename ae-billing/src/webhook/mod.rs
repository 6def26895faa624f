//! Webhooks: what a provider says has happened, believed only when signed.

#[cfg(any(feature = "paddle", feature = "polar", feature = "stripe"))]
pub(crate) mod amount;
#[cfg(feature = "conformance")]
pub(crate) mod conformance;
mod effects;
mod error;
mod event;
mod intake;
mod offline;
mod port;
#[cfg(any(feature = "paddle", feature = "polar", feature = "stripe"))]
pub(crate) mod read;
pub(crate) mod signed;

pub use effects::{
    DisputeState, DisputedPayment, EntitlementEnd, FailedPayment, PaidInvoice, PaymentAlias, RefundedPayment,
    SubscriptionChange,
};
pub use error::WebhookError;
pub use event::{EventEffect, EventKind, ProviderEvent};
pub use intake::{RAW_BYTES_MAX, WebhookIntake};
pub(crate) use offline::Envelope;
pub use offline::{OfflineVerifier, SIGNATURE_HEADER, TOLERANCE_SECONDS, sign};
#[cfg(feature = "mock")]
pub use port::MockWebhookVerifier;
pub use port::WebhookVerifier;
