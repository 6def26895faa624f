//! How an offline ledger is set up.

use ae_core::Currency;

use crate::{Caps, units};

/// How an offline ledger is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BillingConfig {
    /// Where pay pages are served, without a slash at the end; a link's URL is `{public_base_url}/pay/{link id}`.
    pub public_base_url: String,
    /// The limits of what may be made.
    pub caps: Caps,
    /// The currencies that prices may have. What is not in [`units::currencies`] is refused even when listed. Sums of
    /// a run that has no price yet are shown in the first one.
    pub currencies: Vec<Currency>,
}

impl BillingConfig {
    /// Pay pages under `public_base_url`, the usual [`Caps`], every currency of [`units::currencies`].
    pub fn new(public_base_url: impl Into<String>) -> Self {
        let public_base_url = public_base_url.into().trim_end_matches('/').to_owned();
        Self { public_base_url, caps: Caps::default(), currencies: units::currencies() }
    }
}

ae_core::setters! { BillingConfig {
    /// Sets the limits.
    fn with_caps(caps: Caps);
    /// Sets the currencies that prices may have.
    fn with_currencies(currencies: Vec<Currency>);
} }
