//! Webhooks of Stripe: the signature, and the meaning of its events.

mod catch_up;
mod dispute;
mod event;
mod invoice;
mod refund;
mod session;
mod subscription;

use ae_core::{Secret, Timestamp};
use http::HeaderMap;

use crate::{
    ProviderEvent, TOLERANCE_SECONDS, WebhookError, WebhookVerifier,
    stripe::config::NAME,
    webhook::signed::{Form, Keys, Stamp, fresh},
};

pub use catch_up::StripeEvent;
pub(in crate::stripe) use catch_up::{page as event_page, request as event_request};
pub use event::STRIPE_EVENTS;

/// The header with Stripe's signature.
pub const STRIPE_SIGNATURE_HEADER: &str = "stripe-signature";

const FORM: Form = Form { separator: ',', time: "t", code: "v1" };

/// Verifies Stripe's webhooks.
///
/// The header is `t=<unix seconds>,v1=<64 lower-case hex digits>`, HMAC-SHA-256 over `<seconds>.<body>`, keyed with the
/// whole text of the endpoint's secret, `whsec_` included. Any of several `v1` may match, `v0` never does, and the first
/// `t` counts. The verdict is that of Stripe's own libraries, or stricter:
///
/// - a signature from more than 300 seconds ahead is refused, as one that is older is;
/// - the age is always checked, whereas a tolerance of zero switches it off there;
/// - the time is plain digits, and the header has at most 16 parts;
/// - a body that is not a snapshot event (`"object": "event"`) in JSON is refused, thin events (`v2.core.event`) included.
///
/// # Ids in effects
///
/// - A payment is the invoice (`in_…`) where there is one, else the payment intent (`pi_…`), else the checkout session
///   (`cs_…`), as when nothing was due. Refunds and disputes name payment intents and charges (`ch_…`); the events that
///   know two of these ids of one payment join them with [`SamePayment`](crate::EventEffect::SamePayment).
/// - An entitlement is the subscription (`sub_…`) where there is one, else the payment. From a checkout session that is
///   the first of `subscription`, `invoice`, `payment_intent` and `id` that is not null, and its order is
///   [`OrderId::of_entitlement`](crate::OrderId::of_entitlement) of `stripe:` and that id.
/// - A customer is the id (`cus_…`). No name, address, e-mail or card is read.
///
/// ```
/// use ae_billing::{StripeVerifier, WebhookVerifier as _};
/// use ae_core::{Secret, Timestamp};
///
/// let verifier = StripeVerifier::new(Secret::new("whsec_new".to_owned()))?
///     .with_secret(Secret::new("whsec_old".to_owned()))?; // while a secret is being changed
/// let now = Timestamp::from_second(1_800_000_000)?;
/// assert!(verifier.verify(&http::HeaderMap::new(), b"{}", now).is_err());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct StripeVerifier {
    keys: Keys,
}

impl StripeVerifier {
    /// A verifier of events that Stripe signed with `secret`, the one of the webhook endpoint.
    ///
    /// # Errors
    ///
    /// [`WebhookError::EmptySecret`]: anyone could sign with that.
    pub fn new(secret: Secret<String>) -> Result<Self, WebhookError> {
        Ok(Self { keys: Keys::new(secret)? })
    }

    /// Adds another secret that may sign, such as the one that is being replaced or that of another endpoint.
    ///
    /// # Errors
    ///
    /// [`WebhookError::EmptySecret`].
    pub fn with_secret(self, secret: Secret<String>) -> Result<Self, WebhookError> {
        Ok(Self { keys: self.keys.with(secret)? })
    }
}

impl WebhookVerifier for StripeVerifier {
    fn name(&self) -> &str {
        NAME
    }

    fn verify(&self, headers: &HeaderMap, raw: &[u8], now: Timestamp) -> Result<ProviderEvent, WebhookError> {
        let header = headers
            .get(STRIPE_SIGNATURE_HEADER)
            .ok_or(WebhookError::MissingSignature(STRIPE_SIGNATURE_HEADER))?;
        let text = header.to_str().map_err(|_| WebhookError::MalformedSignature("not plain text"))?;
        let stamp = Stamp::parse(text, FORM)?;
        self.keys.signed(&[stamp.time.as_bytes(), b".", raw], &stamp.codes)?;
        fresh(stamp.seconds, now, TOLERANCE_SECONDS)?;
        event::of_bytes(raw)
    }
}
