//! Sells what runs published: the way to the payment link, payments that an operator reports, and their webhooks.

use std::sync::Arc;

use ae_billing::{
    Intake, LinkId, LinkView, NewPayment, OfflineVerifier, Payment, PaymentLink, SIGNATURE_HEADER,
    WebhookIntake, sign,
};
use ae_core::{BackendError, ErrorKind, IdempotencyKey, RunId, Secret};
use ae_harness::{ReleaseStore, SiteId};
use ae_safety::AuditEvent;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use crate::{
    engine::Installation,
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
    installation: Installation,
    base_url: String,
    releases: ReleaseStore,
    storefront: Arc<dyn Storefront>,
    intake: WebhookIntake,
    webhook_secret: Secret<String>,
    operator_code: Secret<String>,
}

/// Where a checkout button leads.
#[derive(Debug)]
pub enum Checkout {
    /// To this payment link.
    Link(PaymentLink),
    /// Nowhere yet: the product is not on sale.
    NotYet,
    /// Nowhere: there is no such product.
    Unknown,
}

/// A reported payment.
#[derive(Debug)]
pub struct Paid {
    /// The payment.
    pub payment: Payment,
    /// Whether its event was delivered too.
    pub delivered: bool,
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
            intake: WebhookIntake::new(Arc::new(verifier), Arc::new(Arc::clone(&storefront))),
            storefront,
            webhook_secret,
            operator_code: keys.read("operator").await?,
        })
    }

    /// The installation that sells.
    pub const fn installation(&self) -> &Installation {
        &self.installation
    }

    /// The sites that are live.
    pub fn sites(&self) -> Result<Vec<SiteId>> {
        Ok(self.releases.sites()?)
    }

    /// The page of `site` at `path`. A release names the address that its run was started with; served at another one,
    /// its text names that one instead.
    pub async fn page(&self, site: &SiteId, path: &str, known: Option<&str>) -> http::Response<Bytes> {
        let page = self.releases.respond(site, path, known);
        let approved = self.installation.runs.by_site(site.as_str()).await.ok().flatten();
        let Some(approved) = approved.map(|row| row.settings.base_url).filter(|base| *base != self.base_url)
        else {
            return page;
        };
        let kind = page.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("text/") || kind.starts_with("application/xml")) {
            return page;
        }
        page.map(|body| match std::str::from_utf8(&body) {
            Ok(text) => text
                .replace(&format!("{approved}/p/{site}/"), &format!("{}/p/{site}/", self.base_url))
                .into_bytes()
                .into(),
            Err(_) => body,
        })
    }

    /// Where the checkout button of `site` leads. A release is fixed before its payment link exists, so the ledger is
    /// asked at this moment.
    pub async fn checkout(&self, site: &str) -> Result<Checkout> {
        let Some(row) = self.installation.runs.by_site(site).await? else { return Ok(Checkout::Unknown) };
        let link = self.storefront.current_link(row.run_id).await?;
        Ok(link.map_or(Checkout::NotYet, Checkout::Link))
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

    /// Records the payment that a copy of the form reports; the same copy sent again finds it. The audit log has what
    /// is about to be recorded, and then the result.
    ///
    /// # Errors
    ///
    /// As the ledger: `Conflict` when this copy recorded another payment; when a store can't be written.
    pub async fn report_payment(
        &self,
        view: &LinkView,
        form: &IdempotencyKey,
        payment: NewPayment,
    ) -> Result<Paid, BackendError> {
        let report = json!({ "key": form, "link": view.link.id, "price": payment.price });
        self.log(view, "payment_reported", report).await?;
        let recorded = self.storefront.record_payment(form, payment).await;
        let (kind, detail) = match &recorded {
            Ok(payment) => ("payment_recorded", json!({ "key": form, "payment": payment.id })),
            Err(error) => ("payment_not_recorded", json!({ "key": form, "error": error.kind() })),
        };
        self.log(view, kind, detail).await?;
        let payment = recorded?;
        Ok(Paid { payment, delivered: self.deliver_pending().await.is_ok() })
    }

    async fn log(&self, view: &LinkView, kind: &str, detail: Value) -> Result<(), BackendError> {
        let event = AuditEvent::new(kind, "operator").with_run(view.link.run).with_detail(detail);
        self.installation.keeper.audit.append(&event).await.map(drop)
    }

    /// Takes a webhook in; `raw` must carry a good signature.
    pub async fn receive(&self, headers: &HeaderMap, raw: &[u8]) -> Result<Intake, BackendError> {
        self.intake.receive(headers, raw, self.installation.runtime.now()).await
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
