//! Webhooks of Polar: Standard Webhooks signatures, and the meaning of the events.

use ae_core::{Mode, Origin, Secret, Timestamp, Untrusted};
use base64ct::{Base64, Encoding as _};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use super::config::NAME;
use crate::{
    EntitlementEnd, EventEffect, EventKind, PaidInvoice, ProviderEvent, RefundedPayment, SubscriptionChange,
    SubscriptionState, TOLERANCE_SECONDS, WebhookError, WebhookVerifier,
    webhook::{
        read::Object,
        signed::{Keys, PARTS_MAX, fresh, seconds},
    },
};

const ID: &str = "webhook-id";
const TIME: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// The types of Polar's events that have a meaning here. Every other type is kept and changes nothing.
pub const POLAR_EVENTS: [&str; 11] = [
    "order.paid",
    "order.refunded",
    "subscription.active",
    "subscription.canceled",
    "subscription.created",
    "subscription.past_due",
    "subscription.paused",
    "subscription.resumed",
    "subscription.revoked",
    "subscription.uncanceled",
    "subscription.updated",
];

/// Verifies Polar's webhooks, signed as Standard Webhooks are: `webhook-signature` lists `v1,<base64>`, HMAC-SHA-256 over
/// `<webhook-id>.<webhook-timestamp>.<body>`, keyed with the bytes of the endpoint's secret as it is shown. A signature
/// older than 300 seconds, or from more than 300 seconds ahead, is refused.
///
/// A payment is the order, an entitlement the subscription, or the order where there is none. Amounts are without the
/// taxes that Polar collects and pays. A price is named by Polar's id of the product that sells it.
///
/// Polar's events do not say whether they are of the sandbox: the endpoint's secret does, so the mode is given here.
#[derive(Debug, Clone)]
pub struct PolarVerifier {
    keys: Keys,
    mode: Mode,
}

impl PolarVerifier {
    /// A verifier of events that Polar signed with `secret`, the one of an endpoint in `mode`: [`Mode::Test`] for the
    /// sandbox.
    ///
    /// # Errors
    ///
    /// [`WebhookError::EmptySecret`]: anyone could sign with that.
    pub fn new(secret: Secret<String>, mode: Mode) -> Result<Self, WebhookError> {
        Ok(Self { keys: Keys::new(secret)?, mode })
    }

    /// Adds another secret that may sign, such as the one that is being replaced.
    ///
    /// # Errors
    ///
    /// [`WebhookError::EmptySecret`].
    pub fn with_secret(self, secret: Secret<String>) -> Result<Self, WebhookError> {
        Ok(Self { keys: self.keys.with(secret)?, mode: self.mode })
    }
}

impl WebhookVerifier for PolarVerifier {
    fn name(&self) -> &str {
        NAME
    }

    fn verify(&self, headers: &HeaderMap, raw: &[u8], now: Timestamp) -> Result<ProviderEvent, WebhookError> {
        let header = |name| {
            let value = headers.get(name).ok_or(WebhookError::MissingSignature(name))?;
            value.to_str().map_err(|_| WebhookError::MalformedSignature("not plain text"))
        };
        let (id, time, signature) = (header(ID)?, header(TIME)?, header(SIGNATURE)?);
        let second = seconds(time)?;
        let codes = signature.split(' ').take(PARTS_MAX).filter_map(code);
        let codes: Vec<_> = codes.collect();
        if codes.is_empty() {
            return Err(WebhookError::MalformedSignature("no v1 with 32 bytes in base 64"));
        }
        self.keys.signed(&[id.as_bytes(), b".", time.as_bytes(), b".", raw], &codes)?;
        fresh(second, now, TOLERANCE_SECONDS)?;
        event(id, self.mode, raw)
    }
}

fn code(part: &str) -> Option<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    let text = part.strip_prefix("v1,")?;
    Base64::decode(text, &mut bytes).is_ok_and(|decoded| decoded.len() == 32).then_some(bytes)
}

#[derive(Debug, Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    timestamp: Timestamp,
    data: Value,
}

fn event(id: &str, mode: Mode, raw: &[u8]) -> Result<ProviderEvent, WebhookError> {
    // Serde's messages can quote the body: only the place is given.
    let envelope: Envelope = serde_json::from_slice(raw).map_err(|error| {
        let place = format!("at line {}, column {}", error.line(), error.column());
        WebhookError::MalformedEvent(format!("the envelope can't be read {place}"))
    })?;
    if id.is_empty() || id.len() > 255 {
        return Err(WebhookError::MalformedEvent("the id is empty or longer than 255 bytes".to_owned()));
    }
    let Envelope { kind, timestamp, data } = envelope;
    let effects = effects(Object { kind: &kind, value: &data, at: timestamp })?;
    let payload = Untrusted::new(Origin::Webhook(NAME.to_owned()), data);
    let kind = kind.parse().unwrap_or(EventKind::Other(kind));
    Ok(ProviderEvent::new(id, kind, mode, timestamp, payload).with_effects(effects))
}

const METADATA: [&str; 2] = ["/metadata", "/product/metadata"];

fn effects(object: Object<'_>) -> Result<Vec<EventEffect>, WebhookError> {
    match object.kind {
        "order.paid" => paid(object),
        "order.refunded" => {
            let (id, total) = (object.needed_id(&["/id"])?, object.money("/refunded_amount")?);
            let refunded = RefundedPayment::new(object.run(&METADATA), id, total, object.at);
            Ok(vec![EventEffect::Refunded(refunded)])
        }
        kind if kind.starts_with("subscription.") && POLAR_EVENTS.contains(&kind) => changed(object),
        _ => Ok(Vec::new()),
    }
}

fn paid(order: Object<'_>) -> Result<Vec<EventEffect>, WebhookError> {
    let entitlement = order.needed_id(&["/subscription_id", "/id"])?;
    let (id, amount) = (order.needed_id(&["/id"])?, order.money("/net_amount")?);
    let mut paid = PaidInvoice::new(order.run(&METADATA), id, entitlement, amount, order.at)
        .with_customer(order.id(&["/customer_id"])?.unwrap_or_default())
        .with_price_id(order.id(&["/product_id"])?.unwrap_or_default());
    paid.tier = order.tier(&METADATA);
    paid.period_end = order.date(&["/subscription/current_period_end"]).filter(|end| *end > order.at);
    Ok(vec![EventEffect::Paid(paid)])
}

fn changed(subscription: Object<'_>) -> Result<Vec<EventEffect>, WebhookError> {
    let id = subscription.needed_id(&["/id"])?;
    let name = subscription.text("/status").ok_or_else(|| subscription.unreadable(&["/status"]))?;
    // A state that is new here is kept and acknowledged, not guessed.
    let Some(state) = SubscriptionState::ALL.iter().copied().find(|state| name == state.as_str()) else {
        return Ok(Vec::new());
    };
    let run = subscription.run(&METADATA);
    let mut change = SubscriptionChange::new(id.clone(), state, subscription.at)
        .with_price(subscription.id(&["/product_id"])?.unwrap_or_default())
        .with_customer(subscription.id(&["/customer_id"])?.unwrap_or_default())
        .with_ends_with_period(subscription.is_true("/cancel_at_period_end"));
    change.run = run;
    change.period_end = subscription.date(&["/current_period_end"]);
    let mut effects = vec![EventEffect::Changed(change)];
    if state.is_over() {
        effects.push(EventEffect::Ended(EntitlementEnd::new(run, id)));
    }
    Ok(effects)
}
