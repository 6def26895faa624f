//! The configuration of the provider.

use ae_core::{BackendError, Currency, ErrorKind, Mode, Secret};

use crate::{Capabilities, Caps, ProviderInfo, RequestError, provider::checks, units};

/// The provider's name in errors, in its info and in books.
pub(super) const NAME: &str = "paddle";
const LIVE: &str = "https://api.paddle.com";
const SANDBOX: &str = "https://sandbox-api.paddle.com";
const LIVE_KEY: &str = "pdl_live_";
const SANDBOX_KEY: &str = "pdl_sdbx_";
/// Currencies that Paddle sells in, with the same units here and there.
const CURRENCIES: [&str; 20] = [
    "USD", "EUR", "GBP", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "INR", "BRL", "MXN",
    "SGD", "HKD", "ZAR", "JPY", "KRW",
];

/// How to reach an account at Paddle.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PaddleConfig {
    /// The API key: `pdl_sdbx_…` in the sandbox, `pdl_live_…` outside; older keys have no such beginning.
    pub key: Secret<String>,
    /// The mode: the sandbox is [`Mode::Test`].
    pub mode: Mode,
    /// The page that opens Paddle's checkout for the price whose id is in its query as `price_id`: a hosted checkout made
    /// in Paddle's dashboard, or a page of the seller's with Paddle.js on a domain that Paddle approved. It says where
    /// customers go after paying.
    pub page: String,
    /// Whether the live mode is allowed at all.
    pub allow_live: bool,
    /// The address of the API.
    pub base_url: String,
    /// Paddle's tax category of the products that are made. Others than `standard` need Paddle's approval.
    pub tax_category: String,
    /// The limits that hold before anything is sent.
    pub caps: Caps,
}

impl PaddleConfig {
    /// The account of `key`, in the sandbox for [`Mode::Test`], else the real one, with checkouts on `page`.
    pub fn new(key: Secret<String>, mode: Mode, page: impl Into<String>) -> Self {
        let base_url = if mode == Mode::Live { LIVE } else { SANDBOX };
        Self {
            key,
            mode,
            page: page.into(),
            allow_live: false,
            base_url: base_url.to_owned(),
            tax_category: "standard".to_owned(),
            caps: Caps::default(),
        }
    }

    /// Whether mode, key and address agree.
    pub(super) fn check(&self) -> Result<(), BackendError> {
        let refusal = |kind, message: &str| Err(failure(kind, "connect", message));
        let key = self.key.expose().trim();
        if key.is_empty() {
            return refusal(ErrorKind::Unauthenticated, "the API key is empty");
        }
        checks::url("checkout page", Some(&self.page)).map_err(refused("connect"))?;
        let is_at = |address: &str| self.base_url.trim_end_matches('/') == address;
        match self.mode {
            Mode::Test if is_at(LIVE) || key.starts_with(LIVE_KEY) => refusal(
                ErrorKind::PermissionDenied,
                "the key or the address is live and the mode is test: nothing is sent; use the sandbox's",
            ),
            Mode::Live if is_at(SANDBOX) || key.starts_with(SANDBOX_KEY) => refusal(
                ErrorKind::PermissionDenied,
                "the key or the address is the sandbox's and the mode is live: nothing is sent",
            ),
            Mode::Live if !self.allow_live => refusal(
                ErrorKind::PermissionDenied,
                "the live mode is not allowed: nothing is sent; allow it where real money is meant",
            ),
            Mode::Test | Mode::Live => Ok(()),
            _ => refusal(ErrorKind::InvalidInput, "the mode is test or live"),
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

    /// The page of the price `id`.
    pub(super) fn link(&self, id: &str) -> String {
        let (page, place) = match self.page.split_once('#') {
            Some((page, place)) => (page, format!("#{place}")),
            None => (&*self.page, String::new()),
        };
        let begin = if page.contains('?') { '&' } else { '?' };
        format!("{page}{begin}price_id={id}{place}")
    }
}

ae_core::setters! { PaddleConfig {
    /// Allows the live mode.
    fn allowing_live(allow_live = true);
    /// Sets the address of the API, for proxies and tests.
    fn with_base_url(base_url: into String);
    /// Sets the tax category of products.
    fn with_tax_category(tax_category: into String);
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
