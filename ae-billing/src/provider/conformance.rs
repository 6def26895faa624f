//! The contract of [`PaymentProvider`] as checks.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use ae_core::{BackendError, BillingInterval, Currency, Digest, ErrorKind, IdempotencyKey, Money, RunId};

use crate::{
    LinkId, Mode, NewLink, NewPayment, NewPrice, NewProduct, NewRefund, ObjectRef, PaymentId, PaymentLink,
    PaymentProvider, PaymentQuery, Price, PriceId, Product, RequestError, units,
};
use ae_core::conformance::{Ran, both, held, holds, refused, same};

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
    #[must_use]
    pub fn new(provider: Arc<dyn PaymentProvider>, seed: impl Into<String>) -> Self {
        Self {
            second: Arc::clone(&provider),
            provider,
            seed: seed.into(),
            currency: Currency::USD,
            pay: None,
        }
    }

    /// Adds another handle on the same books.
    #[must_use]
    pub fn with_second(mut self, second: Arc<dyn PaymentProvider>) -> Self {
        self.second = second;
        self
    }

    /// Sets the currency of the prices.
    #[must_use]
    pub const fn with_currency(mut self, currency: Currency) -> Self {
        self.currency = currency;
        self
    }

    /// Adds a way to make payments.
    #[must_use]
    pub fn with_pay(mut self, pay: Pay) -> Self {
        self.pay = Some(pay);
        self
    }

    fn run(&self, name: &str) -> RunId {
        RunId::from_digest(&Digest::of_bytes(
            "billing-conformance",
            format!("{}/{name}", self.seed).as_bytes(),
        ))
    }

    fn amount(&self, minor: i64) -> Money {
        let places = units::exponent(self.currency).unwrap_or(2);
        held("setup", Money::from_minor(minor, places, self.currency))
    }

    fn can_deactivate(&self) -> bool {
        self.provider.info().capabilities.deactivates
    }
}

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

/// C1: the same key with the same request gives the same object, created once and found from then on.
///
/// # Panics
///
/// When it does not.
pub async fn c1_same_key_same_object(subject: &Subject) {
    let run = subject.run("c1");
    for (provider, is_new) in
        [(&subject.provider, true), (&subject.second, false), (&subject.provider, false)]
    {
        let product = held("C1", provider.ensure_product(&key(run, "product"), &product(run)).await);
        same("C1 the product is created once", &product.is_created(), &is_new);
        let spec = price(run, "basic", subject.amount(1_500));
        let price = held("C1", provider.ensure_price(&key(run, "price"), &spec).await);
        same("C1 the price is created once", &price.is_created(), &is_new);
        let link = held("C1", provider.ensure_payment_link(&key(run, "link"), &link(run)).await);
        same("C1 the link is created once", &link.is_created(), &is_new);
    }
    let (made, again) =
        (launch(subject, &*subject.provider, run).await, launch(subject, &*subject.second, run).await);
    same("C1 the objects", &made, &again);
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
    let answer = provider.ensure_product(&key(run, "product"), &other).await;
    refused("C2 another description", answer, ErrorKind::Conflict);
    let dearer = price(run, "basic", subject.amount(1_600));
    let answer = provider.ensure_price(&key(run, "price"), &dearer).await;
    refused("C2 another amount", answer, ErrorKind::Conflict);
    let elsewhere = link(run).with_success_url("https://example.com/other");
    let answer = provider.ensure_payment_link(&key(run, "link"), &elsewhere).await;
    refused("C2 another success URL", answer, ErrorKind::Conflict);
    let answer = provider.ensure_product(&key(run, "price"), &product(run)).await;
    refused("C2 another operation", answer, ErrorKind::Conflict);
    same("C2 nothing was made", &3, &held("C2", provider.find(run).await).len());
    if subject.can_deactivate() {
        let price = ObjectRef::Price(made.price.id.clone());
        for used in ["product", "price", "link"] {
            let answer = provider.deactivate(&key(run, used), &price).await;
            refused("C2 deactivate under a used key", answer, ErrorKind::Conflict);
        }
        held("C2", provider.deactivate(&key(run, "end"), &ObjectRef::Link(made.link.id.clone())).await);
        let answer = provider.deactivate(&key(run, "end"), &price).await;
        refused("C2 deactivate another object", answer, ErrorKind::Conflict);
    }
    let again = launch(subject, &**provider, run).await;
    same("C2 nothing changed", &(&made.product, &made.price), &(&again.product, &again.price));
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
    let other = held("C3", subject.provider.ensure_price(&key(run, "price-2"), &spec).await);
    holds("C3 another key", other.is_created(), "an equal request is found instead of created");
    holds("C3 another key", other.as_ref().id != made.price.id, "it gives the same id");
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
    same("C4 everything in order", &expected, &held("C4", subject.second.find(run).await));
    if subject.can_deactivate() {
        let end = subject.provider.deactivate(&key(run, "end"), &ObjectRef::Link(made.link.id)).await;
        held("C4", end);
        same("C4 deactivated ones too", &expected, &held("C4", subject.provider.find(run).await));
    }
    let nothing = held("C4", subject.provider.find(subject.run("c4-nothing")).await);
    same("C4 a run that made nothing", &Vec::<ObjectRef>::new(), &nothing);
}

