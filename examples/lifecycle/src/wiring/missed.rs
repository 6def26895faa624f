//! The payment providers that list their events.

use std::sync::Arc;

use ae_billing::{MemoryJournal, Page, Stripe, StripeConfig};
use ae_core::{BackendError, Mode, Provider, Timestamp};
use async_trait::async_trait;

use super::hosts::{at, secret};
use crate::{
    engine::Installation,
    error::Result,
    glue::missed::{MissedEvent, MissedEvents},
};

#[derive(Debug)]
struct StripeList {
    stripe: Stripe,
    mode: Mode,
}

/// The providers whose keys are in the environment.
///
/// # Errors
///
/// When a key can't be used.
pub(super) fn missed(installation: &Installation) -> Result<Vec<Arc<dyn MissedEvents>>> {
    let Some(key) = secret("STRIPE_API_KEY") else {
        return Ok(Vec::new());
    };
    let is_live = ["sk_live_", "rk_live_"].iter().any(|live| key.expose().starts_with(live));
    let mode = if is_live { Mode::Live } else { Mode::Test };
    let config = StripeConfig::new(key, mode);
    // It only reads.
    let config = if is_live { config.allowing_live() } else { config };
    let config = at("AE_STRIPE_API_BASE").into_iter().fold(config, StripeConfig::with_base_url);
    let stripe = Stripe::new(config, MemoryJournal::new(), installation.runtime.clone())?;
    Ok(vec![Arc::new(StripeList { stripe, mode })])
}

#[async_trait]
impl MissedEvents for StripeList {
    fn provider(&self) -> Provider {
        Provider::new("stripe", self.mode)
    }

    async fn page(&self, since: Timestamp, after: Option<&str>) -> Result<Page<MissedEvent>, BackendError> {
        let page = self.stripe.events(since, after).await?;
        let items = page.items.into_iter().map(|one| MissedEvent { event: one.event, raw: one.raw });
        Ok(Page::new(items.collect(), page.next))
    }
}
