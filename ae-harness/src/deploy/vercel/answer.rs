//! The answers of Vercel.

use std::{collections::BTreeMap, time::Duration};

use ae_core::{BackendError, ErrorKind, Retry, Timestamp};
use ae_core_http::Answer;
use serde::Deserialize;
use serde_json::Value;

use super::NAME;
use crate::deploy::{CommercialUse, DeploymentStatus};

/// The lines of a log that are kept, and the characters of a text of the service.
const LOG_LINES: usize = 20;
const TEXT_MAX: usize = 300;
/// The longest pause that the service can ask for.
const PAUSE_MAX: i64 = 3600;

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Project {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(default)]
    targets: Option<BTreeMap<String, Option<Target>>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Target {
    id: String,
}

impl Project {
    /// The deployment that answers at the addresses of the site.
    pub(super) fn active(&self) -> Option<&str> {
        Some(self.targets.as_ref()?.get("production")?.as_ref()?.id.as_str())
    }
}

/// The variables of a project, by name.
#[derive(Debug, Deserialize)]
pub(super) struct Variables {
    envs: Vec<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    key: String,
}

impl Variables {
    pub(super) fn has(&self, name: &str) -> bool {
        self.envs.iter().any(|named| named.key == name)
    }
}

/// A deployment, from a list or by itself. The lists call two of its fields otherwise.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Deployed {
    id: Option<String>,
    uid: Option<String>,
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) project_id: Option<String>,
    ready_state: Option<String>,
    state: Option<String>,
    target: Option<String>,
    created_at: Option<i64>,
    #[serde(default)]
    meta: Value,
    #[serde(default)]
    alias_error: Option<Reason>,
    #[serde(default)]
    error_message: Option<String>,
    #[serde(default)]
    error_code: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Reason {
    code: Option<String>,
    message: Option<String>,
}

impl Deployed {
    pub(super) fn id(&self) -> &str {
        self.id.as_deref().or(self.uid.as_deref()).unwrap_or_default()
    }

    /// A note that was given to it.
    pub(super) fn meta(&self, name: &str) -> &str {
        self.meta.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn is_production(&self) -> bool {
        self.target.as_deref() == Some("production")
    }

    /// The time at which it was made, in milliseconds.
    pub(super) fn created(&self) -> i64 {
        self.created_at.unwrap_or_default()
    }

    pub(super) fn created_at(&self) -> Timestamp {
        Timestamp::from_millisecond(self.created()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Its state. One whose addresses could not be given to it is as good as failed.
    pub(super) fn status(&self) -> DeploymentStatus {
        match self.ready_state.as_deref().or(self.state.as_deref()) {
            _ if self.alias_error.is_some() => DeploymentStatus::Error,
            Some("QUEUED") => DeploymentStatus::Queued,
            Some("INITIALIZING" | "BUILDING") => DeploymentStatus::Building,
            Some("READY") => DeploymentStatus::Ready,
            _ => DeploymentStatus::Error,
        }
    }

    /// Why it failed, in the words of the service.
    pub(super) fn reason(&self) -> Option<String> {
        let alias = self.alias_error.as_ref();
        let code = alias.and_then(|reason| reason.code.as_deref()).or(self.error_code.as_deref());
        let text = alias.and_then(|reason| reason.message.as_deref()).or(self.error_message.as_deref());
        match (code, text) {
            (Some(code), Some(text)) => Some(format!("{} ({})", line(text), line(code))),
            (code, text) => text.or(code).map(line).or_else(|| {
                let is_over = self.ready_state.as_deref() == Some("CANCELED");
                is_over.then(|| "it was cancelled at the host".to_owned())
            }),
        }
    }
}

/// A page of a list of deployments.
#[derive(Debug, Deserialize)]
pub(super) struct Deployments {
    pub(super) deployments: Vec<Deployed>,
    pagination: Pagination,
}

#[derive(Debug, Deserialize)]
struct Pagination {
    next: Option<i64>,
}

impl Deployments {
    /// The end of the next page; `None` after the last one.
    pub(super) fn next(&self) -> Option<i64> {
        if self.deployments.is_empty() { None } else { self.pagination.next }
    }
}

/// The domains of a project.
#[derive(Debug, Deserialize)]
pub(super) struct Domains {
    domains: Vec<Attached>,
}

/// A domain of a project.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attached {
    pub(super) name: String,
    apex_name: String,
    pub(super) verified: bool,
    #[serde(default)]
    pub(super) verification: Vec<Verification>,
    #[serde(default)]
    created_at: i64,
}

impl Domains {
    /// The domain that the service gave to the project itself: the oldest one below its own.
    pub(super) fn given(&self) -> Option<&str> {
        let own =
            self.domains.iter().filter(|domain| domain.apex_name == "vercel.app" || is_local(&domain.name));
        own.min_by_key(|domain| (domain.created_at, domain.name.as_str())).map(|domain| domain.name.as_str())
    }
}

impl Attached {
    /// Whether it is registered as it stands, so that no CNAME can be set for it.
    pub(super) fn is_apex(&self) -> bool {
        self.apex_name == self.name
    }
}

/// A record that proves that a domain belongs to the account.
#[derive(Debug, Deserialize)]
pub(super) struct Verification {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) domain: String,
    pub(super) value: String,
}

/// The DNS of a domain as it is and as it should be.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DomainConfig {
    pub(super) misconfigured: bool,
    #[serde(rename = "recommendedIPv4", default)]
    ipv4: Vec<Recommended<Vec<String>>>,
    #[serde(rename = "recommendedCNAME", default)]
    cname: Vec<Recommended<String>>,
}

