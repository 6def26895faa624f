//! A [`CliProvider`] around a function: for builders that are a template or a generator of yours.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use ae_core::{BackendError, Cancel, IdempotencyKey, Isolation, Mode, ProductSpec, SameKey};
use ae_harness::{
    Abilities, AgentReport, AgentRequest, AgentSink, CliProvider, ProviderInfo, SiteContext, StopReason,
};
use async_trait::async_trait;
use maud::{DOCTYPE, html};

const NAME: &str = "fn-builder";

/// Files by their path relative to the workspace.
pub type Files = BTreeMap<String, String>;

/// Builds with a pure function: the same request always gives the same files. It runs no foreign code and is free.
pub struct FnBuilder<F> {
    build: F,
    done: Mutex<SameKey<AgentReport>>,
}

impl<F: Fn(&AgentRequest) -> Files> FnBuilder<F> {
    /// Builds with `build`.
    pub fn new(build: F) -> Self {
        Self { build, done: Mutex::new(SameKey::new(NAME)) }
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
        ProviderInfo::new(NAME, Mode::Offline, env!("CARGO_PKG_VERSION"), Isolation::Confined)
    }

    async fn check(&self) -> Result<(), BackendError> {
        Ok(())
    }

    async fn execute(
        &self,
        key: &IdempotencyKey,
        request: &AgentRequest,
        _: &dyn AgentSink,
        cancel: &Cancel,
    ) -> Result<AgentReport, BackendError> {
        request.check(NAME)?;
        request.check_abilities(NAME, Abilities::new(), Isolation::Confined)?;
        if cancel.is_cancelled() {
            return Ok(request.free_report(StopReason::Cancelled, "cancelled before it began"));
        }
        self.done.lock().unwrap_or_else(PoisonError::into_inner).once("execute", key, request, || {
            let files = (self.build)(request);
            let changed = request.write_files(NAME, &files)?;
            let summary = format!("wrote {} files", files.len());
            Ok(request.free_report(StopReason::Succeeded, summary).with_files_changed(changed))
        })
    }
}

/// A page with the product's name, its features and its prices. Texts of the spec may come from outside: `maud` escapes
/// them.
pub fn one_page(spec: &ProductSpec, site: &SiteContext) -> Files {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (spec.product_name) } }
            body { main {
                h1 { (spec.product_name) } p { (spec.tagline) }
                ul { @for feature in &spec.core_features { li { (feature.title) } } }
                @for tier in &spec.pricing {
                    p { a href={ (site.checkout_path) "?tier=" (tier.id) } { (tier.name) ": " (tier.price) } }
                }
            } }
        }
    };
    Files::from([("site/index.html".to_owned(), page.into_string())])
}
