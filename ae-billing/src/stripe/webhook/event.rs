//! The envelope of an event, and the way to the effects of each type.

use ae_core::{Origin, Timestamp, Untrusted};
use serde::Deserialize;
use serde_json::Value;

use super::{dispute, invoice, refund, session, subscription};
use crate::{
    EventEffect, EventKind, Mode, PaymentAlias, ProviderEvent, WebhookError, stripe::config::NAME,
    webhook::read::Object,
};

/// The types of events that have a meaning here: what a webhook endpoint asks for. Every other type is kept and changes
/// nothing.
pub const STRIPE_EVENTS: [&str; 23] = [
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.refunded",
    "charge.succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice_payment.paid",
    "payment_intent.succeeded",
    "refund.created",
    "refund.failed",
    "refund.updated",
];

/// The effects of an event, of none, one or several.
pub(super) type Effects = Result<Vec<EventEffect>, WebhookError>;

#[derive(Debug, Deserialize)]
struct Envelope {
    id: String,
    object: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    livemode: Option<bool>,
    created: Option<Value>,
    data: Option<Value>,
}

/// Reads a body.
pub(super) fn of_bytes(raw: &[u8]) -> Result<ProviderEvent, WebhookError> {
    // Serde's messages can quote the body, which may hold what must not reach a log: only the place is given.
    let envelope = serde_json::from_slice(raw).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        malformed(&format!("the envelope can't be read at {place}"))
    })?;
    of_envelope(envelope)
}

/// Reads an event of a list.
pub(super) fn of_value(value: &Value) -> Result<ProviderEvent, WebhookError> {
    let envelope = Envelope::deserialize(value).map_err(|_| malformed("the envelope can't be read"))?;
    of_envelope(envelope)
}

fn of_envelope(envelope: Envelope) -> Result<ProviderEvent, WebhookError> {
    if envelope.object != "event" {
        return Err(malformed(
            "it is not a snapshot event; thin events (v2) have no data: make the endpoint with snapshot payloads",
        ));
    }
    if envelope.id.is_empty() || envelope.id.len() > 255 {
        return Err(malformed("the id is empty or longer than 255 bytes"));
    }
    let created = envelope.created.as_ref().and_then(Value::as_i64);
    let created = created.and_then(|second| Timestamp::from_second(second).ok());
    let (Some(kind), Some(at)) = (envelope.kind, created) else {
        return Err(malformed("its type or its time is missing"));
    };
    let mode = match envelope.livemode {
        Some(true) => Mode::Live,
        Some(false) => Mode::Test,
        None => return Err(malformed("it does not say whether it is live")),
    };
    let data = envelope.data.unwrap_or_default();
    let object = data.get("object").unwrap_or(&Value::Null);
    let effects = effects(Object { kind: &kind, value: object, at })?;
    let payload = Untrusted::new(Origin::Webhook(NAME.to_owned()), data);
    let kind = kind.parse().unwrap_or(EventKind::Other(kind));
    Ok(ProviderEvent::new(envelope.id, kind, mode, at, payload).with_effects(effects))
}

fn effects(object: Object<'_>) -> Effects {
    match object.kind {
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => {
            session::finished(object)
        }
        "checkout.session.async_payment_failed" => session::failed(object),
        "invoice.paid" => invoice::paid(object),
        "invoice.payment_failed" => invoice::failed(object),
        "invoice_payment.paid" => invoice::joined(object),
        "charge.refunded" => refund::of_charge(object),
        "refund.created" | "refund.updated" | "refund.failed" => refund::single(object),
        "charge.succeeded" => alias(object, "/payment_intent", "/id"),
        "payment_intent.succeeded" => alias(object, "/id", "/latest_charge"),
        kind if kind.starts_with("charge.dispute.") => dispute::of_dispute(object),
        "customer.subscription.created"
        | "customer.subscription.updated"
        | "customer.subscription.deleted"
        | "customer.subscription.paused"
        | "customer.subscription.resumed"
        | "customer.subscription.trial_will_end" => subscription::changed(object),
        _ => Ok(Vec::new()),
    }
}

/// Joins the two ids of a payment that the object knows, if it knows both.
pub(super) fn alias(object: Object<'_>, payment: &str, alias: &str) -> Effects {
    let ids = object.id(&[payment])?.zip(object.id(&[alias])?);
    Ok(ids
        .map(|(payment, alias)| EventEffect::SamePayment(PaymentAlias::new(payment, alias)))
        .into_iter()
        .collect())
}

fn malformed(what: &str) -> WebhookError {
    WebhookError::MalformedEvent(what.to_owned())
}
