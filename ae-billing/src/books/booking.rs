//! The rules for events that come in.
//!
//! Each event writes facts that do not depend on what else is known: a payment, the end of an agreement, a refunded
//! total, a failed try. They meet only when the books are [read](super::revenue), so the order of arrival can't matter.

use ae_core::{BackendError, Money, RunId, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    EntitlementEnd, EventEffect, EventKind, FailedPayment, Intake, Mode, PaidInvoice, ReceivedEvent,
    RefundedPayment,
    provider::{checks, rules::Terms},
    store::records::{Records, Table, bad, load, refused, save},
    webhook::RAW_BYTES_MAX,
};

const OPERATION: &str = "record_event";

/// An event as it is kept, with the bytes that were signed.
#[derive(Debug, Serialize, Deserialize)]
struct KeptEvent {
    provider: String,
    id: String,
    kind: EventKind,
    mode: Mode,
    created_at: Timestamp,
    received_at: Timestamp,
    ignored: Option<String>,
    raw: String,
}

/// A fact and the provider that stated it: providers name payments and agreements each for itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stated<T> {
    pub(super) provider: String,
    pub(super) event: String,
    pub(super) fact: T,
}

/// The latest end of an agreement.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ended {
    pub(super) entitlement: String,
    pub(super) at: Timestamp,
}

impl Terms<'_> {
    pub(crate) fn record_event(
        self,
        records: &mut dyn Records,
        received: &ReceivedEvent,
    ) -> Result<Intake, BackendError> {
        let event = &received.event;
        checks::label("provider's name", &received.provider).map_err(refused(OPERATION))?;
        checks::line("event's id", &event.id, 255).map_err(refused(OPERATION))?;
        let name = format!("{}:{}", received.provider, event.id);
        if records.get(Table::Events, &name)?.is_some() {
            return Ok(Intake::Duplicate { event: event.id.clone() });
        }
        if received.raw.len() > RAW_BYTES_MAX {
            return bad(OPERATION, format!("the event is larger than {RAW_BYTES_MAX} bytes"));
        }
        let raw = String::from_utf8(received.raw.clone())
            .or_else(|_| bad(OPERATION, "the event is not UTF-8 text"))?;
        let (run, ignored) = match (&received.quarantine, &event.effect) {
            (Some(reason), _) => (String::new(), Some(reason.clone())),
            (None, None) => (String::new(), Some(format!("{} changes nothing here", event.kind))),
            (None, Some(effect)) => book(records, received, effect)?,
        };
        let kept = KeptEvent {
            provider: received.provider.clone(),
            id: event.id.clone(),
            kind: event.kind.clone(),
            mode: event.mode,
            created_at: event.created_at,
            received_at: received.received_at,
            ignored: ignored.clone(),
            raw,
        };
        save(records, Table::Events, (&name, &run, &received.provider), &kept)?;
        let event = event.id.clone();
        Ok(match ignored {
            None => Intake::Accepted { event },
            Some(reason) => Intake::Ignored { event, reason },
        })
    }
}

/// Books the effect. The answer is the run, and why nothing changed if nothing did.
fn book(
    records: &mut dyn Records,
    received: &ReceivedEvent,
    effect: &EventEffect,
) -> Result<(String, Option<String>), BackendError> {
    let (run, is_new, what) = match effect {
        EventEffect::Paid(invoice) => (invoice.run, paid(records, received, invoice)?, &invoice.payment),
        EventEffect::Ended(end) => (end.run, ended(records, received, end)?, &end.entitlement),
        EventEffect::Refunded(refund) => (refund.run, refunded(records, received, refund)?, &refund.payment),
        EventEffect::Failed(failed) => (failed.run, failure(records, received, failed)?, &failed.payment),
    };
    let shown: String = what.chars().filter(|c| !c.is_control()).take(80).collect();
    Ok((run.to_string(), (!is_new).then(|| format!("{} of {shown} is booked already", received.event.kind))))
}

fn paid(
    records: &mut dyn Records,
    received: &ReceivedEvent,
    invoice: &PaidInvoice,
) -> Result<bool, BackendError> {
    not_below_zero(invoice.amount)?;
    // The first telling stands.
    state(records, Table::Revenue, received, (invoice.run, &invoice.payment), invoice, |_| false)
}

fn ended(
    records: &mut dyn Records,
    received: &ReceivedEvent,
    end: &EntitlementEnd,
) -> Result<bool, BackendError> {
    let at = received.event.created_at;
    let fact = Ended { entitlement: end.entitlement.clone(), at };
    let name = format!("{}:{}", end.run, end.entitlement);
    state(records, Table::Entitlements, received, (end.run, &name), &fact, |known: &Ended| at > known.at)
}

fn refunded(
    records: &mut dyn Records,
    received: &ReceivedEvent,
    refund: &RefundedPayment,
) -> Result<bool, BackendError> {
    not_below_zero(refund.refunded)?;
    // A row for each currency, so that amounts that can't be compared never meet.
    let name = format!("{}:{}", refund.payment, refund.refunded.currency());
    state(records, Table::Refunds, received, (refund.run, &name), refund, |known: &RefundedPayment| {
        let (old, new) = (known.refunded.pico(), refund.refunded.pico());
        new > old || (new == old && refund.refunded_at < known.refunded_at)
    })
}

fn failure(
    records: &mut dyn Records,
    received: &ReceivedEvent,
    failed: &FailedPayment,
) -> Result<bool, BackendError> {
    not_below_zero(failed.amount)?;
    state(
        records,
        Table::Failures,
        received,
        (failed.run, &failed.payment),
        failed,
        |known: &FailedPayment| failed.failed_at > known.failed_at,
    )
}

/// Keeps the fact, unless one of the same name is known that it does not replace.
fn state<T: Serialize + DeserializeOwned>(
    records: &mut dyn Records,
    table: Table,
    received: &ReceivedEvent,
    (run, name): (RunId, &str),
    fact: &T,
    replaces: impl FnOnce(&T) -> bool,
) -> Result<bool, BackendError> {
    let name = format!("{}:{name}", received.provider);
    let known: Option<Stated<T>> = load(records, table, &name)?;
    if known.is_some_and(|known| !replaces(&known.fact)) {
        return Ok(false);
    }
    let (provider, event) = (received.provider.clone(), received.event.id.clone());
    let stated = Stated { provider, event, fact };
    save(records, table, (&name, &run.to_string(), ""), &stated)?;
    Ok(true)
}

fn not_below_zero(amount: Money) -> Result<(), BackendError> {
    if amount.is_negative() {
        return bad(OPERATION, format!("{amount} is below zero: money that went back is a refund"));
    }
    Ok(())
}
