use std::{fs, path::Path};

use ae_core::ErrorKind;
use ae_harness::{
    Bundle, DeployPlan, DeploySpec, Deployer, ReleaseId, SiteId,
    conformance::{
        self,
        deployer::{Fetched, Means},
    },
};
use custom_provider::FolderDeployer;

use crate::{key, runtime};

const ADDRESS: &str = "http://127.0.0.1/";

fn site() -> SiteId {
    "shop".parse::<SiteId>().unwrap()
}

fn plan(folder: &Path, page: &str) -> (DeployPlan, Bundle) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("index.html"), page).unwrap();
    let bundle = Bundle::scan(folder).unwrap();
    (bundle.plan(&DeploySpec::new(site(), "http://127.0.0.1/shop/")).unwrap(), bundle)
}

/// The front page of a site, as a web server would find it.
fn live(root: &Path, site: &str) -> Option<String> {
    let state: serde_json::Value =
        serde_json::from_slice(&fs::read(root.join("releases.json")).ok()?).unwrap();
    let releases = state["sites"][site].as_array()?;
    let active = releases.iter().find(|release| release["active"] == true)?;
    fs::read_to_string(root.join(site).join(active["id"].as_str()?).join("index.html")).ok()
}

/// Leaves a file where the release will be copied to, so that the copy is not what was planned.
fn spoil(root: &Path, site: &str, release: &ReleaseId) {
    let target = root.join(site).join(release.as_str());
    fs::create_dir_all(&target).unwrap();
    fs::write(target.join("extra.html"), "left by another program").unwrap();
}

#[tokio::test]
async fn it_keeps_the_contract() {
    let (root, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let deployer = FolderDeployer::new(root.path(), ADDRESS, runtime());
    let spoil_the_next = || {
        let bundle = Bundle::scan(&scratch.path().join("c5/b")).unwrap();
        let spec = DeploySpec::new("c5".parse::<SiteId>().unwrap(), "http://127.0.0.1/c5/");
        spoil(root.path(), "c5", &bundle.plan(&spec).unwrap().release);
    };
    let fetch = |url: &str| -> Fetched {
        let answer = live(root.path(), url.strip_prefix(ADDRESS).unwrap().trim_end_matches('/'));
        Box::pin(async move { answer.map_or((404, Vec::new()), |page| (200, page.into_bytes())) })
    };
    let means = Means::new(scratch.path()).with_failing(&spoil_the_next).with_fetch(&fetch);
    let ran = conformance::deployer::run_all(&deployer, &means).await;
    assert_eq!(ran.skipped, ["C14", "C15", "C17"]);
}

#[tokio::test]
async fn releases_go_live_and_back_and_survive_a_restart() {
    let (root, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, two) = (plan(&files.path().join("one"), "one"), plan(&files.path().join("two"), "two"));
    let deployer = FolderDeployer::new(root.path(), ADDRESS, runtime());
    let first = deployer.deploy(&key("deploy", 1), &one.0, &one.1).await.unwrap();
    deployer.deploy(&key("deploy", 2), &two.0, &two.1).await.unwrap();
    assert_eq!(live(root.path(), "shop").as_deref(), Some("two"));
    deployer.activate(&key("activate", 1), &site(), &first.id).await.unwrap();
    assert_eq!(live(root.path(), "shop").as_deref(), Some("one"));

    let deployer = FolderDeployer::new(root.path(), ADDRESS, runtime());
    let repeat = deployer.deploy(&key("deploy", 2), &two.0, &two.1).await.unwrap();
    assert!(!repeat.active, "a key that is done is never done again");
    assert_eq!(live(root.path(), "shop").as_deref(), Some("one"));
    assert_eq!(deployer.list(&site()).await.unwrap().len(), 2);
    deployer.remove(&key("remove", 1), &site()).await.unwrap();
    deployer.remove(&key("remove", 1), &site()).await.unwrap();
    assert!(deployer.list(&site()).await.unwrap().is_empty());
    assert!(!root.path().join("shop").join(first.id.as_str()).exists());
}

#[tokio::test]
async fn a_changed_tree_is_refused_and_the_old_release_stays() {
    let (root, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let deployer = FolderDeployer::new(root.path(), ADDRESS, runtime());
    let one = plan(&files.path().join("one"), "one");
    deployer.deploy(&key("deploy", 1), &one.0, &one.1).await.unwrap();
    let two = plan(&files.path().join("two"), "two");
    fs::write(files.path().join("two/index.html"), "not approved").unwrap();
    let error = deployer.deploy(&key("deploy", 2), &two.0, &two.1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(live(root.path(), "shop").as_deref(), Some("one"));
}

#[tokio::test]
async fn a_copy_that_was_tampered_with_does_not_go_live() {
    let (root, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let deployer = FolderDeployer::new(root.path(), ADDRESS, runtime());
    let one = plan(&files.path().join("one"), "one");
    spoil(root.path(), "shop", &one.0.release);
    let error = deployer.deploy(&key("deploy", 1), &one.0, &one.1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(deployer.list(&site()).await.unwrap().is_empty());
    assert!(
        deployer.deploy(&key("deploy", 1), &one.0, &one.1).await.unwrap().active,
        "a repeat starts again"
    );
}

#[tokio::test]
async fn a_damaged_state_is_refused_and_not_overwritten() {
    let (root, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let deployer = FolderDeployer::new(root.path(), ADDRESS, runtime());
    fs::write(root.path().join("releases.json"), "{").unwrap();
    let one = plan(&files.path().join("one"), "one");
    let error = deployer.deploy(&key("deploy", 1), &one.0, &one.1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert_eq!(fs::read(root.path().join("releases.json")).unwrap(), b"{");
}
