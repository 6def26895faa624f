//! The sums of what was booked, and the access that it gives.

use std::collections::BTreeMap;

use ae_core::{BackendError, Currency, ErrorKind, Money, MoneyError, RunId};

use super::{
    access::entitlement,
    gather::{Facts, Knots},
    names,
    settle::{Back, Settled, Settlement},
};
use crate::{
    CurrencyRevenue, Entitlement, EventEffect, OnSale, Order, OrderId, Page, Price, RevenueSummary,
    Unresolved,
    interval::monthly,
    provider::rules::Terms,
    store::records::{BACKEND, Find, Records, Table, bad, error, load_all, parse},
};

impl Terms<'_> {
    pub(crate) fn revenue(self, records: &dyn Records, run: RunId) -> Result<RevenueSummary, BackendError> {
        let settled = settle(records, Knots::of_run(records, run)?)?;
        let own = self.currency_of(records, &run.to_string())?;
        let mut sums = Sums(BTreeMap::from([(own, CurrencyRevenue::new(own))]));
        for payment in settled.payments.iter().filter(|payment| payment.run == Some(run)) {
            sums.add(Some(payment.invoice.amount), &payment.back).map_err(arithmetic)?;
        }
        for (_, back) in settled.foreign.iter().filter(|(of, _)| *of == Some(run)) {
            sums.add(None, back).map_err(arithmetic)?;
        }
        let entitlements = settled.entitlements(|of| of == run);
        for entitlement in entitlements.iter().filter(|entitlement| entitlement.is_active(self.now)) {
            let month = monthly(entitlement.amount, entitlement.interval)
                .ok_or_else(|| error(ErrorKind::Internal, "revenue", "a month's share is too large"))?;
            let sum = sums.of(month.currency());
            sum.mrr = sum.mrr.checked_add(month).map_err(arithmetic)?;
        }
        let (mut failed, mut disputes) = (of(run, settled.failed), of(run, settled.disputes));
        failed.sort_by(|a, b| a.failed_at.cmp(&b.failed_at).then_with(|| a.payment.cmp(&b.payment)));
        disputes.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.dispute.cmp(&b.dispute)));
        let Sums(mut sums) = sums;
        let first = sums.remove(&own);
        let currencies = first.into_iter().chain(sums.into_values()).collect();
        Ok(RevenueSummary::new(run, currencies)
            .with_entitlements(entitlements)
            .with_failed(failed)
            .with_disputes(disputes))
    }

    /// The access of one order of this ledger, from the events about its payments alone.
    pub(crate) fn entitlement_of(
        self,
        records: &dyn Records,
        order: &Order,
    ) -> Result<Option<Entitlement>, BackendError> {
        let id = format!("{BACKEND}:{}", order.id);
        let settled = settle(records, Knots::of_agreement(&*id))?;
        Ok(settled.entitlements(|run| run == order.run).into_iter().find(|one| one.id == id))
    }

    fn currency_of(self, records: &dyn Records, run: &str) -> Result<Currency, BackendError> {
        let prices: Vec<Price> = load_all(records, Table::Prices, Find { limit: 1, ..Find::of_run(run) })?;
        if let Some(currency) = prices.first().and_then(|price| price.charge.currency()) {
            return Ok(currency);
        }
        let mut announced = Vec::new();
        for (_, row) in records.find(Table::Sales, Find::of_run(run))? {
            if row.id.starts_with("price ") {
                let OnSale { price, .. } = parse(Table::Sales, &row)?;
                announced
                    .extend(price.charge.currency().map(|currency| (price.created_at, price.id, currency)));
            }
        }
        let first = announced.into_iter().min().map(|(_, _, currency)| currency);
        Ok(first.or_else(|| self.provider.currencies.first().copied()).unwrap_or(Currency::USD))
    }
}

pub(crate) fn unresolved(records: &dyn Records) -> Result<Vec<Unresolved>, BackendError> {
    let settled = settle(records, Knots::of_money(records)?)?;
    let paid = settled.payments.into_iter().filter(|payment| payment.run.is_none());
    let mut all: Vec<_> = paid
        .map(|payment| Unresolved::new(payment.provider, EventEffect::Paid(payment.invoice)))
        .chain(settled.unknown.into_iter().map(|(provider, effect)| Unresolved::new(provider, effect)))
        .map(|one| (rank(&one), one))
        .collect();
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(all.into_iter().map(|(_, one)| one).collect())
}

