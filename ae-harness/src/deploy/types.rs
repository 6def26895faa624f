//! The types of publishing.

use std::collections::BTreeSet;

use ae_core::{BackendError, Digest, DigestWriter, ErrorKind, Timestamp};
use serde::{Deserialize, Serialize};

use super::DeployerInfo;
use crate::checked::{is_label, is_token};

/// How many hex digits of the manifest's digest name a release.
pub(crate) const ID_DIGITS: usize = 16;

ae_core::checked_text! {
    /// The label of a site: 1 to 63 lower-case letters, digits and hyphens, no hyphen at either end.
    pub struct SiteId: "a site: use 1 to 63 lower-case letters, digits and inner hyphens", is_label
}

ae_core::checked_text! {
    /// Names a release by its content and by the settings that change what it does: the first 16 hex digits of a digest.
    pub struct ReleaseId: "a release id: use 1 to 64 letters, digits, `_` and `-`", |text| is_token(text, 64)
}

ae_core::checked_text! {
    /// Names one deployment at its host, which makes the id: 1 to 64 letters, digits, `_` and `-`. A deployer that keeps
    /// releases itself uses the text of the [`ReleaseId`].
    pub struct DeploymentId: "a deployment id: use 1 to 64 letters, digits, `_` and `-`", |text| is_token(text, 64)
}

impl From<&ReleaseId> for DeploymentId {
    fn from(release: &ReleaseId) -> Self {
        Self(release.as_str().to_owned())
    }
}

ae_core::wire_enum! {
    /// Who sees a deployment.
    #[derive(Default, PartialOrd, Ord)]
    #[non_exhaustive]
    pub enum DeployTarget {
        /// Everyone, at the address of the site.
        #[default]
        Production = "production",
        /// Those who know its own address.
        Preview = "preview",
    }
}

/// Asks for a site: a name and an address at the host, with nothing published there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewSite {
    /// Its label, which the host may have to change in the address.
    pub site: SiteId,
    /// The host's account (team) in which it is made, as [`DeployerInfo::account`] has it.
    pub account: Option<String>,
}

impl NewSite {
    /// A site of this label in the account of `info`.
    pub fn new(site: SiteId, info: &DeployerInfo) -> Self {
        Self { site, account: info.account.clone() }
    }
}

/// A site at its host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Site {
    /// Its label.
    pub id: SiteId,
    /// The absolute address at which it will answer; ends with `/`.
    pub url: String,
    /// The host's own id of it, where it has one.
    pub host_id: Option<String>,
}

impl Site {
    /// The site `id` at `url`.
    pub fn new(id: SiteId, url: impl Into<String>) -> Self {
        Self { id, url: url.into(), host_id: None }
    }
}

ae_core::setters! { Site {
    /// Sets the host's own id of it.
    fn with_host_id(host_id: some into String);
} }

/// A site, its address, and the settings that change what a release of it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeploySpec {
    /// The site.
    pub site: SiteId,
    /// Its absolute address, as [`Site::url`] has it; ends with `/`.
    pub base_url: String,
    /// Who sees it.
    #[serde(default)]
    pub target: DeployTarget,
    /// The names of the environment variables that its functions use; their values are set apart from the release.
    #[serde(default)]
    pub env: BTreeSet<String>,
}

impl DeploySpec {
    /// `site`, which answers everyone at `base_url` and uses no environment.
    pub fn new(site: SiteId, base_url: impl Into<String>) -> Self {
        Self { site, base_url: base_url.into(), target: DeployTarget::Production, env: BTreeSet::new() }
    }
}

ae_core::setters! { DeploySpec {
    /// Sets who sees it.
    fn with_target(target: DeployTarget);
    /// Sets the names of the environment variables of its functions.
    fn with_env(env: BTreeSet<String>);
} }

/// A function of a release, by the digest of its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlannedFunction {
    /// Its path below the address of the site.
    pub path: String,
    /// SHA-256 of its source.
    pub sha256: Digest,
}

