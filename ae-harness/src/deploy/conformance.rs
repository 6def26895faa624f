//! The clauses of [`Deployer`].
#![allow(clippy::panic, clippy::expect_used, reason = "a failed check is a panic that names its clause")]

use std::{fs, path::Path};

use ae_core::{
    ErrorKind,
    conformance::{Ran, held, key, refused, same},
};

use super::{Bundle, DeployPlan, DeploySpec, Deployer, Deployment, DeploymentId, DeploymentStatus, SiteId};

/// Makes the check of the next new release fail.
pub type FailNextCheck<'a> = &'a (dyn Fn() + Sync);

/// Runs every clause that the deployer announces. `scratch` is an empty folder for bundles; `fail_next_check` makes the
/// check of the next new release fail, and without it C5 is skipped.
pub async fn run_all(
    deployer: &dyn Deployer,
    scratch: &Path,
    fail_next_check: Option<FailNextCheck<'_>>,
) -> Ran {
    let suite = Suite { deployer, scratch };
    let info = deployer.info();
    let (rollback, removal) = (info.rollback && info.listing, info.removal && info.listing);
    let no_failure = || ();
    let fail = fail_next_check.unwrap_or(&no_failure);
    let mut ran = Ran::default();
    ran.clause("C1", suite.c1_planning_changes_nothing()).await;
    ran.clause("C2", suite.c2_only_the_planned_files_are_published()).await;
    ran.clause("C3", suite.c3_a_repeat_is_the_same_deployment()).await;
    ran.clause_if("C4", info.listing, suite.c4_a_key_is_done_once()).await;
    let breakable = fail_next_check.is_some() && info.listing;
    ran.clause_if("C5", breakable, suite.c5_a_failed_check_never_switches(fail)).await;
    ran.clause("C6", suite.c6_a_release_keeps_its_address()).await;
    ran.clause_if("C7", rollback, suite.c7_activation_goes_forward_and_back()).await;
    ran.clause_if("C8", rollback, suite.c8_a_switch_is_done_once()).await;
    ran.clause_if("C9", info.listing, suite.c9_releases_are_listed_newest_first()).await;
    ran.clause_if("C10", removal, suite.c10_removal_is_complete()).await;
    ran.clause_if("C11", removal, suite.c11_sites_are_apart()).await;
    ran.clause("C12", suite.c12_the_status_is_the_releases()).await;
    ran
}

/// A plan and the bundle that it was made for.
type Planned = (DeployPlan, Bundle);

struct Suite<'a> {
    deployer: &'a dyn Deployer,
    scratch: &'a Path,
}

