//! The calls to Vercel's registrar.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use ae_core::{BackendError, IdempotencyKey, Mode, Runtime, Secret};
use ae_core_http::{Answer, Client, Limits, Request, RetryRule};
use async_trait::async_trait;

use super::{
    NAME, answer,
    request::{self, Access},
};
use crate::registrar::{
    Availability, Domain, Order, OrderJournal, OrderState, Purchase, Quote, Registrar, RegistrarInfo,
    journal::buy::{Seller, buy_once, found_order},
    order::{check_names, check_years},
};

const API_URL: &str = "https://api.vercel.com";
const NAMES_MAX: usize = 200;
const YEARS_MAX: u8 = 10;

/// The account at Vercel in which names are bought.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct VercelRegistrarConfig {
    /// The token, for the whole team: one that is limited to a project can't act on domains.
    pub token: Secret<String>,
    /// The team; without it the personal account.
    pub team_id: Option<String>,
    /// The address of the API, `https://api.vercel.com` by default.
    pub api_url: String,
    /// Whether it buys for real: [`Mode::Live`] by default, for Vercel has no test mode.
    pub mode: Mode,
}

impl VercelRegistrarConfig {
    /// The personal account of `token`.
    pub fn new(token: Secret<String>) -> Self {
        Self { token, team_id: None, api_url: API_URL.to_owned(), mode: Mode::Live }
    }
}

ae_core::setters! { VercelRegistrarConfig {
    /// Sets the team.
    fn with_team_id(team_id: some into String);
    /// Sets the address of the API.
    fn with_api_url(api_url: into String);
    /// Sets whether it buys for real, for another address than Vercel's own.
    fn with_mode(mode: Mode);
} }

/// Domain names at Vercel. It needs a Tokio runtime.
///
/// Vercel knows no idempotency key for purchases. So each one is written to the journal before it is sent, and a purchase
/// whose answer was lost is not sent again: the account is looked at, and the error says when to repeat the call. Only
/// after half an hour, when the name is neither in the account nor taken, it counts as not bought and is sent again.
#[derive(Debug)]
pub struct VercelRegistrar {
    access: Access,
    mode: Mode,
    client: Client,
    journal: Arc<dyn OrderJournal>,
    runtime: Runtime,
}

impl VercelRegistrar {
    /// The registrar of the account of `config`, with the record of its purchases.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the address is not one, `Internal` when TLS can't be set up.
    pub fn new(
        config: VercelRegistrarConfig,
        journal: Arc<dyn OrderJournal>,
        runtime: Runtime,
    ) -> Result<Self, BackendError> {
        let limits = Limits::default().with_answer(Duration::from_secs(60));
        let client = Client::new(NAME, &config.api_url, limits)?;
        let access = Access { token: config.token, team_id: config.team_id };
        Ok(Self { access, mode: config.mode, client, journal, runtime })
    }

    /// Sends what changes nothing, again where that helps.
    async fn read(&self, request: &Request) -> Result<Answer, BackendError> {
        let rule = RetryRule::default().with_repeatable();
        self.client.send_under(request, &rule, &self.runtime).await
    }

    async fn supported(&self) -> Result<BTreeSet<String>, BackendError> {
        answer::success(self.read(&request::supported(&self.access)?).await?)?.json()
    }
}

#[async_trait]
impl Registrar for VercelRegistrar {
    fn info(&self) -> RegistrarInfo {
        RegistrarInfo::new(NAME, self.mode, NAMES_MAX).with_buying(YEARS_MAX).with_contact()
    }

    async fn search(&self, domains: &[Domain]) -> Result<Vec<Availability>, BackendError> {
        check_names(&self.info(), domains)?;
        if domains.is_empty() {
            return Ok(Vec::new());
        }
        let supported = self.supported().await?;
        let found = answer::success(self.read(&request::search(&self.access, domains)?).await?)?;
        answer::availability(domains, &supported, &found)
    }

    async fn quote(&self, domain: &Domain, years: u8) -> Result<Quote, BackendError> {
        check_years(&self.info(), years, "quote")?;
        let price = answer::success(self.read(&request::price(&self.access, domain, years)?).await?)?;
        answer::quote(domain, years, self.runtime.now(), &price)
    }

    async fn buy(&self, key: &IdempotencyKey, purchase: &Purchase) -> Result<Order, BackendError> {
        buy_once(self, &*self.journal, &self.runtime, key, purchase).await
    }

    async fn order(&self, id: &str) -> Result<Order, BackendError> {
        if let Some(order) = found_order(&*self.journal, id).await? {
            return Ok(order);
        }
        answer::order(&answer::success(self.read(&request::order(&self.access, id)?).await?)?)
    }
}

#[async_trait]
impl Seller for VercelRegistrar {
    fn name(&self) -> &'static str {
        NAME
    }

    fn remembers(&self) -> Duration {
        Duration::ZERO
    }

    async fn owned(&self, domain: &Domain) -> Result<Option<bool>, BackendError> {
        answer::owned(self.read(&request::owned(&self.access, domain)?).await?)
    }

    async fn send(&self, _: &IdempotencyKey, purchase: &Purchase) -> Result<Order, BackendError> {
        let sent = self.client.send(&request::buy(&self.access, purchase)?).await?;
        let id = answer::bought(&answer::success(sent)?)?;
        let quote = &purchase.quote;
        let order = Order::new(id, quote.domain.clone(), quote.price, OrderState::Pending);
        Ok(order.with_auto_renew(purchase.auto_renew))
    }
}
