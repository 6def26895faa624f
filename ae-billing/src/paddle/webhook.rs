//! Webhooks of Paddle: its signatures, and the meaning of the events.

use ae_core::{Mode, Money, Origin, Secret, Timestamp, Untrusted};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use super::{
    config::NAME,
    money::{number, of_minor},
};
use crate::{
    DisputeState, DisputedPayment, EntitlementEnd, EventEffect, EventKind, FailedPayment, PaidInvoice,
    ProviderEvent, RefundedPayment, SubscriptionChange, SubscriptionState, WebhookError, WebhookVerifier,
    webhook::{
        read::Object,
        signed::{Form, Keys, Stamp, fresh},
    },
};

const SIGNATURE: &str = "paddle-signature";
const FORM: Form = Form { separator: ';', time: "ts", code: "h1" };

/// The age of a signature at which Paddle's own SDKs refuse it, in seconds.
pub const PADDLE_TOLERANCE_SECONDS: i64 = 5;

/// The types of Paddle's events that have a meaning here. Every other type is kept and changes nothing.
pub const PADDLE_EVENTS: [&str; 13] = [
    "adjustment.created",
    "adjustment.updated",
    "subscription.activated",
    "subscription.canceled",
    "subscription.created",
    "subscription.past_due",
    "subscription.paused",
    "subscription.resumed",
    "subscription.trialing",
    "subscription.updated",
    "transaction.completed",
    "transaction.paid",
    "transaction.payment_failed",
];

/// Verifies Paddle's webhooks: `Paddle-Signature` has a time `ts` and codes `h1`, HMAC-SHA-256 over `<ts>:<body>` as hex
/// digits, keyed with the secret of the endpoint as it is shown. Several codes are there while a secret is replaced; one
/// that is right is enough. A signature older than 5 seconds, as in Paddle's SDKs, or from more than 5 seconds ahead, is
/// refused; Paddle signs each of its later tries again.
///
/// - A payment is the transaction, an entitlement the subscription, or the transaction where there is none: a single
///   purchase, or a single charge on top of a subscription. The first transaction of a subscription is a payment when it is
///   `completed`, because only then it names the subscription.
/// - Amounts are without the taxes that Paddle collects and pays.
/// - A price is the one that was made as such; the copy of it that a link sells is the link.
/// - A refund counts once Paddle approved it. A chargeback is a dispute, named by the transaction: `Open` when the money is
///   taken, as Paddle does not say whether it is decided, `Won` when it is back, `Inquiry` for a warning.
/// - A transaction that only changes how a subscription is paid, and a credit, change nothing.
///
/// Paddle's events do not say whether they are of the sandbox: the endpoint's secret does, so the mode is given here.
#[derive(Debug, Clone)]
pub struct PaddleVerifier {
    keys: Keys,
    mode: Mode,
    tolerance_s: i64,
}

impl PaddleVerifier {
    /// A verifier of events that Paddle signed with `secret`, the one of an endpoint in `mode`: [`Mode::Test`] for the
    /// sandbox.
    ///
    /// # Errors
    ///
    /// [`WebhookError::EmptySecret`]: anyone could sign with that.
    pub fn new(secret: Secret<String>, mode: Mode) -> Result<Self, WebhookError> {
        Ok(Self { keys: Keys::new(secret)?, mode, tolerance_s: PADDLE_TOLERANCE_SECONDS })
    }

    /// Adds another secret that may sign, such as the one that is being replaced.
    ///
    /// # Errors
    ///
    /// [`WebhookError::EmptySecret`].
    pub fn with_secret(self, secret: Secret<String>) -> Result<Self, WebhookError> {
        Ok(Self { keys: self.keys.with(secret)?, ..self })
    }

    /// Sets how many seconds old or ahead a signature may be, for clocks that differ.
    #[must_use]
    pub const fn with_tolerance_seconds(mut self, tolerance_s: i64) -> Self {
        self.tolerance_s = tolerance_s;
        self
    }
}

impl WebhookVerifier for PaddleVerifier {
    fn name(&self) -> &str {
        NAME
    }

