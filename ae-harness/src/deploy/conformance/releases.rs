//! Plans, releases and switches between them.

use super::*;
use ae_core::{ErrorKind, conformance::refused};

use crate::deploy::DeploymentId;

impl Suite<'_> {
    pub(super) async fn c1_planning_changes_nothing(&self) {
        let one = self.planned("C1", "a").await.0;
        let again = self.planned("C1", "a").await.0;
        let other = self.planned("C1", "b").await.0;
        same("C1: the same files give the same plan", &one, &again);
        assert!(one.release != other.release, "C1: other files give another release");
        let unpublished = DeploymentId::from(&one.release);
        refused("C1", self.deployer.status(&one.site, &unpublished).await, ErrorKind::NotFound);
        if self.info.listing {
            let listed = held("C1", self.deployer.list(&one.site).await);
            assert!(listed.is_empty(), "C1: planning published {listed:?}");
        }
    }

    pub(super) async fn c2_only_the_planned_files_are_published(&self) {
        let before = self.planned("C2", "a").await;
        let live = self.deployed("C2", 0, &before).await;
        let (plan, bundle) = self.planned("C2", "b").await;
        let index = bundle.root().join("index.html");
        write(&index, "tampered");
        refused("C2", self.deployer.deploy(&key("C2", 1), &plan, &bundle).await, ErrorKind::Conflict);
        let other = held("C2", Bundle::scan(bundle.root()));
        refused("C2", self.deployer.deploy(&key("C2", 1), &plan, &other).await, ErrorKind::Conflict);
        self.is_live("C2", &live, "a").await;
        write(&index, &page("c2", "b"));
        let done = self.deployed("C2", 1, &(plan, bundle)).await;
        self.is_live("C2", &done, "b").await;
    }

    pub(super) async fn c3_a_repeat_is_the_same_deployment(&self) {
        let planned = self.planned("C3", "a").await;
        let (plan, bundle) = &planned;
        let first = held("C3", self.deployer.deploy(&key("C3", 0), plan, bundle).await);
        let during = held("C3", self.deployer.deploy(&key("C3", 0), plan, bundle).await);
        same("C3: the same key at once", &lasting(&during), &lasting(&first));
        let first = self.settled("C3", &first).await.deployment;
        same("C3: it is there", &first.state, &DeploymentStatus::Ready);
        same("C3: as planned", &(&first.release, &first.url), &(&plan.release, &plan.base_url));
        self.is_live("C3", &first, "a").await;
        for (sequence, which) in [(0, "the same key"), (1, "a new key")] {
            let repeat = self.deployed("C3", sequence, &planned).await;
            same(&format!("C3: {which}"), &lasting(&repeat), &lasting(&first));
        }
        self.is_live("C3", &first, "a").await;
        if self.info.listing {
            let listed = held("C3", self.deployer.list(&plan.site).await);
            same("C3: one release", &listed.len(), &1);
        }
    }

    pub(super) async fn c4_a_key_is_done_once(&self) {
        let (one, two) = (self.planned("C4", "a").await, self.planned("C4", "b").await);
        self.deployed("C4", 0, &one).await;
        refused("C4", self.deployer.deploy(&key("C4", 0), &two.0, &two.1).await, ErrorKind::Conflict);
        let second = self.deployed("C4", 1, &two).await;
        self.deployed("C4", 0, &one).await;
        self.is_live("C4", &second, "b").await;
    }

    pub(super) async fn c5_a_failure_never_goes_live(&self, fail: FailNextCheck<'_>) {
        let (good, bad) = (self.planned("C5", "a").await, self.planned("C5", "b").await);
        let live = self.deployed("C5", 0, &good).await;
        fail();
        match self.deployer.deploy(&key("C5", 1), &bad.0, &bad.1).await {
            Ok(begun) => {
                let report = self.settled("C5", &begun).await;
                same("C5: it failed", &report.deployment.state, &DeploymentStatus::Error);
                assert!(report.error.is_some(), "C5: the status does not say why");
            }
            Err(error) => drop(refused::<()>("C5", Err(error), ErrorKind::Unavailable)),
        }
        self.is_live("C5", &live, "a").await;
        let second = self.deployed("C5", 1, &bad).await;
        same("C5: the same call tries again", &second.state, &DeploymentStatus::Ready);
        self.is_live("C5", &second, "b").await;
    }

    pub(super) async fn c6_a_release_keeps_its_address(&self) {
        let planned = self.planned("C6", "a").await;
        let before = self.deployed("C6", 0, &planned).await;
        let (plan, bundle) = &planned;
        let moved = DeploySpec::new(plan.site.clone(), format!("{}elsewhere/", plan.base_url));
        let elsewhere = held("C6", self.deployer.plan(bundle, &moved).await);
        let answer = self.deployer.deploy(&key("C6", 1), &elsewhere, bundle).await;
        refused("C6", answer, ErrorKind::Conflict);
        let after = self.deployed("C6", 0, &planned).await;
        same("C6: the release is as it was", &lasting(&after), &lasting(&before));
        self.is_live("C6", &after, "a").await;
    }

    pub(super) async fn c7_activation_goes_forward_and_back(&self) {
        let (one, two) = (self.planned("C7", "a").await, self.planned("C7", "b").await);
        let never = DeploymentId::from(&self.planned("C7", "c").await.0.release);
        let one = self.deployed("C7", 0, &one).await;
        let two = self.deployed("C7", 1, &two).await;
        for (sequence, to, version) in [(2, &one, "a"), (3, &two, "b"), (4, &one, "a")] {
            held("C7", self.deployer.activate(&key("C7", sequence), &to.site, &to.id).await);
            self.is_live("C7", to, version).await;
        }
        refused("C7", self.deployer.activate(&key("C7", 5), &one.site, &never).await, ErrorKind::NotFound);
        let other = self.planned_for("C7", "c7-other", "a").await;
        let other = self.deployed("C7", 6, &other).await;
        let answer = self.deployer.activate(&key("C7", 7), &other.site, &two.id).await;
        refused("C7", answer, ErrorKind::NotFound);
        self.is_live("C7", &one, "a").await;
    }

    pub(super) async fn c8_a_switch_is_done_once(&self) {
        let (one, two) = (self.planned("C8", "a").await, self.planned("C8", "b").await);
        let one = self.deployed("C8", 0, &one).await;
        let two = self.deployed("C8", 1, &two).await;
        let switch = |sequence, to: &Deployment| {
            let (site, id) = (to.site.clone(), to.id.clone());
            async move { self.deployer.activate(&key("C8", sequence), &site, &id).await }
        };
        held("C8", switch(2, &one).await);
        held("C8", switch(3, &two).await);
        held("C8", switch(2, &one).await);
        self.is_live("C8", &two, "b").await;
        refused("C8", switch(2, &two).await, ErrorKind::Conflict);
    }

    pub(super) async fn c9_releases_are_listed_newest_first(&self) {
        let unknown = held("C9", "c9-unknown".parse::<SiteId>());
        assert!(held("C9", self.deployer.list(&unknown).await).is_empty(), "C9: an unknown site has none");
        let mut expected = Vec::new();
        // The order of publishing is neither the one of the ids nor its reverse.
        for (sequence, version) in (0..).zip(["a", "b", "c", "d"]) {
            let planned = self.planned("C9", version).await;
            let live = self.deployed("C9", sequence, &planned).await;
            self.is_live("C9", &live, version).await;
            expected.insert(0, live.id);
            let listed = held("C9", self.deployer.list(&planned.0.site).await);
            let ids: Vec<_> = listed.into_iter().map(|release| release.id).collect();
            let kept = expected.len().min(self.info.releases_kept);
            same("C9: newest first", &Some(ids.as_slice()), &expected.get(..kept));
        }
    }

    pub(super) async fn c12_the_status_is_the_releases(&self) {
        let planned = self.planned("C12", "a").await;
        let never = DeploymentId::from(&planned.0.release);
        refused("C12", self.deployer.status(&planned.0.site, &never).await, ErrorKind::NotFound);
        let live = self.deployed("C12", 0, &planned).await;
        let report = held("C12", self.deployer.status(&live.site, &live.id).await);
        let said = &report.deployment;
        let expected = (DeploymentStatus::Ready, true, planned.0.release.clone(), planned.0.site.clone());
        same(
            "C12: it is live",
            &(said.state, said.active, said.release.clone(), said.site.clone()),
            &expected,
        );
        same("C12: there is nothing to complain about", &(report.error, report.log.len()), &(None, 0));
        let other = self.site("C12", "c12-other").await;
        refused("C12", self.deployer.status(&other.id, &live.id).await, ErrorKind::NotFound);
    }
}
