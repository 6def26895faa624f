//! The contract of [`PaymentProvider`] as checks.

mod launch;
mod limits;
mod objects;
mod payments;

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use ae_core::{
    BackendError, Currency, Digest, IdempotencyKey, Money, RunId,
    conformance::{Ran, held},
};

use crate::{NewPayment, PaymentProvider, units};
use limits::{
    c6_bad_amounts_are_refused, c7_caps_hold, c8_references_are_checked, c9_two_handles_make_one_object,
};
use objects::{
    c1_same_key_same_object, c2_same_key_other_request_is_a_conflict, c3_another_key_makes_another_object,
    c4_find_gives_what_the_run_made, c5_deactivate_ends_one_sale,
};
use payments::{
    c10_nothing_is_paid_by_itself, c11_pages_give_each_payment_once, c12_refunds_never_exceed_the_payment,
};

/// Makes a payment as a customer or an operator would.
pub type Pay = Arc<
    dyn Fn(IdempotencyKey, NewPayment) -> Pin<Box<dyn Future<Output = Result<(), BackendError>> + Send>>
        + Send
        + Sync,
>;

/// A provider and the means to check it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Subject {
    /// The provider.
    pub provider: Arc<dyn PaymentProvider>,
    /// Another handle on the same books, as another process has one.
    pub second: Arc<dyn PaymentProvider>,
    /// Keeps the runs of one pass apart from those of another.
    pub seed: String,
    /// A currency that the provider takes.
    pub currency: Currency,
    /// Makes payments; without it C11 and C12 are skipped.
    pub pay: Option<Pay>,
}

impl Subject {
    /// A provider with one handle, in dollars.
    pub fn new(provider: Arc<dyn PaymentProvider>, seed: impl Into<String>) -> Self {
        Self {
            second: Arc::clone(&provider),
            provider,
            seed: seed.into(),
            currency: Currency::USD,
            pay: None,
        }
    }

    pub(super) fn run(&self, name: &str) -> RunId {
        RunId::from_digest(&Digest::of_bytes(
            "billing-conformance",
            format!("{}/{name}", self.seed).as_bytes(),
        ))
    }

    pub(super) fn amount(&self, minor: i64) -> Money {
        let places = units::exponent(self.currency).unwrap_or(2);
        held("setup", Money::from_minor(minor, places, self.currency))
    }

    pub(super) fn can_deactivate(&self) -> bool {
        self.provider.info().capabilities.deactivates
    }
}

ae_core::setters! { Subject {
    /// Adds another handle on the same books.
    fn with_second(second: Arc<dyn PaymentProvider>);
    /// Sets the currency of the prices.
    fn with_currency(currency: Currency);
    /// Adds a way to make payments.
    fn with_pay(pay: some Pay);
} }

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("provider", &self.provider)
            .field("seed", &self.seed)
            .field("currency", &self.currency)
            .finish_non_exhaustive()
    }
}

/// Runs every check.
///
/// # Panics
///
/// When a clause does not hold; the message begins with its number.
pub async fn run_all(subject: &Subject) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", c1_same_key_same_object(subject)).await;
    ran.clause("C2", c2_same_key_other_request_is_a_conflict(subject)).await;
    ran.clause("C3", c3_another_key_makes_another_object(subject)).await;
    ran.clause("C4", c4_find_gives_what_the_run_made(subject)).await;
    ran.clause_if("C5", subject.can_deactivate(), c5_deactivate_ends_one_sale(subject)).await;
    ran.clause("C6", c6_bad_amounts_are_refused(subject)).await;
    ran.clause("C7", c7_caps_hold(subject)).await;
    ran.clause("C8", c8_references_are_checked(subject)).await;
    ran.clause("C9", c9_two_handles_make_one_object(subject)).await;
    ran.clause("C10", c10_nothing_is_paid_by_itself(subject)).await;
    ran.clause_if("C11", subject.pay.is_some(), c11_pages_give_each_payment_once(subject)).await;
    let can_refund = subject.pay.is_some() && subject.provider.info().capabilities.refunds;
    ran.clause_if("C12", can_refund, c12_refunds_never_exceed_the_payment(subject)).await;
    ran
}
