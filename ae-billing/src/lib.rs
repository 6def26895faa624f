#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod books;
#[cfg(feature = "conformance")]
pub mod conformance;
mod interval;
mod ledger;
#[cfg(feature = "licence")]
mod licence;
mod order;
#[cfg(feature = "pages")]
mod pages;
mod provider;
mod store;
pub mod units;
mod webhook;

pub use ae_core as core;
pub use ae_core::Mode;
pub use books::{CurrencyRevenue, Entitlement, EventStore, Intake, ReceivedEvent, RevenueSummary};
pub use ledger::{
    BillingConfig, LinkView, NewOrder, NewPayment, OfflineLedger, Order, OrderQuery, OrderState, OrderView,
    OutboxEvent,
};
#[cfg(feature = "licence")]
pub use licence::{
    EndedList, LicenceCheck, LicenceClaims, LicenceKey, LicenceKeyError, LicencePublicKey, LicenceRefusal,
    LicenceTerms,
};
pub use order::OrderId;
#[cfg(feature = "pages")]
pub use pages::{
    OperatorAction, OperatorPageContext, OrderPageContext, PayPageContext, new_form, operator_page,
    order_page, pay_page, receipt_page,
};
pub use provider::{
    Capabilities, Caps, Catalog, Ensured, LinkId, NewLink, NewPrice, NewProduct, NewRefund, ObjectRef, Page,
    Payment, PaymentId, PaymentLink, PaymentProvider, PaymentQuery, Price, PriceId, Product, ProductId,
    ProviderInfo, Refund, RequestError, Terms,
};
pub use store::{JournalHead, MemoryLedger, MemoryStore};
#[cfg(feature = "sqlite")]
pub use store::{SqliteBilling, SqliteStore};
pub use webhook::{
    EntitlementEnd, EventEffect, EventKind, FailedPayment, OfflineVerifier, PaidInvoice, ProviderEvent,
    RAW_BYTES_MAX, RefundedPayment, SIGNATURE_HEADER, TOLERANCE_SECONDS, WebhookError, WebhookIntake,
    WebhookVerifier, sign,
};
#[cfg(feature = "mock")]
pub use {books::MockEventStore, provider::MockPaymentProvider, webhook::MockWebhookVerifier};
