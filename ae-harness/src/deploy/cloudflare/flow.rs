//! Making versions and switching between them, each once.

use ae_core::{BackendError, Digest, Effect, ErrorKind, IdempotencyKey, Secret};

use super::{
    answer::{self, Deployments, Session, Settings, Subdomain, Switch, Version, Versions},
    client::{Cloudflare, error},
    files::Assets,
};
use crate::deploy::{Bundle, DeployPlan, DeployTarget, Deployment, DeploymentStatus, SiteId};

/// The hex digits of the address's digest in a note.
const ADDRESS_DIGITS: usize = 16;
/// The digits of a version's id in the address of its preview.
const PREVIEW_DIGITS: usize = 8;

/// The switches that the host lists at least, when there were that many.
const HISTORY: usize = 10;

/// The Worker of a site as it is.
pub(super) struct Worker {
    /// Its versions, newest first.
    pub(super) versions: Vec<Version>,
    switches: Vec<Switch>,
}

impl Worker {
    /// The release that answers. A change of variables is a version of its own, made from the one that answered, to which
    /// the host switches: then it is the release of the switch before.
    pub(super) fn active(&self) -> Option<&Version> {
        let release = |switch: &Switch| {
            self.versions.iter().find(|version| version.id == switch.version() && is_live_kind(version))
        };
        if let Some(found) = self.switches.iter().find_map(release) {
            return Some(found);
        }
        // Changes of variables alone may fill the history; before that, nothing was ever live.
        let answers = self.switches.first().filter(|_| self.switches.len() >= HISTORY)?.version();
        let number = self.versions.iter().find(|version| version.id == answers)?.number;
        let releases =
            self.versions.iter().filter(|version| is_live_kind(version) && version.number <= number);
        releases.max_by_key(|version| version.number)
    }

    /// Whether a version has ever been switched to.
    fn was_live(&self, version: &Version) -> bool {
        self.switches.iter().any(|switch| switch.version() == version.id)
    }

    /// The version to which the call with this key switched.
    pub(super) fn switched_by(&self, key: &IdempotencyKey) -> Option<&str> {
        self.switches.iter().find(|switch| switch.note() == key.as_str()).map(Switch::version)
    }
}

/// Whether a version is a release for everyone.
pub(super) fn is_live_kind(version: &Version) -> bool {
    let kind = version.note().split(' ').nth(1);
    !version.release().is_empty() && kind == Some(DeployTarget::Production.as_str())
}

/// The note of a version: the key, the target, and the digest of the address, at most 100 characters.
pub(super) fn note(key: &IdempotencyKey, plan: &DeployPlan) -> String {
    format!("{key} {}", place(plan))
}

/// The part of a note that says where a release answers.
fn place(plan: &DeployPlan) -> String {
    let address = Digest::of_bytes("cloudflare-address", plan.base_url.as_bytes()).short(ADDRESS_DIGITS);
    format!("{} {address}", plan.target)
}

impl Cloudflare {
    /// The name under which the account's Workers answer.
    pub(super) async fn subdomain(&self, operation: &'static str) -> Result<&str, BackendError> {
        if let Some(known) = self.subdomain.get() {
            return Ok(known);
        }
        let Some(found) = self.find(&self.access.subdomain(operation)?).await? else {
            let message =
                "the account has no workers.dev subdomain: choose one in the dashboard, under Workers";
            return Err(error(ErrorKind::NotFound, operation, message));
        };
        let found: Subdomain = answer::result(&found)?;
        Ok(self.subdomain.get_or_init(|| found.subdomain))
    }

    /// Whether a site's Worker is there and this program's; another one is refused.
    pub(super) async fn is_made(&self, operation: &'static str, site: &SiteId) -> Result<bool, BackendError> {
        let Some(found) = self.find(&self.access.settings(operation, site)?).await? else { return Ok(false) };
        let settings: Settings = answer::result(&found)?;
        if settings.tags.is_some_and(|tags| tags.iter().any(|tag| tag == super::OWN_TAG)) {
            return Ok(true);
        }
        let message = format!(
            "the account has a Worker {site} that was not made here: choose another name, or give that Worker the tag \
             {} to hand it over",
            super::OWN_TAG
        );
        Err(error(ErrorKind::Conflict, operation, message))
    }

    /// The Worker of a site, which is this program's; without versions when there is none.
    pub(super) async fn worker(
        &self,
        operation: &'static str,
        site: &SiteId,
    ) -> Result<Worker, BackendError> {
        if self.is_made(operation, site).await? {
            return self.own_worker(operation, site).await;
        }
        Ok(Worker { versions: Vec::new(), switches: Vec::new() })
    }

    /// The Worker of a site that is known to be this program's.
    async fn own_worker(&self, operation: &'static str, site: &SiteId) -> Result<Worker, BackendError> {
        let found = self.find(&self.access.versions(operation, site)?).await?;
        let mut versions = found
            .map_or(Ok(Vec::new()), |answer| answer::result::<Versions>(&answer).map(|page| page.items))?;
        versions.sort_by_key(|version| std::cmp::Reverse(version.number));
        let found = self.find(&self.access.deployments(operation, site)?).await?;
        let switches = found.map_or(Ok(Vec::new()), |answer| {
            answer::result::<Deployments>(&answer).map(|all| all.deployments)
        })?;
        Ok(Worker { versions, switches })
    }

