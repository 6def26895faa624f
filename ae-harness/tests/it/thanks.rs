//! The page to which a payment leads back: there where the host exchanges payments for licences, and judged like the rest.

use std::fs;

use ae_core::{Cancel, Digest, ProductSpec, ProjectId};
use ae_harness::{AcceptancePlan, AgentRequest, CliProvider, SiteBuilder, SiteContext};
use serde_json::{Value, json};

use crate::{
    fixture::{context, key, kit, spec},
    site::files,
};

fn paid() -> ProductSpec {
    let mut spec = spec();
    spec.core_features[1].tier = Some("pro".to_owned());
    spec
}

fn hosted() -> SiteContext {
    let jwk = json!({"kty": "EC", "crv": "P-256", "kid": "2", "x": "eA", "y": "eQ"});
    let project = ProjectId::from_digest(&Digest::of_bytes("test", b"project"));
    let context = context().with_project(project).with_licence_keys(vec![jwk]);
    context.with_checkout_path("api/checkout").with_licence_path("api/licence")
}

async fn build(spec: &ProductSpec, site: &SiteContext) -> tempfile::TempDir {
    let workspace = tempfile::tempdir().unwrap();
    let builder = SiteBuilder::new(spec.clone(), site.clone()).with_kits(vec![kit()]);
    builder.execute(&key(0), &AgentRequest::new(workspace.path(), ""), &(), &Cancel::new()).await.unwrap();
    workspace
}

fn failed(workspace: &tempfile::TempDir, spec: &ProductSpec, site: &SiteContext) -> Vec<String> {
    let plan = AcceptancePlan::derive(spec, site);
    let outcomes = plan.run(workspace.path(), &plan.seal()).unwrap();
    outcomes.into_iter().filter(|check| !check.passed).map(|check| check.id).collect()
}

#[tokio::test]
async fn a_host_that_exchanges_payments_has_a_page_for_it() {
    let workspace = build(&paid(), &hosted()).await;
    assert_eq!(failed(&workspace, &paid(), &hosted()), Vec::<String>::new());
    let files = files(workspace.path());
    let licence: Value = serde_json::from_slice(&files["tool/licence.json"]).unwrap();
    assert_eq!(
        (&licence["licence"], &licence["ended"], &licence["checkout"]),
        (&json!("api/licence"), &Value::Null, &json!("api/checkout?tier=starter"))
    );
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    let page = text("thanks/index.html");
    // It answers at `thanks` and at `thanks/`, so that nothing in it is relative.
    for part in ["href=\"../", "src=\"thanks.js", "href=\"styles.css", "rel=\"canonical\""] {
        assert!(!page.contains(part), "{part}: {page}");
    }
    for part in ["noindex", "<noscript>", "role=\"status\"", "Content-Security-Policy"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!text("sitemap.xml").contains("thanks"));
    let privacy = text("privacy.html");
    assert!(privacy.contains("number of a purchase") && !privacy.contains("sent to no one"), "{privacy}");
}

#[tokio::test]
async fn other_hosts_and_free_products_have_none() {
    let mut local = hosted();
    local.licence_path = None;
    for (spec, site) in [(paid(), local), (spec(), hosted())] {
        let workspace = build(&spec, &site).await;
        assert_eq!(failed(&workspace, &spec, &site), Vec::<String>::new());
        assert!(!files(workspace.path()).keys().any(|name| name.starts_with("thanks")));
    }
}

#[tokio::test]
async fn the_sealed_checks_hold_the_page_to_its_script() {
    for (name, from, to) in [
        ("thanks/thanks.js", "refunded", "granted"),
        ("thanks/index.html", "role=\"status\"", ""),
        ("thanks/index.html", "id=\"thanks-retry\"", "id=\"retry\""),
        ("thanks/index.html", "thanks/thanks.js", "tool/page/tool.js"),
        ("thanks/index.html", "", ""),
    ] {
        let workspace = build(&paid(), &hosted()).await;
        let path = workspace.path().join("site").join(name);
        let before = fs::read_to_string(&path).unwrap();
        assert!(before.contains(from), "{name}: {from}");
        match from {
            "" => fs::remove_file(&path).unwrap(),
            _ => fs::write(&path, before.replace(from, to)).unwrap(),
        }
        let failed = failed(&workspace, &paid(), &hosted());
        assert!(failed.contains(&"generic-return-page".to_owned()), "{name} {from}: {failed:?}");
    }
    let workspace = tempfile::tempdir().unwrap();
    let builder = SiteBuilder::new(paid(), hosted().with_licence_path("../x")).with_kits(vec![kit()]);
    let request = AgentRequest::new(workspace.path(), "");
    builder.execute(&key(0), &request, &(), &Cancel::new()).await.unwrap_err();
}
