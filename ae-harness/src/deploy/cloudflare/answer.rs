//! The answers of Cloudflare.

use std::collections::BTreeMap;

use ae_core::{BackendError, ErrorKind, Timestamp};
use ae_core_http::Answer;
use serde::{Deserialize, de::DeserializeOwned};

use super::NAME;

/// The longest text of a refusal that is shown.
const TEXT_MAX: usize = 200;

#[derive(Deserialize)]
struct Envelope<T> {
    result: T,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    errors: Vec<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    code: u32,
    #[serde(default)]
    message: String,
}

/// The answer itself when its status is 2xx, else its error. `quotes` adds the words of a refusal, which may repeat what
/// was sent.
pub(super) fn checked(answer: Answer, quotes: bool) -> Result<Answer, BackendError> {
    let error = match answer.clone().success() {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    let refusal: Option<Refusal> = serde_json::from_slice(answer.body()).ok();
    let Some(failure) = refusal.and_then(|refusal| refusal.errors.into_iter().next()) else {
        return Err(error);
    };
    if !quotes {
        return Err(error.with_code(failure.code.to_string()));
    }
    let text: String = failure.message.chars().filter(|c| !c.is_control()).take(TEXT_MAX).collect();
    let message = format!("{}: {text}", error.message());
    let (kind, operation) = (error.kind(), error.operation().to_owned());
    Err(BackendError::new(kind, NAME, operation, message)
        .with_retry(error.retry())
        .with_effect(error.effect())
        .with_status(answer.status())
        .with_code(failure.code.to_string()))
}

/// The result in an answer.
pub(super) fn result<T: DeserializeOwned>(answer: &Answer) -> Result<T, BackendError> {
    Ok(answer.json::<Envelope<T>>()?.result)
}

/// The name under which an account's Workers answer.
#[derive(Deserialize)]
pub(super) struct Subdomain {
    pub(super) subdomain: String,
}

/// The settings of a Worker.
#[derive(Deserialize)]
pub(super) struct Settings {
    pub(super) tags: Option<Vec<String>>,
}

/// Leave to send files, or what it ended in. It has no `Debug`: the token is a secret.
#[derive(Deserialize)]
pub(super) struct Session {
    pub(super) jwt: Option<String>,
    #[serde(default)]
    pub(super) buckets: Vec<Vec<String>>,
}

/// The versions of a Worker.
#[derive(Deserialize)]
pub(super) struct Versions {
    #[serde(default)]
    pub(super) items: Vec<Version>,
}

/// A version of a Worker.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Version {
    pub(super) id: String,
    /// It grows with every version of a Worker.
    pub(super) number: u64,
    pub(super) metadata: VersionMetadata,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct VersionMetadata {
    pub(super) created_on: Timestamp,
}

impl Version {
    /// The release that it is, or an empty text: a draft, or a change of variables alone.
    pub(super) fn release(&self) -> &str {
        note(self.annotations.as_ref(), "workers/tag")
    }

    /// The note of the call that made it.
    pub(super) fn note(&self) -> &str {
        note(self.annotations.as_ref(), "workers/message")
    }
}

/// The deployments of a Worker, the one that answers first.
#[derive(Deserialize)]
pub(super) struct Deployments {
    #[serde(default)]
    pub(super) deployments: Vec<Switch>,
}

/// A deployment: versions that answer.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Switch {
    #[serde(default)]
    versions: Vec<Share>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Clone, Deserialize)]
struct Share {
    version_id: String,
}

impl Switch {
    /// The version that answers.
    pub(super) fn version(&self) -> &str {
        self.versions.first().map_or("", |share| share.version_id.as_str())
    }

    /// The note of the call that made it.
    pub(super) fn note(&self) -> &str {
        note(self.annotations.as_ref(), "workers/message")
    }
}

fn note<'a>(notes: Option<&'a BTreeMap<String, String>>, name: &str) -> &'a str {
    notes.and_then(|notes| notes.get(name)).map_or("", String::as_str)
}

/// A zone: a domain whose DNS Cloudflare keeps.
#[derive(Deserialize)]
pub(super) struct Zone {
    pub(super) id: String,
    pub(super) name: String,
    status: String,
    #[serde(default)]
    pub(super) name_servers: Vec<String>,
}

impl Zone {
    /// Whether the registry names Cloudflare's servers.
    pub(super) fn is_active(&self) -> bool {
        self.status == "active"
    }
}

/// A name that leads to a Worker.
#[derive(Deserialize)]
pub(super) struct Attached {
    pub(super) hostname: String,
    pub(super) service: String,
}

/// The error of what can't be read.
pub(super) fn strange(operation: &'static str, what: &str) -> BackendError {
    BackendError::new(ErrorKind::Protocol, NAME, operation, format!("Cloudflare {what}: try again later"))
}
