//! The hosts that sites are published at, by their names in settings.

use std::sync::Arc;

use ae_core::{BackendError, ErrorKind, Secret};
use ae_harness::{
    Cloudflare, CloudflareConfig, Deployer, LocalDeployer, Netlify, NetlifyConfig, SecretHandle,
    SecretReader, SiteId, Vercel, VercelConfig,
};
use ae_safety::AuditEvent;
use serde_json::json;

use super::env::{required, setting};
use crate::{
    engine::Installation,
    error::{Error, Result},
    glue::address,
    run::AddressOf,
    setup::Keys,
    store::RunSettings,
};

/// The names of the hosts.
pub(super) const HOSTS: [&str; 4] = [RunSettings::LOCAL, "vercel", "cloudflare", "netlify"];
/// The beginning of the name of a secret that stands in this process's environment.
const FROM_ENV: &str = "env/";

/// A host, and the addresses that it is expected to give.
pub(super) struct Host {
    pub(super) deployer: Arc<dyn Deployer>,
    pub(super) address: Arc<AddressOf>,
}

/// The host that `settings` name.
///
/// # Errors
///
/// `Unauthenticated` naming the variable of a key that is missing, `InvalidInput` for another name.
pub(super) fn host(installation: &Installation, settings: &RunSettings) -> Result<Host> {
    let runtime = &installation.runtime;
    match settings.deploy.as_str() {
        RunSettings::LOCAL => {
            let base_url = settings.base_url.clone();
            let address = move |site: &SiteId| address::product(&base_url, site.as_str());
            let here = address.clone();
            let deployer = LocalDeployer::open(installation.dir.sites(), runtime.clone())?.with_address(here);
            Ok(Host { deployer: Arc::new(deployer), address: Arc::new(address) })
        }
        "vercel" => {
            let token = required("VERCEL_TOKEN", "a token of Vercel")?;
            let team =
                required("VERCEL_TEAM_ID", "the id of the team at Vercel, team_…, which every account has")?;
            let config = VercelConfig::new(token, team.expose()).with_secrets(secrets(installation));
            let config = at("AE_VERCEL_API_BASE").into_iter().fold(config, VercelConfig::with_api_url);
            let address = |site: &SiteId| format!("https://{site}.vercel.app/");
            Ok(Host { deployer: Arc::new(Vercel::new(config, runtime.clone())?), address: Arc::new(address) })
        }
        "cloudflare" => {
            let token = required("CLOUDFLARE_API_TOKEN", "a token of Cloudflare that may edit Workers")?;
            let account = required("CLOUDFLARE_ACCOUNT_ID", "the id of the account at Cloudflare")?;
            let config = CloudflareConfig::new(token, account.expose()).with_secrets(secrets(installation));
            let config =
                at("AE_CLOUDFLARE_API_BASE").into_iter().fold(config, CloudflareConfig::with_api_url);
            // The account's own part of the name is known once the site is made.
            let address = |site: &SiteId| format!("https://{site}.workers.dev/");
            Ok(Host {
                deployer: Arc::new(Cloudflare::new(config, runtime.clone())?),
                address: Arc::new(address),
            })
        }
        "netlify" => {
            let token = required("NETLIFY_AUTH_TOKEN", "a token of Netlify")?;
            let account = required("NETLIFY_ACCOUNT_SLUG", "the slug of the account (team) at Netlify")?;
            let config = NetlifyConfig::new(token, account.expose());
            let config = at("AE_NETLIFY_API_BASE").into_iter().fold(config, NetlifyConfig::with_api_url);
            let address = |site: &SiteId| format!("https://{site}.netlify.app/");
            Ok(Host {
                deployer: Arc::new(Netlify::new(config, runtime.clone())?),
                address: Arc::new(address),
            })
        }
        other => Err(unknown("--deploy", other, &HOSTS)),
    }
}

/// The address of a vendor's service that the environment names.
pub(super) fn at(variable: &str) -> Option<String> {
    setting(variable).map(|url| url.trim_end_matches('/').to_owned())
}

pub(super) fn unknown(option: &str, name: &str, known: &[&str]) -> Error {
    let message = format!("{option} {name:?} is not known: use {}", known.join(", "));
    Error::new(ErrorKind::InvalidInput, message)
}

/// The name under which a host asks for a secret of this process's environment.
pub(super) fn of_env(variable: &str) -> std::result::Result<SecretHandle, BackendError> {
    Ok(format!("{FROM_ENV}{variable}").parse()?)
}

/// Gives a host the secrets that go into a site's environment, and no other. Each reading is recorded before it happens.
fn secrets(installation: &Installation) -> SecretReader {
    let ids = Arc::clone(&installation.runtime.ids);
    let keys = Arc::new(Keys::new(installation.dir.clone(), ids, installation.keeper.clone()));
    let audit = Arc::clone(&installation.keeper.audit);
    SecretReader::new(move |handle: SecretHandle| {
        let (keys, audit) = (Arc::clone(&keys), Arc::clone(&audit));
        async move {
            let Some(variable) = handle.as_str().strip_prefix(FROM_ENV) else {
                return keys.of_handle(handle.as_str()).await.map_err(refused);
            };
            if variable != super::sellers::SITE_KEY {
                let message = format!("{handle} is not a secret of a site");
                return Err(BackendError::new(ErrorKind::PermissionDenied, "wiring", "read", message));
            }
            let event = AuditEvent::new("secret_read", "ae").with_detail(json!({ "variable": variable }));
            audit.append(&event).await?;
            required(variable, "the restricted key that the site's functions use").map_err(refused)
        }
    })
}

fn refused(error: Error) -> BackendError {
    let message = match error.hint() {
        Some(hint) => format!("{error}: {hint}"),
        None => error.to_string(),
    };
    BackendError::new(error.kind(), "wiring", "read", message)
}

/// Whether the environment holds a value that is not to be seen.
pub(super) fn secret(variable: &str) -> Option<Secret<String>> {
    setting(variable).map(|value| Secret::new(value.trim().to_owned()))
}
