//! Webhooks: what a provider says has happened, believed only when signed.

mod intake;
mod offline;
mod store;

use std::{fmt, sync::Arc};

use ae_core::{BackendError, BillingInterval, ErrorKind, Money, RunId, Timestamp, Untrusted};
use http::HeaderMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Mode;

pub use intake::{RAW_BYTES_MAX, WebhookIntake};
pub(crate) use offline::Envelope;
pub use offline::{OfflineVerifier, SIGNATURE_HEADER, TOLERANCE_SECONDS, sign};
pub use store::{EventStore, Intake, ReceivedEvent};

/// Decides whether a webhook comes from its provider, and what it says.
///
/// # Contract
///
/// - **W1.** Pure: the same headers, bytes and time give the same answer. No clock, no I/O, no API key.
/// - **W2.** The signature covers the raw bytes as received; a body that was parsed and written again does not pass.
/// - **W3.** Secrets are compared in constant time. There is no default secret and no way to switch the check off.
/// - **W4.** What is too old or too far ahead is refused, where the provider signs a time.
/// - **W5.** The payload keeps its origin: it is data, and only the fields in [`EventEffect`] have a meaning.
///
/// # Errors
///
/// [`WebhookError`] says which check failed; nothing has happened.
///
/// # Cancel safety
///
/// Not async.
///
/// # Example
///
/// ```
/// use ae_billing::{OfflineVerifier, SIGNATURE_HEADER, WebhookVerifier, sign};
/// use ae_core::{Secret, Timestamp};
///
/// let secret = Secret::new("whsec_of_this_installation".to_owned());
/// let now = Timestamp::from_second(1_800_000_000)?;
/// let raw = br#"{"id":"evt_1","type":"ping","mode":"offline","created_at":"2027-01-15T08:00:00Z","data":{}}"#;
/// let mut headers = http::HeaderMap::new();
/// headers.insert(SIGNATURE_HEADER, sign(&secret, raw, now).parse()?);
/// let event = OfflineVerifier::new(secret)?.verify(&headers, raw, now)?;
/// assert_eq!(event.id, "evt_1");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub trait WebhookVerifier: fmt::Debug + Send + Sync + 'static {
    /// The provider's name, for example `offline-ledger`.
    fn name(&self) -> &str;

    /// The event in `raw`, when `headers` prove that the provider sent it around `now`.
    ///
    /// # Errors
    ///
    /// [`WebhookError`].
    fn verify(&self, headers: &HeaderMap, raw: &[u8], now: Timestamp) -> Result<ProviderEvent, WebhookError>;
}

macro_rules! forward {
    ($($pointer:ident),+) => {$(
        #[deny(clippy::missing_trait_methods)]
        impl<T: WebhookVerifier + ?Sized> WebhookVerifier for $pointer<T> {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn verify(
                &self,
                headers: &HeaderMap,
                raw: &[u8],
                now: Timestamp,
            ) -> Result<ProviderEvent, WebhookError> {
                (**self).verify(headers, raw, now)
            }
        }
    )+};
}

forward!(Arc, Box);

/// Why a webhook was not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// A verifier can't be made without a secret.
    #[error("the webhook secret is empty: configure the one the sender signs with")]
    EmptySecret,
    /// No signature.
    #[error("the request has no {0} header: it was not sent by the provider")]
    MissingSignature(&'static str),
    /// The header is not in the provider's form.
    #[error("the signature header can't be read: {0}")]
    MalformedSignature(&'static str),
    /// Signed too long ago: a replay, or a clock that is wrong.
    #[error("the signature is {age_s} s old, more than {TOLERANCE_SECONDS} s: a replay, or a clock is wrong")]
    TooOld {
        /// Seconds between signature and now.
        age_s: i64,
    },
    /// Signed in the future: a clock is wrong.
    #[error("the signature is {ahead_s} s ahead, more than {TOLERANCE_SECONDS} s: a clock is wrong")]
    TooNew {
        /// Seconds between now and signature.
        ahead_s: i64,
    },
    /// Another secret, or another body.
    #[error("no signature matches: the body was changed or the secret is another")]
    BadSignature,
    /// Signed, but not an event.
    #[error("the signed body is no event: {0}")]
    MalformedEvent(String),
}

impl WebhookError {
    /// `InvalidInput` for a body that is no event, `Internal` for a missing secret, `Unauthenticated` for all else.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::MalformedEvent(_) => ErrorKind::InvalidInput,
            Self::EmptySecret => ErrorKind::Internal,
            _ => ErrorKind::Unauthenticated,
        }
    }
}

impl From<WebhookError> for BackendError {
    fn from(error: WebhookError) -> Self {
        Self::new(error.kind(), "webhook", "verify", error.to_string())
    }
}

