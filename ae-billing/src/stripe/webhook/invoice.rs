//! Invoices: each period of a subscription, the first one included.

use ae_core::Timestamp;

use super::event::{Effects, alias};
use crate::{EventEffect, FailedPayment, PaidInvoice, webhook::read::Object};

const METADATA: [&str; 3] =
    ["/parent/subscription_details/metadata", "/subscription_details/metadata", "/metadata"];
const AGREEMENT: [&str; 3] = ["/parent/subscription_details/subscription", "/subscription", "/id"];
const PRICE: [&str; 2] = ["/pricing/price_details/price", "/price"];

/// An invoice that is settled; that of a trial has nothing to settle.
pub(super) fn paid(invoice: Object<'_>) -> Effects {
    let paid_at = invoice.time(&["/status_transitions/paid_at"]).unwrap_or(invoice.at);
    let (payment, agreement) = (invoice.needed_id(&["/id"])?, invoice.needed_id(&AGREEMENT)?);
    let line = line(invoice);
    let price = line.map(|line| line.id(&PRICE)).transpose()?.flatten();
    let mut paid =
        PaidInvoice::new(invoice.run(&METADATA), payment, agreement, invoice.money("/amount_paid")?, paid_at)
            .with_customer(invoice.id(&["/customer"])?.unwrap_or_default())
            .with_price_id(price.unwrap_or_default());
    paid.tier = invoice.tier(&METADATA);
    // The line of a metered price has the period that ended; what is paid until is then for the store to find.
    paid.period_end = line.and_then(end).filter(|end| *end > paid_at);
    Ok(vec![EventEffect::Paid(paid)])
}

/// An invoice that could not be collected for now.
pub(super) fn failed(invoice: Object<'_>) -> Effects {
    let (payment, amount) = (invoice.needed_id(&["/id"])?, invoice.money("/amount_due")?);
    let customer = invoice.id(&["/customer"])?.unwrap_or_default();
    let price = line(invoice).map(|line| line.id(&PRICE)).transpose()?.flatten();
    let failed = FailedPayment::new(invoice.run(&METADATA), payment, amount, customer, invoice.at)
        .with_entitlement(invoice.needed_id(&AGREEMENT)?)
        .with_price(price.unwrap_or_default());
    Ok(vec![EventEffect::Failed(failed)])
}

/// The payment that settled an invoice: refunds and disputes know it by this id alone.
pub(super) fn joined(payment: Object<'_>) -> Effects {
    let paid_by = ["/payment/payment_intent", "/payment/charge"];
    let path = paid_by.into_iter().find(|path| payment.find(&[path]).is_some());
    path.map_or(Ok(Vec::new()), |path| alias(payment, "/invoice", path))
}

/// The line that says what is paid for: of a change of plan the new one, hence the last that reaches furthest and is not
/// the settlement of the old one; without a subscription the first.
fn line(invoice: Object<'_>) -> Option<Object<'_>> {
    let of_subscription = |line: &Object<'_>| {
        line.text("/parent/type") == Some("subscription_item_details")
            || line.text("/type") == Some("subscription")
    };
    let settles = |line: &Object<'_>| {
        line.is_true("/parent/subscription_item_details/proration") || line.is_true("/proration")
    };
    let lines = || invoice.list("/lines/data");
    lines().filter(of_subscription).max_by_key(|line| (!settles(line), end(*line))).or_else(|| lines().next())
}

fn end(line: Object<'_>) -> Option<Timestamp> {
    line.time(&["/period/end"])
}
