//! The clauses of [`Deployer`].
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failed check is a panic that names its clause"
)]

use std::{fs, path::Path};

use ae_core::ErrorKind;

use super::{Bundle, DeployPlan, DeploySpec, Deployer, Deployment, DeploymentStatus, SiteId};
use crate::conformance::{Ran, held, key, refused};

/// Makes the check of the next new release fail.
pub type FailNextCheck<'a> = &'a (dyn Fn() + Sync);

/// Runs every clause. `scratch` is an empty folder for bundles; `fail_next_check` makes the check of the next new
/// release fail, and without it C5 is skipped.
pub async fn run_all(
    deployer: &dyn Deployer,
    scratch: &Path,
    fail_next_check: Option<FailNextCheck<'_>>,
) -> Ran {
    let mut ran = Ran::default();
    c1_planning_changes_nothing(deployer, scratch).await;
    c2_a_tampered_tree_is_refused(deployer, scratch).await;
    c3_a_repeat_is_the_same_deployment(deployer, scratch).await;
    c4_a_key_is_done_once(deployer, scratch).await;
    ran.passed.extend(["C1", "C2", "C3", "C4"]);
    if let Some(fail) = fail_next_check {
        c5_a_failed_check_never_switches(deployer, scratch, fail).await;
        ran.passed.push("C5");
    } else {
        ran.skipped.push("C5");
    }
    if deployer.info().rollback {
        c6_activation_goes_forward_and_back(deployer, scratch).await;
        ran.passed.push("C6");
    } else {
        ran.skipped.push("C6");
    }
    c7_one_release_is_active(deployer, scratch).await;
    c8_removal_is_complete(deployer, scratch).await;
    c9_sites_are_apart(deployer, scratch).await;
    ran.passed.extend(["C7", "C8", "C9"]);
    ran
}

/// The bundle of version `version` of `site` below `scratch`, planned.
async fn planned(
    clause: &str,
    deployer: &dyn Deployer,
    scratch: &Path,
    site: &str,
    version: &str,
) -> DeployPlan {
    let folder = scratch.join(site).join(version);
    fs::create_dir_all(&folder).expect("the scratch folder can be written");
    for (name, content) in
        [("index.html", format!("<!DOCTYPE html>{site} {version}")), ("404.html", "lost".to_owned())]
    {
        fs::write(folder.join(name), content).expect("the scratch folder can be written");
    }
    let bundle = held(clause, Bundle::scan(&folder));
    let spec = DeploySpec {
        site: held(clause, SiteId::parse(site)),
        base_url: format!("http://127.0.0.1:1/p/{site}/"),
    };
    held(clause, deployer.plan(&bundle, &spec).await)
}

async fn active(clause: &str, deployer: &dyn Deployer, plan: &DeployPlan) -> Vec<Deployment> {
    held(clause, deployer.list(&plan.site).await).into_iter().filter(|release| release.active).collect()
}

/// C1.
pub async fn c1_planning_changes_nothing(deployer: &dyn Deployer, scratch: &Path) {
    let one = planned("C1", deployer, scratch, "c1", "a").await;
    let same = planned("C1", deployer, scratch, "c1", "a").await;
    let other = planned("C1", deployer, scratch, "c1", "b").await;
    assert_eq!(one, same, "C1: the same files give the same plan");
    assert_ne!(one.release, other.release, "C1: other files give another release");
    assert!(held("C1", deployer.list(&one.site).await).is_empty(), "C1: planning publishes nothing");
}

/// C2.
pub async fn c2_a_tampered_tree_is_refused(deployer: &dyn Deployer, scratch: &Path) {
    let plan = planned("C2", deployer, scratch, "c2", "a").await;
    let page = plan.root.join("index.html");
    let good = fs::read(&page).expect("the bundle is there");
    fs::write(&page, "tampered").expect("the scratch folder can be written");
    refused("C2", deployer.deploy(&key("c2", 0), &plan).await, ErrorKind::Conflict);
    assert!(held("C2", deployer.list(&plan.site).await).is_empty(), "C2: nothing was published");
    fs::write(&page, good).expect("the scratch folder can be written");
    held("C2", deployer.deploy(&key("c2", 0), &plan).await);
}

/// C3.
pub async fn c3_a_repeat_is_the_same_deployment(deployer: &dyn Deployer, scratch: &Path) {
    let plan = planned("C3", deployer, scratch, "c3", "a").await;
    let first = held("C3", deployer.deploy(&key("c3", 0), &plan).await);
    assert_eq!((first.state, first.active), (DeploymentStatus::Ready, true), "C3: it is live");
    assert_eq!((&first.id, &first.url), (&plan.release, &plan.base_url), "C3: it is what was planned");
    assert_eq!(held("C3", deployer.deploy(&key("c3", 0), &plan).await), first, "C3: the same key");
    assert_eq!(held("C3", deployer.deploy(&key("c3", 1), &plan).await), first, "C3: a new key");
    assert_eq!(held("C3", deployer.list(&plan.site).await), std::slice::from_ref(&first), "C3: one release");
    assert_eq!(held("C3", deployer.status(&first.id).await), DeploymentStatus::Ready, "C3: its status");
}