/// By time, then by name.
fn rank(unresolved: &Unresolved) -> (Option<ae_core::Timestamp>, String, String) {
    let (at, name) = match &unresolved.effect {
        EventEffect::Paid(paid) => (Some(paid.paid_at), format!("{} {}", paid.payment, paid.amount)),
        EventEffect::Refunded(refund) => (Some(refund.refunded_at), format!("{refund:?}")),
        EventEffect::Disputed(dispute) => (Some(dispute.at), dispute.dispute.clone()),
        _ => (None, String::new()),
    };
    (at, unresolved.provider.clone(), name)
}

pub(crate) fn of_order(records: &dyn Records, order: &OrderId) -> Result<Option<Entitlement>, BackendError> {
    let all = named(records, names::order(order))?;
    Ok(all.into_iter().find(|entitlement| entitlement.order() == *order))
}

pub(crate) fn of_customer(
    records: &dyn Records,
    provider: &str,
    customer: &str,
) -> Result<Vec<Entitlement>, BackendError> {
    let mut all = named(records, names::of("customer", provider, customer))?;
    let prefix = format!("{provider}:");
    all.retain(|entitlement| entitlement.customer == customer && entitlement.id.starts_with(&prefix));
    Ok(all)
}

pub(crate) fn of_run(
    records: &dyn Records,
    run: RunId,
    after: Option<&str>,
    limit: u32,
) -> Result<Page<Entitlement>, BackendError> {
    const OPERATION: &str = "of_run";
    if !(1..=100).contains(&limit) {
        return bad(OPERATION, "a page has 1 to 100 entitlements");
    }
    let mut all = settle(records, Knots::of_run(records, run)?)?.entitlements(|of| of == run);
    if let Some(after) = after {
        let Some(place) = all.iter().position(|entitlement| entitlement.id == after) else {
            return bad(OPERATION, "that page marker is not of this list");
        };
        all.drain(..=place);
    }
    let whole = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = all.len() > whole;
    all.truncate(whole);
    let next = all.last().filter(|_| has_more).map(|entitlement| entitlement.id.clone());
    Ok(Page::new(all, next))
}

/// The entitlements of the agreements with this name.
fn named(records: &dyn Records, name: String) -> Result<Vec<Entitlement>, BackendError> {
    let mut knots = Knots::default();
    knots.agreements.extend(names::named(records, [name])?);
    Ok(settle(records, knots)?.entitlements(|_| true))
}

fn settle(records: &dyn Records, knots: Knots) -> Result<Settlement, BackendError> {
    Facts::on(records, knots)?.settle().map_err(arithmetic)
}

impl Settlement {
    /// The entitlements of the runs that `is_wanted` names, oldest first.
    fn entitlements(&self, is_wanted: impl Fn(RunId) -> bool) -> Vec<Entitlement> {
        let mut agreements: BTreeMap<(&str, RunId), Vec<&Settled>> = BTreeMap::new();
        for payment in &self.payments {
            if let Some(run) = payment.run.filter(|run| is_wanted(*run)) {
                agreements.entry((&payment.agreement, run)).or_default().push(payment);
            }
        }
        let mut all: Vec<_> = agreements
            .into_iter()
            .filter_map(|((id, run), payments)| entitlement(id, run, self.changes.get(id), payments))
            .collect();
        all.sort_by(|a, b| a.since.cmp(&b.since).then_with(|| a.id.cmp(&b.id)));
        all
    }
}

/// Sums by currency.
struct Sums(BTreeMap<Currency, CurrencyRevenue>);

impl Sums {
    fn of(&mut self, currency: Currency) -> &mut CurrencyRevenue {
        self.0.entry(currency).or_insert_with(|| CurrencyRevenue::new(currency))
    }

    fn add(&mut self, paid: Option<Money>, back: &Back) -> Result<(), MoneyError> {
        let sum = self.of(back.refunded.currency());
        let paid = paid.unwrap_or_else(|| Money::zero(back.refunded.currency()));
        sum.gross = sum.gross.checked_add(paid)?;
        sum.refunded = sum.refunded.checked_add(back.refunded)?;
        sum.disputed = sum.disputed.checked_add(back.disputed)?;
        sum.net = sum.gross.checked_sub(sum.refunded)?.checked_sub(sum.disputed)?;
        sum.payments = sum.payments.saturating_add(u64::from(!paid.is_zero()));
        Ok(())
    }
}

fn of<T>(run: RunId, all: Vec<(Option<RunId>, T)>) -> Vec<T> {
    all.into_iter().filter(|(of, _)| *of == Some(run)).map(|(_, one)| one).collect()
}

fn arithmetic(refused: MoneyError) -> BackendError {
    error(ErrorKind::Internal, "revenue", refused.to_string())
}
