//! The Worker's own modules, run by Node: functions answer at their paths, files at all others.

use std::{collections::BTreeSet, fs, process::Command};

use ae_harness::Deployer;

use crate::fixture::{Rig, bundle, folder, key, planned};

const VISIT: &str = r#"
import worker from "./worker.mjs";
const env = { GREETING: "hello", ASSETS: { fetch: (request) => new Response("file " + new URL(request.url).pathname) } };
const visit = async (path, init) => (await worker.fetch(new Request("https://csv-tidy.example" + path, init), env)).text();
console.log(JSON.stringify([
  await visit("/api/echo?tier=pro"),
  await visit("/api/echo", { method: "POST", body: "{\"a\":1}" }),
  await visit("/api/other"),
  await visit("/"),
]));
"#;

#[tokio::test]
async fn functions_answer_at_their_paths_and_files_at_all_others() {
    let rig = Rig::start();
    let site = rig.site().await;
    let folder = folder("one");
    let bundle = bundle(folder.path());
    let plan = planned(&rig.deployer, &bundle, &site, BTreeSet::new()).await;
    rig.deployer.deploy(&key("deploy"), &plan, &bundle).await.unwrap();
    let scratch = tempfile::tempdir().unwrap();
    for (name, source) in rig.double.modules("csv-tidy") {
        fs::write(scratch.path().join(name), source).unwrap();
    }
    fs::write(scratch.path().join("visit.mjs"), VISIT).unwrap();
    let ran = match Command::new("node").arg("visit.mjs").current_dir(scratch.path()).output() {
        Ok(ran) => ran,
        Err(error) => {
            assert!(std::env::var_os("AE_REQUIRE_SERVICES").is_none(), "node: {error}");
            eprintln!("skipped: there is no node");
            return;
        }
    };
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let said: Vec<String> = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(
        said,
        [
            r#"{"tier":"pro","body":null,"greeting":"hello"}"#,
            r#"{"tier":null,"body":{"a":1},"greeting":"hello"}"#,
            "file /api/other",
            "file /",
        ]
    );
}