/// The exact effect of a deployment: a person approves its digest. It holds nothing of the host, so that an approval is
/// good on every machine that has the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeployPlan {
    /// The site.
    pub site: SiteId,
    /// The release it will be.
    pub release: ReleaseId,
    /// SHA-256 over the sorted manifest: every path with its content's digest.
    pub manifest: Digest,
    /// The number of files.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
    /// The address of the site.
    pub base_url: String,
    /// Who sees it.
    #[serde(default)]
    pub target: DeployTarget,
    /// The names of the environment variables of its functions.
    #[serde(default)]
    pub env: BTreeSet<String>,
    /// Its functions, sorted by path.
    #[serde(default)]
    pub functions: Vec<PlannedFunction>,
}

impl DeployPlan {
    /// The release of files alone: for everyone, without functions and environment.
    pub(crate) fn release_of_files(manifest: &Digest) -> ReleaseId {
        Self::named(manifest, DeployTarget::Production, &BTreeSet::new(), &[])
    }

    /// Whether the release is named by its own content and settings.
    pub(crate) fn is_whole(&self) -> bool {
        Self::named(&self.manifest, self.target, &self.env, &self.functions) == self.release
    }

    /// The release that these files and settings make.
    pub(crate) fn release_of(
        manifest: &Digest,
        spec: &DeploySpec,
        functions: &[PlannedFunction],
    ) -> ReleaseId {
        Self::named(manifest, spec.target, &spec.env, functions)
    }

    fn named(
        manifest: &Digest,
        target: DeployTarget,
        env: &BTreeSet<String>,
        functions: &[PlannedFunction],
    ) -> ReleaseId {
        let writer =
            DigestWriter::new("release/2").field(manifest.as_bytes()).field(target.as_str().as_bytes());
        let writer = env.iter().fold(writer, |writer, name| writer.field(b"env").field(name.as_bytes()));
        let writer = functions.iter().fold(writer, |writer, function| {
            writer.field(b"function").field(function.path.as_bytes()).field(function.sha256.as_bytes())
        });
        ReleaseId(writer.finish().short(ID_DIGITS))
    }
}

ae_core::wire_enum! {
    /// The state of a deployment.
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

/// One deployment of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Deployment {
    /// Its id at the host.
    pub id: DeploymentId,
    /// The release that it publishes.
    pub release: ReleaseId,
    /// Its site.
    pub site: SiteId,
    /// The address at which it answers: of the site, or of a preview.
    pub url: String,
    /// Its state.
    pub state: DeploymentStatus,
    /// Whether it is the one that answers at the address of the site.
    pub active: bool,
    /// The time when it was published first.
    pub created_at: Timestamp,
}

impl Deployment {
    /// The deployment `id` of `release` of `site` at `url`: ready, not active.
    pub fn new(
        id: DeploymentId,
        release: ReleaseId,
        site: SiteId,
        url: impl Into<String>,
        created_at: Timestamp,
    ) -> Self {
        Self { id, release, site, url: url.into(), state: DeploymentStatus::Ready, active: false, created_at }
    }

    /// Refuses `plan` when it names another address than this release of its has: clause C6 of
    /// [`Deployer`](super::Deployer), for its implementations. A preview has an address of its own.
    ///
    /// # Errors
    ///
    /// `Conflict`, not applied.
    pub fn check_address(&self, plan: &DeployPlan) -> Result<(), BackendError> {
        if self.url == plan.base_url || plan.target == DeployTarget::Preview {
            return Ok(());
        }
        let message = format!(
            "release {} of {} is published at {}, not at {}: plan it with that address, or remove the site first",
            self.release, self.site, self.url, plan.base_url
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

/// The state of a deployment, and the reason when it failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeploymentReport {
    /// The deployment.
    pub deployment: Deployment,
    /// Why it can't be served, in the host's words.
    pub error: Option<String>,
    /// The last lines of the host's log of it, oldest first; empty unless it failed.
    pub log: Vec<String>,
}

impl DeploymentReport {
    /// A deployment about which there is no more to say.
    pub const fn new(deployment: Deployment) -> Self {
        Self { deployment, error: None, log: Vec::new() }
    }
}

ae_core::setters! { DeploymentReport {
    /// Sets why it can't be served.
    fn with_error(error: some into String);
    /// Sets the last lines of its log.
    fn with_log(log: Vec<String>);
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
        assert!("../x".parse::<DeploymentId>().is_err() && "../x".parse::<ReleaseId>().is_err());
    }
}
