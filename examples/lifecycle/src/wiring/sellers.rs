//! The payment providers, by their names in settings.

use std::{collections::BTreeMap, sync::Arc};

use ae_billing::{
    Paddle, PaddleConfig, PaymentProvider, Polar, PolarConfig, SqliteJournal, Stripe, StripeConfig,
};
use ae_core::{ErrorKind, Mode};

use super::{
    embedded::ledger,
    env::{required, setting},
    hosts::{at, of_env, secret, unknown},
};
use crate::{
    engine::Installation,
    error::{Error, Result},
    glue::hosting::EnvFrom,
    store::RunSettings,
};

/// The names of the payment providers.
pub(super) const SELLERS: [&str; 4] = [RunSettings::LEDGER, "stripe", "polar", "paddle"];
/// The restricted key by which a site's functions look whether a checkout was paid, here and at the host.
pub(super) const SITE_KEY: &str = "AE_STRIPE_KEY";
const STRIPE_BASE: &str = "AE_STRIPE_API_BASE";

/// A payment provider, and what a site's functions need to ask it.
pub(super) struct Seller {
    pub(super) payments: Arc<dyn PaymentProvider>,
    pub(super) env: BTreeMap<String, EnvFrom>,
}

/// The payment provider that `settings` name, in the mode that they name: a key of another one is refused before anything
/// is sent.
///
/// # Errors
///
/// `Unauthenticated` naming the variable of a key that is missing, `PermissionDenied` for a key of another mode,
/// `InvalidInput` for another name.
pub(super) fn seller(installation: &Installation, settings: &RunSettings) -> Result<Seller> {
    let (runtime, mode) = (&installation.runtime, if settings.live { Mode::Live } else { Mode::Test });
    match settings.pay.as_str() {
        RunSettings::LEDGER => {
            let payments = Arc::new(ledger(installation, &settings.base_url)?);
            Ok(Seller { payments, env: BTreeMap::new() })
        }
        "stripe" => {
            let config = StripeConfig::new(required("STRIPE_API_KEY", KEY_OF_STRIPE)?, mode);
            let config = if settings.live { config.allowing_live() } else { config };
            let config = at(STRIPE_BASE).into_iter().fold(config, StripeConfig::with_base_url);
            let journal = installation.dir.database("requests");
            installation.dir.private_file(&journal)?;
            let journal = SqliteJournal::open_or_create(journal)?;
            let stripe =
                Stripe::new(config, journal, runtime.clone()).map_err(|error| other_mode(error, settings))?;
            Ok(Seller { payments: Arc::new(stripe), env: stripe_env(mode)? })
        }
        "polar" => {
            let config = PolarConfig::new(required("POLAR_ACCESS_TOKEN", "an access token of Polar")?, mode);
            let config = if settings.live { config.allowing_live() } else { config };
            let config = at("AE_POLAR_API_BASE").into_iter().fold(config, PolarConfig::with_base_url);
            let polar = Polar::new(config, runtime.clone()).map_err(|error| other_mode(error, settings))?;
            Ok(Seller { payments: Arc::new(polar), env: BTreeMap::new() })
        }
        "paddle" => {
            let key =
                required("PADDLE_API_KEY", "an API key of Paddle: pdl_sdbx_…, or pdl_live_… with --live")?;
            let page = setting(PAGE_OF_PADDLE).ok_or_else(|| {
                Error::new(ErrorKind::InvalidInput, format!("{PAGE_OF_PADDLE} is not set")).with_hint(
                    "set it to the page that opens Paddle's checkout for the price_id in its query; nothing was sent",
                )
            })?;
            let config = PaddleConfig::new(key, mode, page.trim());
            let config = if settings.live { config.allowing_live() } else { config };
            let config = at("AE_PADDLE_API_BASE").into_iter().fold(config, PaddleConfig::with_base_url);
            let paddle = Paddle::new(config, runtime.clone()).map_err(|error| other_mode(error, settings))?;
            Ok(Seller { payments: Arc::new(paddle), env: BTreeMap::new() })
        }
        other => Err(unknown("--pay", other, &SELLERS)),
    }
}

const PAGE_OF_PADDLE: &str = "PADDLE_CHECKOUT_PAGE";
const KEY_OF_STRIPE: &str = "a key of Stripe: sk_test_…, or better a restricted one, rk_test_…";

/// The variables that a site's functions need to ask Stripe. Without the key they answer that the seller gives licences.
fn stripe_env(mode: Mode) -> Result<BTreeMap<String, EnvFrom>> {
    let mut env = BTreeMap::new();
    let Some(key) = secret(SITE_KEY) else { return Ok(env) };
    let prefix = if mode == Mode::Live { "rk_live_" } else { "rk_test_" };
    if !key.expose().starts_with(prefix) {
        let message =
            format!("{SITE_KEY} goes to the host of the site: a restricted key, {prefix}…, is needed");
        return Err(Error::new(ErrorKind::PermissionDenied, message).with_hint(
            "make one that only reads checkout sessions, subscriptions, invoices, payment intents, charges and disputes",
        ));
    }
    env.insert(SITE_KEY.to_owned(), EnvFrom::Secret(of_env(SITE_KEY)?));
    if let Some(base) = at(STRIPE_BASE) {
        env.insert(STRIPE_BASE.to_owned(), EnvFrom::Plain(base));
    }
    Ok(env)
}

/// Says how the mode is chosen where a key is of another one.
fn other_mode(error: ae_core::BackendError, settings: &RunSettings) -> Error {
    let kind = error.kind();
    let error = Error::from(error);
    if kind != ErrorKind::PermissionDenied {
        return error;
    }
    error.with_hint(if settings.live {
        "the run was started with --live: a live key is needed, or a new run without --live"
    } else {
        "real money is taken only with --live; without it a key of the test mode is needed"
    })
}
