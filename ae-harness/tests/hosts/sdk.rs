//! Our requests and those of the vendors' own clients, for the same operations.
//!
//! The requests of the clients are recorded in `official/*.json`. Where they are installed (`AE_HOST_SDKS` names the folder
//! `node_modules`), they have to send that still; `AE_RECORD=1` writes it again.

use std::{collections::BTreeMap, path::Path, process::Command};

use ae_harness::{Bundle, Deployer as _, EnvValue, EnvVar};
use doubles::{
    netlify::Netlify,
    server::Seen,
    vercel::{Dns, Vercel as Simulator},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    fixture::{key, made, manual, planned, vercel, wait},
    netlify::netlify,
};

#[derive(Debug, Serialize, Deserialize)]
struct Recorded {
    client: String,
    requests: BTreeMap<String, Heard>,
}

/// A request in the form in which two clients are compared.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Heard {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    authorization: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
}

impl Heard {
    fn of(seen: &Seen) -> Self {
        let header = |name: &str| Some(seen.header(name).to_owned()).filter(|value| !value.is_empty());
        let text = String::from_utf8(seen.body.to_vec()).unwrap();
        let kind = header("content-type").filter(|_| !text.is_empty());
        let is_json = kind.as_deref() == Some("application/json");
        let mut body = if is_json { seen.json() } else { text.clone().into() };
        // The settings have tests of their own.
        let files = body.get_mut("files").and_then(Value::as_array_mut).into_iter().flatten();
        for file in files.filter(|file| file["file"] == "vercel.json") {
            *file = json!({ "file": "vercel.json", "sha": "0", "size": 0 });
        }
        if let Some(headers) = body.pointer_mut("/files/_headers") {
            *headers = "0".into();
        }
        Self {
            method: seen.method.to_string(),
            path: seen.path.clone(),
            query: seen.pairs().into_iter().collect(),
            authorization: header("authorization"),
            digest: header("x-vercel-digest"),
            kind,
            body: (!text.is_empty()).then_some(body),
        }
    }
}

/// The requests of a vendor's client, as they were recorded, and as they are now where it is installed.
fn recorded(vendor: &str) -> Recorded {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hosts/official");
    let file = folder.join(format!("{vendor}.json"));
    let now = std::env::var_os("AE_HOST_SDKS").map(|modules| {
        let script = folder.join("record.mjs");
        let output = Command::new("node").arg(script).arg(vendor).arg(modules).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    });
    match &now {
        Some(now) if std::env::var_os("AE_RECORD").is_some() => std::fs::write(&file, now).unwrap(),
        Some(_) => {}
        None => {
            eprintln!("AE_HOST_SDKS is not set: the client of {vendor} itself is not asked, its record is")
        }
    }
    let kept: Recorded = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    if let Some(now) = now {
        let now: Recorded = serde_json::from_slice(&now).unwrap();
        assert_eq!(now.requests, kept.requests, "{} sends something else than {}", now.client, kept.client);
    }
    kept
}

/// A path without the numbers of ids and the names of files.
fn shape(one: &Heard) -> String {
    let path = one.path.split("/files/").next().unwrap_or_default();
    path.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// Each recorded request is among those that were seen.
fn compare(vendor: &str, seen: &[Seen]) {
    let ours: Vec<Heard> = seen.iter().map(Heard::of).collect();
    let official = recorded(vendor);
    for (operation, theirs) in &official.requests {
        let near: Vec<_> =
            ours.iter().filter(|one| one.method == theirs.method && one.path == theirs.path).collect();
        assert!(near.contains(&theirs), "{vendor} {operation}: {theirs:#?} is not among {near:#?}");
    }
    // And nothing else is sent.
    for one in &ours {
        let known = official
            .requests
            .values()
            .any(|theirs| theirs.method == one.method && shape(theirs) == shape(one));
        assert!(known, "{vendor}: no operation of the record is {} {}", one.method, one.path);
    }
}

#[tokio::test]
async fn requests_to_vercel_are_those_of_its_own_client() {
    let simulator = Simulator::start(0).unwrap();
    let runtime = manual();
    let deployer = vercel(&simulator.url(), runtime.clone());
    deployer.check().await.unwrap();
    let site = made(&deployer).await;
    let env = [
        EnvVar::new("GREETING", EnvValue::Plain("hello".to_owned())),
        EnvVar::new("SITE_KEY", EnvValue::Secret("site-key".parse().unwrap())),
    ];
    deployer.set_env(&key("env"), &site.id, &env).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "<!doctype html><title>Site</title><p>one").unwrap();
    let bundle = Bundle::scan(folder.path()).unwrap();
    let mut plan = planned(&deployer, &bundle, &site).await;
    // The port of the simulator is not the recorded one.
    plan.base_url = "https://csv-tidy.example/".to_owned();
    let one = deployer.deploy(&key("one"), &plan, &bundle).await.unwrap();
    wait(&runtime).wait_ready(&deployer, &key("one"), &plan, &one).await.unwrap();
    let next = async |text: &str| {
        std::fs::write(folder.path().join("index.html"), text).unwrap();
        let bundle = Bundle::scan(folder.path()).unwrap();
        let plan = planned(&deployer, &bundle, &site).await;
        let made = deployer.deploy(&key(text), &plan, &bundle).await.unwrap();
        (wait(&runtime).wait_ready(&deployer, &key(text), &plan, &made).await, made.id)
    };
    let (live, two) = next("two").await;
    live.unwrap();
    deployer.activate(&key("back"), &site.id, &one.id).await.unwrap();
    deployer.activate(&key("forth"), &site.id, &two).await.unwrap();
    simulator.fail_builds(1);
    next("three").await.0.unwrap_err();
    simulator.set_dns("csv-tidy.example", Dns { claimed: true, proven: true, leads_here: false });
    deployer.ensure_domain(&key("domain"), &site.id, &"csv-tidy.example".parse().unwrap()).await.unwrap();
    deployer.remove(&key("remove"), &site.id).await.unwrap();
    compare("vercel", &simulator.seen());
}

#[tokio::test]
async fn requests_to_netlify_are_those_of_its_own_client() {
    let simulator = Netlify::start(0).unwrap();
    let runtime = manual();
    let deployer = netlify(&simulator.url(), runtime.clone());
    deployer.check().await.unwrap();
    let site = made(&deployer).await;
    let folder = tempfile::tempdir().unwrap();
    let page = "<!doctype html><title>Site</title><p>one";
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    std::fs::write(folder.path().join("assets/a b.html"), page).unwrap();
    std::fs::write(folder.path().join("index.html"), page).unwrap();
    let bundle = Bundle::scan(folder.path()).unwrap();
    let mut plan = planned(&deployer, &bundle, &site).await;
    // The port of the simulator is not the recorded one.
    plan.base_url = "https://csv-tidy.example/".to_owned();
    let one = deployer.deploy(&key("one"), &plan, &bundle).await.unwrap();
    wait(&runtime).wait_ready(&deployer, &key("one"), &plan, &one).await.unwrap();
    deployer.activate(&key("back"), &site.id, &one.id).await.unwrap();
    deployer.remove(&key("remove"), &site.id).await.unwrap();
    compare("netlify", &simulator.seen());
}
