//! The configuration of the provider.

use ae_core::{BackendError, Currency, ErrorKind, Mode, Secret};

use crate::{Capabilities, Caps, ProviderInfo, units};

/// The provider's name in errors and in its info.
pub(super) const NAME: &str = "stripe";
/// The address of the API.
pub(super) const BASE_URL: &str = "https://api.stripe.com";

/// How to reach a Stripe account.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StripeConfig {
    /// The API key: a restricted one (`rk_test_…`, `rk_live_…`) where possible, or a secret one (`sk_…`).
    pub key: Secret<String>,
    /// The mode that is meant. A key of another mode is refused, and so is every object of another mode.
    pub mode: Mode,
    /// Whether the live mode is allowed at all.
    pub allow_live: bool,
    /// The address of the API, for proxies and tests.
    pub base_url: String,
    /// The connected account in whose name calls are made.
    pub account: Option<String>,
    /// The test clock of customers that are made, in test mode: their time passes as the clock is moved.
    pub test_clock: Option<String>,
    /// The limits that hold before anything is sent.
    pub caps: Caps,
    /// The currencies that prices may have.
    pub currencies: Vec<Currency>,
}

impl StripeConfig {
    /// The account of `key`, in `mode`, with the usual caps and currencies.
    pub fn new(key: Secret<String>, mode: Mode) -> Self {
        Self {
            key,
            mode,
            allow_live: false,
            base_url: BASE_URL.to_owned(),
            account: None,
            test_clock: None,
            caps: Caps::default(),
            currencies: units::currencies(),
        }
    }

    /// Whether mode and key agree.
    pub(super) fn check(&self) -> Result<(), BackendError> {
        let refused = |kind, message: &str| Err(BackendError::new(kind, NAME, "connect", message));
        let mode = match self.key.expose() {
            key if ["sk_test_", "rk_test_"].iter().any(|prefix| key.starts_with(prefix)) => Mode::Test,
            key if ["sk_live_", "rk_live_"].iter().any(|prefix| key.starts_with(prefix)) => Mode::Live,
            _ => {
                return refused(
                    ErrorKind::InvalidInput,
                    "the key is not one of Stripe: expected sk_test_, rk_test_, sk_live_ or rk_live_",
                );
            }
        };
        if mode != self.mode {
            return refused(
                ErrorKind::PermissionDenied,
                "the key is of another mode than the configuration: nothing is sent; use a key of the mode that is meant",
            );
        }
        if mode == Mode::Live && !self.allow_live {
            return refused(
                ErrorKind::PermissionDenied,
                "the live mode is not allowed: nothing is sent; allow it where real money is meant",
            );
        }
        if mode == Mode::Live && self.test_clock.is_some() {
            return refused(ErrorKind::InvalidInput, "a test clock is for the test mode alone");
        }
        Ok(())
    }

    pub(super) fn info(&self) -> ProviderInfo {
        let able = Capabilities::default()
            .with_durable_keys()
            .with_deactivates()
            .with_refunds()
            .with_charges()
            .with_tiered()
            .with_metered()
            .with_fractions()
            .with_trials()
            .with_customers()
            .with_checkouts()
            .with_portal()
            .with_subscriptions()
            .with_endpoints();
        ProviderInfo::new(NAME, self.mode)
            .with_capabilities(able)
            .with_caps(self.caps)
            .with_currencies(self.currencies.clone())
    }

    /// The books in the journal: keys of one mode or account mean nothing in another.
    pub(super) fn scope(&self) -> String {
        match &self.account {
            Some(account) => format!("{NAME}/{}/{account}", self.mode),
            None => format!("{NAME}/{}", self.mode),
        }
    }
}

ae_core::setters! { StripeConfig {
    /// Allows the live mode.
    fn allowing_live(allow_live = true);
    /// Sets the address of the API.
    fn with_base_url(base_url: into String);
    /// Sets the connected account.
    fn with_account(account: some into String);
    /// Sets the test clock of new customers.
    fn with_test_clock(test_clock: some into String);
    /// Sets the limits.
    fn with_caps(caps: Caps);
    /// Sets the currencies that prices may have.
    fn with_currencies(currencies: Vec<Currency>);
} }