    fn verify(&self, headers: &HeaderMap, raw: &[u8], now: Timestamp) -> Result<ProviderEvent, WebhookError> {
        let header = headers.get(SIGNATURE).ok_or(WebhookError::MissingSignature(SIGNATURE))?;
        let text = header.to_str().map_err(|_| WebhookError::MalformedSignature("not plain text"))?;
        let stamp = Stamp::parse(text, FORM)?;
        self.keys.signed(&[stamp.time.as_bytes(), b":", raw], &stamp.codes)?;
        fresh(stamp.seconds, now, self.tolerance_s)?;
        event(self.mode, raw)
    }
}

#[derive(Debug, Deserialize)]
struct Envelope {
    event_id: String,
    event_type: String,
    occurred_at: Timestamp,
    data: Value,
}

fn event(mode: Mode, raw: &[u8]) -> Result<ProviderEvent, WebhookError> {
    // Serde's messages can quote the body: only the place is given.
    let envelope: Envelope = serde_json::from_slice(raw).map_err(|error| {
        let place = format!("at line {}, column {}", error.line(), error.column());
        WebhookError::MalformedEvent(format!("the envelope can't be read {place}"))
    })?;
    let Envelope { event_id: id, event_type: kind, occurred_at: at, data } = envelope;
    if id.is_empty() || id.len() > 255 {
        return Err(WebhookError::MalformedEvent("the id is empty or longer than 255 bytes".to_owned()));
    }
    let effects = effects(Object { kind: &kind, value: &data, at })?;
    let payload = Untrusted::new(Origin::Webhook(NAME.to_owned()), data);
    let kind = kind.parse().unwrap_or(EventKind::Other(kind));
    Ok(ProviderEvent::new(id, kind, mode, at, payload).with_effects(effects))
}

const MARKS: [&str; 2] = ["/items/0/price/custom_data", "/custom_data"];
const CUSTOMER: [&str; 1] = ["/customer_id"];
const SUBSCRIPTION: [&str; 1] = ["/subscription_id"];
/// The price that was made as such, or the one that stands for itself.
const PRICE: [&str; 3] = ["/items/0/price/custom_data/ae_price", "/items/0/price/id", "/items/0/price_id"];

fn effects(object: Object<'_>) -> Result<Vec<EventEffect>, WebhookError> {
    match object.kind {
        "transaction.completed" | "transaction.paid" => paid(object),
        "transaction.payment_failed" => failed(object),
        "adjustment.created" | "adjustment.updated" => adjusted(object),
        kind if kind.starts_with("subscription.") && PADDLE_EVENTS.contains(&kind) => changed(object),
        _ => Ok(Vec::new()),
    }
}

/// The amount in minor units at `path`, a text.
fn minor(object: Object<'_>, path: &str) -> Result<i64, WebhookError> {
    object.text(path).and_then(number).ok_or_else(|| object.unreadable(&[path]))
}

fn money(object: Object<'_>, minor: i64) -> Result<Money, WebhookError> {
    const CURRENCY: &str = "/currency_code";
    let money = object.text(CURRENCY).and_then(|code| of_minor(minor, code));
    money.ok_or_else(|| object.unreadable(&[CURRENCY]))
}

/// The sum of a transaction without taxes.
fn net(transaction: Object<'_>) -> Result<Money, WebhookError> {
    const TOTAL: &str = "/details/totals/total";
    let (total, tax) = (minor(transaction, TOTAL)?, minor(transaction, "/details/totals/tax")?);
    money(transaction, total.checked_sub(tax).ok_or_else(|| transaction.unreadable(&[TOTAL]))?)
}

fn price(object: Object<'_>) -> Result<String, WebhookError> {
    Ok(object.id(&PRICE)?.unwrap_or_default())
}

