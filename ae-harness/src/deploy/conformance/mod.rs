//! The clauses of [`Deployer`].
#![allow(clippy::panic, clippy::expect_used, reason = "a failed check is a panic that names its clause")]

mod abilities;
mod releases;
mod sites;

use std::{
    fmt, fs,
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    time::Duration,
};

use ae_core::{
    Secret, Sleeper,
    conformance::{Ran, held, key, same},
};

use super::{
    Bundle, DeployPlan, DeploySpec, Deployer, DeployerInfo, Deployment, DeploymentReport, DeploymentStatus,
    NewSite, SecretHandle, Site, SiteId,
};
use crate::Domain;

/// Makes the check of the next new release fail.
pub type FailNextCheck<'a> = &'a (dyn Fn() + Sync);
/// The status and the body that an address answers to a GET.
pub type Fetched = Pin<Box<dyn Future<Output = (u16, Vec<u8>)> + Send>>;
/// Asks an address as a visitor does.
pub type Fetch<'a> = &'a (dyn Fn(&str) -> Fetched + Sync);

/// How often the status of a deployment is asked for before the suite gives up on it.
const POLLS_MAX: u32 = 600;

/// The means of a suite.
#[derive(Clone)]
pub struct Means<'a> {
    scratch: PathBuf,
    fail: Option<FailNextCheck<'a>>,
    fetch: Option<Fetch<'a>>,
    sleeper: Option<&'a dyn Sleeper>,
    secret: Option<(SecretHandle, Secret<String>)>,
    domain: Option<Domain>,
}

impl<'a> Means<'a> {
    /// An empty folder for bundles, and nothing else.
    pub fn new(scratch: impl Into<PathBuf>) -> Self {
        Self { scratch: scratch.into(), fail: None, fetch: None, sleeper: None, secret: None, domain: None }
    }

    /// Sets how the check, or the build, of the next new release is made to fail. Without it C5 is skipped.
    #[must_use]
    pub fn with_failing(mut self, fail: FailNextCheck<'a>) -> Self {
        self.fail = Some(fail);
        self
    }

    /// Sets how an address is asked, so that the pages are compared too.
    #[must_use]
    pub fn with_fetch(mut self, fetch: Fetch<'a>) -> Self {
        self.fetch = Some(fetch);
        self
    }

    /// Sets what waits a second between two questions for the status of a deployment that is building; without it the
    /// suite asks at once.
    #[must_use]
    pub fn with_sleeper(mut self, sleeper: &'a dyn Sleeper) -> Self {
        self.sleeper = Some(sleeper);
        self
    }

    /// Sets a secret that the deployer's [`SecretReader`](crate::SecretReader) gives, for C14.
    #[must_use]
    pub fn with_secret(mut self, handle: SecretHandle, secret: Secret<String>) -> Self {
        self.secret = Some((handle, secret));
        self
    }

    /// Sets a domain that may be attached, for C15; without it, `ae-conformance.example`.
    #[must_use]
    pub fn with_domain(mut self, domain: Domain) -> Self {
        self.domain = Some(domain);
        self
    }
}

impl fmt::Debug for Means<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Means").field("scratch", &self.scratch).finish_non_exhaustive()
    }
}

/// Runs every clause that the deployer announces.
pub async fn run_all(deployer: &dyn Deployer, means: &Means<'_>) -> Ran {
    let info = deployer.info();
    let suite = Suite { deployer, means, info: info.clone() };
    let no_failure = || ();
    let fail = means.fail.unwrap_or(&no_failure);
    let mut ran = Ran::default();
    ran.clause("C1", suite.c1_planning_changes_nothing()).await;
    ran.clause("C2", suite.c2_only_the_planned_files_are_published()).await;
    ran.clause("C3", suite.c3_a_repeat_is_the_same_deployment()).await;
    ran.clause("C4", suite.c4_a_key_is_done_once()).await;
    ran.clause_if("C5", means.fail.is_some(), suite.c5_a_failure_never_goes_live(fail)).await;
    ran.clause("C6", suite.c6_a_release_keeps_its_address()).await;
    ran.clause_if("C7", info.rollback, suite.c7_activation_goes_forward_and_back()).await;
    ran.clause_if("C8", info.rollback && info.keys, suite.c8_a_switch_is_done_once()).await;
    ran.clause_if("C9", info.listing, suite.c9_releases_are_listed_newest_first()).await;
    ran.clause_if("C10", info.removal, suite.c10_removal_is_complete()).await;
    ran.clause_if("C11", info.removal, suite.c11_sites_are_apart()).await;
    ran.clause("C12", suite.c12_the_status_is_the_releases()).await;
    ran.clause("C13", suite.c13_a_site_has_an_address_before_it_has_pages()).await;
    ran.clause_if("C14", info.env, suite.c14_variables_are_set_apart()).await;
    ran.clause_if("C15", info.domains, suite.c15_a_domain_is_of_one_site()).await;
    let whole = info.functions && info.env && info.previews && !info.needs_index;
    ran.clause_if("C16", !whole, suite.c16_what_is_not_announced_is_refused()).await;
    ran.clause_if("C17", info.previews, suite.c17_a_preview_is_apart()).await;
    ran
}