#[derive(Debug, Deserialize)]
struct Recommended<T> {
    rank: i64,
    value: T,
}

impl DomainConfig {
    /// The records to set, by type and value, for an apex or a name below one.
    pub(super) fn records(&self, is_apex: bool) -> Vec<(&'static str, String)> {
        let cname = self.cname.iter().min_by_key(|one| one.rank).filter(|_| !is_apex);
        if let Some(cname) = cname {
            return vec![("CNAME", cname.value.trim_end_matches('.').to_owned())];
        }
        let best = self.ipv4.iter().min_by_key(|one| one.rank);
        best.into_iter().flat_map(|one| &one.value).map(|address| ("A", address.clone())).collect()
    }
}

/// The outcome of setting variables.
#[derive(Debug, Deserialize)]
pub(super) struct EnvSet {
    failed: Vec<EnvFailed>,
}

#[derive(Debug, Deserialize)]
struct EnvFailed {
    #[serde(default)]
    error: EnvProblem,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EnvProblem {
    code: Option<String>,
    key: Option<String>,
    env_var_key: Option<String>,
}

impl EnvSet {
    /// The variables that were refused, by name and code: the messages can hold values.
    pub(super) fn problems(&self) -> Vec<String> {
        let text = |one: &EnvFailed| {
            let name = one.error.env_var_key.as_deref().or(one.error.key.as_deref()).unwrap_or("a variable");
            format!("{} ({})", line(name), line(one.error.code.as_deref().unwrap_or("no code")))
        };
        self.failed.iter().map(text).collect()
    }
}

/// A team. Those who may not see its bills see no plan.
#[derive(Debug, Deserialize)]
pub(super) struct Team {
    billing: Option<Billing>,
}

#[derive(Debug, Deserialize)]
struct Billing {
    plan: Option<String>,
}

impl Team {
    /// Whether the plan of the team allows sites that take payments: the fair-use rules exclude that for the free one.
    pub(super) fn commercial(&self) -> CommercialUse {
        match self.billing.as_ref().and_then(|billing| billing.plan.as_deref()) {
            Some("hobby") => CommercialUse::Forbidden,
            Some("pro" | "enterprise") => CommercialUse::Allowed,
            _ => CommercialUse::Unknown,
        }
    }
}

/// An error in either of the two forms in which the service writes it: below `error`, or by itself.
#[derive(Debug, Default, Deserialize)]
struct Refusal {
    error: Option<Value>,
    #[serde(flatten)]
    own: BTreeMap<String, Value>,
}

impl Refusal {
    fn of(answer: &Answer) -> Self {
        serde_json::from_slice(answer.body()).unwrap_or_default()
    }

