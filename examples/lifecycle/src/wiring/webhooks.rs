//! The verifiers of the payment providers' webhooks, and the way to a system of the operator's own.

use std::{sync::Arc, time::Duration};

use ae_billing::{PaddleVerifier, PolarVerifier, SIGNATURE_HEADER, StripeVerifier, WebhookVerifier};
use ae_core::{BackendError, ErrorKind, Mode, Provider, Secret};
use ae_core_http::{Client, Limits, Request};
use async_trait::async_trait;

use super::env::setting;
use crate::{
    error::{Error, Result},
    glue::{address, notice::Notifier},
};

/// The secret that signs the webhooks of a payment provider, from the environment: `STRIPE_WEBHOOK_SECRET`, for example.
/// It is of the mode of the vendor's key, and of the live mode where there is no key.
pub(super) fn secret(provider: &Provider) -> Option<Secret<String>> {
    let name = provider.name.to_ascii_uppercase();
    let key = setting("STRIPE_API_KEY").filter(|_| provider.name == "stripe");
    let is_test = key.is_some_and(|key| ["sk_test_", "rk_test_"].iter().any(|test| key.starts_with(test)));
    let mode = if is_test { Mode::Test } else { Mode::Live };
    if provider.mode != mode {
        return None;
    }
    setting(&format!("{name}_WEBHOOK_SECRET")).map(Secret::new)
}

/// The verifier of the webhooks of `provider`, any of `secrets` may sign.
///
/// # Errors
///
/// `Unsupported` for a provider whose webhooks can't be verified here; when a secret can't be used.
pub(super) fn verifier(
    provider: &Provider,
    secrets: Vec<Secret<String>>,
) -> Result<Arc<dyn WebhookVerifier>> {
    let unusable = |error: ae_billing::WebhookError| {
        let message = format!("a webhook secret of {} can't be used", provider.name);
        Error::new(ErrorKind::InvalidInput, message).with_source(error)
    };
    let mut secrets = secrets.into_iter();
    let first = secrets.next().unwrap_or_else(|| Secret::new(String::new()));
    match provider.name.as_str() {
        "stripe" => {
            let verifier = StripeVerifier::new(first).map_err(unusable)?;
            let verifier = secrets.try_fold(verifier, StripeVerifier::with_secret).map_err(unusable)?;
            Ok(Arc::new(verifier))
        }
        "polar" => {
            let verifier = PolarVerifier::new(first, provider.mode).map_err(unusable)?;
            let verifier = secrets.try_fold(verifier, PolarVerifier::with_secret).map_err(unusable)?;
            Ok(Arc::new(verifier))
        }
        "paddle" => {
            let verifier = PaddleVerifier::new(first, provider.mode).map_err(unusable)?;
            let verifier = secrets.try_fold(verifier, PaddleVerifier::with_secret).map_err(unusable)?;
            Ok(Arc::new(verifier))
        }
        other => {
            let message = format!("webhooks of {other} can't be verified by this program");
            Err(Error::new(ErrorKind::Unsupported, message))
        }
    }
}

/// Posts messages to one address.
#[derive(Debug)]
struct Post(Client);

/// The notifier of `url`.
///
/// # Errors
///
/// `InvalidInput` for what is not an address.
pub(super) fn notifier(url: &str) -> Result<Arc<dyn Notifier>> {
    if !address::is_private(url) {
        return Err(Error::new(ErrorKind::InvalidInput, "--notify takes an https address")
            .with_hint("who reads the reference of an order can open its licence"));
    }
    let limits = Limits::default().with_answer(Duration::from_secs(10)).with_body_bytes_max(64 * 1024);
    Ok(Arc::new(Post(Client::new("notify", url, limits)?)))
}

#[async_trait]
impl Notifier for Post {
    async fn send(&self, body: &str, signature: &str) -> Result<(), BackendError> {
        let request = Request::post::<String>("notify", [])
            .with_body("application/json", body)?
            .with_header(SIGNATURE_HEADER, signature)?;
        self.0.send(&request).await?.success().map(drop)
    }
}
