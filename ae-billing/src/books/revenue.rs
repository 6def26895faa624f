//! The sums of what was booked.

use std::collections::BTreeMap;

use ae_core::{BackendError, Currency, ErrorKind, Money, MoneyError, RunId, Timestamp};

use super::booking::{Ended, Stated};
use crate::{
    CurrencyRevenue, Entitlement, FailedPayment, Order, PaidInvoice, Price, RefundedPayment, RevenueSummary,
    interval::{monthly, period_end},
    provider::rules::Terms,
    store::records::{BACKEND, Find, Records, Table, error, load, load_all},
};

/// A payment and the part of it that went back.
#[derive(Debug)]
struct Settled<'a> {
    invoice: &'a PaidInvoice,
    refund: Option<&'a RefundedPayment>,
}

impl Settled<'_> {
    fn refunded(&self) -> Money {
        let none = Money::zero(self.invoice.amount.currency());
        self.refund.map_or(none, |refund| {
            if refund.refunded.pico() < self.invoice.amount.pico() {
                refund.refunded
            } else {
                self.invoice.amount
            }
        })
    }

    /// The time at which all of it had gone back.
    fn gone_at(&self) -> Option<Timestamp> {
        let refund = self.refund.filter(|_| !self.invoice.amount.is_zero())?;
        (self.refunded() == self.invoice.amount).then_some(refund.refunded_at)
    }
}

impl Terms<'_> {
    pub(crate) fn revenue(self, records: &dyn Records, run: RunId) -> Result<RevenueSummary, BackendError> {
        let arithmetic = |refused: MoneyError| error(ErrorKind::Internal, "revenue", refused.to_string());
        let name = run.to_string();
        let paid: Vec<Stated<PaidInvoice>> = load_all(records, Table::Revenue, Find::of_run(&name))?;
        let refunds: Vec<Stated<RefundedPayment>> = load_all(records, Table::Refunds, Find::of_run(&name))?;
        let ends: Vec<Stated<Ended>> = load_all(records, Table::Entitlements, Find::of_run(&name))?;
        let failures: Vec<Stated<FailedPayment>> = load_all(records, Table::Failures, Find::of_run(&name))?;

        let own = self.currency_of(records, &name)?;
        let mut sums = BTreeMap::from([(own, CurrencyRevenue::new(own))]);
        let mut agreements: BTreeMap<(&str, &str), Vec<Settled<'_>>> = BTreeMap::new();
        for Stated { provider, fact: invoice, .. } in &paid {
            let is_refund = |refund: &&Stated<RefundedPayment>| {
                refund.provider == *provider
                    && refund.fact.payment == invoice.payment
                    && refund.fact.refunded.currency() == invoice.amount.currency()
            };
            let refund = refunds.iter().find(is_refund).map(|refund| &refund.fact);
            let settled = Settled { invoice, refund };
            let currency = invoice.amount.currency();
            let sum = sums.entry(currency).or_insert_with(|| CurrencyRevenue::new(currency));
            sum.add(&settled).map_err(arithmetic)?;
            agreements.entry((provider, &invoice.entitlement)).or_default().push(settled);
        }

        let mut entitlements = Vec::with_capacity(agreements.len());
        for ((provider, id), payments) in agreements {
            let end = ends.iter().find(|end| end.provider == provider && end.fact.entitlement == id);
            let id = format!("{provider}:{id}");
            let Some(entitlement) = entitlement(id, run, end.map(|end| end.fact.at), payments) else {
                continue;
            };
            if entitlement.is_active(self.now) {
                let month = monthly(entitlement.amount, entitlement.interval)
                    .ok_or_else(|| error(ErrorKind::Internal, "revenue", "a month's share is too large"))?;
                let sum =
                    sums.entry(month.currency()).or_insert_with(|| CurrencyRevenue::new(month.currency()));
                sum.mrr = sum.mrr.checked_add(month).map_err(arithmetic)?;
            }
            entitlements.push(entitlement);
        }
        entitlements.sort_by(|a, b| a.since.cmp(&b.since).then_with(|| a.id.cmp(&b.id)));

        let is_paid = |failed: &Stated<FailedPayment>| {
            paid.iter()
                .any(|paid| paid.provider == failed.provider && paid.fact.payment == failed.fact.payment)
        };
        let mut failed: Vec<_> =
            failures.into_iter().filter(|failed| !is_paid(failed)).map(|failed| failed.fact).collect();
        failed.sort_by(|a, b| a.failed_at.cmp(&b.failed_at).then_with(|| a.payment.cmp(&b.payment)));

        let first = sums.remove(&own);
        let currencies = first.into_iter().chain(sums.into_values()).collect();
        Ok(RevenueSummary::new(run, currencies).with_entitlements(entitlements).with_failed(failed))
    }

    /// The access of one order, from the events about its payments alone.
    pub(crate) fn entitlement_of(
        self,
        records: &dyn Records,
        order: &Order,
    ) -> Result<Option<Entitlement>, BackendError> {
        let mut paid = Vec::with_capacity(order.payments.len());
        for payment in &order.payments {
            let name = format!("{BACKEND}:{payment}");
            let Some(stated) = load::<Stated<PaidInvoice>>(records, Table::Revenue, &name)? else { continue };
            let name = format!("{name}:{}", stated.fact.amount.currency());
            let refund = load::<Stated<RefundedPayment>>(records, Table::Refunds, &name)?;
            paid.push((stated.fact, refund.map(|refund| refund.fact)));
        }
        let name = format!("{BACKEND}:{}:{}", order.run, order.id);
        let end = load::<Stated<Ended>>(records, Table::Entitlements, &name)?;
        let settled =
            paid.iter().map(|(invoice, refund)| Settled { invoice, refund: refund.as_ref() }).collect();
        let id = format!("{BACKEND}:{}", order.id);
        Ok(entitlement(id, order.run, end.map(|end| end.fact.at), settled))
    }

    fn currency_of(self, records: &dyn Records, run: &str) -> Result<Currency, BackendError> {
        let prices: Vec<Price> = load_all(records, Table::Prices, Find { limit: 1, ..Find::of_run(run) })?;
        let of_price = prices.first().map(|price| price.amount.currency());
        Ok(of_price.or_else(|| self.provider.currencies.first().copied()).unwrap_or(Currency::USD))
    }
}

