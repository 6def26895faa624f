//! The contract of [`EventStore`] as checks.

mod intake;
mod links;
mod money;
mod story;

use ae_core::conformance::Ran;

use crate::EventStore;
use intake::{
    e1_a_known_event_is_a_duplicate, e2_the_order_does_not_matter, e3_what_has_no_effect_is_kept,
    e4_a_payment_counts_once, e8_nothing_below_zero_is_booked, e10_all_effects_or_none,
};
use links::{
    e11_prices_lead_to_runs, e12_aliases_are_one_payment, e13_disputes_hold_money,
    e14_the_newest_state_counts,
};
use money::{
    e5_money_is_booked_in_its_currency, e6_refunds_reduce_revenue, e7_a_failure_is_shown_until_it_is_paid,
    e9_an_entitlement_names_its_latest_payment,
};
pub(in crate::books) use story::{Story, at, invoice, usd};

/// Runs every check of an [`EventStore`]. `seed` keeps this pass apart from others on the same store.
///
/// # Panics
///
/// When a clause does not hold; the message begins with its number.
pub async fn run_store(store: &dyn EventStore, seed: &str) -> Ran {
    let mut ran = Ran::default();
    ran.clause("E1", e1_a_known_event_is_a_duplicate(store, seed)).await;
    ran.clause("E2", e2_the_order_does_not_matter(store, seed)).await;
    ran.clause("E3", e3_what_has_no_effect_is_kept(store, seed)).await;
    ran.clause("E4", e4_a_payment_counts_once(store, seed)).await;
    ran.clause("E5", e5_money_is_booked_in_its_currency(store, seed)).await;
    ran.clause("E6", e6_refunds_reduce_revenue(store, seed)).await;
    ran.clause("E7", e7_a_failure_is_shown_until_it_is_paid(store, seed)).await;
    ran.clause("E8", e8_nothing_below_zero_is_booked(store, seed)).await;
    ran.clause("E9", e9_an_entitlement_names_its_latest_payment(store, seed)).await;
    ran.clause("E10", e10_all_effects_or_none(store, seed)).await;
    ran.clause("E11", e11_prices_lead_to_runs(store, seed)).await;
    ran.clause("E12", e12_aliases_are_one_payment(store, seed)).await;
    ran.clause("E13", e13_disputes_hold_money(store, seed)).await;
    ran.clause("E14", e14_the_newest_state_counts(store, seed)).await;
    ran
}
