//! The contract of [`PaymentProvider`] as checks.

use std::sync::Arc;

use ae_core::{BillingInterval, Currency, Digest, ErrorKind, Money, RunId};

use crate::{LinkId, NewLink, NewPrice, ObjectRef, PaymentProvider, PaymentQuery, PriceId, units};

use crate::conformance_kit::{
    both, expect, foretold, holds, key, launch, link, price, product, refuses, same,
};

/// What is checked.
#[derive(Debug, Clone)]
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
}

impl Subject {
    /// A provider with one handle, in dollars.
    #[must_use]
    pub fn new(provider: Arc<dyn PaymentProvider>, seed: impl Into<String>) -> Self {
        Self { second: Arc::clone(&provider), provider, seed: seed.into(), currency: Currency::USD }
    }

    /// Adds another handle on the same books.
    #[must_use]
    pub fn with_second(mut self, second: Arc<dyn PaymentProvider>) -> Self {
        self.second = second;
        self
    }

    /// Says which currency the provider takes.
    #[must_use]
    pub const fn with_currency(mut self, currency: Currency) -> Self {
        self.currency = currency;
        self
    }

    fn run(&self, name: &str) -> RunId {
        RunId::from_digest(&Digest::of_bytes(
            "billing-conformance",
            format!("{}/{name}", self.seed).as_bytes(),
        ))
    }

    pub(crate) fn amount(&self, minor: i64) -> Money {
        let places = units::exponent(self.currency).unwrap_or(2);
        expect("setup", Money::from_minor(minor, places, self.currency))
    }
}

/// Runs every check.
///
/// # Panics
///
/// When a clause does not hold; the message begins with its number.
pub async fn run_all(subject: &Subject) {
    c1_same_key_same_object(subject).await;
    c2_same_key_other_request_is_a_conflict(subject).await;
    c3_another_key_makes_another_object(subject).await;
    c4_find_gives_what_the_run_made(subject).await;
    c5_deactivate_ends_one_sale(subject).await;
    c6_bad_amounts_are_refused(subject).await;
    c7_caps_hold(subject).await;
    c8_references_are_checked(subject).await;
    c9_two_handles_make_one_object(subject).await;
    c10_nothing_is_paid_by_itself(subject).await;
}

/// C1: the same key with the same request gives the same object.
///
/// # Panics
///
/// When it does not.
pub async fn c1_same_key_same_object(subject: &Subject) {
    let run = subject.run("c1");
    let made = launch(subject, &*subject.provider, run).await;
    let again = launch(subject, &*subject.second, run).await;
    same("C1 the product", &made.product, &again.product);
    same("C1 the price", &made.price, &again.price);
    same("C1 the link", &made.link, &again.link);
    let found = expect("C1", subject.provider.ensure_product(&key(run, "product"), &product(run)).await);
    holds("C1 a repeat is Found, not Created", !found.is_created());
}

/// C2: the same key with another request, or in another operation, is a conflict and changes nothing.
///
/// # Panics
///
/// When it is not.
pub async fn c2_same_key_other_request_is_a_conflict(subject: &Subject) {
    let run = subject.run("c2");
    let made = launch(subject, &*subject.provider, run).await;
    let provider = &subject.provider;
    let mut other = product(run);
    other.description.push('!');
    let refused = provider.ensure_product(&key(run, "product"), &other).await;
    refuses("C2 another description", refused, ErrorKind::Conflict);
    let dearer = price(run, "basic", subject.amount(1_600));
    let refused = provider.ensure_price(&key(run, "price"), &dearer).await;
    refuses("C2 another amount", refused, ErrorKind::Conflict);
    let elsewhere = link(run).with_success_url("https://example.com/other");
    let refused = provider.ensure_payment_link(&key(run, "link"), &elsewhere).await;
    refuses("C2 another success URL", refused, ErrorKind::Conflict);
    let refused = provider.ensure_product(&key(run, "price"), &product(run)).await;
    refuses("C2 another operation", refused, ErrorKind::Conflict);
    same("C2 nothing changed", &made.product, &launch(subject, &**provider, run).await.product);
    same("C2 nothing was made", &3, &expect("C2", provider.find(run).await).len());
}

