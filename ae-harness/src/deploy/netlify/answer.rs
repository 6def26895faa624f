//! The answers of Netlify.

use ae_core::{BackendError, ErrorKind, Timestamp};
use ae_core_http::Answer;
use serde::Deserialize;

use super::NAME;
use crate::deploy::DeploymentStatus;

/// The characters of a text of the service that are kept.
const TEXT_MAX: usize = 300;

/// An account of the token.
#[derive(Debug, Deserialize)]
pub(super) struct Account {
    pub(super) slug: String,
}

/// A site.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Found {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) session_id: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    ssl_url: Option<String>,
    #[serde(default)]
    published_deploy: Option<Published>,
}

#[derive(Debug, Clone, Deserialize)]
struct Published {
    id: String,
}

impl Found {
    /// The address at which it answers.
    pub(super) fn address(&self) -> String {
        address(self.ssl_url.as_deref(), self.url.as_deref())
    }

    /// The deployment that answers there.
    pub(super) fn active(&self) -> Option<&str> {
        self.published_deploy.as_ref().map(|published| published.id.as_str())
    }
}

/// A deployment.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Deployed {
    pub(super) id: String,
    #[serde(default)]
    pub(super) site_id: Option<String>,
    state: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    pub(super) required: Option<Vec<String>>,
    #[serde(default)]
    error_message: Option<String>,
    #[serde(default)]
    deploy_url: Option<String>,
    #[serde(default)]
    deploy_ssl_url: Option<String>,
    #[serde(default)]
    created_at: Option<String>,
}

impl Deployed {
    /// A part of its title: the key, the release, the target, the address.
    fn part(&self, at: usize) -> &str {
        self.title.as_deref().and_then(|title| title.split(' ').nth(at)).unwrap_or_default()
    }

    pub(super) fn key(&self) -> &str {
        self.part(0)
    }

    pub(super) fn release(&self) -> &str {
        self.part(1)
    }

    pub(super) fn is_production(&self) -> bool {
        self.part(2) == "production"
    }

    pub(super) fn planned_url(&self) -> &str {
        self.part(3)
    }

    /// Whether its files are not there yet.
    pub(super) fn lacks_files(&self) -> bool {
        matches!(self.state.as_str(), "new" | "uploading" | "preparing" | "prepared")
    }

    pub(super) fn status(&self) -> DeploymentStatus {
        match self.state.as_str() {
            "ready" => DeploymentStatus::Ready,
            "error" | "rejected" => DeploymentStatus::Error,
            "new" | "enqueued" | "pending_review" => DeploymentStatus::Queued,
            _ => DeploymentStatus::Building,
        }
    }

    /// Why it failed, in the words of the service.
    pub(super) fn reason(&self) -> Option<String> {
        self.error_message.as_deref().map(line)
    }

    /// The address of its own.
    pub(super) fn own_address(&self) -> String {
        address(self.deploy_ssl_url.as_deref(), self.deploy_url.as_deref())
    }

    pub(super) fn created_at(&self) -> Timestamp {
        let time = self.created_at.as_deref().and_then(|text| text.parse().ok());
        time.unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// The address with TLS where there is one, with the slash at its end.
fn address(tls: Option<&str>, plain: Option<&str>) -> String {
    let url = tls.filter(|url| !url.is_empty()).or(plain).unwrap_or_default();
    format!("{}/", url.trim_end_matches('/'))
}

#[derive(Debug, Default, Deserialize)]
struct Refusal {
    message: Option<String>,
}

/// The answer itself when its status is 2xx, or its error with the service's words.
pub(super) fn checked(answer: Answer) -> Result<Answer, BackendError> {
    if (200..300).contains(&answer.status()) {
        return Ok(answer);
    }
    let plain = answer.error();
    let refusal: Refusal = serde_json::from_slice(answer.body()).unwrap_or_default();
    let message = match &refusal.message {
        Some(words) => format!("{}: {}", plain.message(), line(words)),
        None => plain.message().to_owned(),
    };
    // The name of a site is one of all customers.
    let kind = if answer.status() == 422 { ErrorKind::Conflict } else { plain.kind() };
    let error = BackendError::new(kind, NAME, plain.operation().to_owned(), message);
    Err(error.with_status(answer.status()).with_retry(plain.retry()).with_effect(plain.effect()))
}

/// A text of the service as one short line.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT_MAX).collect()
}
