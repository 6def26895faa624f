//! Bodies of events, in the shapes of API version 2026-10-28.endive.

use ae_billing::{ProviderEvent, StripeVerifier, WebhookError, WebhookVerifier as _, sign};
use ae_core::{Digest, RunId, Secret, Timestamp};
use http::HeaderMap;
use serde_json::{Value, json};

pub(super) const SECRET: &str = "whsec_test";
pub(super) const NOW: i64 = 1_800_000_000;

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(super) fn run() -> RunId {
    RunId::from_digest(&Digest::of_bytes("test", b"stripe"))
}

/// An event of `kind` that happened `after` seconds after the beginning.
pub(super) fn event(id: &str, kind: &str, after: i64, object: Value) -> Value {
    json!({ "id": id, "object": "event", "api_version": "2026-10-28.endive", "created": NOW + after,
        "data": { "object": object }, "livemode": false, "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null }, "type": kind })
}

pub(super) fn verify(body: &Value) -> Result<ProviderEvent, WebhookError> {
    let (raw, secret) = (body.to_string(), Secret::new(SECRET.to_owned()));
    let mut headers = HeaderMap::new();
    headers.insert("stripe-signature", sign(&secret, raw.as_bytes(), at(NOW)).parse().unwrap());
    StripeVerifier::new(secret).unwrap().verify(&headers, raw.as_bytes(), at(NOW))
}

/// `value` with the members of `more` in the place of its own.
pub(super) fn with(mut value: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("not an object") };
    value.as_object_mut().unwrap().extend(more);
    value
}

/// A finished session of a payment link, for one payment of $29.99.
pub(super) fn session() -> Value {
    json!({ "id": "cs_test_1", "object": "checkout.session", "amount_subtotal": 2999, "amount_total": 2999,
        "created": NOW - 60, "currency": "usd", "customer": "cus_1",
        "customer_details": { "email": "buyer@example.com", "name": "A Buyer" }, "invoice": null,
        "livemode": false, "metadata": { "ae_run": run().to_string(), "ae_tier": "pro" }, "mode": "payment",
        "payment_intent": "pi_1", "payment_link": "plink_1", "payment_status": "paid",
        "status": "complete", "subscription": null })
}

/// The session that began a subscription.
pub(super) fn subscribed() -> Value {
    with(
        session(),
        json!({ "mode": "subscription", "invoice": "in_1", "payment_intent": null, "subscription": "sub_1" }),
    )
}

/// The invoice of a subscription's period from `start` for 30 days.
pub(super) fn invoice(id: &str, start: i64, amount: i64) -> Value {
    json!({ "id": id, "object": "invoice", "amount_due": amount, "amount_paid": amount, "currency": "usd",
        "customer": "cus_1", "customer_email": "buyer@example.com", "livemode": false, "metadata": {},
        "lines": { "object": "list", "has_more": false, "data": [line("price_1", start, start + 30 * 86_400, false)] },
        "parent": { "type": "subscription_details", "quote_details": null, "subscription_details": {
            "metadata": { "ae_run": run().to_string(), "ae_tier": "pro" }, "subscription": "sub_1" } },
        "status": "paid", "status_transitions": { "paid_at": start + 2, "finalized_at": start + 1,
            "marked_uncollectible_at": null, "voided_at": null }, "total": amount })
}

pub(super) fn line(price: &str, start: i64, end: i64, proration: bool) -> Value {
    json!({ "id": "il_1", "object": "line_item", "amount": 2999, "currency": "usd", "period": { "start": start, "end": end },
        "parent": { "type": "subscription_item_details", "invoice_item_details": null,
            "subscription_item_details": { "proration": proration, "subscription": "sub_1", "subscription_item": "si_1" } },
        "pricing": { "type": "price_details", "price_details": { "price": price, "product": "prod_1" },
            "unit_amount_decimal": "2999" } })
}

pub(super) fn invoice_payment() -> Value {
    json!({ "id": "inpay_1", "object": "invoice_payment", "amount_paid": 2999, "amount_requested": 2999,
        "created": NOW, "currency": "usd", "invoice": "in_1", "is_default": true, "livemode": false,
        "payment": { "type": "payment_intent", "payment_intent": "pi_1" }, "status": "paid" })
}

pub(super) fn charge(refunded: i64) -> Value {
    json!({ "id": "ch_1", "object": "charge", "amount": 2999, "amount_captured": 2999, "amount_refunded": refunded,
        "billing_details": { "email": "buyer@example.com" }, "captured": true, "created": NOW, "currency": "usd",
        "customer": "cus_1", "livemode": false, "metadata": {}, "paid": true, "payment_intent": "pi_1",
        "payment_method_details": { "type": "card", "card": { "last4": "4242" } },
        "refunded": refunded == 2999, "status": "succeeded" })
}

pub(super) fn refund(amount: i64, status: &str) -> Value {
    json!({ "id": "re_1", "object": "refund", "amount": amount, "charge": "ch_1", "created": NOW + 100,
        "currency": "usd", "metadata": {}, "payment_intent": "pi_1", "status": status })
}

pub(super) fn dispute(status: &str) -> Value {
    json!({ "id": "du_1", "object": "dispute", "amount": 2999, "charge": "ch_1", "created": NOW + 100, "currency": "usd",
        "evidence": { "customer_email_address": "buyer@example.com" }, "livemode": false, "metadata": {},
        "payment_intent": "pi_1", "reason": "fraudulent", "status": status })
}

pub(super) fn subscription(status: &str, end: i64) -> Value {
    json!({ "id": "sub_1", "object": "subscription", "cancel_at": null, "cancel_at_period_end": false,
        "created": NOW, "currency": "usd", "customer": "cus_1", "livemode": false,
        "metadata": { "ae_run": run().to_string(), "ae_tier": "pro" }, "status": status,
        "items": { "object": "list", "has_more": false, "data": [{ "id": "si_1", "object": "subscription_item",
            "current_period_start": end - 30 * 86_400, "current_period_end": end, "quantity": 1,
            "price": { "id": "price_1", "object": "price", "unit_amount": 2999 } }] } })
}
