//! The calls to Porkbun.

use std::{sync::Arc, time::Duration};

use ae_core::{BackendError, Effect, ErrorKind, IdempotencyKey, Mode, RetryPolicy, Runtime, Secret, retry};
use ae_core_http::{Answer, Client, Limits, Request};
use async_trait::async_trait;

use super::{
    NAME, answer,
    request::{self, Access},
};
use crate::registrar::{
    Availability, Domain, Order, OrderJournal, OrderState, Purchase, Quote, Registrar, RegistrarInfo,
    journal::buy::{Seller, buy_once, refuse_stale},
    order::{check_names, check_years},
};

const API_URL: &str = "https://api.porkbun.com/api/json/v3";
/// A check of a name is allowed every ten seconds, so a search of more names would take minutes.
const NAMES_MAX: usize = 5;
const YEARS_MAX: u8 = 10;
/// Porkbun gives the answer of a key again for 24 hours; an hour is kept back for clocks that differ.
const REMEMBERS: Duration = Duration::from_secs(23 * 3600);
/// The domains in one part of the account's list, and the most parts that are read.
const PART: usize = 1_000;
const PARTS_MAX: usize = 50;

/// The account at Porkbun in which names are bought, out of its credit.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PorkbunConfig {
    /// The public key, `pk1_…`.
    pub api_key: Secret<String>,
    /// The secret key, `sk1_…`.
    pub secret_api_key: Secret<String>,
    /// The address of the API, `https://api.porkbun.com/api/json/v3` by default.
    pub api_url: String,
}

impl PorkbunConfig {
    /// The account of the two keys.
    pub fn new(api_key: Secret<String>, secret_api_key: Secret<String>) -> Self {
        Self { api_key, secret_api_key, api_url: API_URL.to_owned() }
    }
}

ae_core::setters! { PorkbunConfig {
    /// Sets the address of the API.
    fn with_api_url(api_url: into String);
} }

/// Domain names at Porkbun. It needs a Tokio runtime.
///
/// Names belong to the contact of the account, which must have a verified e-mail and phone and one order already. A name
/// is bought for the shortest term of its ending. Every purchase carries its idempotency key, under which Porkbun gives
/// the first answer again for 24 hours; after that the list of the account's domains says whether a purchase whose answer
/// was lost was made. Sandbox keys (`pk1_sb_…`) are [`Mode::Test`].
#[derive(Debug)]
pub struct PorkbunRegistrar {
    pub(super) access: Access,
    pub(super) runtime: Runtime,
    client: Client,
    journal: Arc<dyn OrderJournal>,
}

impl PorkbunRegistrar {
    /// The registrar of the account of `config`, with the record of its purchases.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the address is not one, `Internal` when TLS can't be set up.
    pub fn new(
        config: PorkbunConfig,
        journal: Arc<dyn OrderJournal>,
        runtime: Runtime,
    ) -> Result<Self, BackendError> {
        let limits = Limits::default().with_answer(Duration::from_secs(60));
        let client = Client::new(NAME, &config.api_url, limits)?;
        let access = Access { api_key: config.api_key, secret_api_key: config.secret_api_key };
        Ok(Self { access, runtime, client, journal })
    }

    /// Whether the keys are valid.
    ///
    /// # Errors
    ///
    /// `Unauthenticated` when they are not, or the reason why Porkbun did not say.
    pub async fn check(&self) -> Result<(), BackendError> {
        answer::pong(&self.repeat(&request::ping(&self.access)?).await?)
    }

    /// Sends a request whose repeat is harmless, again where Porkbun asks for that: it says how long to wait in the body.
    pub(super) async fn repeat(&self, request: &Request) -> Result<Answer, BackendError> {
        let policy = RetryPolicy::new(4);
        retry(policy, &self.runtime, |_| async { answer::success(self.client.send(request).await?) }).await
    }
}

