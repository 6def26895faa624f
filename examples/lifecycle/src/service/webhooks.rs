//! Webhooks of payment providers: verified, and booked in the same books as everything else.

use std::sync::Arc;

use ae_billing::{Intake, WebhookIntake, WebhookVerifier};
use ae_core::{BackendError, ErrorKind, Mode, Provider, Secret};
use ae_safety::AuditEvent;
use http::HeaderMap;
use serde_json::json;

use super::Sale;
use crate::{
    engine::Installation,
    error::{Error, Result},
    setup::Keys,
};

/// The payment providers whose webhooks are taken in, by their names in addresses and books.
pub const VENDORS: [&str; 3] = ["stripe", "polar", "paddle"];
/// The longest secret, in bytes.
const SECRET_MAX: usize = 512;

/// The webhooks of one mode of a payment provider.
#[derive(Debug)]
pub(super) struct VendorIntake {
    name: String,
    mode: Mode,
    intake: WebhookIntake,
}

/// Keeps a secret that signs the webhooks of `vendor`, in addition to those that are kept; `text` is what was given, its
/// line break included.
///
/// # Errors
///
/// `InvalidInput` for another vendor, and for what can't be a secret.
pub async fn keep_webhook_secret(
    installation: &Installation,
    vendor: &str,
    mode: Mode,
    text: &str,
) -> Result<()> {
    let refuse = |what: String| Err(Error::new(ErrorKind::InvalidInput, what));
    if !VENDORS.contains(&vendor) {
        return refuse(format!("{vendor:?} is not one of {}", VENDORS.join(", ")));
    }
    let secret = text.trim();
    if secret.is_empty() || secret.len() > SECRET_MAX || !secret.bytes().all(|b| b.is_ascii_graphic()) {
        let what = format!(
            "what was given can't be a secret: one line of 1 to {SECRET_MAX} plain characters expected"
        );
        return Err(Error::new(ErrorKind::InvalidInput, what)
            .with_hint("give it on standard input: `ae webhook-secret stripe < FILE`"));
    }
    let keys = Keys::new(
        installation.dir.clone(),
        Arc::clone(&installation.runtime.ids),
        installation.keeper.clone(),
    );
    keys.keep_webhook_secret(&Provider::new(vendor.to_owned(), mode), &Secret::new(secret.to_owned()))
        .await?;
    let detail = json!({ "vendor": vendor, "mode": mode });
    let event = AuditEvent::new("webhook_secret_kept", "operator").with_detail(detail);
    installation.keeper.audit.append(&event).await?;
    Ok(())
}

impl Sale {
    /// Takes in the webhooks of the payment providers whose secrets are known.
    ///
    /// # Errors
    ///
    /// When a secret can't be read or used.
    pub async fn taking_webhooks(mut self) -> Result<Self> {
        for name in VENDORS {
            for mode in [Mode::Test, Mode::Live] {
                let provider = Provider::new(name.to_owned(), mode);
                let mut secrets =
                    self.installation.wiring.webhook_secret(&provider).into_iter().collect::<Vec<_>>();
                secrets.extend(self.keys.webhook_secrets(&provider).await?);
                if secrets.is_empty() {
                    continue;
                }
                let verifier: Arc<dyn WebhookVerifier> =
                    self.installation.wiring.verifier(&provider, secrets)?;
                let store = Arc::new(Arc::clone(&self.storefront));
                let intake = WebhookIntake::new(verifier, store).with_mode(mode);
                self.vendors.push(VendorIntake { name: name.to_owned(), mode, intake });
            }
        }
        Ok(self)
    }

    /// The payment providers whose webhooks are taken in, with their modes.
    pub fn vendors(&self) -> Vec<String> {
        self.vendors.iter().map(|vendor| format!("{} ({})", vendor.name, vendor.mode)).collect()
    }

    /// Takes a webhook of `vendor` in; `raw` must carry a good signature of one of its modes. An event of another mode
    /// than the one of the secret that signed it is kept and never booked.
    ///
    /// # Errors
    ///
    /// `NotFound` for a vendor without a secret; else as the intake.
    pub async fn receive_from(
        &self,
        vendor: &str,
        headers: &HeaderMap,
        raw: &[u8],
    ) -> Result<Intake, BackendError> {
        let message = "no secret of this payment provider is known here";
        let mut refused = BackendError::new(ErrorKind::NotFound, "webhook", "receive", message);
        for known in self.vendors.iter().filter(|known| known.name == vendor) {
            match known.intake.receive(headers, raw, self.installation.runtime.now()).await {
                // It may be signed with a secret of the other mode.
                Err(error) if error.kind() == ErrorKind::Unauthenticated => refused = error,
                Ok(intake) => {
                    self.changed();
                    return Ok(intake);
                }
                Err(error) => return Err(error),
            }
        }
        Err(refused)
    }
}
