//! A [`CliProvider`] around a function: for builders that are a template or a generator of yours.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use ae_core::{BackendError, Currency, Digest, ErrorKind, IdempotencyKey, Isolation, Money};
use ae_harness::{AgentReport, AgentRequest, CliProvider, ProviderInfo, Snapshot};
use async_trait::async_trait;
use maud::{DOCTYPE, html};

use crate::write_whole;

const NAME: &str = "fn-builder";

/// Files by their path relative to the workspace.
pub type Files = BTreeMap<String, String>;

/// Builds with a pure function: the same request always gives the same files. It runs no foreign code and is free.
pub struct FnBuilder<F> {
    build: F,
    used: Mutex<BTreeMap<IdempotencyKey, Digest>>,
}

impl<F: Fn(&AgentRequest) -> Files> FnBuilder<F> {
    /// Builds with `build`.
    #[must_use]
    pub const fn new(build: F) -> Self {
        Self { build, used: Mutex::new(BTreeMap::new()) }
    }
}

impl<F> fmt::Debug for FnBuilder<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FnBuilder").finish_non_exhaustive()
    }
}

#[async_trait]
impl<F: Fn(&AgentRequest) -> Files + Send + Sync + 'static> CliProvider for FnBuilder<F> {
    fn info(&self) -> ProviderInfo {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        ProviderInfo { name: NAME.to_owned(), version, isolation: Isolation::Confined, metered: false }
    }

    async fn check(&self) -> Result<(), BackendError> {
        Ok(())
    }

    async fn execute(
        &self,
        key: &IdempotencyKey,
        request: &AgentRequest,
    ) -> Result<AgentReport, BackendError> {
        request.check_workspace(NAME)?;
        let digest = Digest::of_json("fn-builder", request)
            .map_err(|cause| error(ErrorKind::InvalidInput, "the request is no JSON").with_source(cause))?;
        let known =
            *self.used.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_insert(digest);
        if known != digest {
            return Err(error(
                ErrorKind::Conflict,
                "this key was used for another request: derive a new one",
            ));
        }
        let files = (self.build)(request);
        // The function is trusted, but it may have built a path out of a text from outside.
        if let Some(path) = files.keys().find(|path| !is_inside(path)) {
            return Err(error(ErrorKind::InvalidInput, &format!("{path:?} does not stay in the workspace")));
        }
        let before = Snapshot::take(&request.workspace)?;
        for (path, text) in &files {
            write_whole(&request.workspace.join(path), text.as_bytes()).map_err(|cause| {
                error(ErrorKind::Unavailable, &format!("{path} can't be written: see the cause, then repeat"))
                    .with_effect(ae_core::Effect::Unknown)
                    .with_source(cause)
            })?;
        }
        Ok(AgentReport {
            success: true,
            summary: format!("wrote {} files", files.len()),
            files_changed: Snapshot::take(&request.workspace)?.changed_since(&before),
            cost: Some(Money::zero(Currency::USD)),
            usage: None,
        })
    }
}

/// Plain parts only: no absolute path, no `..`, nothing hidden.
fn is_inside(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    path.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && part.chars().all(plain))
}

/// A page that says what the product is, for whom, and what it costs. Texts of the spec may come from outside: `maud`
/// escapes them.
#[must_use]
pub fn one_page(request: &AgentRequest) -> Files {
    let spec = &request.spec;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (spec.product_name) } }
            body { main {
                h1 { (spec.product_name) }
                p { (spec.tagline) }
                ul { @for feature in &spec.core_features { li { (feature.title) } } }
                @for tier in &spec.pricing {
                    p { a href={ (request.site.checkout_path) "?tier=" (tier.id) } { (tier.name) ": " (tier.price) } }
                }
            } }
        }
    };
    Files::from([("site/index.html".to_owned(), page.into_string())])
}

fn error(kind: ErrorKind, message: &str) -> BackendError {
    BackendError::new(kind, NAME, "execute", message)
}