impl Suite<'_> {
    /// The bundle of version `version` of a site named after the clause, planned.
    async fn planned(&self, clause: &'static str, version: &str) -> Planned {
        self.planned_for(clause, &clause.to_lowercase(), version).await
    }

    async fn planned_for(&self, clause: &'static str, site: &str, version: &str) -> Planned {
        let folder = self.scratch.join(site).join(version);
        fs::create_dir_all(&folder).expect("the scratch folder can be written");
        let page = format!("<!DOCTYPE html>{site} {version}");
        for (name, content) in [("index.html", page.as_str()), ("404.html", "lost")] {
            fs::write(folder.join(name), content).expect("the scratch folder can be written");
        }
        let bundle = held(clause, Bundle::scan(&folder));
        let spec =
            DeploySpec::new(held(clause, site.parse::<SiteId>()), format!("http://127.0.0.1:1/p/{site}/"));
        (held(clause, self.deployer.plan(&bundle, &spec).await), bundle)
    }

    async fn deployed(&self, clause: &'static str, sequence: u32, planned: &Planned) -> Deployment {
        let (plan, bundle) = planned;
        held(clause, self.deployer.deploy(&key(clause, sequence), plan, bundle).await)
    }

    /// The ids of the active releases of the plan's site.
    async fn active(&self, clause: &'static str, planned: &Planned) -> Vec<DeploymentId> {
        let listed = held(clause, self.deployer.list(&planned.0.site).await);
        listed.into_iter().filter(|release| release.active).map(|release| release.id).collect()
    }

    async fn c1_planning_changes_nothing(&self) {
        let one = self.planned("C1", "a").await.0;
        let again = self.planned("C1", "a").await.0;
        let other = self.planned("C1", "b").await.0;
        same("C1: the same files give the same plan", &one, &again);
        assert!(one.release != other.release, "C1: other files give another release");
        refused("C1", self.deployer.status(&one.release).await, ErrorKind::NotFound);
    }

    async fn c2_only_the_planned_files_are_published(&self) {
        let (plan, bundle) = self.planned("C2", "a").await;
        let page = bundle.root().join("index.html");
        let good = fs::read(&page).expect("the bundle is there");
        fs::write(&page, "tampered").expect("the scratch folder can be written");
        refused("C2", self.deployer.deploy(&key("C2", 0), &plan, &bundle).await, ErrorKind::Conflict);
        let other = held("C2", Bundle::scan(bundle.root()));
        refused("C2", self.deployer.deploy(&key("C2", 0), &plan, &other).await, ErrorKind::Conflict);
        refused("C2", self.deployer.status(&plan.release).await, ErrorKind::NotFound);
        fs::write(&page, good).expect("the scratch folder can be written");
        self.deployed("C2", 0, &(plan, bundle)).await;
    }

    async fn c3_a_repeat_is_the_same_deployment(&self) {
        let planned = self.planned("C3", "a").await;
        let first = self.deployed("C3", 0, &planned).await;
        assert!(first.active, "C3: it is live");
        same("C3: as planned", &(&first.id, &first.url), &(&planned.0.release, &planned.0.base_url));
        same("C3: the same key", &self.deployed("C3", 0, &planned).await, &first);
        same("C3: a new key", &self.deployed("C3", 1, &planned).await, &first);
        if self.deployer.info().listing {
            let listed = held("C3", self.deployer.list(&planned.0.site).await);
            same("C3: one release", &listed, &[first]);
        }
    }

    async fn c4_a_key_is_done_once(&self) {
        let (one, two) = (self.planned("C4", "a").await, self.planned("C4", "b").await);
        self.deployed("C4", 0, &one).await;
        refused("C4", self.deployer.deploy(&key("C4", 0), &two.0, &two.1).await, ErrorKind::Conflict);
        self.deployed("C4", 1, &two).await;
        self.deployed("C4", 0, &one).await;
        same("C4: a repeat does not switch back", &self.active("C4", &two).await, &[two.0.release]);
    }

    async fn c5_a_failed_check_never_switches(&self, fail: FailNextCheck<'_>) {
        let (good, bad) = (self.planned("C5", "a").await, self.planned("C5", "b").await);
        self.deployed("C5", 0, &good).await;
        fail();
        let answer = self.deployer.deploy(&key("C5", 1), &bad.0, &bad.1).await;
        refused("C5", answer, ErrorKind::Unavailable);
        same("C5: the old one stays", &self.active("C5", &good).await, &[good.0.release]);
        assert!(self.deployed("C5", 1, &bad).await.active, "C5: the call completes once the check passes");
    }

    async fn c6_a_release_keeps_its_address(&self) {
        let (plan, bundle) = self.planned("C6", "a").await;
        let before = held("C6", self.deployer.deploy(&key("C6", 0), &plan, &bundle).await);
        let moved = DeploySpec::new(plan.site.clone(), "http://127.0.0.1:1/elsewhere/");
        let elsewhere = held("C6", self.deployer.plan(&bundle, &moved).await);
        let answer = self.deployer.deploy(&key("C6", 1), &elsewhere, &bundle).await;
        refused("C6", answer, ErrorKind::Conflict);
        let after = held("C6", self.deployer.deploy(&key("C6", 0), &plan, &bundle).await);
        same("C6: the release is as it was", &after, &before);
    }

    async fn c7_activation_goes_forward_and_back(&self) {
        let (one, two) = (self.planned("C7", "a").await, self.planned("C7", "b").await);
        let never = self.planned("C7", "c").await.0;
        self.deployed("C7", 0, &one).await;
        self.deployed("C7", 1, &two).await;
        for (sequence, to) in [(2, &one), (3, &two), (4, &one)] {
            held("C7", self.deployer.activate(&key("C7", sequence), &to.0.site, &to.0.release).await);
            same("C7: the switch", &self.active("C7", to).await, std::slice::from_ref(&to.0.release));
        }
        let answer = self.deployer.activate(&key("C7", 5), &never.site, &never.release).await;
        refused("C7", answer, ErrorKind::NotFound);
        same("C7: nothing changed", &self.active("C7", &one).await, &[one.0.release]);
    }

    async fn c8_a_switch_is_done_once(&self) {
        let (one, two) = (self.planned("C8", "a").await, self.planned("C8", "b").await);
        self.deployed("C8", 0, &one).await;
        self.deployed("C8", 1, &two).await;
        let switch = |sequence, to: &Planned| {
            let (site, release) = (to.0.site.clone(), to.0.release.clone());
            async move { self.deployer.activate(&key("C8", sequence), &site, &release).await }
        };
        held("C8", switch(2, &one).await);
        held("C8", switch(3, &two).await);
        held("C8", switch(2, &one).await);
        same(
            "C8: a repeat changes nothing",
            &self.active("C8", &two).await,
            std::slice::from_ref(&two.0.release),
        );
        refused("C8", switch(2, &two).await, ErrorKind::Conflict);
    }

    async fn c9_releases_are_listed_newest_first(&self) {
        let unknown = held("C9", "c9-unknown".parse::<SiteId>());
        assert!(held("C9", self.deployer.list(&unknown).await).is_empty(), "C9: an unknown site has none");
        let mut expected = Vec::new();
        // The order of publishing is neither the one of the ids nor its reverse.
        for (sequence, version) in (0..).zip(["a", "b", "c", "d"]) {
            let planned = self.planned("C9", version).await;
            let id = self.deployed("C9", sequence, &planned).await.id;
            expected.insert(0, id);
            same(
                "C9: one is active",
                &self.active("C9", &planned).await,
                std::slice::from_ref(&planned.0.release),
            );
            let listed = held("C9", self.deployer.list(&planned.0.site).await);
            let ids: Vec<_> = listed.into_iter().map(|release| release.id).collect();
            let kept = expected.len().min(self.deployer.info().releases_kept);
            same("C9: newest first", &Some(ids.as_slice()), &expected.get(..kept));
        }
    }

    async fn c10_removal_is_complete(&self) {
        let planned = self.planned("C10", "a").await;
        self.deployed("C10", 0, &planned).await;
        let remove = || self.removed("C10", 1, &planned);
        for _ in 0..2 {
            remove().await;
            let left = held("C10", self.deployer.list(&planned.0.site).await);
            assert!(left.is_empty(), "C10: nothing is left");
        }
        refused("C10", self.deployer.status(&planned.0.release).await, ErrorKind::NotFound);
        self.deployed("C10", 2, &planned).await;
        remove().await;
        same("C10: a repeat leaves the later release", &self.active("C10", &planned).await.len(), &1);
    }

    async fn removed(&self, clause: &'static str, sequence: u32, planned: &Planned) {
        held(clause, self.deployer.remove(&key(clause, sequence), &planned.0.site).await);
    }

    async fn c11_sites_are_apart(&self) {
        let one = self.planned_for("C11", "c11-one", "a").await;
        let two = self.planned_for("C11", "c11-two", "a").await;
        self.deployed("C11", 0, &one).await;
        self.deployed("C11", 1, &two).await;
        self.removed("C11", 2, &one).await;
        same("C11: the other site stays", &self.active("C11", &two).await.len(), &1);
    }

    async fn c12_the_status_is_the_releases(&self) {
        let planned = self.planned("C12", "a").await;
        refused("C12", self.deployer.status(&planned.0.release).await, ErrorKind::NotFound);
        let id = self.deployed("C12", 0, &planned).await.id;
        let status = held("C12", self.deployer.status(&id).await);
        same("C12: it is published", &status, &DeploymentStatus::Ready);
    }
}
