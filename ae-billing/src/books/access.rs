//! From payments to access.

use ae_core::{BillingInterval, RunId, Timestamp};

use super::{facts::Stated, settle::Settled};
use crate::{Entitlement, PaidInvoice, SubscriptionChange, SubscriptionState, interval::period_end};

/// The entitlement from the payments of one agreement: independent of the order in which they became known. A payment
/// that went back in full pays for nothing; when none is left, the entitlement ended with the last refund.
pub(super) fn entitlement(
    id: &str,
    run: RunId,
    states: Option<&Stated<SubscriptionChange>>,
    mut payments: Vec<&Settled>,
) -> Option<Entitlement> {
    payments.sort_by(|a, b| {
        let (a, b) = (&a.invoice, &b.invoice);
        let rank = |one: &PaidInvoice| (one.paid_at, one.payment.clone(), one.amount.currency());
        rank(a).cmp(&rank(b))
    });
    let kept: Vec<_> = (1_u32..).zip(&payments).filter(|(_, paid)| paid.gone_at().is_none()).collect();
    let first = &payments.first()?.invoice;
    let counted = u32::try_from(payments.len()).unwrap_or(u32::MAX);
    let (number, last) = kept.last().copied().or_else(|| Some((counted, payments.last()?)))?;
    let last = &last.invoice;
    let newest = states.map(Stated::fact);
    let gone_at = payments.iter().filter_map(|paid| paid.gone_at()).max().filter(|_| kept.is_empty());
    // The period under way is that of the latest payment: if that went back, the state says nothing of what is paid.
    let stated = newest.filter(|_| payments.last().is_none_or(|paid| paid.gone_at().is_none()));
    let paid_until = until(kept.iter().map(|(_, paid)| &paid.invoice), stated);
    let bought_until = until(payments.iter().map(|paid| &paid.invoice), newest);
    // A payment after the end is a new beginning; not so where the provider states the agreement's periods: there an end is
    // final, and a later payment without a period is the last bill.
    let is_stated = states.is_some_and(|states| states.all().any(|change| change.period_end.is_some()));
    let is_final =
        is_stated && last.period_end.is_none_or(|end| newest.is_some_and(|change| end <= change.at));
    let ended_at = newest.filter(|change| change.state.is_over() && (is_final || change.at >= last.paid_at));
    let customer = Some(&last.customer)
        .filter(|customer| !customer.is_empty())
        .or_else(|| states?.all().map(|change| &change.customer).find(|customer| !customer.is_empty()));
    Some(Entitlement {
        id: id.to_owned(),
        run,
        customer: customer.cloned().unwrap_or_default(),
        price: last.price.clone(),
        tier: last.tier.clone(),
        amount: last.amount,
        interval: last.interval.unwrap_or(BillingInterval::OneTime),
        since: first.paid_at,
        paying_since: kept
            .iter()
            .map(|(_, paid)| &paid.invoice)
            .find(|invoice| !invoice.amount.is_zero())
            .map(|invoice| invoice.paid_at),
        number,
        paid_at: last.paid_at,
        paid_until,
        bought_until,
        ended_at: ended_at.map(|change| change.at).max(gone_at),
        state: newest.map(|change| change.state),
        ends_with_period: newest.is_some_and(|change| change.ends_with_period),
    })
}

/// The end of the periods that `invoices`, oldest first, pay for one after another; and of the one that the newest state
/// of the agreement names, where that is a trial, or where the latest payment does not say when its period ends.
fn until<'a>(
    invoices: impl Iterator<Item = &'a PaidInvoice>,
    newest: Option<&SubscriptionChange>,
) -> Option<Timestamp> {
    let mut latest = None;
    let paid = invoices.fold(None, |until: Option<Timestamp>, invoice| {
        latest = Some(invoice);
        match invoice.period_end {
            Some(end) => Some(until.map_or(end, |until| until.max(end))),
            None => {
                let from = until.map_or(invoice.paid_at, |until| until.max(invoice.paid_at));
                period_end(from, invoice.interval.unwrap_or(BillingInterval::OneTime))
            }
        }
    });
    let (Some(latest), Some(newest)) = (latest, newest) else { return paid };
    let Some(stated) = newest.period_end else { return paid };
    let is_open = latest.period_end.is_none();
    match (newest.state, paid) {
        (SubscriptionState::Trialing, Some(paid)) => Some(paid.max(stated)),
        // Without an interval nothing else says that the access has an end.
        _ if is_open && latest.interval.is_none() => Some(stated),
        (SubscriptionState::Active, Some(_)) if is_open && newest.at >= latest.paid_at => Some(stated),
        _ => paid,
    }
}