/// C3: another key makes another object.
///
/// # Panics
///
/// When it does not.
pub async fn c3_another_key_makes_another_object(subject: &Subject) {
    let run = subject.run("c3");
    let made = launch(subject, &*subject.provider, run).await;
    let spec = price(run, "basic", subject.amount(1_500));
    let other = expect("C3", subject.provider.ensure_price(&key(run, "price-2"), &spec).await);
    holds("C3 another key is Created", other.is_created());
    holds("C3 another key gives another id", other.as_ref().id != made.price.id);
    if subject.provider.info().capabilities.own_ids {
        same("C3 the id follows from the key", &PriceId::of_key(&key(run, "price-2")), &other.as_ref().id);
    }
}

/// C4: `find` gives every object of the run and none of another.
///
/// # Panics
///
/// When it does not.
pub async fn c4_find_gives_what_the_run_made(subject: &Subject) {
    let (run, other) = (subject.run("c4"), subject.run("c4-other"));
    let made = launch(subject, &*subject.provider, run).await;
    launch(subject, &*subject.provider, other).await;
    let expected = made.objects();
    same("C4 everything in order", &expected, &expect("C4", subject.second.find(run).await));
    let end = subject.provider.deactivate(&key(run, "end"), &ObjectRef::Link(made.link.id)).await;
    expect("C4", end);
    same("C4 deactivated ones too", &expected, &expect("C4", subject.provider.find(run).await));
    let nobody = expect("C4", subject.provider.find(subject.run("c4-nobody")).await);
    same("C4 a run that made nothing", &Vec::new(), &nobody);
}

/// C5: `deactivate` ends the sale of one object, can be repeated, and deletes nothing.
///
/// # Panics
///
/// When it does not.
pub async fn c5_deactivate_ends_one_sale(subject: &Subject) {
    let run = subject.run("c5");
    let made = launch(subject, &*subject.provider, run).await;
    for object in made.objects().iter().rev() {
        let name = format!("end {object:?}");
        expect("C5", subject.provider.deactivate(&key(run, &name), object).await);
        expect("C5 a repeat", subject.provider.deactivate(&key(run, &name), object).await);
        expect("C5 another key", subject.provider.deactivate(&key(run, &format!("{name} 2")), object).await);
    }
    let again = launch(subject, &*subject.second, run).await;
    let is_off = !again.product.active && !again.price.active && !again.link.active;
    holds("C5 what was ended stays ended, under its old key too", is_off);
    same("C5 nothing is deleted", &made.objects(), &expect("C5", subject.provider.find(run).await));
    let unknown = ObjectRef::Link(LinkId::of_key(&key(run, "never made")));
    let refused = subject.provider.deactivate(&key(run, "end unknown"), &unknown).await;
    refuses("C5 what is not there", refused, ErrorKind::NotFound);
}

/// C6: a price is above zero and a whole number of minor units of a known currency.
///
/// # Panics
///
/// When another one is taken.
pub async fn c6_bad_amounts_are_refused(subject: &Subject) {
    let run = subject.run("c6");
    launch(subject, &*subject.provider, run).await;
    let before = expect("C6", subject.provider.find(run).await);
    let own = subject.currency.code();
    for (amount, currency) in [
        ("0", own),
        ("-1", own),
        ("29.9999", own),
        ("0.5", "JPY"),
        ("5.1234", "KWD"),
        ("10", "XAU"),
        ("10", "ZZZ"),
    ] {
        let clause = format!("C6 {amount} {currency}");
        let amount = expect(&clause, Money::parse(amount, expect(&clause, currency.parse())));
        let spec = price(run, "bad", amount);
        foretold(&clause, spec.check(&subject.provider.info()), ErrorKind::InvalidInput);
        let refused = subject.provider.ensure_price(&key(run, &clause), &spec).await;
        refuses(&clause, refused, ErrorKind::InvalidInput);
    }
    same("C6 nothing was made", &before, &expect("C6", subject.provider.find(run).await));
}