/// C5: `deactivate` ends the sale of one object, can be repeated, and deletes nothing.
///
/// # Panics
///
/// When it does not.
pub async fn c5_deactivate_ends_one_sale(subject: &Subject) {
    let run = subject.run("c5");
    let made = launch(subject, &*subject.provider, run).await;
    let mut expected = [true, true, true];
    for (object, active) in made.objects().iter().zip([0, 1, 2]).rev() {
        let name = format!("end {object:?}");
        for key in [&name, &name, &format!("{name} 2")].map(|name| key(run, name)) {
            held("C5 a repeat", subject.provider.deactivate(&key, object).await);
        }
        if let Some(active) = expected.get_mut(active) {
            *active = false;
        }
        let now = launch(subject, &*subject.second, run).await;
        let now = [now.product.active, now.price.active, now.link.active];
        same("C5 one sale ended, also under its old key", &expected, &now);
    }
    same("C5 nothing is deleted", &made.objects(), &held("C5", subject.provider.find(run).await));
    let unknown = ObjectRef::Link(LinkId::of_key(&key(run, "never made")));
    let answer = subject.provider.deactivate(&key(run, "end unknown"), &unknown).await;
    refused("C5 an object that was never made", answer, ErrorKind::NotFound);
}

/// C6: a price is above zero and a whole number of minor units of a known currency.
///
/// # Panics
///
/// When another one is taken.
pub async fn c6_bad_amounts_are_refused(subject: &Subject) {
    let run = subject.run("c6");
    launch(subject, &*subject.provider, run).await;
    let before = held("C6", subject.provider.find(run).await);
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
        let amount = held(&clause, Money::parse(amount, held(&clause, currency.parse())));
        let spec = price(run, "bad", amount);
        refused_early(&clause, spec.check(&subject.provider.info()), ErrorKind::InvalidInput);
        let answer = subject.provider.ensure_price(&key(run, &clause), &spec).await;
        refused(&clause, answer, ErrorKind::InvalidInput);
    }
    same("C6 nothing was made", &before, &held("C6", subject.provider.find(run).await));
}

/// C7: a request that exceeds the caps is refused before anything is made.
///
/// # Panics
///
/// When it is not.
pub async fn c7_caps_hold(subject: &Subject) {
    let run = subject.run("c7");
    let made = launch(subject, &*subject.provider, run).await;
    let provider = &subject.provider;
    let info = provider.info();
    let caps = info.caps;
    let highest = price(run, "highest", subject.amount(caps.amount_max));
    held("C7 the highest price, refused_early", highest.check(&info));
    held("C7 the highest price", provider.ensure_price(&key(run, "highest"), &highest).await);
    if let Some(above) = caps.amount_max.checked_add(1) {
        let above = price(run, "above", subject.amount(above));
        refused_early("C7 a price above the cap", above.check(&info), ErrorKind::QuotaExceeded);
        let answer = provider.ensure_price(&key(run, "above"), &above).await;
        refused("C7 a price above the cap", answer, ErrorKind::QuotaExceeded);
    }
    // Prices: the one of the launch and the highest one.
    let kinds = [(caps.products_per_run_max, 1), (caps.prices_per_run_max, 2), (caps.links_per_run_max, 1)];
    for (kind, (most, there)) in kinds.into_iter().enumerate() {
        // More than a hundred objects would only be slow.
        if most > 100 {
            continue;
        }
        for number in there..=most {
            let name = format!("t{kind}-{number}");
            let made = match kind {
                0 => provider.ensure_product(&key(run, &name), &product(run)).await.map(drop),
                1 => {
                    let spec = price(run, &name, subject.amount(100));
                    provider.ensure_price(&key(run, &name), &spec).await.map(drop)
                }
                _ => provider.ensure_payment_link(&key(run, &name), &link(run)).await.map(drop),
            };
            if number < most {
                held("C7 up to the cap of a run", made);
            } else {
                refused("C7 one more than the cap of a run", made, ErrorKind::QuotaExceeded);
            }
        }
    }
    same("C7 a repeat makes nothing new", &made, &launch(subject, &**provider, run).await);
}