/// What sort of event it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// `checkout.session.completed`: a customer went through the page; no proof of payment.
    CheckoutCompleted,
    /// `customer.subscription.created`
    SubscriptionCreated,
    /// `customer.subscription.updated`
    SubscriptionUpdated,
    /// `customer.subscription.deleted`: it ended.
    SubscriptionDeleted,
    /// `invoice.paid`: money came in.
    InvoicePaid,
    /// `invoice.payment_failed`
    PaymentFailed,
    /// Anything else, by its name.
    Other(String),
}

impl EventKind {
    /// The kind with the wire name `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "checkout.session.completed" => Self::CheckoutCompleted,
            "customer.subscription.created" => Self::SubscriptionCreated,
            "customer.subscription.updated" => Self::SubscriptionUpdated,
            "customer.subscription.deleted" => Self::SubscriptionDeleted,
            "invoice.paid" => Self::InvoicePaid,
            "invoice.payment_failed" => Self::PaymentFailed,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The wire name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::CheckoutCompleted => "checkout.session.completed",
            Self::SubscriptionCreated => "customer.subscription.created",
            Self::SubscriptionUpdated => "customer.subscription.updated",
            Self::SubscriptionDeleted => "customer.subscription.deleted",
            Self::InvoicePaid => "invoice.paid",
            Self::PaymentFailed => "invoice.payment_failed",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_name(&String::deserialize(deserializer)?))
    }
}

/// A believed event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderEvent {
    /// The provider's id of the event; a repeat has the same one.
    pub id: String,
    /// What sort of event it is.
    pub kind: EventKind,
    /// Where it happened.
    pub mode: Mode,
    /// When it happened. Events arrive in any order.
    pub created_at: Timestamp,
    /// What it changes here, in the words of this crate; `None` when nothing.
    pub effect: Option<EventEffect>,
    /// The rest, as data.
    pub payload: Untrusted<serde_json::Value>,
}

impl ProviderEvent {
    /// An event without an effect.
    #[must_use]
    pub fn new(
        id: impl Into<String>,
        kind: EventKind,
        mode: Mode,
        created_at: Timestamp,
        payload: Untrusted<serde_json::Value>,
    ) -> Self {
        Self { id: id.into(), kind, mode, created_at, effect: None, payload }
    }

    /// Says what it changes.
    #[must_use]
    pub fn with_effect(mut self, effect: EventEffect) -> Self {
        self.effect = Some(effect);
        self
    }
}

/// What an event changes. The verifier translates, because only it knows the provider's payload.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventEffect {
    /// Money came in.
    Paid(PaidInvoice),
    /// An entitlement ends at the time of the event.
    Ended(EntitlementEnd),
}

/// Money that came in, as the event says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PaidInvoice {
    /// The provider's id of the payment; two events about one payment count once.
    pub payment: String,
    /// The provider's id of the agreement that it belongs to: a subscription, or a purchase.
    pub entitlement: String,
    /// Whose product was paid.
    pub run: RunId,
    /// The provider's id of the price.
    pub price: String,
    /// The tier's label.
    pub tier: String,
    /// How much.
    pub amount: Money,
    /// How often the price is charged.
    pub interval: BillingInterval,
    /// Who paid: a label or a vendor's customer id, no e-mail address.
    pub customer: String,
    /// When.
    pub paid_at: Timestamp,
}

/// Who paid what, for a [`PaidInvoice`].
#[derive(Debug, Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "a bundle of borrowed names for one constructor")]
pub struct PaidFor<'a> {
    /// The provider's id of the agreement.
    pub entitlement: &'a str,
    /// The provider's id of the price.
    pub price: &'a str,
    /// The tier's label.
    pub tier: &'a str,
    /// Who paid.
    pub customer: &'a str,
}

impl PaidInvoice {
    /// A payment of `amount` for what `paid` names.
    #[must_use]
    pub fn new(
        run: RunId,
        payment: impl Into<String>,
        paid: PaidFor<'_>,
        amount: Money,
        interval: BillingInterval,
        paid_at: Timestamp,
    ) -> Self {
        Self {
            payment: payment.into(),
            entitlement: paid.entitlement.to_owned(),
            run,
            price: paid.price.to_owned(),
            tier: paid.tier.to_owned(),
            amount,
            interval,
            customer: paid.customer.to_owned(),
            paid_at,
        }
    }
}

/// An entitlement that ended, as the event says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntitlementEnd {
    /// Whose product it was.
    pub run: RunId,
    /// The provider's id of the agreement.
    pub entitlement: String,
}

impl EntitlementEnd {
    /// The end of `entitlement`.
    #[must_use]
    pub fn new(run: RunId, entitlement: impl Into<String>) -> Self {
        Self { run, entitlement: entitlement.into() }
    }
}

const _: fn(&dyn WebhookVerifier) = |_| ();
