//! Money that goes back.

use ae_core::Money;

use super::event::{Effects, alias};
use crate::{EventEffect, RefundedPayment, webhook::read::Object};

/// A charge of which some or all went back; it states the total so far.
pub(super) fn of_charge(charge: Object<'_>) -> Effects {
    let payment = charge.needed_id(&["/payment_intent", "/id"])?;
    let total = charge.money("/amount_refunded")?;
    let refunded = RefundedPayment::new(charge.run(&["/metadata"]), payment, total, charge.at);
    let mut effects = vec![EventEffect::Refunded(refunded)];
    effects.extend(alias(charge, "/payment_intent", "/id")?);
    Ok(effects)
}

/// One refund: it counts once it succeeded, and no longer when it failed after that. One that is pending is in the total
/// of its charge alone.
pub(super) fn single(refund: Object<'_>) -> Effects {
    let mut effects = alias(refund, "/payment_intent", "/charge")?;
    let amount = refund.money("/amount")?;
    let amount = match refund.text("/status") {
        Some("succeeded") => amount,
        Some("failed" | "canceled") => Money::zero(amount.currency()),
        _ => return Ok(effects),
    };
    let payment = refund.needed_id(&["/payment_intent", "/charge"])?;
    let refunded = RefundedPayment::new(refund.run(&["/metadata"]), payment, amount, refund.at)
        .with_refund(refund.needed_id(&["/id"])?);
    effects.push(EventEffect::Refunded(refunded));
    Ok(effects)
}
