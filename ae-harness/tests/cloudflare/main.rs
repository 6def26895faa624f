//! The Cloudflare deployer against a simulator, against what the official clients send, and its Worker under Node.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests"
)]

mod fixture;
mod lost;
mod node;
mod official;

use std::collections::BTreeSet;

use ae_core::{Effect, ErrorKind, Secret};
use ae_harness::{
    Deployer, DnsRecord, EnvValue, EnvVar, NewSite, SiteId,
    conformance::deployer::{Means, run_all},
};
use doubles::server::{Fault, Reply};
use serde_json::json;

use self::fixture::{Rig, bundle, fetch, folder, key, planned};

#[tokio::test]
async fn it_keeps_the_contract() {
    let scratch = tempfile::tempdir().unwrap();
    let rig = Rig::start();
    rig.double.add_zone("ae-conformance.example");
    let means = Means::new(scratch.path())
        .with_fetch(&fetch)
        .with_secret("site-key".parse().unwrap(), Secret::new("a-private-key".to_owned()));
    let ran = run_all(&rig.deployer, &means).await;
    assert_eq!((ran.passed.len(), ran.skipped), (15, vec!["C5", "C16"]));
}

#[tokio::test]
async fn a_release_is_served_with_its_headers_its_own_404_and_its_id() {
    let rig = Rig::start();
    let site = rig.site().await;
    let folder = folder("hello");
    let bundle = bundle(folder.path());
    let plan = planned(&rig.deployer, &bundle, &site, BTreeSet::new()).await;
    let deployment = rig.deployer.deploy(&key("deploy"), &plan, &bundle).await.unwrap();
    assert_eq!((deployment.url.as_str(), deployment.active), (site.url.as_str(), true));
    let visit = async |path: &str| fetch(&format!("{}{path}", site.url)).await;
    assert_eq!(visit(".well-known/ae-release").await, (200, format!("{}\n", plan.release).into_bytes()));
    assert_eq!(visit("pixel.png").await, (200, vec![0x89, b'P', b'N', b'G', 0, 255, 254, 10]));
    assert_eq!(visit("about").await.0, 200);
    assert_eq!(visit("lost").await, (404, b"lost".to_vec()));
    let answer = fixture::visited(&site.url).await;
    assert!(answer.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn only_contents_that_are_missing_are_sent() {
    let rig = Rig::start();
    let site = rig.site().await;
    let (one, two) = (folder("one"), folder("two"));
    for (step, folder) in [("one", &one), ("two", &two)] {
        let bundle = bundle(folder.path());
        let plan = planned(&rig.deployer, &bundle, &site, BTreeSet::new()).await;
        rig.deployer.deploy(&key(step), &plan, &bundle).await.unwrap();
    }
    let sent: Vec<usize> = rig.uploads().iter().map(|body| body.matches("filename=").count()).collect();
    // Six contents at first, of seven files; then the page and the name of the release.
    assert_eq!((sent.iter().sum::<usize>(), sent.last()), (8, Some(&2)), "{sent:?}");
}

#[tokio::test]
async fn variables_are_secrets_and_no_error_shows_one() {
    let rig = Rig::start();
    let site = rig.site().await;
    let env = [
        EnvVar::new("AE_LINKS", EnvValue::Plain("{}".to_owned())),
        EnvVar::new("AE_SITE_KEY", EnvValue::Secret("site-key".parse().unwrap())),
    ];
    rig.deployer.set_env(&key("env"), &site.id, &env).await.unwrap();
    let kept = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let wanted = [kept("AE_LINKS", "{}"), kept("AE_SITE_KEY", "a-private-key")];
    assert_eq!(rig.double.variables("csv-tidy"), wanted);
    let quoted =
        json!({ "success": false, "errors": [{ "code": 10021, "message": "a-private-key is not good" }] });
    rig.server.faults().push_on("PUT", "/secrets", Fault::Answer(Reply::json(400, &quoted)));
    let error = rig.deployer.set_env(&key("env"), &site.id, &env).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::InvalidInput, Some("10021")));
    assert!(!format!("{error} {error:?} {:?}", rig.deployer).contains("a-private-key"));
    let nowhere: SiteId = "nowhere".parse().unwrap();
    let error = rig.deployer.set_env(&key("env"), &nowhere, &env).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_worker_that_someone_else_made_is_left_alone() {
    let rig = Rig::start();
    rig.double.add_foreign("csv-tidy");
    let new = NewSite::new("csv-tidy".parse().unwrap(), &rig.deployer.info());
    let error = rig.deployer.ensure_site(&key("site"), &new).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Conflict, Effect::NotApplied));
    let error = rig.deployer.remove(&key("remove"), &new.site).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(rig.double.workers(), ["csv-tidy"]);
    assert!(rig.server.seen().iter().all(|seen| seen.method == "GET"));
}

#[tokio::test]
async fn a_domain_without_a_zone_gets_one_and_its_servers_are_named() {
    let rig = Rig::start();
    let site = rig.site().await;
    let www = "www.csv-tidy.com".parse().unwrap();
    let status = rig.deployer.ensure_domain(&key("domain"), &site.id, &www).await.unwrap();
    let server = |name: &str| DnsRecord::new("NS", "csv-tidy.com", name);
    let servers = [server("ada.ns.simulated.example"), server("bob.ns.simulated.example")];
    assert_eq!((status.verified, status.needed.as_slice()), (false, &servers[..]));
    rig.double.activate_zone("csv-tidy.com");
    let status = rig.deployer.ensure_domain(&key("domain"), &site.id, &www).await.unwrap();
    assert_eq!((status.verified, status.resolves, status.needed.len()), (true, true, 0));
    let deep = "a.b.co.uk".parse().unwrap();
    let error = rig.deployer.ensure_domain(&key("domain"), &site.id, &deep).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}
