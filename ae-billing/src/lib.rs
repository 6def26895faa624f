#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod books;
#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "conformance")]
mod conformance_kit;
mod ledger;
mod pages;
mod provider;
mod store;
pub mod units;
mod webhook;

pub use ae_core::Mode;
pub use books::{EventStore, Intake, ReceivedEvent};
pub use ledger::{
    BillingConfig, Entitlement, LinkView, NewPayment, OfflineLedger, OutboxEvent, RevenueSummary,
};
pub use pages::{FormId, ParseFormIdError, PayPageContext, pay_page, receipt_page};
pub use provider::{
    Capabilities, Caps, Ensured, LinkId, NewLink, NewPrice, NewProduct, ObjectRef, Page, ParseObjectIdError,
    Payment, PaymentId, PaymentLink, PaymentProvider, PaymentQuery, Price, PriceId, Product, ProductId,
    ProviderInfo, RequestError,
};
pub use store::{JournalHead, MemoryLedger, MemoryStore};
#[cfg(feature = "sqlite")]
pub use store::{SqliteBilling, SqliteStore};
pub use webhook::{
    EntitlementEnd, EventEffect, EventKind, OfflineVerifier, PaidFor, PaidInvoice, ProviderEvent,
    RAW_BYTES_MAX, SIGNATURE_HEADER, TOLERANCE_SECONDS, WebhookError, WebhookIntake, WebhookVerifier, sign,
};
