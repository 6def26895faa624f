use std::fs;

use ae_core::{Cancel, Effect, ErrorKind, NicheId, ProductSpec};
use ae_harness::{AgentRequest, CliProvider, SiteContext, conformance};
use custom_provider::{FnBuilder, fn_builder::Files, one_page};
use tempfile::TempDir;

use crate::{key, now};

pub fn spec(name: &str) -> ProductSpec {
    let mut spec = ProductSpec::new(
        NicheId::from_digest(&ae_core::Digest::of_bytes("test", b"niche")),
        name,
        "shop",
        "Sells.",
    );
    spec.analyst = "test".to_owned();
    spec
}

fn site() -> SiteContext {
    SiteContext::new("http://127.0.0.1/shop/", now())
}

fn request(workspace: &TempDir) -> AgentRequest {
    AgentRequest::new(workspace.path(), "Build the shop.")
}

fn builder(name: &str) -> FnBuilder<impl Fn(&AgentRequest) -> Files + use<>> {
    let spec = spec(name);
    FnBuilder::new(move |_| one_page(&spec, &site()))
}

#[tokio::test]
async fn it_keeps_the_contract() {
    let workspace = tempfile::tempdir().unwrap();
    let ran = conformance::provider::run_all(&builder("Shop"), &request(&workspace)).await;
    assert!(ran.skipped.is_empty(), "{ran:?}");
}

#[tokio::test]
async fn the_same_request_leaves_the_same_files() {
    let workspace = tempfile::tempdir().unwrap();
    let (builder, request, cancel) = (builder("Shop"), request(&workspace), Cancel::new());
    let first = builder.execute(&key("execute", 0), &request, &(), &cancel).await.unwrap();
    assert_eq!(first.files_changed, ["site/index.html"]);
    assert!(first.cost.unwrap().is_zero());
    let page = fs::read(workspace.path().join("site/index.html")).unwrap();
    let again = builder.execute(&key("execute", 0), &request, &(), &cancel).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(fs::read(workspace.path().join("site/index.html")).unwrap(), page);
    let other = builder
        .execute(&key("execute", 0), &request.clone().with_attempt(2), &(), &cancel)
        .await
        .unwrap_err();
    assert_eq!((other.kind(), other.effect()), (ErrorKind::Conflict, Effect::NotApplied));
}

#[tokio::test]
async fn text_from_outside_stays_text() {
    let workspace = tempfile::tempdir().unwrap();
    let builder = builder("<script>alert(1)</script>");
    builder.execute(&key("execute", 0), &request(&workspace), &(), &Cancel::new()).await.unwrap();
    let page = fs::read_to_string(workspace.path().join("site/index.html")).unwrap();
    assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "{page}");
}

#[tokio::test]
async fn nothing_is_written_outside_the_workspace() {
    for bad in ["../x", "/etc/x", "a/../../x", "a//b", ""] {
        let workspace = tempfile::tempdir().unwrap();
        let builder = FnBuilder::new(move |_: &AgentRequest| {
            Files::from([("good.txt".to_owned(), String::new()), (bad.to_owned(), String::new())])
        });
        let error =
            builder.execute(&key("execute", 0), &request(&workspace), &(), &Cancel::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{bad}");
        assert_eq!(fs::read_dir(workspace.path()).unwrap().count(), 0, "{bad}");
    }
}
