#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod checks;
mod config;
#[cfg(feature = "conformance")]
pub mod conformance;
mod form_id;
mod ids;
mod ledger;
mod objects;
mod page;
mod provider;
mod requests;
mod terms;
pub mod units;
mod webhook;

pub use checks::RequestError;
pub use config::{BillingConfig, Caps};
pub use form_id::{FormId, ParseFormIdError};
pub use ids::{LinkId, ParseObjectIdError, PaymentId, PriceId, ProductId};
pub use ledger::{
    Entitlement, JournalHead, LinkView, MemoryLedger, MemoryStore, NewPayment, OfflineLedger, OutboxEvent,
    RevenueSummary,
};
#[cfg(feature = "sqlite")]
pub use ledger::{SqliteBilling, SqliteStore};
pub use objects::{ObjectRef, Payment, PaymentLink, Price, Product};
pub use page::{PayPageContext, pay_page, receipt_page};
pub use provider::PaymentProvider;
pub use requests::{NewLink, NewPrice, NewProduct};
pub use terms::{Capabilities, Ensured, Mode, Page, PaymentQuery, ProviderInfo};
pub use webhook::{
    EntitlementEnd, EventEffect, EventKind, EventStore, Intake, OfflineVerifier, PaidFor, PaidInvoice,
    ProviderEvent, RAW_BYTES_MAX, ReceivedEvent, SIGNATURE_HEADER, TOLERANCE_SECONDS, WebhookError,
    WebhookIntake, WebhookVerifier, sign,
};
