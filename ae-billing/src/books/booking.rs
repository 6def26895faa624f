//! The rules for events that come in.
//!
//! Each effect of an event writes a [statement](super::facts) that does not depend on what else is known: a payment, a
//! state, a refund, a dispute. They meet only when the books are [read](super::settle), so the order of arrival can't
//! matter, and a price may be announced before or after its payments.

use std::collections::BTreeSet;

use ae_core::{BackendError, Money, RunId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    facts::{Fact, Stated},
    names,
};
use crate::{
    EventEffect, EventKind, Intake, Mode, OrderId, PaidInvoice, PaymentAlias, ReceivedEvent,
    SubscriptionChange, SubscriptionState,
    provider::{checks, rules::Terms},
    store::records::{Records, Table, bad, load, refused, save},
    webhook::RAW_BYTES_MAX,
};

const OPERATION: &str = "record_event";
/// The longest id of a provider, in bytes.
const ID_BYTES_MAX: usize = 255;

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

impl Terms<'_> {
    pub(crate) fn record_event(
        self,
        records: &mut dyn Records,
        received: &ReceivedEvent,
    ) -> Result<Intake, BackendError> {
        let event = &received.event;
        checks::label("provider's name", &received.provider).map_err(refused(OPERATION))?;
        checks::line("event's id", &event.id, ID_BYTES_MAX).map_err(refused(OPERATION))?;
        let name = format!("{}:{}", received.provider, event.id);
        if records.get(Table::Events, &name)?.is_some() {
            return Ok(Intake::Duplicate { event: event.id.clone() });
        }
        if received.raw.len() > RAW_BYTES_MAX {
            return bad(OPERATION, format!("the event is larger than {RAW_BYTES_MAX} bytes"));
        }
        let raw = String::from_utf8(received.raw.clone())
            .or_else(|_| bad(OPERATION, "the event is not UTF-8 text"))?;
        let ignored = match (&received.quarantine, event.effects.as_slice()) {
            (Some(reason), _) => Some(reason.clone()),
            (None, []) => Some(format!("{} changes nothing here", event.kind)),
            (None, [first, ..]) => {
                let mut booking = Booking { records, received, is_new: false };
                event.effects.iter().try_for_each(|effect| booking.book(effect))?;
                let is_new = booking.is_new;
                (!is_new).then(|| format!("{} of {} is booked already", event.kind, subject(first)))
            }
        };
        let run = event.effects.iter().find_map(run_of).map(|run| run.to_string()).unwrap_or_default();
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

/// The effects of one event on their way into the books, and whether any of them is new.
struct Booking<'a> {
    records: &'a mut dyn Records,
    received: &'a ReceivedEvent,
    is_new: bool,
}