impl CurrencyRevenue {
    fn add(&mut self, settled: &Settled<'_>) -> Result<(), MoneyError> {
        self.gross = self.gross.checked_add(settled.invoice.amount)?;
        self.refunded = self.refunded.checked_add(settled.refunded())?;
        self.net = self.gross.checked_sub(self.refunded)?;
        self.payments = self.payments.saturating_add(u64::from(!settled.invoice.amount.is_zero()));
        Ok(())
    }
}

/// The entitlement from the payments of one agreement: independent of the order in which they became known. A payment
/// that went back in full pays for nothing; when none is left, the entitlement ended with the last refund.
fn entitlement(
    id: String,
    run: RunId,
    ended_at: Option<Timestamp>,
    mut payments: Vec<Settled<'_>>,
) -> Option<Entitlement> {
    payments.sort_by(|a, b| {
        let (a, b) = (a.invoice, b.invoice);
        a.paid_at.cmp(&b.paid_at).then_with(|| a.payment.cmp(&b.payment))
    });
    let kept: Vec<_> = (1_u32..).zip(&payments).filter(|(_, paid)| paid.gone_at().is_none()).collect();
    let first = payments.first()?.invoice;
    let counted = u32::try_from(payments.len()).unwrap_or(u32::MAX);
    let (number, last) = kept.last().copied().or_else(|| Some((counted, payments.last()?)))?;
    let last = last.invoice;
    let gone_at = payments.iter().filter_map(Settled::gone_at).max().filter(|_| kept.is_empty());
    let paid_until = end_of(kept.iter().map(|(_, paid)| paid.invoice));
    let bought_until = end_of(payments.iter().map(|paid| paid.invoice));
    Some(Entitlement {
        id,
        run,
        customer: last.customer.clone(),
        price: last.price.clone(),
        tier: last.tier.clone(),
        amount: last.amount,
        interval: last.interval,
        since: first.paid_at,
        number,
        paid_at: last.paid_at,
        paid_until,
        bought_until,
        // A payment after the end is a new beginning.
        ended_at: ended_at.filter(|ended| *ended >= last.paid_at).max(gone_at),
    })
}

/// The end of the periods that `invoices`, oldest first, pay for one after another.
fn end_of<'a>(invoices: impl Iterator<Item = &'a PaidInvoice>) -> Option<Timestamp> {
    invoices.fold(None, |until: Option<Timestamp>, invoice| match invoice.period_end {
        Some(end) => Some(until.map_or(end, |until| until.max(end))),
        None => {
            period_end(until.map_or(invoice.paid_at, |until| until.max(invoice.paid_at)), invoice.interval)
        }
    })
}