/// C4.
pub async fn c4_a_key_is_done_once(deployer: &dyn Deployer, scratch: &Path) {
    let one = planned("C4", deployer, scratch, "c4", "a").await;
    let two = planned("C4", deployer, scratch, "c4", "b").await;
    held("C4", deployer.deploy(&key("c4", 0), &one).await);
    refused("C4", deployer.deploy(&key("c4", 0), &two).await, ErrorKind::Conflict);
    held("C4", deployer.deploy(&key("c4", 1), &two).await);
    let repeated = held("C4", deployer.deploy(&key("c4", 0), &one).await);
    assert!(!repeated.active, "C4: a key that is done does not switch back");
    let live = active("C4", deployer, &two).await;
    assert_eq!(live.iter().map(|release| &release.id).collect::<Vec<_>>(), [&two.release], "C4");
}

/// C5.
pub async fn c5_a_failed_check_never_switches(
    deployer: &dyn Deployer,
    scratch: &Path,
    fail: FailNextCheck<'_>,
) {
    let good = planned("C5", deployer, scratch, "c5", "a").await;
    let bad = planned("C5", deployer, scratch, "c5", "b").await;
    held("C5", deployer.deploy(&key("c5", 0), &good).await);
    fail();
    refused("C5", deployer.deploy(&key("c5", 1), &bad).await, ErrorKind::Unavailable);
    let live = active("C5", deployer, &good).await;
    assert_eq!(
        live.iter().map(|release| &release.id).collect::<Vec<_>>(),
        [&good.release],
        "C5: the old one stays"
    );
    let after = held("C5", deployer.deploy(&key("c5", 1), &bad).await);
    assert!(after.active, "C5: the same call completes once the check passes");
}

/// C6.
pub async fn c6_activation_goes_forward_and_back(deployer: &dyn Deployer, scratch: &Path) {
    let one = planned("C6", deployer, scratch, "c6", "a").await;
    let two = planned("C6", deployer, scratch, "c6", "b").await;
    let never = planned("C6", deployer, scratch, "c6", "c").await;
    held("C6", deployer.deploy(&key("c6", 0), &one).await);
    held("C6", deployer.deploy(&key("c6", 1), &two).await);
    for (sequence, to) in [(2, &one), (3, &two), (4, &one)] {
        held("C6", deployer.activate(&key("c6", sequence), &to.site, &to.release).await);
        held("C6", deployer.activate(&key("c6", sequence), &to.site, &to.release).await);
        let live = active("C6", deployer, to).await;
        assert_eq!(live.iter().map(|release| &release.id).collect::<Vec<_>>(), [&to.release], "C6");
    }
    refused("C6", deployer.activate(&key("c6", 5), &one.site, &never.release).await, ErrorKind::NotFound);
    let live = active("C6", deployer, &one).await;
    assert_eq!(
        live.iter().map(|release| &release.id).collect::<Vec<_>>(),
        [&one.release],
        "C6: nothing changed"
    );
}

/// C7.
pub async fn c7_one_release_is_active(deployer: &dyn Deployer, scratch: &Path) {
    let unknown = held("C7", SiteId::parse("c7-unknown"));
    assert!(held("C7", deployer.list(&unknown).await).is_empty(), "C7: an unknown site has no releases");
    for (sequence, version) in [(0, "a"), (1, "b"), (2, "c")] {
        let plan = planned("C7", deployer, scratch, "c7", version).await;
        held("C7", deployer.deploy(&key("c7", sequence), &plan).await);
        let live = active("C7", deployer, &plan).await;
        assert_eq!(live.iter().map(|release| &release.id).collect::<Vec<_>>(), [&plan.release], "C7");
    }
}

/// C8.
pub async fn c8_removal_is_complete(deployer: &dyn Deployer, scratch: &Path) {
    let plan = planned("C8", deployer, scratch, "c8", "a").await;
    held("C8", deployer.deploy(&key("c8", 0), &plan).await);
    for _ in 0..2 {
        held("C8", deployer.remove(&key("c8", 1), &plan.site).await);
        assert!(held("C8", deployer.list(&plan.site).await).is_empty(), "C8: nothing is left");
    }
    refused("C8", deployer.status(&plan.release).await, ErrorKind::NotFound);
    held("C8", deployer.deploy(&key("c8", 2), &plan).await);
    held("C8", deployer.remove(&key("c8", 1), &plan.site).await);
    assert_eq!(active("C8", deployer, &plan).await.len(), 1, "C8: a repeat does not remove what came later");
}

/// C9.
pub async fn c9_sites_are_apart(deployer: &dyn Deployer, scratch: &Path) {
    let one = planned("C9", deployer, scratch, "c9-one", "a").await;
    let two = planned("C9", deployer, scratch, "c9-two", "a").await;
    held("C9", deployer.deploy(&key("c9", 0), &one).await);
    held("C9", deployer.deploy(&key("c9", 1), &two).await);
    held("C9", deployer.remove(&key("c9", 2), &one.site).await);
    assert_eq!(active("C9", deployer, &two).await.len(), 1, "C9: the other site stays");
}
