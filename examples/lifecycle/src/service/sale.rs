//! Sells what runs published: the way to the payment link, and the webhooks of the ledger.

use std::{collections::BTreeMap, sync::Arc};

use ae_billing::{
    Intake, LicenceKey, LinkId, LinkView, OfflineVerifier, PaymentLink, SIGNATURE_HEADER, WebhookIntake, sign,
};
use ae_core::{BackendError, ErrorKind, IdempotencyKey, RunId, Secret};
use ae_harness::{ReleaseStore, SiteId};
use ae_safety::AuditEvent;
use http::{HeaderMap, HeaderValue};
use serde_json::json;
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;

use super::{
    catch_up::Missed,
    notices::{Changes, Telling},
    products::Published,
    visits::Waiting,
    webhooks::VendorIntake,
};

use crate::{
    engine::{self, Installation},
    error::{Error, Result},
    glue::storefront::Storefront,
    setup::Keys,
    store::SignalsFrom,
};

/// The most events that are delivered in one go.
const DELIVERIES_MAX: u32 = 100;

/// The published products of an installation.
#[derive(Debug)]
pub struct Sale {
    pub(super) installation: Installation,
    base_url: String,
    pub(super) releases: ReleaseStore,
    /// The products that were looked at.
    pub(super) published: Mutex<BTreeMap<SiteId, Published>>,
    pub(super) storefront: Arc<dyn Storefront>,
    pub(super) licence_key: LicenceKey,
    intake: WebhookIntake,
    webhook_secret: Secret<String>,
    operator_code: Secret<String>,
    pub(super) keys: Keys,
    pub(super) vendors: Vec<VendorIntake>,
    pub(super) missed: Missed,
    pub(super) telling: Option<Telling>,
    pub(super) changes: Changes,
    pub(super) visits: Waiting,
}

/// Where a checkout button leads.
#[derive(Debug)]
pub enum Checkout {
    /// To this payment link of the ledger.
    Link(PaymentLink),
    /// To this address of a payment provider.
    Elsewhere(String),
    /// Nowhere yet: the product is not on sale.
    NotYet,
    /// Nowhere: there is no such product.
    Unknown,
}

impl Sale {
    /// Opens what is sold at `base_url`.
    pub async fn open(installation: &Installation, base_url: &str) -> Result<Self> {
        let storefront = installation.wiring.storefront(installation, base_url)?;
        let keys = Keys::new(
            installation.dir.clone(),
            Arc::clone(&installation.runtime.ids),
            installation.keeper.clone(),
        );
        let webhook_secret = keys.read("webhook").await?;
        let verifier = OfflineVerifier::new(webhook_secret.clone()).map_err(|error| {
            Error::new(ErrorKind::Internal, "the webhook key can't be used").with_source(error)
        })?;
        Ok(Self {
            installation: installation.clone(),
            base_url: base_url.to_owned(),
            releases: ReleaseStore::open(installation.dir.sites())?,
            published: Mutex::default(),
            intake: WebhookIntake::new(Arc::new(verifier), Arc::new(Arc::clone(&storefront))),
            storefront,
            licence_key: keys.licence_key().await?,
            webhook_secret,
            operator_code: keys.read("operator").await?,
            keys,
            vendors: Vec::new(),
            missed: Missed::new(),
            telling: None,
            changes: Changes::new(),
            visits: Waiting::default(),
        })
    }

    /// The installation that sells.
    pub const fn installation(&self) -> &Installation {
        &self.installation
    }

    /// The address at which it sells.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Where the checkout button of `tier` of `site` leads; of an unknown tier, where the one of the first tier does.
    pub async fn checkout(&self, site: &str, tier: Option<&str>) -> Result<Checkout> {
        let Some(row) = self.installation.runs.by_site(site).await? else { return Ok(Checkout::Unknown) };
        let sold = engine::state(&self.installation, row.run_id).await?.sold;
        let link = sold.as_ref().and_then(|sold| {
            let of_tier = tier.and_then(|tier| sold.link_of(tier));
            of_tier.or_else(|| sold.links.first()).cloned()
        });
        let link = match link {
            Some(link) => Some(link),
            None => self.storefront.current_link(row.run_id).await?,
        };
        let Some(link) = link else { return Ok(Checkout::NotYet) };
        // A link that the ledger does not know is the payment provider's, with a page of its own.
        Ok(match self.storefront.link(&link.id).await? {
            Some(known) if known.link.active => Checkout::Link(link),
            Some(_) => Checkout::NotYet,
            None => Checkout::Elsewhere(link.url),
        })
    }

    /// A payment link with all that its page shows.
    pub async fn link(&self, link: &LinkId) -> Result<Option<LinkView>> {
        Ok(self.storefront.link(link).await?)
    }

    /// The key of another copy of the payment form.
    pub fn new_form(&self) -> IdempotencyKey {
        ae_billing::new_form(&*self.installation.runtime.ids)
    }

    /// The label of the site of `run`.
    pub async fn site_of(&self, run: RunId) -> Option<String> {
        self.installation.runs.get(run).await.ok().and_then(|row| row.site)
    }

    /// Whether `run` rests on the bundled sample, which its buyers should know.
    pub async fn rests_on_sample(&self, run: RunId) -> bool {
        self.installation
            .runs
            .get(run)
            .await
            .is_ok_and(|row| row.settings.signals.contains(&SignalsFrom::Sample))
    }

    /// Whether `code` is the operator's.
    pub fn is_operator(&self, code: &str) -> bool {
        code.as_bytes().ct_eq(self.operator_code.expose().as_bytes()).into()
    }

    /// Takes a webhook in; `raw` must carry a good signature.
    pub async fn receive(&self, headers: &HeaderMap, raw: &[u8]) -> Result<Intake, BackendError> {
        let intake = self.intake.receive(headers, raw, self.installation.runtime.now()).await?;
        self.changed();
        Ok(intake)
    }

    /// Delivers the events that the ledger raised: each is signed and goes through the same intake as a request would.
    /// An event is delivered at least once; the intake books it once.
    ///
    /// # Errors
    ///
    /// When the ledger breaks; what was not delivered stays in its outbox.
    pub async fn deliver_pending(&self) -> Result<()> {
        for event in self.storefront.pending_events(DELIVERIES_MAX).await? {
            let signature =
                sign(&self.webhook_secret, event.body.as_bytes(), self.installation.runtime.now());
            let mut headers = HeaderMap::new();
            let value = HeaderValue::from_str(&signature).map_err(|error| {
                Error::new(ErrorKind::Internal, "the signature is not a header").with_source(error)
            })?;
            headers.insert(SIGNATURE_HEADER, value);
            self.receive(&headers, event.body.as_bytes()).await?;
            self.storefront.mark_delivered(&event.id).await?;
            let record = AuditEvent::new("webhook_delivered", "ae").with_detail(json!({ "event": event.id }));
            self.installation.keeper.audit.append(&record).await?;
        }
        Ok(())
    }
}
