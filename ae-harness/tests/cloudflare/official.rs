//! The requests to Cloudflare are those of its official clients.

use std::collections::BTreeSet;

use ae_harness::{Deployer, DnsRecord, EnvValue, EnvVar};
use doubles::server::Seen;
use serde_json::{Map, Value, json};

use crate::fixture::{Rig, bundle, folder, key, planned};

fn recorded(text: &str) -> Value {
    serde_json::from_str::<Value>(text).unwrap()["recorded"].take()
}

/// A request without its body, as the recordings have it.
fn head(seen: &Seen) -> Value {
    let query: Map<String, Value> =
        seen.pairs().into_iter().map(|(name, value)| (name, value.into())).collect();
    json!({ "method": seen.method.as_str(), "path": seen.path, "query": query })
}

/// A recording without its body.
fn recorded_head(recording: &Value) -> Value {
    json!({ "method": recording["method"], "path": recording["path"], "query": recording["query"] })
}

/// The parts of a body: name, type and content.
fn parts(seen: &Seen) -> Vec<[String; 3]> {
    let text = String::from_utf8_lossy(&seen.body).into_owned();
    let boundary = seen.header("content-type").split_once("boundary=").unwrap().1.to_owned();
    let line = format!("--{boundary}");
    let pieces = text.split(&line).skip(1).filter(|piece| piece.starts_with("\r\n"));
    let part = |piece: &str| {
        let (head, content) = piece.trim_start_matches("\r\n").split_once("\r\n\r\n").unwrap();
        let name = head.split("name=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let kind = head.split("Content-Type: ").nth(1).unwrap_or_default().to_owned();
        [name, kind, content.strip_suffix("\r\n").unwrap().to_owned()]
    };
    pieces.map(part).collect()
}

/// The requests of a launch, a switch and a removal.
async fn sent() -> (Rig, Vec<Seen>) {
    let rig = Rig::start();
    let site = rig.site().await;
    let env = [EnvVar::new("AE_KEY", EnvValue::Plain("s".to_owned()))];
    rig.deployer.set_env(&key("env"), &site.id, &env).await.unwrap();
    let folder = folder("one");
    let bundle = bundle(folder.path());
    let plan = planned(&rig.deployer, &bundle, &site, BTreeSet::new()).await;
    rig.deployer.deploy(&key("deploy"), &plan, &bundle).await.unwrap();
    let domain = "csv-tidy.com".parse().unwrap();
    let pending = rig.deployer.ensure_domain(&key("domain"), &site.id, &domain).await.unwrap();
    assert_eq!(pending.needed[0], DnsRecord::new("NS", "csv-tidy.com", "ada.ns.simulated.example"));
    rig.double.activate_zone("csv-tidy.com");
    rig.deployer.ensure_domain(&key("domain"), &site.id, &domain).await.unwrap();
    rig.deployer.remove(&key("remove"), &site.id).await.unwrap();
    let seen = rig.server.seen();
    (rig, seen)
}

fn find<'a>(seen: &'a [Seen], method: &str, end: &str) -> &'a Seen {
    let is_it = |seen: &&Seen| seen.method == method && seen.path.ends_with(end);
    seen.iter().find(is_it).unwrap_or_else(|| panic!("no {method} {end}"))
}

#[tokio::test]
async fn our_requests_are_those_of_the_official_client() {
    let recorded = recorded(include_str!("cloudflare-sdk.json"));
    let (_rig, seen) = sent().await;
    let plain = [
        ("subdomain", "GET", "/workers/subdomain"),
        ("settings", "GET", "/csv-tidy/script-settings"),
        ("versions", "GET", "/csv-tidy/versions"),
        ("deployments", "GET", "/csv-tidy/deployments"),
        ("enable", "POST", "/csv-tidy/subdomain"),
        ("secret", "PUT", "/csv-tidy/secrets"),
        ("remove", "DELETE", "/scripts/csv-tidy"),
        ("zone", "GET", "/zones"),
        ("make_zone", "POST", "/zones"),
        ("attached", "GET", "/workers/domains"),
    ];
    for (name, method, end) in plain {
        let ours = find(&seen, method, end);
        assert_eq!(head(ours), recorded_head(&recorded[name]), "{name}");
        assert_eq!(ours.json(), recorded[name]["body"], "{name}");
    }
    // Where a body names what the simulator made, its fields are the same.
    for (name, method, end) in [
        ("deployment", "POST", "/csv-tidy/deployments"),
        ("attach", "PUT", "/workers/domains"),
        ("session", "POST", "/csv-tidy/assets-upload-session"),
    ] {
        let (ours, theirs) = (find(&seen, method, end), &recorded[name]);
        assert_eq!(head(ours), recorded_head(theirs), "{name}");
        assert_eq!(fields(&ours.json()), fields(&theirs["body"]), "{name}");
    }
    let upload = find(&seen, "POST", "/assets/upload");
    assert_eq!(head(upload), recorded_head(&recorded["upload"]));
    assert_eq!(upload.bearer().split('-').next(), Some("session"));
    assert_eq!(head(find(&seen, "POST", "/csv-tidy/versions")), recorded_head(&recorded["version"]));
}

/// The names of the fields of an object, and of the objects in it; the paths of files are names of the caller.
fn fields(value: &Value) -> Value {
    match value {
        Value::Object(object) if object.keys().any(|name| name.starts_with('/')) => {
            object.values().next().map(fields).unwrap_or_default()
        }
        Value::Object(object) => object.iter().map(|(name, value)| (name.clone(), fields(value))).collect(),
        Value::Array(values) => values.first().map(fields).unwrap_or_default(),
        _ => Value::Null,
    }
}

#[tokio::test]
async fn our_files_and_versions_are_those_of_the_official_program() {
    let recorded = recorded(include_str!("wrangler.json"));
    let (_rig, seen) = sent().await;
    let theirs = &recorded["upload"]["body"][0];
    let kinds: Vec<String> = seen
        .iter()
        .filter(|seen| seen.path.ends_with("/assets/upload"))
        .flat_map(parts)
        .filter(|[name, ..]| name.len() == theirs["name"].as_str().unwrap().len())
        .map(|[_, kind, _]| kind)
        .collect();
    assert!(kinds.iter().any(|kind| theirs["type"] == kind.as_str()), "{kinds:?}");
    let version = find(&seen, "POST", "/csv-tidy/versions");
    let ours = parts(version);
    let theirs: Vec<Value> = recorded["version"]["body"].as_array().unwrap().clone();
    for (at, name) in ["metadata", "worker.mjs"].into_iter().enumerate() {
        let [our_name, our_kind, _] = &ours[at];
        assert_eq!((our_name.as_str(), our_kind.as_str()), (name, theirs[at]["type"].as_str().unwrap()));
        assert_eq!(theirs[at]["name"], name);
    }
    let metadata = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let (ours, mut theirs) = (metadata(&ours[0][2]), metadata(theirs[0]["content"].as_str().unwrap()));
    assert_eq!(ours["bindings"], theirs["bindings"]);
    assert_eq!(ours["main_module"], theirs["main_module"]);
    assert_eq!(ours["assets"]["config"]["run_worker_first"], theirs["assets"]["config"]["run_worker_first"]);
    // The flags are none, and the headers of every answer are ours.
    assert_eq!(theirs.as_object_mut().unwrap().remove("compatibility_flags"), Some(json!([])));
    theirs["assets"]["config"]["_headers"] = Value::Null;
    assert_eq!(fields(&ours), fields(&theirs));
}