impl Booking<'_> {
    fn book(&mut self, effect: &EventEffect) -> Result<(), BackendError> {
        match effect {
            EventEffect::Paid(invoice) => self.paid(invoice.clone()),
            EventEffect::Ended(end) => {
                let at = self.received.event.created_at;
                let change = SubscriptionChange::new(&*end.entitlement, SubscriptionState::Canceled, at);
                self.changed(SubscriptionChange { run: end.run, ..change })
            }
            EventEffect::Changed(change) => self.changed(change.clone()),
            EventEffect::Refunded(refund) => {
                not_below_zero(refund.refunded)?;
                id("payment", &refund.payment)?;
                if !refund.refund.is_empty() {
                    id("refund", &refund.refund)?;
                }
                self.state(refund.clone()).map(drop)
            }
            EventEffect::Failed(failed) => {
                not_below_zero(failed.amount)?;
                id("payment", &failed.payment)?;
                id("agreement", failed.owner())?;
                self.name(failed.owner(), "price", &failed.price)?;
                self.state(failed.clone()).map(drop)
            }
            EventEffect::Disputed(dispute) => {
                not_below_zero(dispute.amount)?;
                id("dispute", &dispute.dispute)?;
                id("payment", &dispute.payment)?;
                self.state(dispute.clone()).map(drop)
            }
            EventEffect::SamePayment(alias) => {
                id("payment", &alias.payment)?;
                id("other id of a payment", &alias.alias)?;
                self.state(alias.clone())?;
                self.mirror(alias)
            }
        }
    }

    fn paid(&mut self, invoice: PaidInvoice) -> Result<(), BackendError> {
        not_below_zero(invoice.amount)?;
        id("payment", &invoice.payment)?;
        id("agreement", invoice.owner())?;
        self.name(invoice.owner(), "price", &invoice.price)?;
        self.name(invoice.owner(), "link", &invoice.link)?;
        self.name(invoice.owner(), "customer", &invoice.customer)?;
        let agreement = self.place(invoice.owner());
        names::add(self.records, &names::order(&OrderId::of_entitlement(&agreement)), &agreement)?;
        let payment = self.place(&invoice.payment);
        let Some(stated) = self.state(invoice)? else { return Ok(()) };
        let agreements: BTreeSet<_> = stated.all().map(|fact| self.place(fact.owner())).collect();
        // A row has one owner: the payment is found by the others through names.
        if agreements.len() > 1 {
            for agreement in agreements {
                names::add(self.records, &names::payments_of(&agreement), &payment)?;
            }
        }
        Ok(())
    }

    fn changed(&mut self, change: SubscriptionChange) -> Result<(), BackendError> {
        id("agreement", &change.entitlement)?;
        self.name(&change.entitlement, "price", &change.price)?;
        self.name(&change.entitlement, "customer", &change.customer)?;
        self.state(change).map(drop)
    }

    fn place(&self, id: &str) -> String {
        format!("{}:{id}", self.received.provider)
    }

    /// Keeps the statement, unless it changes nothing. The answer is the row when it was changed.
    fn state<T: Fact>(&mut self, fact: T) -> Result<Option<Stated<T>>, BackendError> {
        let (provider, event) = (&self.received.provider, &self.received.event.id);
        let row = self.place(&fact.id());
        let known: Option<Stated<T>> = load(self.records, T::TABLE, &row)?;
        let stated = match known {
            None => Some(Stated::new(provider, event, fact)),
            Some(known) => known.with(event, fact),
        };
        let Some(stated) = stated else { return Ok(None) };
        self.is_new = true;
        let run = stated.all().find_map(Fact::run).map(|run| run.to_string()).unwrap_or_default();
        let owner = self.place(stated.fact().owner());
        save(self.records, T::TABLE, (&row, &run, &owner), &stated)?;
        Ok(Some(stated))
    }

    /// Lets the payment be found by its other id, too.
    fn mirror(&mut self, alias: &PaymentAlias) -> Result<(), BackendError> {
        let row = self.place(&format!("{} {} <", alias.alias, alias.payment));
        if self.records.get(Table::Aliases, &row)?.is_some() {
            return Ok(());
        }
        let stated = Stated::new(&self.received.provider, &self.received.event.id, alias.clone());
        let owner = self.place(&alias.alias);
        save(self.records, Table::Aliases, (&row, "", &owner), &stated)
    }

    /// Lets the agreement be found by a price, a link or a customer.
    fn name(&mut self, entitlement: &str, kind: &str, name: &str) -> Result<(), BackendError> {
        match name {
            "" => Ok(()),
            name => {
                if kind == "customer" {
                    checks::line("customer", name, ID_BYTES_MAX).map_err(refused(OPERATION))?;
                } else {
                    id("price or link", name)?;
                }
                let name = names::of(kind, &self.received.provider, name);
                let agreement = self.place(entitlement);
                names::add(self.records, &name, &agreement)
            }
        }
    }
}

/// The subject of an effect, for people.
fn subject(effect: &EventEffect) -> String {
    let what = match effect {
        EventEffect::Paid(invoice) => &invoice.payment,
        EventEffect::Ended(end) => &end.entitlement,
        EventEffect::Refunded(refund) => &refund.payment,
        EventEffect::Failed(failed) => &failed.payment,
        EventEffect::Changed(change) => &change.entitlement,
        EventEffect::Disputed(dispute) => &dispute.dispute,
        EventEffect::SamePayment(alias) => &alias.payment,
    };
    what.chars().take(80).collect()
}

const fn run_of(effect: &EventEffect) -> Option<RunId> {
    match effect {
        EventEffect::Paid(invoice) => invoice.run,
        EventEffect::Ended(end) => end.run,
        EventEffect::Refunded(refund) => refund.run,
        EventEffect::Failed(failed) => failed.run,
        EventEffect::Changed(change) => change.run,
        EventEffect::Disputed(dispute) => dispute.run,
        EventEffect::SamePayment(_) => None,
    }
}

/// Ids have no white space, so that a blank can part them in the names of rows.
fn id(what: &str, text: &str) -> Result<(), BackendError> {
    let is_good = (1..=ID_BYTES_MAX).contains(&text.len())
        && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if is_good {
        return Ok(());
    }
    bad(OPERATION, format!("the id of the {what} is not 1 to {ID_BYTES_MAX} bytes without white space"))
}

fn not_below_zero(amount: Money) -> Result<(), BackendError> {
    if amount.is_negative() {
        return bad(OPERATION, format!("{amount} is below zero: money that went back is a refund"));
    }
    Ok(())
}
