//! Releases on disk: crashes, damage, switches, several hands.

use std::{fs, path::Path, sync::Arc};

use ae_core::{BackendError, ErrorKind, Runtime};
use ae_harness::{
    Bundle, DeployPlan, DeploySpec, Deployer, Deployment, DeploymentStatus, LocalDeployer, NewSite,
    ReleaseStore, SiteId,
};

use crate::fixture::{build, context, key, spec, start};

const SITE: &str = "csv-tidy";

fn site() -> SiteId {
    SITE.parse::<SiteId>().unwrap()
}

fn deployer(root: &Path) -> LocalDeployer {
    LocalDeployer::open(root, Runtime::manual(start(), 1)).unwrap()
}

/// A plan and the bundle that it was made for.
#[derive(Clone)]
struct Version {
    plan: DeployPlan,
    bundle: Bundle,
}

impl Version {
    async fn deploy(&self, local: &LocalDeployer, sequence: u32) -> Result<Deployment, BackendError> {
        local.deploy(&key(sequence), &self.plan, &self.bundle).await
    }
}

async fn version(scratch: &Path, deployer: &LocalDeployer, text: &str) -> Version {
    at_address(scratch, deployer, text, "http://127.0.0.1:1/p/csv-tidy/").await
}

async fn at_address(scratch: &Path, deployer: &LocalDeployer, text: &str, base_url: &str) -> Version {
    let folder = scratch.join(text);
    fs::create_dir_all(folder.join("assets")).unwrap();
    fs::write(folder.join("index.html"), text).unwrap();
    fs::write(folder.join("404.html"), "lost").unwrap();
    fs::write(folder.join("assets/a.css"), "a{}").unwrap();
    let bundle = Bundle::scan(&folder).unwrap();
    let plan = deployer.plan(&bundle, &DeploySpec::new(site(), base_url)).await.unwrap();
    Version { plan, bundle }
}

fn home(root: &Path) -> String {
    let response = ReleaseStore::open(root).unwrap().respond(&site(), "/", None);
    String::from_utf8(response.body().to_vec()).unwrap()
}