#[async_trait]
impl Registrar for PorkbunRegistrar {
    fn info(&self) -> RegistrarInfo {
        let sandbox = self.access.api_key.expose().starts_with("pk1_sb_");
        RegistrarInfo::new(NAME, if sandbox { Mode::Test } else { Mode::Live }, NAMES_MAX)
            .with_buying(YEARS_MAX)
            .with_dry_run()
            .with_idempotency()
    }

    async fn search(&self, domains: &[Domain]) -> Result<Vec<Availability>, BackendError> {
        check_names(&self.info(), domains)?;
        let mut found = Vec::with_capacity(domains.len());
        for domain in domains {
            let request = request::check(&self.access, "search", domain)?;
            found.push(answer::availability(&self.repeat(&request).await?)?);
        }
        Ok(found)
    }

    async fn quote(&self, domain: &Domain, years: u8) -> Result<Quote, BackendError> {
        check_years(&self.info(), years, "quote")?;
        let checked = self.repeat(&request::check(&self.access, "quote", domain)?).await?;
        answer::quote(domain, years, self.runtime.now(), &checked)
    }

    async fn rehearse(&self, purchase: &Purchase) -> Result<(), BackendError> {
        purchase.check(&self.info())?;
        refuse_stale(self, "rehearse", purchase).await?;
        answer::rehearsed(&self.repeat(&request::create(&self.access, None, purchase)?).await?)
    }

    async fn buy(&self, key: &IdempotencyKey, purchase: &Purchase) -> Result<Order, BackendError> {
        let order = buy_once(self, &*self.journal, &self.runtime, key, purchase).await?;
        if order.auto_renew == purchase.auto_renew {
            return Ok(order);
        }
        // A new name renews as the account has it.
        let request = request::auto_renew(&self.access, &order.domain, purchase.auto_renew)?;
        self.repeat(&request).await.map_err(|cause| {
            let message = format!(
                "{} was bought, but whether it renews by itself could not be set: repeat the call",
                order.domain
            );
            BackendError::new(cause.kind(), NAME, "buy", message)
                .with_retry(cause.retry())
                .with_effect(Effect::Unknown)
                .with_source(cause)
        })?;
        Ok(order.with_auto_renew(purchase.auto_renew))
    }

    async fn order(&self, id: &str) -> Result<Order, BackendError> {
        let entry = self.journal.find(id).await?;
        let order = entry.and_then(|entry| entry.order).ok_or_else(|| {
            let message = "the journal has no such order: look in Porkbun's account";
            BackendError::new(ErrorKind::NotFound, NAME, "order", message)
        })?;
        let renews = self.owned(&order.domain).await?.unwrap_or(order.auto_renew);
        Ok(order.with_auto_renew(renews))
    }
}

#[async_trait]
impl Seller for PorkbunRegistrar {
    fn name(&self) -> &'static str {
        NAME
    }

    fn remembers(&self) -> Duration {
        REMEMBERS
    }

    async fn owned(&self, domain: &Domain) -> Result<Option<bool>, BackendError> {
        for part in 0..PARTS_MAX {
            let listed = self.repeat(&request::owned(&self.access, part.saturating_mul(PART))?).await?;
            let (count, found) = answer::owned(domain, &listed)?;
            if found.is_some() || count < PART {
                return Ok(found);
            }
        }
        let message = format!("the account has more than {} domains", PARTS_MAX.saturating_mul(PART));
        Err(BackendError::new(ErrorKind::Unsupported, NAME, "buy", message))
    }

    async fn send(&self, key: &IdempotencyKey, purchase: &Purchase) -> Result<Order, BackendError> {
        let request = request::create(&self.access, Some(key.as_str()), purchase)?;
        let id = answer::created(&answer::success(self.client.send(&request).await?)?)?;
        let quote = &purchase.quote;
        let order = Order::new(id, quote.domain.clone(), quote.price, OrderState::Registered);
        // Not known until it was set.
        Ok(order.with_auto_renew(!purchase.auto_renew))
    }
}
