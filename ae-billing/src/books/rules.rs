//! The rules for events that came in, and for what they add up to.

use ae_core::{BackendError, BillingInterval, Currency, ErrorKind, Money, MoneyError, RunId, Timestamp};
use jiff::{Span, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{
    Entitlement, EntitlementEnd, EventEffect, EventKind, Intake, Mode, PaidInvoice, Price, ReceivedEvent,
    RevenueSummary,
    provider::{catalog::Rules, checks},
    store::records::{Find, Records, Table, bad, error, load, load_all, refused, save},
    units,
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

/// Money that an event confirmed.
#[derive(Debug, Serialize, Deserialize)]
struct Revenue {
    event: String,
    invoice: PaidInvoice,
}

/// An agreement: its latest end, as far as an event told of one.
#[derive(Debug, Serialize, Deserialize)]
struct Agreement {
    id: String,
    run: RunId,
    ended_at: Option<Timestamp>,
}

impl Rules<'_> {
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
            .or_else(|_| bad(OPERATION, "the event is no UTF-8 text"))?;
        let (ignored, run) = match (&received.quarantine, &event.effect) {
            (Some(reason), _) => (Some(reason.clone()), String::new()),
            (None, None) => (Some(format!("{} changes nothing here", event.kind)), String::new()),
            (None, Some(EventEffect::Paid(invoice))) => {
                (book(records, received, invoice)?, invoice.run.to_string())
            }
            (None, Some(EventEffect::Ended(end))) => {
                (end_agreement(records, received, end)?, end.run.to_string())
            }
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
        Ok(ignored.map_or_else(
            || Intake::Accepted { event: event.clone() },
            |reason| Intake::Ignored { event: event.clone(), reason },
        ))
    }

    pub(crate) fn revenue(self, records: &dyn Records, run: RunId) -> Result<RevenueSummary, BackendError> {
        let arithmetic = |refused: MoneyError| error(ErrorKind::Internal, "revenue", refused.to_string());
        let name = run.to_string();
        let booked: Vec<Revenue> = load_all(records, Table::Revenue, Find::of_run(&name))?;
        let currency = match booked.first() {
            Some(first) => first.invoice.amount.currency(),
            None => self.currency_of(records, &name)?,
        };
        let (mut gross, mut mrr) = (Money::zero(currency), Money::zero(currency));
        for entry in &booked {
            gross = gross.checked_add(entry.invoice.amount).map_err(arithmetic)?;
        }
        let agreements: Vec<Agreement> = load_all(records, Table::Entitlements, Find::of_run(&name))?;
        let mut entitlements = Vec::new();
        for agreement in agreements {
            let invoices = booked.iter().map(|entry| &entry.invoice);
            let own = invoices.filter(|invoice| invoice.entitlement == agreement.id).collect();
            let Some(entitlement) = entitlement(agreement, own) else {
                continue;
            };
            if entitlement.is_active(self.now) {
                mrr = mrr.checked_add(monthly(&entitlement)?).map_err(arithmetic)?;
            }
            entitlements.push(entitlement);
        }
        entitlements.sort_by(|a, b| a.since.cmp(&b.since).then_with(|| a.id.cmp(&b.id)));
        let payments = u64::try_from(booked.len()).unwrap_or(u64::MAX);
        Ok(RevenueSummary { run, gross, payments, mrr, entitlements })
    }

    fn currency_of(self, records: &dyn Records, run: &str) -> Result<Currency, BackendError> {
        let prices: Vec<Price> = load_all(records, Table::Prices, Find { limit: 1, ..Find::of_run(run) })?;
        let of_price = prices.first().map(|price| price.amount.currency());
        Ok(of_price.or_else(|| self.config.currencies.first().copied()).unwrap_or(Currency::USD))
    }
}

/// Books the money. The answer is why not, if not.
fn book(
    records: &mut dyn Records,
    received: &ReceivedEvent,
    invoice: &PaidInvoice,
) -> Result<Option<String>, BackendError> {
    let run = invoice.run.to_string();
    let name = format!("{}:{}", received.provider, invoice.payment);
    if records.get(Table::Revenue, &name)?.is_some() {
        return Ok(Some(format!("payment {} is booked already", shown(&invoice.payment))));
    }
    if let Err(refused) = units::to_minor_units(invoice.amount) {
        return Ok(Some(refused.to_string()));
    }
    let booked: Vec<Revenue> = load_all(records, Table::Revenue, Find { limit: 1, ..Find::of_run(&run) })?;
    let prices: Vec<Price> = load_all(records, Table::Prices, Find { limit: 1, ..Find::of_run(&run) })?;
    let known = booked.first().map(|entry| entry.invoice.amount.currency());
    let known = known.or_else(|| prices.first().map(|price| price.amount.currency()));
    if let Some(known) = known.filter(|known| *known != invoice.amount.currency()) {
        return Ok(Some(format!("the payment is in {}, this run's in {known}", invoice.amount.currency())));
    }
    let invoice = PaidInvoice { entitlement: scoped(received, &invoice.entitlement), ..invoice.clone() };
    if agreement(records, &invoice.entitlement, invoice.run)?.run != invoice.run {
        return Ok(Some("the entitlement belongs to another run".to_owned()));
    }
    let owner = invoice.entitlement.clone();
    let entry = Revenue { event: received.event.id.clone(), invoice };
    save(records, Table::Revenue, (&name, &run, &owner), &entry)?;
    Ok(None)
}

fn end_agreement(
    records: &mut dyn Records,
    received: &ReceivedEvent,
    end: &EntitlementEnd,
) -> Result<Option<String>, BackendError> {
    let at = received.event.created_at;
    let mut agreement = agreement(records, &scoped(received, &end.entitlement), end.run)?;
    if agreement.run != end.run {
        return Ok(Some("the entitlement belongs to another run".to_owned()));
    }
    if agreement.ended_at.is_none_or(|before| before < at) {
        agreement.ended_at = Some(at);
        save_agreement(records, &agreement)?;
    }
    Ok(None)
}

/// The agreement; made when this event is the first to name it, because events arrive in any order.
fn agreement(records: &mut dyn Records, id: &str, run: RunId) -> Result<Agreement, BackendError> {
    if let Some(agreement) = load(records, Table::Entitlements, id)? {
        return Ok(agreement);
    }
    let agreement = Agreement { id: id.to_owned(), run, ended_at: None };
    save_agreement(records, &agreement)?;
    Ok(agreement)
}

fn save_agreement(records: &mut dyn Records, agreement: &Agreement) -> Result<(), BackendError> {
    save(records, Table::Entitlements, (&agreement.id, &agreement.run.to_string(), ""), agreement)
}

/// Providers name their agreements each for itself.
fn scoped(received: &ReceivedEvent, entitlement: &str) -> String {
    format!("{}:{entitlement}", received.provider)
}

/// What an agreement's payments entitle to: independent of the order in which they became known.
fn entitlement(agreement: Agreement, mut invoices: Vec<&PaidInvoice>) -> Option<Entitlement> {
    invoices.sort_by(|a, b| a.paid_at.cmp(&b.paid_at).then_with(|| a.payment.cmp(&b.payment)));
    let (first, last) = (*invoices.first()?, *invoices.last()?);
    let mut paid_until: Option<Timestamp> = None;
    for invoice in &invoices {
        let from = paid_until.map_or(invoice.paid_at, |until| until.max(invoice.paid_at));
        paid_until = period_end(from, invoice.interval);
    }
    Some(Entitlement {
        id: agreement.id,
        run: agreement.run,
        customer: last.customer.clone(),
        price: last.price.clone(),
        tier: last.tier.clone(),
        amount: last.amount,
        interval: last.interval,
        since: first.paid_at,
        paid_until,
        // Whoever pays again after the end has a new beginning.
        ended_at: agreement.ended_at.filter(|ended| *ended >= last.paid_at),
    })
}

/// The end of the period that begins at `from`: calendar months and years in UTC, the day clamped to the month.
fn period_end(from: Timestamp, interval: BillingInterval) -> Option<Timestamp> {
    let span = match interval {
        BillingInterval::MONTH => Span::new().months(1),
        BillingInterval::YEAR => Span::new().years(1),
        _ => return None,
    };
    from.to_zoned_datetime(TimeZone::UTC).checked_add(span).ok().map(|end| end.timestamp())
}

fn monthly(entitlement: &Entitlement) -> Result<Money, BackendError> {
    let amount = entitlement.amount;
    match entitlement.interval {
        BillingInterval::MONTH => Ok(amount),
        BillingInterval::YEAR => units::monthly_share(amount)
            .ok_or_else(|| error(ErrorKind::Internal, "revenue", format!("{amount} has no monthly share"))),
        _ => Ok(Money::zero(amount.currency())),
    }
}

fn shown(id: &str) -> String {
    id.chars().filter(|c| !c.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn periods_are_calendar_months_and_years() {
        for (from, interval, end) in [
            ("2026-01-31T10:00:00Z", BillingInterval::MONTH, Some("2026-02-28T10:00:00Z")),
            ("2024-02-29T00:00:00Z", BillingInterval::YEAR, Some("2025-02-28T00:00:00Z")),
            ("2026-11-24T02:00:00Z", BillingInterval::MONTH, Some("2026-12-24T02:00:00Z")),
            ("2026-11-24T02:00:00Z", BillingInterval::OneTime, None),
        ] {
            assert_eq!(period_end(at(from), interval), end.map(at), "{from}");
        }
    }
}