/// C8: references to objects that were never made, or to another run's, are refused.
///
/// # Panics
///
/// When they are not.
pub async fn c8_references_are_checked(subject: &Subject) {
    let (run, other) = (subject.run("c8"), subject.run("c8-other"));
    let made = launch(subject, &*subject.provider, run).await;
    let provider = &subject.provider;
    same("C8 a key names the product", &made.product.id, &made.price.product);
    same("C8 keys name the prices", &vec![made.price.id.clone()], &made.link.prices);
    let spec = NewPrice { product: key(run, "never made"), ..price(run, "basic", subject.amount(100)) };
    refused("C8 no product", provider.ensure_price(&key(run, "a"), &spec).await, ErrorKind::NotFound);
    let spec = NewLink::new(run, vec![key(run, "never made")]);
    refused("C8 no price", provider.ensure_payment_link(&key(run, "b"), &spec).await, ErrorKind::NotFound);
    let spec = NewPrice { run: other, ..price(run, "basic", subject.amount(100)) };
    let answer = provider.ensure_price(&key(other, "c"), &spec).await;
    refused("C8 another run's product", answer, ErrorKind::InvalidInput);
    for (place, spec) in [
        ("C8 another run's price", NewLink { run: other, ..link(run) }),
        ("C8 a link over nothing", NewLink::new(run, Vec::new())),
        ("C8 a tier twice", NewLink::new(run, vec![key(run, "price"), key(run, "price")])),
    ] {
        let answer = provider.ensure_payment_link(&key(run, place), &spec).await;
        refused(place, answer, ErrorKind::InvalidInput);
    }
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
    same("C9 nothing twice", &3, &held("C9", subject.provider.find(run).await).len());
}

/// C10: nothing is a payment before a customer paid, and a page has 1 to 100 payments.
///
/// # Panics
///
/// When a payment appears.
pub async fn c10_nothing_is_paid_by_itself(subject: &Subject) {
    let run = subject.run("c10");
    let made = launch(subject, &*subject.provider, run).await;
    for query in [PaymentQuery::new(run), PaymentQuery::new(run).with_link(made.link.id)] {
        let page = held("C10", subject.provider.payments(&query).await);
        holds(
            "C10",
            page.items.is_empty() && page.next.is_none(),
            "there is a payment, and no customer paid",
        );
    }
    for limit in [0, 101] {
        let answer = subject.provider.payments(&PaymentQuery::new(run).with_limit(limit)).await;
        refused("C10 the size of a page", answer, ErrorKind::InvalidInput);
    }
    held("C10 a check changes nothing and passes", subject.provider.check().await);
}

/// C11: pages give each payment of the query once, oldest first.
///
/// # Panics
///
/// When one is missing, is there twice, or belongs elsewhere. Skipped without [`Subject::pay`].
pub async fn c11_pages_give_each_payment_once(subject: &Subject) {
    let Some(pay) = &subject.pay else { return };
    let (run, other) = (subject.run("c11"), subject.run("c11-other"));
    let (made, elsewhere) =
        (launch(subject, &*subject.provider, run).await, launch(subject, &*subject.provider, other).await);
    for number in 0..5 {
        for (run, made) in [(run, &made), (other, &elsewhere)] {
            let payment =
                NewPayment::new(made.link.id.clone(), made.price.id.clone(), format!("CUST-{number}"));
            held("C11 a payment", pay(key(run, &format!("pay {number}")), payment).await);
        }
    }
    let expected: Vec<_> = (0..5).map(|number| format!("CUST-{number}")).collect();
    for query in [PaymentQuery::new(run), PaymentQuery::new(run).with_link(made.link.id)] {
        let (mut payers, mut query) = (Vec::new(), query.with_limit(2));
        loop {
            let page = held("C11", subject.second.payments(&query).await);
            holds("C11", page.items.len() <= 2, "a page is larger than its limit");
            payers.extend(page.items.into_iter().map(|payment| payment.payer_reference));
            match page.next {
                Some(next) if payers.len() <= expected.len() => query = query.with_after(next),
                _ => break,
            }
        }
        same("C11 each payment once, oldest first", &expected, &payers);
    }
}