    fn field(&self, name: &str) -> Option<&Value> {
        match &self.error {
            Some(error) => error.get(name),
            None => self.own.get(name),
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.field(name)?.as_str()
    }
}

/// The digests of the files that the service lacks, when that is why it refused a deployment.
pub(super) fn missing(answer: &Answer) -> Option<Vec<String>> {
    let refusal = Refusal::of(answer);
    if answer.status() != 400 || refusal.text("code") != Some("missing_files") {
        return None;
    }
    let missing = refusal.field("missing")?.as_array()?;
    Some(missing.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// The answer itself when its status is 2xx, or its error with the service's code and words. The words are left out where
/// they could quote what was sent: `quotes` says that they can't hold a secret.
pub(super) fn checked(answer: Answer, now: Timestamp, quotes: bool) -> Result<Answer, BackendError> {
    if (200..300).contains(&answer.status()) {
        return Ok(answer);
    }
    let (plain, refusal) = (answer.error(), Refusal::of(&answer));
    let (kind, hint) = match answer.status() {
        403 if refusal.field("invalidToken") == Some(&Value::Bool(true)) => {
            (ErrorKind::Unauthenticated, Some("the token is not valid: make one in the account's settings"))
        }
        402 => (ErrorKind::QuotaExceeded, Some("the plan of the account does not allow it")),
        _ => (plain.kind(), None),
    };
    let mut message = hint.map_or_else(|| plain.message().to_owned(), str::to_owned);
    if let Some(words) = refusal.text("message").filter(|_| quotes) {
        message = format!("{message}: {}", line(words));
    }
    let retry = match plain.retry() {
        Retry::Backoff if kind == ErrorKind::RateLimited => {
            reset(&answer, now).map_or(Retry::Backoff, Retry::After)
        }
        retry => retry,
    };
    let mut error = BackendError::new(kind, NAME, plain.operation().to_owned(), message)
        .with_status(answer.status())
        .with_retry(retry)
        .with_effect(plain.effect());
    if let Some(code) = refusal.text("code") {
        error = error.with_code(line(code));
    }
    match answer.header("x-vercel-id") {
        Some(id) => Err(error.with_request_id(id)),
        None => Err(error),
    }
}

/// The time until the limit of calls begins again.
fn reset(answer: &Answer, now: Timestamp) -> Option<Duration> {
    let at: i64 = answer.header("x-ratelimit-reset")?.parse().ok()?;
    let seconds = at.saturating_sub(now.as_second()).clamp(0, PAUSE_MAX);
    Some(Duration::from_secs(seconds.unsigned_abs()))
}

/// Whether a name is of this machine (RFC 6761), as those of a simulator are.
fn is_local(name: &str) -> bool {
    let host = name.split(':').next().unwrap_or_default();
    host == "localhost" || host.ends_with(".localhost")
}

/// The address of a site at a domain of the service.
pub(super) fn address(domain: &str) -> String {
    let scheme = if is_local(domain) { "http" } else { "https" };
    format!("{scheme}://{domain}/")
}

/// A text of the service as one short line.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT_MAX).collect()
}

/// The last lines of a log, oldest first.
pub(super) fn tail(body: &[u8]) -> Vec<String> {
    let events: Vec<Value> = serde_json::from_slice(body).unwrap_or_default();
    let text = |event: &Value| {
        let text = event.get("text").or_else(|| event.get("payload")?.get("text"))?.as_str()?.trim_end();
        (!text.is_empty()).then(|| line(text))
    };
    let mut lines: Vec<String> = events.iter().filter_map(text).collect();
    lines.split_off(lines.len().saturating_sub(LOG_LINES))
}
