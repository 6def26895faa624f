//! The analyst from settings: rules, or models of the vendors whose keys are set.

use std::sync::Arc;

use ae_core::{BackendError, ErrorKind, Money, Runtime};
use ae_genesis::{Analyst, RuleAnalyst};
use ae_router::{Router, VendorClient};

use super::vendor::Vendor;
use crate::{
    error::{Error, Result},
    glue::{analyst::ModelAnalyst, analysts::Hired},
    store::RunSettings,
};

/// The analyst of a run with these settings.
pub(super) fn of(runtime: &Runtime, settings: &RunSettings) -> Result<Hired> {
    if settings.analyst != RunSettings::MODEL {
        return Ok(Hired::Ready(Arc::new(RuleAnalyst)));
    }
    let runtime = runtime.clone();
    // The keys are needed when the analyst is asked: a run that is past that goes on without them.
    let make = move |budget, folder| {
        let clients = clients().map_err(|error| {
            BackendError::new(error.kind(), "analyst", "open", error.to_string()).with_source(error)
        })?;
        let router = Router::new(budget).with_runtime(runtime.clone());
        let router = clients.into_iter().fold(router, Router::with_client);
        Ok::<Arc<dyn Analyst>, BackendError>(Arc::new(ModelAnalyst::new(router).with_kept(folder)))
    };
    Ok(Hired::PerRun { info: ModelAnalyst::describe(true), make: Arc::new(make) })
}

/// The analyst that `asked` names, and remarks on the choice.
pub(super) fn choose(asked: &RunSettings, budget: Money) -> Result<(String, Vec<String>)> {
    let name = match asked.analyst.as_str() {
        RunSettings::AUTO if budget.is_zero() || !any_key() => RunSettings::RULES,
        RunSettings::AUTO => RunSettings::MODEL,
        RunSettings::MODEL => {
            clients()?;
            RunSettings::MODEL
        }
        _ => RunSettings::RULES,
    };
    Ok((name.to_owned(), Vec::new()))
}

fn any_key() -> bool {
    Vendor::ALL.into_iter().any(|vendor| vendor.secret().is_some())
}

/// The clients of the vendors whose keys are set, at least one.
fn clients() -> Result<Vec<VendorClient>> {
    let mut clients = Vec::new();
    for vendor in Vendor::ALL {
        let Some(key) = vendor.secret() else { continue };
        let client = match vendor {
            Vendor::Anthropic => VendorClient::anthropic(key),
            Vendor::OpenAi => VendorClient::openai(key),
            Vendor::Google => VendorClient::gemini(key),
        };
        // The clients of OpenAI take the version as a part of the address.
        let version = if vendor == Vendor::OpenAi { "/v1" } else { "" };
        clients.push(client?.with_base_url(format!("{}{version}", vendor.base_url()))?);
    }
    if clients.is_empty() {
        let names = Vendor::ALL.map(Vendor::key).join(", ");
        let message = format!("the analyst with models needs a key of a vendor, and none of {names} is set");
        return Err(Error::new(ErrorKind::Unauthenticated, message)
            .with_hint("set one of them, or use --analyst rules"));
    }
    Ok(clients)
}