#[tokio::test]
async fn a_built_site_is_published_and_served() {
    let (workspace, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    build(workspace.path(), &spec()).await;
    let local = deployer(root.path());
    local.check().await.unwrap();
    let bundle = Bundle::scan(&workspace.path().join("site")).unwrap();
    let plan = local.plan(&bundle, &DeploySpec::new(site(), context().base_url)).await.unwrap();
    let deployment = local.deploy(&key(0), &plan, &bundle).await.unwrap();
    assert_eq!((deployment.state, deployment.active), (DeploymentStatus::Ready, true));
    let store = ReleaseStore::open(root.path()).unwrap();
    assert_eq!(store.sites().unwrap(), [site()]);
    for (path, status) in
        [("/", 200), ("/privacy", 200), ("/styles.css", 200), ("/nowhere", 404), ("/../lock", 404)]
    {
        assert_eq!(store.respond(&site(), path, None).status().as_u16(), status, "{path}");
    }
    let said = store.respond(&site(), "/.well-known/ae-release", None);
    assert_eq!(said.body(), format!("{}\n", deployment.id).as_bytes());
    assert_eq!(store.respond(&"other".parse::<SiteId>().unwrap(), "/", None).status().as_u16(), 404);
}

#[tokio::test]
async fn a_site_has_the_address_that_the_composition_gives() {
    let root = tempfile::tempdir().unwrap();
    let local = deployer(root.path());
    let new = NewSite::new(site(), &local.info());
    assert_eq!(local.ensure_site(&key(0), &new).await.unwrap().url, "http://csv-tidy.localhost/");
    let local = local.with_address(|site| format!("https://{site}.shop.example:8443/"));
    let given = local.ensure_site(&key(0), &new).await.unwrap();
    assert_eq!(given.url, "https://csv-tidy.shop.example:8443/");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0, "nothing is published");
    for bad in ["shop.example/", "http://shop.example", "http:///"] {
        let local = deployer(root.path()).with_address(move |_| bad.to_owned());
        assert_eq!(local.ensure_site(&key(0), &new).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn what_site_generators_write_is_served() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let names = ["docs/1.0/index.html", "_next/app/[slug]/(shop)/page.js", "tags/r&d, über/index.html"];
    for name in names {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    let local = deployer(root.path());
    let bundle = Bundle::scan(folder.path()).unwrap();
    let plan = local.plan(&bundle, &DeploySpec::new(site(), "http://csv-tidy.localhost/")).await.unwrap();
    local.deploy(&key(0), &plan, &bundle).await.unwrap();
    let store = ReleaseStore::open(root.path()).unwrap();
    for file in bundle.files() {
        let answer = store.respond(&site(), &format!("/{}", file.url_path()), None);
        assert_eq!((answer.status().as_u16(), &answer.body()[..]), (200, file.path.as_bytes()));
    }
    assert_eq!(store.respond(&site(), "/", None).status().as_u16(), 404, "it has no front page");
}

#[tokio::test]
async fn what_a_kill_leaves_is_completed_by_the_same_call() {
    let (root, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let local = deployer(root.path());
    let old = version(scratch.path(), &local, "old").await;
    let new = version(scratch.path(), &local, "new").await;
    let first = old.deploy(&local, 0).await.unwrap();
    let releases = root.path().join(SITE).join("releases");
    let whole = || {
        let deployed = releases.join(new.plan.release.as_str());
        fs::create_dir_all(deployed.join("assets")).unwrap();
        for file in ["index.html", "404.html", "assets/a.css"] {
            fs::copy(new.bundle.root().join(file), deployed.join(file)).unwrap();
        }
    };
    type Kill<'a> = &'a dyn Fn();
    let staged: Kill<'_> = &|| {
        let staged = releases.join(format!(".tmp-{}", new.plan.release));
        fs::create_dir_all(&staged).unwrap();
        fs::write(staged.join("index.html"), "half").unwrap();
    };
    let recorded: Kill<'_> =
        &|| fs::write(releases.join(format!("{}.json", new.plan.release)), "{\"half").unwrap();
    let placed_without_record: Kill<'_> = &whole;
    let damaged: Kill<'_> = &|| {
        whole();
        fs::write(releases.join(new.plan.release.as_str()).join("index.html"), "damaged").unwrap();
    };
    let switching: Kill<'_> =
        &|| fs::write(root.path().join(SITE).join(".tmp-current.json"), "{\"half").unwrap();
    for (sequence, kill) in (1..).zip([staged, recorded, placed_without_record, damaged, switching]) {
        kill();
        assert_eq!(home(root.path()), "old", "state {sequence} leaves the old release live");
        let done = new.deploy(&local, sequence * 10).await.unwrap();
        assert_eq!((&done.release, done.active), (&new.plan.release, true));
        assert_eq!(home(root.path()), "new");
        assert_eq!(new.deploy(&local, sequence * 10).await.unwrap(), done, "a repeat is a no-op");
        let left: Vec<_> =
            fs::read_dir(&releases).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        assert!(left.iter().all(|name| !name.starts_with(".tmp-")), "{left:?}");
        local.activate(&key(sequence * 10 + 1), &site(), &first.id).await.unwrap();
        fs::remove_dir_all(releases.join(new.plan.release.as_str())).unwrap();
    }
}

#[tokio::test]
async fn a_kill_between_switch_and_key_repeats_as_a_no_op() {
    let (root, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let local = deployer(root.path());
    let plan = version(scratch.path(), &local, "one").await;
    let done = plan.deploy(&local, 0).await.unwrap();
    fs::remove_file(root.path().join(SITE).join("releases.json")).unwrap();
    assert_eq!(plan.deploy(&deployer(root.path()), 0).await.unwrap(), done);
    assert_eq!(local.list(&site()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_hundred_switches_always_answer_whole_releases() {
    let (root, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let local = deployer(root.path());
    let mut ids = Vec::new();
    for (sequence, text) in ["one", "two", "three"].iter().enumerate() {
        let plan = version(scratch.path(), &local, text).await;
        ids.push((*text, plan.deploy(&local, u32::try_from(sequence).unwrap()).await.unwrap().id));
    }
    let path = root.path().to_path_buf();
    let reader = std::thread::spawn(move || {
        let store = ReleaseStore::open(path).unwrap();
        for _ in 0..2_000 {
            let response = store.respond(&site(), "/", None);
            assert_eq!(response.status().as_u16(), 200);
            let body = String::from_utf8(response.body().to_vec()).unwrap();
            assert!(["one", "two", "three"].contains(&body.as_str()), "{body:?}");
        }
    });
    for switch in 0..100_u32 {
        let (text, id) = &ids[switch as usize % ids.len()];
        local.activate(&key(100 + switch), &site(), id).await.unwrap();
        assert_eq!(home(root.path()), *text);
    }
    reader.join().unwrap();
}

#[tokio::test]
async fn the_last_five_are_kept_and_never_the_live_one_pruned() {
    let (root, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (sequence, text) in (0..8).zip(["a", "b", "c", "d", "e", "f", "g", "h"]) {
        let at = start().checked_add(std::time::Duration::from_secs(sequence)).unwrap();
        let local = LocalDeployer::open(root.path(), Runtime::manual(at, 1)).unwrap();
        let plan = version(scratch.path(), &local, text).await;
        plan.deploy(&local, u32::try_from(sequence).unwrap()).await.unwrap();
        assert_eq!(home(root.path()), text);
    }
    let kept = deployer(root.path()).list(&site()).await.unwrap();
    assert_eq!(kept.len(), 5);
    assert!(kept[0].active && kept.windows(2).all(|pair| pair[0].created_at > pair[1].created_at));
}

#[tokio::test]
async fn damage_is_reported_and_not_overwritten() {
    let (root, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let local = deployer(root.path());
    let plan = version(scratch.path(), &local, "one").await;
    let id = plan.deploy(&local, 0).await.unwrap().id;
    let folder = root.path().join(SITE);
    let store = ReleaseStore::open(root.path()).unwrap();
    assert_eq!(store.verify(&site()).unwrap(), plan.plan.manifest);
    fs::write(folder.join("releases").join(id.as_str()).join("index.html"), "defaced").unwrap();
    let damage = store.verify(&site()).unwrap_err();
    assert_eq!(damage.kind(), ErrorKind::Protocol);
    assert!(damage.message().contains("index.html"), "{damage}");
    assert_eq!(store.respond(&site(), "/", None).status().as_u16(), 500);
    let report = local.status(&site(), &id).await.unwrap();
    assert_eq!((report.deployment.state, report.error.is_some()), (DeploymentStatus::Error, true));
    assert_eq!(local.activate(&key(1), &site(), &id).await.unwrap_err().kind(), ErrorKind::Protocol);
    let repaired = plan.deploy(&local, 2).await.unwrap();
    assert_eq!((repaired.state, home(root.path()).as_str()), (DeploymentStatus::Ready, "one"));
    for file in ["current.json", "releases.json"] {
        let good = fs::read(folder.join(file)).unwrap();
        fs::write(folder.join(file), "{").unwrap();
        assert_eq!(plan.deploy(&local, 3).await.unwrap_err().kind(), ErrorKind::Protocol, "{file}");
        assert_eq!(fs::read(folder.join(file)).unwrap(), b"{", "{file}");
        fs::write(folder.join(file), good).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deployers_that_share_a_folder_take_turns() {
    let (root, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut plans = Vec::new();
    for text in ["a", "b", "c", "d"] {
        plans.push(version(scratch.path(), &deployer(root.path()), text).await);
    }
    let tasks: Vec<_> = (0..8_u32)
        .map(|number| {
            let (local, plan) = (Arc::new(deployer(root.path())), plans[number as usize % 4].clone());
            tokio::spawn(async move { plan.deploy(&local, number).await.unwrap() })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().state, DeploymentStatus::Ready);
    }
    let releases = deployer(root.path()).list(&site()).await.unwrap();
    assert_eq!((releases.len(), releases.iter().filter(|release| release.active).count()), (4, 1));
}

#[tokio::test]
async fn a_release_and_its_record_changed_together_are_not_served() {
    let (root, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let local = deployer(root.path());
    let published = version(scratch.path(), &local, "price 9").await;
    let id = published.deploy(&local, 0).await.unwrap().id;
    let releases = root.path().join(SITE).join("releases");
    fs::write(releases.join(id.as_str()).join("index.html"), "price 0").unwrap();
    let forged = Bundle::scan(&releases.join(id.as_str())).unwrap();
    let record = releases.join(format!("{id}.json"));
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    json["files"] = serde_json::to_value(forged.files()).unwrap();
    json["manifest"] = serde_json::to_value(forged.manifest()).unwrap();
    fs::write(&record, json.to_string()).unwrap();
    let store = ReleaseStore::open(root.path()).unwrap();
    assert_eq!(store.respond(&site(), "/", None).status().as_u16(), 500);
    assert_eq!(store.verify(&site()).unwrap_err().kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn the_same_release_at_another_address_is_refused() {
    let (root, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let local = deployer(root.path());
    let first = version(scratch.path(), &local, "one").await.deploy(&local, 0).await.unwrap();
    let moved = at_address(scratch.path(), &local, "one", "http://127.0.0.1:2/p/csv-tidy/").await;
    let error = moved.deploy(&local, 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains(&first.url), "{error}");
    assert_eq!(local.list(&site()).await.unwrap(), [first]);
}

#[cfg(unix)]
#[tokio::test]
async fn published_files_are_writable_by_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (root, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let local = deployer(root.path());
    let id = version(scratch.path(), &local, "one").await.deploy(&local, 0).await.unwrap().id;
    let site = root.path().join(SITE);
    let release = site.join("releases").join(id.as_str());
    for path in
        [&site, &release, &release.join("assets"), &release.join("index.html"), &site.join("current.json")]
    {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o022, 0, "{}", path.display());
    }
}
