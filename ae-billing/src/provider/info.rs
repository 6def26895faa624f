//! The info of a provider, and the small answers of its port.

use ae_core::{Currency, Mode, Provider, RunId};

use crate::{LinkId, units};

/// An object that certainly exists now, and whether this call made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ensured<T> {
    /// This call made it.
    Created(T),
    /// It was there already.
    Found(T),
}

impl<T> Ensured<T> {
    /// The object as `change` makes it.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Ensured<U> {
        match self {
            Self::Created(object) => Ensured::Created(change(object)),
            Self::Found(object) => Ensured::Found(change(object)),
        }
    }

    /// The object.
    pub fn into_inner(self) -> T {
        match self {
            Self::Created(object) | Self::Found(object) => object,
        }
    }

    /// Whether this call made it.
    pub const fn is_created(&self) -> bool {
        matches!(self, Self::Created(_))
    }
}

impl<T> AsRef<T> for Ensured<T> {
    fn as_ref(&self) -> &T {
        match self {
            Self::Created(object) | Self::Found(object) => object,
        }
    }
}

/// The abilities of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Capabilities {
    /// Ids follow from idempotency keys, on every installation alike.
    pub own_ids: bool,
    /// Keys are recognised without a time limit.
    pub durable_keys: bool,
    /// It takes objects off sale.
    pub deactivates: bool,
    /// It gives money back.
    pub refunds: bool,
    /// It charges customers by itself; otherwise a person records payments.
    pub charges: bool,
    /// It sells in its own name and takes care of sales taxes.
    pub merchant_of_record: bool,
    /// A payment link may offer several prices of which the customer picks one; otherwise each link sells one.
    pub choice: bool,
    /// It charges by quantity in steps.
    pub tiered: bool,
    /// It has meters, takes usage and charges by it.
    pub metered: bool,
    /// Prices of one unit may be below a minor unit.
    pub fractions: bool,
    /// A link or checkout may begin with days without a charge.
    pub trials: bool,
    /// It keeps customers.
    pub customers: bool,
    /// It makes checkouts of single customers.
    pub checkouts: bool,
    /// It has a page where customers manage what they bought.
    pub portal: bool,
    /// It lists subscriptions and ends them.
    pub subscriptions: bool,
    /// It makes webhook endpoints.
    pub endpoints: bool,
}

ae_core::setters! { Capabilities {
    /// Announces that ids follow from idempotency keys.
    fn with_own_ids(own_ids = true);
    /// Announces that keys are recognised without a time limit.
    fn with_durable_keys(durable_keys = true);
    /// Announces that it takes objects off sale.
    fn with_deactivates(deactivates = true);
    /// Announces that it gives money back.
    fn with_refunds(refunds = true);
    /// Announces that it charges customers by itself.
    fn with_charges(charges = true);
    /// Announces that it sells in its own name.
    fn with_merchant_of_record(merchant_of_record = true);
    /// Announces: a payment link may offer several prices of which the customer picks one; otherwise each link sells one.
    fn with_choice(choice = true);
    /// Announces: it charges by quantity in steps.
    fn with_tiered(tiered = true);
    /// Announces: it has meters, takes usage and charges by it.
    fn with_metered(metered = true);
    /// Announces: prices of one unit may be below a minor unit.
    fn with_fractions(fractions = true);
    /// Announces: a link or checkout may begin with days without a charge.
    fn with_trials(trials = true);
    /// Announces: it keeps customers.
    fn with_customers(customers = true);
    /// Announces: it makes checkouts of single customers.
    fn with_checkouts(checkouts = true);
    /// Announces: it has a page where customers manage what they bought.
    fn with_portal(portal = true);
    /// Announces: it lists subscriptions and ends them.
    fn with_subscriptions(subscriptions = true);
    /// Announces: it makes webhook endpoints.
    fn with_endpoints(endpoints = true);
} }

/// Limits that hold before anything is made, so that a runaway loop can't fill a price list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caps {
    /// The highest price, in minor units of its currency (cents; yen for JPY). The usual one is the highest that Stripe
    /// takes: an amount of eight digits.
    pub amount_max: i64,
    /// Products made in one run, deactivated ones included.
    pub products_per_run_max: usize,
    /// Prices made in one run, deactivated ones included.
    pub prices_per_run_max: usize,
    /// Payment links made in one run, deactivated ones included.
    pub links_per_run_max: usize,
    /// Orders of one run that are open at once. The next one is refused, because a ledger does not forget: dropping the
    /// oldest would not free its place, and could drop one whose payment is on its way.
    pub open_orders_per_run_max: usize,
}

impl Default for Caps {
    /// `$999,999.99`, 5 products, 50 prices, 20 links, 10,000 open orders.
    fn default() -> Self {
        Self {
            amount_max: 99_999_999,
            products_per_run_max: 5,
            prices_per_run_max: 50,
            links_per_run_max: 20,
            open_orders_per_run_max: 10_000,
        }
    }
}

ae_core::setters! { Caps {
    /// Sets how high a price may be, in minor units.
    fn with_amount_max(amount_max: i64);
    /// Sets how many products a run may make.
    fn with_products_per_run_max(products_per_run_max: usize);
    /// Sets how many prices a run may make.
    fn with_prices_per_run_max(prices_per_run_max: usize);
    /// Sets how many payment links a run may make.
    fn with_links_per_run_max(links_per_run_max: usize);
    /// Sets how many orders of a run may be open at once.
    fn with_open_orders_per_run_max(open_orders_per_run_max: usize);
} }

/// The info of a provider, known without a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderInfo {
    /// Its name, for example `offline-ledger`, and whether money moves.
    pub provider: Provider,
    /// Its abilities.
    pub capabilities: Capabilities,
    /// Its limits, checked before it makes anything.
    pub caps: Caps,
    /// The currencies that prices may have; every other one is refused.
    pub currencies: Vec<Currency>,
}

impl ProviderInfo {
    /// A provider with the usual caps, every currency of [`units::currencies`] and no special abilities.
    pub fn new(name: impl Into<String>, mode: Mode) -> Self {
        Self {
            provider: Provider::new(name, mode),
            capabilities: Capabilities::default(),
            caps: Caps::default(),
            currencies: units::currencies(),
        }
    }
}

ae_core::setters! { ProviderInfo {
    /// Sets its abilities.
    fn with_capabilities(capabilities: Capabilities);
    /// Sets its limits.
    fn with_caps(caps: Caps);
    /// Sets the currencies that prices may have.
    fn with_currencies(currencies: Vec<Currency>);
} }

/// Asks for payments, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentQuery {
    /// Whose.
    pub run: RunId,
    /// Only those of this link.
    pub link: Option<LinkId>,
    /// At most this many at once, 1 to 100.
    pub limit: u32,
    /// Go on where an earlier page ended: its [`Page::next`].
    pub after: Option<String>,
}

impl PaymentQuery {
    /// The first 100 payments of `run`.
    pub const fn new(run: RunId) -> Self {
        Self { run, link: None, limit: 100, after: None }
    }
}

ae_core::setters! { PaymentQuery {
    /// Only those of `link`.
    fn with_link(link: some LinkId);
    /// At most `limit` at once.
    fn with_limit(limit: u32);
    /// Goes on where an earlier page ended.
    fn with_after(after: some into String);
} }

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The marker of the next page, or `None` at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// A page; `next` leads on. What it says is the provider's own: callers only hand it back.
    pub const fn new(items: Vec<T>, next: Option<String>) -> Self {
        Self { items, next }
    }
}
