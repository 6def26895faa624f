//! The types of publishing.

use ae_core::{BackendError, Digest, ErrorKind, Mode, Provider, Timestamp};
use serde::{Deserialize, Serialize};

use crate::checked::{is_label, is_token};

/// How many hex digits of the manifest's digest name a release.
pub(crate) const ID_DIGITS: usize = 16;

ae_core::checked_text! {
    /// The label of a site: 1 to 63 lower-case letters, digits and hyphens, no hyphen at either end.
    pub struct SiteId: "a site: use 1 to 63 lower-case letters, digits and inner hyphens", is_label
}

ae_core::checked_text! {
    /// Names a release by its content: the first 16 hex digits of its manifest's digest. Other hosts use their own ids
    /// of 1 to 64 letters, digits, `_` and `-`.
    pub struct DeploymentId: "a release id: use 1 to 64 letters, digits, `_` and `-`", |text| is_token(text, 64)
}

impl DeploymentId {
    /// The id of the release with this manifest.
    pub fn of_manifest(manifest: &Digest) -> Self {
        Self(manifest.short(ID_DIGITS))
    }
}

/// A site and its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeploySpec {
    /// The site.
    pub site: SiteId,
    /// Its absolute address; ends with `/`.
    pub base_url: String,
}

impl DeploySpec {
    /// `site`, which answers at `base_url`.
    pub fn new(site: SiteId, base_url: impl Into<String>) -> Self {
        Self { site, base_url: base_url.into() }
    }
}

/// The exact effect of a deployment: a person approves its digest. It holds nothing of the host, so that an approval is
/// good on every machine that has the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeployPlan {
    /// The site.
    pub site: SiteId,
    /// The release it will be.
    pub release: DeploymentId,
    /// SHA-256 over the sorted manifest: every path with its content's digest.
    pub manifest: Digest,
    /// The number of files.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
    /// The address of the site.
    pub base_url: String,
}

/// A deployer's account of itself and its abilities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeployerInfo {
    /// Its name, for example `local`, and whether it acts on the world.
    pub provider: Provider,
    /// Whether an older release can be activated again.
    pub rollback: bool,
    /// The number of releases of a site that are kept.
    pub releases_kept: usize,
    /// Whether it can list the releases of a site.
    pub listing: bool,
    /// Whether it can take a site down.
    pub removal: bool,
    /// Whether publishing may cost money.
    pub metered: bool,
}

impl DeployerInfo {
    /// A free deployer that publishes and has no other ability.
    pub fn new(name: impl Into<String>, mode: Mode) -> Self {
        Self {
            provider: Provider::new(name, mode),
            rollback: false,
            releases_kept: 1,
            listing: false,
            removal: false,
            metered: false,
        }
    }

    /// Announces [`activate`](super::Deployer::activate) over the last `releases_kept` releases.
    #[must_use]
    pub const fn with_rollback(mut self, releases_kept: usize) -> Self {
        self.rollback = true;
        self.releases_kept = releases_kept;
        self
    }
}

ae_core::setters! { DeployerInfo {
    /// Announces [`list`](super::Deployer::list).
    fn with_listing(listing = true);
    /// Announces [`remove`](super::Deployer::remove).
    fn with_removal(removal = true);
    /// Sets whether publishing may cost money.
    fn with_metered(metered: bool);
} }

ae_core::wire_enum! {
    /// The state of a release.
    #[non_exhaustive]
    pub enum DeploymentStatus {
        /// Waiting for its turn.
        Queued = "queued",
        /// Being published.
        Building = "building",
        /// Published, checked, can be activated.
        Ready = "ready",
        /// It can't be served.
        Error = "error",
    }
}

/// One release of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// Its site.
    pub site: SiteId,
    /// The address of the site.
    pub url: String,
    /// Its state.
    pub state: DeploymentStatus,
    /// Whether it is the one that answers.
    pub active: bool,
    /// The time when it was published first.
    pub created_at: Timestamp,
}

impl Deployment {
    /// The release `id` of `site` at `url`: ready, not active.
    pub fn new(id: DeploymentId, site: SiteId, url: impl Into<String>, created_at: Timestamp) -> Self {
        Self { id, site, url: url.into(), state: DeploymentStatus::Ready, active: false, created_at }
    }

    /// Refuses `plan` when it names another address than this release of its has: clause C6 of
    /// [`Deployer`](super::Deployer), for its implementations.
    ///
    /// # Errors
    ///
    /// `Conflict`, not applied.
    pub fn check_address(&self, plan: &DeployPlan) -> Result<(), BackendError> {
        if self.url == plan.base_url {
            return Ok(());
        }
        let message = format!(
            "release {} of {} is published at {}, not at {}: plan it with that address, or remove the site first",
            self.id, self.site, self.url, plan.base_url
        );
        Err(BackendError::new(ErrorKind::Conflict, "releases", "deploy", message))
    }
}

ae_core::setters! { Deployment {
    /// Sets the state.
    fn with_state(state: DeploymentStatus);
    /// Sets whether it is the one that answers.
    fn with_active(active: bool);
} }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_domain_label() {
        for good in ["a", "csv-tidy-1b2a44", &"x".repeat(63)] {
            assert!(good.parse::<SiteId>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a.b", "a/b", "..", "a b", "é", &"x".repeat(64)] {
            assert!(bad.parse::<SiteId>().is_err(), "{bad}");
            assert!(serde_json::from_value::<SiteId>(bad.into()).is_err(), "{bad}");
        }
        assert!("../x".parse::<DeploymentId>().is_err());
    }
}
