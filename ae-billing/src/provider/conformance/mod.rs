//! The contract of [`PaymentProvider`] as checks.

mod abilities;
mod charges;
mod launch;
mod limits;
mod objects;
mod payments;

use std::{collections::BTreeSet, fmt, future::Future, pin::Pin, sync::Arc};

use ae_core::{
    BackendError, Currency, Digest, IdempotencyKey, Money, RunId, Timestamp,
    conformance::{Ran, held},
};

use crate::{NewPayment, PaymentProvider, SubscriptionId, units};
use abilities::{
    c13_customers, c14_checkouts, c15_portals, c16_no_subscription_by_itself, c17_subscriptions_end,
    c18_meters_and_usage, c19_endpoints,
};
use charges::c20_charges_follow_the_abilities;
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
pub type Pay = By<()>;

/// Subscribes as a customer would.
pub type Subscribe = By<SubscriptionId>;

/// Acts at a link as a customer would. The payer is `payer_reference` where the provider keeps one.
pub type By<T> = Arc<
    dyn Fn(IdempotencyKey, NewPayment) -> Pin<Box<dyn Future<Output = Result<T, BackendError>> + Send>>
        + Send
        + Sync,
>;

/// A provider and the means to check it.
///
/// | clauses | run where |
/// |---|---|
/// | C1 to C4, C6 to C10, C20 | always; what C8 and C20 expect follows from the abilities |
/// | C5 | `deactivates` is announced |
/// | C11, C12 | there is [`pay`](Self::pay); C12: and `refunds` is announced |
/// | C13, C14, C16, C18, C19 | `customers`, `checkouts`, `subscriptions`, `metered`, `endpoints` is announced |
/// | C15 | `portal` and `customers` are announced |
/// | C17 | `subscriptions` is announced, and there is [`subscribe`](Self::subscribe) |
///
/// All others are in [`Ran::skipped`].
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
    /// Makes subscriptions; without it C17 is skipped.
    pub subscribe: Option<Subscribe>,
    /// The time of reported usage, for a provider that refuses what is long ago.
    pub now: Option<Timestamp>,
    /// Clauses that are skipped in any case.
    pub skipped: BTreeSet<&'static str>,
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
            subscribe: None,
            now: None,
            skipped: BTreeSet::new(),
        }
    }

    /// Skips a clause, visibly. Say where this is called what keeps the provider from it.
    #[must_use]
    pub fn without(mut self, clause: &'static str) -> Self {
        self.skipped.insert(clause);
        self
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
    /// Adds a way to make subscriptions.
    fn with_subscribe(subscribe: some Subscribe);
    /// Sets the time of reported usage.
    fn with_now(now: some Timestamp);
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
    let able = subject.provider.info().capabilities;
    let (can_pay, can_subscribe) = (subject.pay.is_some(), subject.subscribe.is_some());
    let on = |clause, applies| applies && !subject.skipped.contains(clause);
    let mut ran = Ran::default();
    ran.clause_if("C1", on("C1", true), c1_same_key_same_object(subject)).await;
    ran.clause_if("C2", on("C2", true), c2_same_key_other_request_is_a_conflict(subject)).await;
    ran.clause_if("C3", on("C3", true), c3_another_key_makes_another_object(subject)).await;
    ran.clause_if("C4", on("C4", true), c4_find_gives_what_the_run_made(subject)).await;
    ran.clause_if("C5", on("C5", able.deactivates), c5_deactivate_ends_one_sale(subject)).await;
    ran.clause_if("C6", on("C6", true), c6_bad_amounts_are_refused(subject)).await;
    ran.clause_if("C7", on("C7", true), c7_caps_hold(subject)).await;
    ran.clause_if("C8", on("C8", true), c8_references_are_checked(subject)).await;
    ran.clause_if("C9", on("C9", true), c9_two_handles_make_one_object(subject)).await;
    ran.clause_if("C10", on("C10", true), c10_nothing_is_paid_by_itself(subject)).await;
    ran.clause_if("C11", on("C11", can_pay), c11_pages_give_each_payment_once(subject)).await;
    let refunds = can_pay && able.refunds;
    ran.clause_if("C12", on("C12", refunds), c12_refunds_never_exceed_the_payment(subject)).await;
    ran.clause_if("C13", on("C13", able.customers), c13_customers(subject)).await;
    ran.clause_if("C14", on("C14", able.checkouts), c14_checkouts(subject)).await;
    ran.clause_if("C15", on("C15", able.portal && able.customers), c15_portals(subject)).await;
    ran.clause_if("C16", on("C16", able.subscriptions), c16_no_subscription_by_itself(subject)).await;
    let subscribes = can_subscribe && able.subscriptions;
    ran.clause_if("C17", on("C17", subscribes), c17_subscriptions_end(subject)).await;
    ran.clause_if("C18", on("C18", able.metered), c18_meters_and_usage(subject)).await;
    ran.clause_if("C19", on("C19", able.endpoints), c19_endpoints(subject)).await;
    ran.clause_if("C20", on("C20", true), c20_charges_follow_the_abilities(subject)).await;
    ran
}
