#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod books;
#[cfg(feature = "conformance")]
pub mod conformance;
mod interval;
mod journal;
mod ledger;
#[cfg(feature = "licence")]
mod licence;
mod order;
#[cfg(feature = "paddle")]
mod paddle;
#[cfg(feature = "pages")]
mod pages;
#[cfg(feature = "polar")]
mod polar;
mod provider;
mod store;
#[cfg(feature = "stripe")]
mod stripe;
pub mod units;
mod webhook;

pub use ae_core as core;
pub use ae_core::Mode;
pub use books::{
    Churn, CurrencyRevenue, Entitlement, Entitlements, EventStore, Intake, OnSale, ReceivedEvent,
    RevenueSummary, Unresolved,
};
#[cfg(feature = "sqlite")]
pub use journal::SqliteJournal;
pub use journal::{MemoryJournal, RequestJournal, StoredRequest};
pub use ledger::{
    BillingConfig, LinkView, NewOrder, NewPayment, OfflineLedger, Order, OrderQuery, OrderState, OrderView,
    OutboxEvent,
};
#[cfg(feature = "licence")]
pub use licence::{
    CHECKOUT_FUNCTION, EndedList, LICENCE_FUNCTION, LicenceCheck, LicenceClaims, LicenceKey, LicenceKeyError,
    LicencePublicKey, LicenceRefusal, LicenceTerms, links_variable, tiers_variable,
};
pub use order::OrderId;
#[cfg(feature = "paddle")]
pub use paddle::{PADDLE_EVENTS, PADDLE_TOLERANCE_SECONDS, Paddle, PaddleConfig, PaddleVerifier};
#[cfg(feature = "pages")]
pub use pages::{
    OperatorAction, OperatorPageContext, OrderPageContext, PayPageContext, new_form, operator_page,
    order_page, pay_page,
};
#[cfg(feature = "polar")]
pub use polar::{POLAR_EVENTS, Polar, PolarConfig, PolarVerifier};
pub use provider::{
    CancelSubscription, Capabilities, Caps, Catalog, Charge, Checkout, CheckoutId, CheckoutState, Customer,
    CustomerId, Endpoint, EndpointId, Ensured, LinkId, Meter, MeterId, NewCheckout, NewCustomer, NewEndpoint,
    NewLink, NewMeter, NewPortal, NewPrice, NewProduct, NewRefund, NewUsage, ObjectRef, Page, Payment,
    PaymentId, PaymentLink, PaymentProvider, PaymentQuery, Portal, Price, PriceId, Product, ProductId,
    ProviderInfo, Refund, RefundId, RefundState, RequestError, Step, Subscription, SubscriptionId,
    SubscriptionQuery, SubscriptionState, Terms, TierMode,
};
pub use store::{JournalHead, MemoryLedger, MemoryStore};
#[cfg(feature = "postgres")]
pub use store::{PostgresBilling, PostgresStore};
#[cfg(feature = "sqlite")]
pub use store::{SqliteBilling, SqliteStore};
#[cfg(feature = "stripe")]
pub use stripe::{
    STRIPE_EVENTS, STRIPE_SIGNATURE_HEADER, Stripe, StripeCall, StripeConfig, StripeEvent, StripeVerifier,
};
pub use webhook::{
    DisputeState, DisputedPayment, EntitlementEnd, EventEffect, EventKind, FailedPayment, OfflineVerifier,
    PaidInvoice, PaymentAlias, ProviderEvent, RAW_BYTES_MAX, RefundedPayment, SIGNATURE_HEADER,
    SubscriptionChange, TOLERANCE_SECONDS, WebhookError, WebhookIntake, WebhookVerifier, sign,
};
#[cfg(feature = "mock")]
pub use {
    books::MockEntitlements, books::MockEventStore, provider::MockPaymentProvider,
    webhook::MockWebhookVerifier,
};