/// C12: a refund is made once per key, and never more than is left of the payment.
///
/// # Panics
///
/// When it is not. Skipped without [`Subject::pay`].
pub async fn c12_refunds_never_exceed_the_payment(subject: &Subject) {
    let Some(pay) = &subject.pay else { return };
    let run = subject.run("c12");
    let made = launch(subject, &*subject.provider, run).await;
    let payment = NewPayment::new(made.link.id.clone(), made.price.id.clone(), "CUST-1");
    held("C12 a payment", pay(key(run, "pay"), payment).await);
    let page = held("C12", subject.provider.payments(&PaymentQuery::new(run)).await);
    let paid = page.items.into_iter().next();
    let paid = held("C12 the payment", paid.map(|payment| payment.id).ok_or("it is missing"));
    let refund = |name: &str, minor| {
        let (key, request) = (key(run, name), NewRefund::new(paid.clone(), subject.amount(minor)));
        async move { subject.provider.refund(&key, &request).await }
    };
    for is_new in [true, false] {
        let part = held("C12 a part", refund("part", 500).await);
        same("C12 once per key", &(is_new, subject.amount(500)), &(part.is_created(), part.as_ref().total));
    }
    refused("C12 another request under the key", refund("part", 600).await, ErrorKind::Conflict);
    for minor in [1_001, 0, -1] {
        refused("C12 no amount that is left", refund("more", minor).await, ErrorKind::InvalidInput);
    }
    let rest = held("C12 the rest", refund("rest", 1_000).await);
    same("C12 the total", &subject.amount(1_500), &rest.as_ref().total);
    refused("C12 nothing is left", refund("more", 1).await, ErrorKind::InvalidInput);
    let unknown = NewRefund::new(PaymentId::of_key(&key(run, "never made")), subject.amount(1));
    let answer = subject.provider.refund(&key(run, "unknown"), &unknown).await;
    refused("C12 an unknown payment", answer, ErrorKind::NotFound);
}

/// One of each.
#[derive(Debug, PartialEq)]
struct Launch {
    product: Product,
    price: Price,
    link: PaymentLink,
}

impl Launch {
    fn objects(&self) -> Vec<ObjectRef> {
        vec![
            ObjectRef::Product(self.product.id.clone()),
            ObjectRef::Price(self.price.id.clone()),
            ObjectRef::Link(self.link.id.clone()),
        ]
    }
}

async fn launch(subject: &Subject, provider: &dyn PaymentProvider, run: RunId) -> Launch {
    holds("setup", provider.info().mode != Mode::Live, "these checks make prices and never run in live mode");
    let product = held("setup", provider.ensure_product(&key(run, "product"), &product(run)).await);
    let spec = price(run, "basic", subject.amount(1_500));
    let price = held("setup", provider.ensure_price(&key(run, "price"), &spec).await);
    let link = held("setup", provider.ensure_payment_link(&key(run, "link"), &link(run)).await);
    Launch { product: product.into_inner(), price: price.into_inner(), link: link.into_inner() }
}

fn product(run: RunId) -> NewProduct {
    NewProduct::new(run, "CSV Cleaner", "Cleans CSV files.").with_url("https://example.com/csv")
}

fn price(run: RunId, tier: &str, amount: Money) -> NewPrice {
    NewPrice::new(run, key(run, "product"), tier, "Basic", amount, BillingInterval::MONTH)
}

fn link(run: RunId) -> NewLink {
    NewLink::new(run, vec![key(run, "price")]).with_success_url("https://example.com/thanks")
}

fn key(run: RunId, operation: &str) -> IdempotencyKey {
    IdempotencyKey::derive(run, "conformance", operation, 0)
}

/// The refusal follows from the request and the provider's info alone.
fn refused_early(clause: &str, checked: Result<(), RequestError>, kind: ErrorKind) {
    same(clause, &Some(kind), &checked.err().map(|wrong| wrong.kind()));
}
