//! The configuration of the provider.

use ae_core::{BackendError, Currency, ErrorKind, Mode, Secret};

use crate::{Capabilities, Caps, ProviderInfo, RequestError, units};

/// The provider's name in errors, in its info and in books.
pub(super) const NAME: &str = "polar";
const LIVE: &str = "https://api.polar.sh";
const SANDBOX: &str = "https://sandbox-api.polar.sh";
/// Currencies that are in the units of one part of a hundred both here and there.
const CURRENCIES: [&str; 18] = [
    "USD", "EUR", "GBP", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "INR", "BRL", "MXN",
    "SGD", "HKD", "ZAR",
];

/// How to reach an organization at Polar.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PolarConfig {
    /// The organization's access token.
    pub token: Secret<String>,
    /// The mode: the sandbox is [`Mode::Test`]. Tokens of the two look alike, so the address decides.
    pub mode: Mode,
    /// Whether the live mode is allowed at all.
    pub allow_live: bool,
    /// The address of the API.
    pub base_url: String,
    /// The limits that hold before anything is sent.
    pub caps: Caps,
}

impl PolarConfig {
    /// The organization of `token`: in the sandbox for [`Mode::Test`], else the real one.
    pub fn new(token: Secret<String>, mode: Mode) -> Self {
        let base_url = if mode == Mode::Live { LIVE } else { SANDBOX };
        Self { token, mode, allow_live: false, base_url: base_url.to_owned(), caps: Caps::default() }
    }

    /// Whether mode and address agree.
    pub(super) fn check(&self) -> Result<(), BackendError> {
        let refused = |kind, message: &str| Err(failure(kind, "connect", message));
        if self.token.expose().trim().is_empty() {
            return refused(ErrorKind::Unauthenticated, "the access token is empty");
        }
        let is_at = |address: &str| self.base_url.trim_end_matches('/') == address;
        match self.mode {
            Mode::Test if is_at(LIVE) => refused(
                ErrorKind::PermissionDenied,
                "the address is the live one and the mode is test: nothing is sent; use the sandbox's address",
            ),
            Mode::Live if is_at(SANDBOX) => refused(
                ErrorKind::PermissionDenied,
                "the address is the sandbox's and the mode is live: nothing is sent",
            ),
            Mode::Live if !self.allow_live => refused(
                ErrorKind::PermissionDenied,
                "the live mode is not allowed: nothing is sent; allow it where real money is meant",
            ),
            Mode::Test | Mode::Live => Ok(()),
            _ => refused(ErrorKind::InvalidInput, "the mode is test or live"),
        }
    }

    pub(super) fn info(&self) -> ProviderInfo {
        let able = Capabilities::default()
            .with_durable_keys()
            .with_deactivates()
            .with_refunds()
            .with_charges()
            .with_merchant_of_record()
            .with_trials()
            .with_checkouts()
            .with_portal()
            .with_subscriptions()
            .with_endpoints();
        let allowed = |currency: &Currency| CURRENCIES.contains(&currency.code());
        ProviderInfo::new(NAME, self.mode)
            .with_capabilities(able)
            .with_caps(self.caps)
            .with_currencies(units::currencies().into_iter().filter(allowed).collect())
    }
}

ae_core::setters! { PolarConfig {
    /// Allows the live mode.
    fn allowing_live(allow_live = true);
    /// Sets the address of the API, for proxies and tests.
    fn with_base_url(base_url: into String);
    /// Sets the limits.
    fn with_caps(caps: Caps);
} }

/// An error of this provider.
pub(super) fn failure(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, NAME, operation, message)
}

/// The error of a request that can't be met.
pub(super) fn refused(operation: &'static str) -> impl Fn(RequestError) -> BackendError {
    move |error| failure(error.kind(), operation, error.to_string())
}