    /// Publishes `bundle` as `plan` says, or finds the version that did.
    pub(super) async fn publish(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
    ) -> Result<Deployment, BackendError> {
        let site = &plan.site;
        if !self.is_made("deploy", site).await? {
            let message = format!("there is no Worker {site}: make the site first");
            return Err(error(ErrorKind::NotFound, "deploy", message));
        }
        let worker = self.own_worker("deploy", site).await?;
        let (version, is_done) = match standing(&worker, key, plan)? {
            Some(found) => found,
            None => (self.make(key, plan, bundle).await?, false),
        };
        let is_active = worker.active().is_some_and(|active| active.id == version.id);
        if plan.target == DeployTarget::Production && !is_done && !is_active {
            self.switch("deploy", key, site, &version.id).await?;
        }
        if !is_done {
            self.repeat(&self.access.enable(site)?).await?;
        }
        let worker = self.own_worker("deploy", site).await?;
        self.deployment("deploy", site, &worker, &version).await
    }

    /// Sends the files that Cloudflare lacks and makes the version, and finds it if the answer is lost.
    async fn make(
        &self,
        key: &IdempotencyKey,
        plan: &DeployPlan,
        bundle: &Bundle,
    ) -> Result<Version, BackendError> {
        let assets = Assets::new(bundle, plan)?;
        let session = self.upload(&plan.site, &assets).await?;
        let note = note(key, plan);
        let request = self.access.version(plan, bundle.functions(), &assets, &session, &note)?;
        let lost = match self.once(&request).await.and_then(|answer| answer::result::<Version>(&answer)) {
            Ok(made) => return Ok(made),
            Err(lost) => lost,
        };
        if lost.effect() == Effect::NotApplied {
            return Err(lost);
        }
        // It is never sent again here: a version that is on its way may not be listed yet.
        let worker = self.own_worker("deploy", &plan.site).await?;
        worker.versions.into_iter().find(|version| version.note() == note).ok_or(lost)
    }

    /// Makes a version the one that answers, and looks whether it is if the answer is lost.
    pub(super) async fn switch(
        &self,
        operation: &'static str,
        key: &IdempotencyKey,
        site: &SiteId,
        version: &str,
    ) -> Result<(), BackendError> {
        let request = self.access.deployment(operation, site, version, key.as_str())?;
        match self.once(&request).await {
            Err(lost) if lost.effect() == Effect::Unknown => {
                let worker = self.own_worker(operation, site).await?;
                if worker.switched_by(key) == Some(version) { Ok(()) } else { Err(lost) }
            }
            answer => answer.map(drop),
        }
    }

    /// Sends the files that Cloudflare lacks, and gives the token that stands for all files.
    async fn upload(&self, site: &SiteId, assets: &Assets<'_>) -> Result<Secret<String>, BackendError> {
        let no_token = || answer::strange("deploy", "gave no token for the files");
        let begun: Session = answer::result(&self.repeat(&self.access.session(site, assets)?).await?)?;
        let session = Secret::new(begun.jwt.ok_or_else(no_token)?);
        let mut complete = begun.buckets.is_empty().then(|| session.clone());
        for bucket in begun.buckets {
            let mut files = Vec::with_capacity(bucket.len());
            for hash in bucket {
                let Some((content, content_type)) = assets.content(&hash)? else {
                    return Err(answer::strange("deploy", "asks for a file that the site does not have"));
                };
                files.push((hash, content, content_type));
            }
            let sent: Session = answer::result(&self.repeat(&self.access.upload(&session, files)?).await?)?;
            complete = sent.jwt.map(Secret::new).or(complete);
        }
        complete.ok_or_else(no_token)
    }

    /// A version as callers know it.
    pub(super) async fn deployment(
        &self,
        operation: &'static str,
        site: &SiteId,
        worker: &Worker,
        version: &Version,
    ) -> Result<Deployment, BackendError> {
        let subdomain = self.subdomain(operation).await?;
        let url = if is_live_kind(version) {
            self.address(site.as_str(), subdomain)
        } else {
            let preview: String = version.id.chars().take(PREVIEW_DIGITS).collect();
            self.address(&format!("{preview}-{site}"), subdomain)
        };
        let is_active = worker.active().is_some_and(|active| active.id == version.id);
        let created = version.metadata.created_on;
        let made =
            Deployment::new(version.id.parse()?, version.release().parse()?, site.clone(), url, created);
        Ok(made.with_state(DeploymentStatus::Ready).with_active(is_active))
    }

    /// The address of a site, or of a preview.
    pub(super) fn address(&self, label: &str, subdomain: &str) -> String {
        let (begin, end) = &self.around;
        format!("{begin}{label}.{subdomain}.{end}/")
    }
}

/// The version that there is for `plan`, and whether `key` is done with it.
fn standing(
    worker: &Worker,
    key: &IdempotencyKey,
    plan: &DeployPlan,
) -> Result<Option<(Version, bool)>, BackendError> {
    let conflict = |message: String| Err(error(ErrorKind::Conflict, "deploy", message));
    let is_release = |version: &Version| version.release() == plan.release.as_str();
    let of_key = |version: &&Version| version.note().split(' ').next() == Some(key.as_str());
    let switched = worker.switched_by(key);
    let made = worker.versions.iter().find(of_key);
    let used = made.or_else(|| worker.versions.iter().find(|version| Some(version.id.as_str()) == switched));
    if used.is_some_and(|version| !is_release(version)) {
        return conflict(format!("the key {key} was used for another release: derive a key for this one"));
    }
    let Some(found) = used.or_else(|| worker.versions.iter().find(|version| is_release(version))) else {
        return Ok(None);
    };
    if !found.note().ends_with(&place(plan)) {
        return conflict(format!(
            "release {} of {} is published at another address than {}: plan it with that one, or remove the site first",
            plan.release, plan.site, plan.base_url
        ));
    }
    let is_preview = plan.target == DeployTarget::Preview;
    let is_done = switched.is_some() || (made.is_some() && (is_preview || worker.was_live(found)));
    Ok(Some((found.clone(), is_done)))
}
