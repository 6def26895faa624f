//! Requests, from our types to Stripe's forms: pure.

pub(super) mod amounts;
pub(super) mod catalog;
pub(super) mod customers;
pub(super) mod usage;

use ae_core::{Digest, IdempotencyKey, RunId};

use super::form::Form;

/// The names under which everything is found again.
pub(super) const RUN: &str = "ae_run";
pub(super) const KEY: &str = "ae_key";
pub(super) const REQUEST: &str = "ae_request";
pub(super) const TIER: &str = "ae_tier";
pub(super) const METER: &str = "ae_meter";
pub(super) const PRICE: &str = "ae_price";
/// A payment link has no time of its own.
pub(super) const MADE_AT: &str = "ae_made_at";
pub(super) const REFERENCE: &str = "ae_reference";

/// The mark of everything that is made: its key, and the digest of what was asked for.
pub(super) fn mark(key: &IdempotencyKey, request: &Digest, run: Option<RunId>) -> Form {
    Form::new().maybe(RUN, run).with(KEY, key).with(REQUEST, request)
}

/// A success URL with Stripe's own placeholder.
pub(super) fn success_url(url: &str) -> String {
    url.replace("{CHECKOUT}", "{CHECKOUT_SESSION_ID}")
}