fn paid(transaction: Object<'_>) -> Result<Vec<EventEffect>, WebhookError> {
    let (id, subscription) = (transaction.needed_id(&["/id"])?, transaction.id(&SUBSCRIPTION)?);
    let origin = transaction.text("/origin").unwrap_or_default();
    let is_recurring = transaction.find(&["/items/0/price/billing_cycle"]).is_some();
    let is_early = transaction.kind == "transaction.paid" && is_recurring && subscription.is_none();
    if origin == "subscription_payment_method_change" || is_early {
        return Ok(Vec::new());
    }
    let entitlement = subscription.filter(|_| is_recurring || origin != "subscription_charge");
    let entitlement = entitlement.unwrap_or_else(|| id.clone());
    let amount = net(transaction)?;
    let mut paid = PaidInvoice::new(transaction.run(&MARKS), id, entitlement, amount, transaction.at)
        .with_customer(transaction.id(&CUSTOMER)?.unwrap_or_default())
        .with_price_id(price(transaction)?);
    if transaction.text("/items/0/price/custom_data/ae_kind") == Some("link") {
        paid.link = transaction.id(&["/items/0/price/id"])?.unwrap_or_default();
    }
    paid.tier = transaction.tier(&MARKS);
    paid.period_end = transaction.date(&["/billing_period/ends_at"]).filter(|end| *end > transaction.at);
    Ok(vec![EventEffect::Paid(paid)])
}

fn failed(transaction: Object<'_>) -> Result<Vec<EventEffect>, WebhookError> {
    let id = transaction.needed_id(&["/id"])?;
    let customer = transaction.id(&CUSTOMER)?.unwrap_or_default();
    let amount = net(transaction)?;
    let failed = FailedPayment::new(transaction.run(&MARKS), id, amount, customer, transaction.at)
        .with_entitlement(transaction.id(&SUBSCRIPTION)?.unwrap_or_default())
        .with_price(price(transaction)?);
    Ok(vec![EventEffect::Failed(failed)])
}

fn adjusted(adjustment: Object<'_>) -> Result<Vec<EventEffect>, WebhookError> {
    let (action, status) = (adjustment.text("/action"), adjustment.text("/status"));
    let (Some(action), Some(status)) = (action, status) else {
        return Err(adjustment.unreadable(&["/action"]));
    };
    let (id, payment) = (adjustment.needed_id(&["/id"])?, adjustment.needed_id(&["/transaction_id"])?);
    let minor = minor(adjustment, "/totals/subtotal")?;
    let state = match (action, status) {
        ("refund", "approved" | "rejected" | "reversed") => {
            let minor = if status == "approved" { minor } else { 0 };
            let refunded = RefundedPayment::new(None, payment, money(adjustment, minor)?, adjustment.at);
            return Ok(vec![EventEffect::Refunded(refunded.with_refund(id))]);
        }
        ("chargeback", "reversed") | ("chargeback_reverse" | "chargeback_warning_reverse", _) => {
            DisputeState::Won
        }
        ("chargeback", _) => DisputeState::Open,
        ("chargeback_warning", _) => DisputeState::Inquiry,
        _ => return Ok(Vec::new()),
    };
    let amount = money(adjustment, minor)?;
    let disputed = DisputedPayment::new(payment.clone(), payment, amount, state, adjustment.at);
    Ok(vec![EventEffect::Disputed(disputed)])
}

fn changed(subscription: Object<'_>) -> Result<Vec<EventEffect>, WebhookError> {
    let id = subscription.needed_id(&["/id"])?;
    let name = subscription.text("/status");
    let state = SubscriptionState::ALL.iter().copied().find(|state| name == Some(state.as_str()));
    let state = state.ok_or_else(|| subscription.unreadable(&["/status"]))?;
    let run = subscription.run(&MARKS);
    let mut change = SubscriptionChange::new(id.clone(), state, subscription.at)
        .with_price(price(subscription)?)
        .with_customer(subscription.id(&CUSTOMER)?.unwrap_or_default())
        .with_ends_with_period(subscription.text("/scheduled_change/action") == Some("cancel"));
    change.run = run;
    change.period_end = subscription.date(&["/current_billing_period/ends_at"]);
    let mut effects = vec![EventEffect::Changed(change)];
    if state.is_over() {
        effects.push(EventEffect::Ended(EntitlementEnd::new(run, id)));
    }
    Ok(effects)
}