/// C7: what exceeds the caps is refused before anything is made.
///
/// # Panics
///
/// When it is not.
pub async fn c7_caps_hold(subject: &Subject) {
    let run = subject.run("c7");
    let made = launch(subject, &*subject.provider, run).await;
    let info = subject.provider.info();
    let caps = info.caps;
    let highest = price(run, "highest", subject.amount(caps.amount_max));
    expect("C7 the highest price, foretold", highest.check(&info));
    expect("C7 the highest price", subject.provider.ensure_price(&key(run, "highest"), &highest).await);
    if let Some(above) = caps.amount_max.checked_add(1) {
        let above = price(run, "above", subject.amount(above));
        foretold("C7 a price above the cap", above.check(&info), ErrorKind::QuotaExceeded);
        let refused = subject.provider.ensure_price(&key(run, "above"), &above).await;
        refuses("C7 a price above the cap", refused, ErrorKind::QuotaExceeded);
    }
    // Two prices are there; more than a hundred would only be slow.
    if caps.prices_per_run_max <= 100 {
        for number in 2..caps.prices_per_run_max {
            let spec = price(run, &format!("t{number}"), subject.amount(100));
            expect("C7 up to the cap", subject.provider.ensure_price(&key(run, &spec.tier), &spec).await);
        }
        let spec = price(run, "more", subject.amount(100));
        let refused = subject.provider.ensure_price(&key(run, "more"), &spec).await;
        refuses("C7 one price more than the cap", refused, ErrorKind::QuotaExceeded);
        let again = launch(subject, &*subject.provider, run).await;
        same("C7 a repeat is no new price", &made.price, &again.price);
    }
}

/// C8: references to what is not there, or to another run's objects, are refused.
///
/// # Panics
///
/// When they are not.
pub async fn c8_references_are_checked(subject: &Subject) {
    let (run, other) = (subject.run("c8"), subject.run("c8-other"));
    launch(subject, &*subject.provider, run).await;
    let provider = &subject.provider;
    let spec = NewPrice::new(
        run,
        key(run, "never made"),
        "basic",
        "Basic",
        subject.amount(100),
        BillingInterval::MONTH,
    );
    refuses("C8 no product", provider.ensure_price(&key(run, "a"), &spec).await, ErrorKind::NotFound);
    let spec = NewLink::new(run, vec![key(run, "never made")]);
    refuses("C8 no price", provider.ensure_payment_link(&key(run, "b"), &spec).await, ErrorKind::NotFound);
    let spec = NewPrice { run: other, ..price(run, "basic", subject.amount(100)) };
    let refused = provider.ensure_price(&key(other, "c"), &spec).await;
    refuses("C8 another run's product", refused, ErrorKind::InvalidInput);
    let spec = NewLink { run: other, ..link(run) };
    let refused = provider.ensure_payment_link(&key(other, "d"), &spec).await;
    refuses("C8 another run's price", refused, ErrorKind::InvalidInput);
    let refused = provider.ensure_payment_link(&key(run, "e"), &NewLink::new(run, Vec::new())).await;
    refuses("C8 a link over nothing", refused, ErrorKind::InvalidInput);
}

/// C9: equal calls at the same time, here on two handles, make one object.
///
/// # Panics
///
/// When they make two.
pub async fn c9_two_handles_make_one_object(subject: &Subject) {
    let run = subject.run("c9");
    let (one, other) =
        both(launch(subject, &*subject.provider, run), launch(subject, &*subject.second, run)).await;
    same("C9 one object", &one.objects(), &other.objects());
    same("C9 nothing twice", &3, &expect("C9", subject.provider.find(run).await).len());
}

/// C10: nothing is a payment before somebody paid, and a page has a sane size.
///
/// # Panics
///
/// When a payment appears.
pub async fn c10_nothing_is_paid_by_itself(subject: &Subject) {
    let run = subject.run("c10");
    let made = launch(subject, &*subject.provider, run).await;
    for query in [PaymentQuery::new(run), PaymentQuery::new(run).with_link(made.link.id)] {
        let page = expect("C10", subject.provider.payments(&query).await);
        holds("C10 nobody paid", page.items.is_empty() && page.next.is_none());
    }
    for limit in [0, 101] {
        let refused = subject.provider.payments(&PaymentQuery::new(run).with_limit(limit)).await;
        refuses("C10 the size of a page", refused, ErrorKind::InvalidInput);
    }
    expect("C10 a check changes nothing and passes", subject.provider.check().await);
}
