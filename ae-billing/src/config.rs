//! What an offline ledger may do.

use ae_core::Currency;

use crate::units;

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
}

impl Default for Caps {
    /// `$999,999.99`, 5 products, 50 prices, 20 links.
    fn default() -> Self {
        Self {
            amount_max: 99_999_999,
            products_per_run_max: 5,
            prices_per_run_max: 50,
            links_per_run_max: 20,
        }
    }
}

impl Caps {
    /// Says how high a price may be, in minor units.
    #[must_use]
    pub const fn with_amount_max(mut self, minor: i64) -> Self {
        self.amount_max = minor;
        self
    }

    /// Says how many products a run may make.
    #[must_use]
    pub const fn with_products_per_run_max(mut self, products: usize) -> Self {
        self.products_per_run_max = products;
        self
    }

    /// Says how many prices a run may make.
    #[must_use]
    pub const fn with_prices_per_run_max(mut self, prices: usize) -> Self {
        self.prices_per_run_max = prices;
        self
    }

    /// Says how many payment links a run may make.
    #[must_use]
    pub const fn with_links_per_run_max(mut self, links: usize) -> Self {
        self.links_per_run_max = links;
        self
    }
}

/// How an offline ledger is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BillingConfig {
    /// Where pay pages are served, without a slash at the end; a link's URL is `{public_base_url}/pay/{link id}`.
    pub public_base_url: String,
    /// What may be made.
    pub caps: Caps,
    /// The currencies that prices may have. What is not in [`units::currencies`] is refused even when listed. Sums of
    /// a run that has no price yet are shown in the first one.
    pub currencies: Vec<Currency>,
}

impl BillingConfig {
    /// Pay pages under `public_base_url`, the usual [`Caps`], every currency of [`units::currencies`].
    #[must_use]
    pub fn new(public_base_url: impl Into<String>) -> Self {
        let public_base_url = public_base_url.into().trim_end_matches('/').to_owned();
        Self { public_base_url, caps: Caps::default(), currencies: units::currencies() }
    }

    /// Says what may be made.
    #[must_use]
    pub const fn with_caps(mut self, caps: Caps) -> Self {
        self.caps = caps;
        self
    }

    /// Says which currencies prices may have.
    #[must_use]
    pub fn with_currencies(mut self, currencies: Vec<Currency>) -> Self {
        self.currencies = currencies;
        self
    }
}