/// A plan and the bundle that it was made for.
type Planned = (DeployPlan, Bundle);

struct Suite<'a> {
    deployer: &'a dyn Deployer,
    means: &'a Means<'a>,
    info: DeployerInfo,
}

impl Suite<'_> {
    /// The site of this label, which has an address then.
    async fn site(&self, clause: &'static str, label: &str) -> Site {
        let new = NewSite::new(held(clause, label.parse::<SiteId>()), &self.info);
        held(clause, self.deployer.ensure_site(&key(label, 1_000), &new).await)
    }

    /// The folder of version `version` of a site.
    fn folder(&self, site: &str, version: &str) -> PathBuf {
        let folder = self.means.scratch.join(site).join(version);
        fs::create_dir_all(&folder).expect("the scratch folder can be written");
        let page = page(site, version);
        for (name, content) in [("index.html", page.as_str()), ("404.html", "lost")] {
            fs::write(folder.join(name), content).expect("the scratch folder can be written");
        }
        folder
    }

    /// The bundle of version `version` of a site named after the clause, planned.
    async fn planned(&self, clause: &'static str, version: &str) -> Planned {
        self.planned_for(clause, &clause.to_lowercase(), version).await
    }

    async fn planned_for(&self, clause: &'static str, label: &str, version: &str) -> Planned {
        let site = self.site(clause, label).await;
        let bundle = held(clause, Bundle::scan(&self.folder(label, version)));
        let spec = DeploySpec::new(site.id, site.url);
        (held(clause, self.deployer.plan(&bundle, &spec).await), bundle)
    }

    /// Publishes and waits until the host is done with it.
    async fn deployed(&self, clause: &'static str, sequence: u32, planned: &Planned) -> Deployment {
        let (plan, bundle) = planned;
        let begun = held(clause, self.deployer.deploy(&key(clause, sequence), plan, bundle).await);
        self.settled(clause, &begun).await.deployment
    }

    async fn settled(&self, clause: &'static str, begun: &Deployment) -> DeploymentReport {
        for _ in 0..POLLS_MAX {
            let report = held(clause, self.deployer.status(&begun.site, &begun.id).await);
            if !matches!(report.deployment.state, DeploymentStatus::Queued | DeploymentStatus::Building) {
                return report;
            }
            if let Some(sleeper) = self.means.sleeper {
                sleeper.sleep(Duration::from_secs(1)).await;
            }
        }
        panic!("{clause}: {} is still building after {POLLS_MAX} questions", begun.id)
    }

    /// Checks that `live` is the deployment that answers, and that the site shows `version`.
    async fn is_live(&self, clause: &'static str, live: &Deployment, version: &str) {
        let now = held(clause, self.deployer.status(&live.site, &live.id).await).deployment;
        assert!(now.active, "{clause}: {} of {} is not active", live.id, live.site);
        if self.info.listing {
            let listed = held(clause, self.deployer.list(&live.site).await);
            let active: Vec<_> =
                listed.into_iter().filter(|release| release.active).map(|release| release.id).collect();
            same(&format!("{clause}: one is active"), &active, std::slice::from_ref(&live.id));
        }
        self.shows(clause, &live.url, &page(live.site.as_str(), version)).await;
    }

    /// Checks that an address answers `text`, where the suite can ask.
    async fn shows(&self, clause: &'static str, url: &str, text: &str) {
        if let Some(fetch) = self.means.fetch {
            let (status, body) = fetch(url).await;
            let body = String::from_utf8_lossy(&body).into_owned();
            same(&format!("{clause}: {url} shows"), &(status, body.as_str()), &(200, text));
        }
    }

    /// Checks that an address shows no page, where the suite can ask.
    async fn shows_nothing(&self, clause: &'static str, url: &str) {
        if let Some(fetch) = self.means.fetch {
            let (status, _) = fetch(url).await;
            assert!(status >= 400, "{clause}: {url} answers {status}, and nothing is published there");
        }
    }
}

fn page(site: &str, version: &str) -> String {
    format!("<!DOCTYPE html>{site} {version}")
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("the scratch folder can be written");
}

/// The part of a deployment that stays as it is.
fn lasting(deployment: &Deployment) -> impl PartialEq + fmt::Debug + use<> {
    let Deployment { id, release, url, created_at, .. } = deployment;
    (id.clone(), release.clone(), url.clone(), *created_at)
}
