//! Disputes: a customer's bank takes money back, or asks for it.

use super::event::{Effects, alias};
use crate::{DisputeState, DisputedPayment, EventEffect, webhook::read::Object};

/// A dispute in its state at the time of the event.
pub(super) fn of_dispute(dispute: Object<'_>) -> Effects {
    let state = match dispute.text("/status") {
        // A prevented one ends in a refund, which has its own event.
        Some("warning_needs_response" | "warning_under_review" | "warning_closed" | "prevented") => {
            DisputeState::Inquiry
        }
        Some("won") => DisputeState::Won,
        Some("lost") => DisputeState::Lost,
        // States that Stripe adds count as undecided, so that the money is not counted as there.
        Some(_) => DisputeState::Open,
        None => return Err(dispute.unreadable(&["/status"])),
    };
    let (id, payment) = (dispute.needed_id(&["/id"])?, dispute.needed_id(&["/payment_intent", "/charge"])?);
    let amount = dispute.money("/amount")?;
    let mut effects =
        vec![EventEffect::Disputed(DisputedPayment::new(id, payment, amount, state, dispute.at))];
    effects.extend(alias(dispute, "/payment_intent", "/charge")?);
    Ok(effects)
}
