//! Checkout sessions: what a customer bought with a link.

use super::event::{Effects, alias};
use crate::{EventEffect, FailedPayment, PaidInvoice, WebhookError, webhook::read::Object};

const METADATA: [&str; 1] = ["/metadata"];
const AGREEMENT: [&str; 4] = ["/subscription", "/invoice", "/payment_intent", "/id"];

/// A session that a customer finished. It entitles only when the money is there or none is due: slow methods of payment
/// finish unpaid, and `async_payment_succeeded` follows.
pub(super) fn finished(session: Object<'_>) -> Effects {
    let is_paid = matches!(session.text("/payment_status"), Some("paid" | "no_payment_required"));
    // A session of mode `setup` sells nothing.
    if !is_paid || session.text("/mode") == Some("setup") {
        return Ok(Vec::new());
    }
    let (payment, entitlement) = (payment(session)?, session.needed_id(&AGREEMENT)?);
    let amount = session.money("/amount_total")?;
    let mut paid = PaidInvoice::new(session.run(&METADATA), payment, entitlement, amount, session.at)
        .with_customer(session.id(&["/customer"])?.unwrap_or_default())
        .with_link(session.id(&["/payment_link"])?.unwrap_or_default());
    paid.tier = session.tier(&METADATA);
    let mut effects = vec![EventEffect::Paid(paid)];
    effects.extend(alias(session, "/invoice", "/payment_intent")?);
    Ok(effects)
}

/// A slow method of payment that brought no money.
pub(super) fn failed(session: Object<'_>) -> Effects {
    let amount = session.money("/amount_total")?;
    let customer = session.id(&["/customer"])?.unwrap_or_default();
    let failed = FailedPayment::new(session.run(&METADATA), payment(session)?, amount, customer, session.at)
        .with_entitlement(session.needed_id(&AGREEMENT)?);
    Ok(vec![EventEffect::Failed(failed)])
}

fn payment(session: Object<'_>) -> Result<String, WebhookError> {
    session.needed_id(&["/invoice", "/payment_intent", "/id"])
}
