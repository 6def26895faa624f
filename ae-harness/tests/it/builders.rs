//! The scripted builder.

use ae_core::{Cancel, Currency, Digest, ErrorKind, Money};
use ae_harness::{AgentReport, AgentRequest, CliProvider, MemoryProvider, ScriptedRun, StopReason};

use crate::fixture::key;

#[tokio::test]
async fn a_script_is_played_once_for_each_key() {
    let workspace = tempfile::tempdir().unwrap();
    let request = AgentRequest::new(workspace.path(), "build");
    let cancel = Cancel::new();
    let price = Money::parse("0.25", Currency::USD).unwrap();
    let run = |summary: &str, stop| {
        let report = AgentReport::new(stop, summary).with_cost(Some(price));
        ScriptedRun::new(summary).with_file("site/index.html", summary).with_report(report)
    };
    let provider =
        MemoryProvider::new([run("one", StopReason::Succeeded), run("two", StopReason::BudgetStop)]);
    assert!(provider.info().metered);
    let one = provider.execute(&key(1), &request, &(), &cancel).await.unwrap();
    assert_eq!((one.summary.as_str(), one.cost), ("one", Some(price)));
    assert_eq!(provider.execute(&key(1), &request, &(), &cancel).await.unwrap(), one);
    let changed = request.clone().with_attempt(2);
    assert_eq!(
        provider.execute(&key(1), &changed, &(), &cancel).await.unwrap_err().kind(),
        ErrorKind::Conflict
    );
    let two = provider.execute(&key(2), &changed, &(), &cancel).await.unwrap();
    assert_eq!((two.stop, two.cost), (StopReason::BudgetStop, Some(price)), "a failure says what it cost");
    assert_eq!(two.files_changed, ["site/index.html"]);
    assert_eq!(
        provider.execute(&key(3), &request, &(), &cancel).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn a_script_can_not_leave_the_workspace() {
    let workspace = tempfile::tempdir().unwrap();
    let inner = workspace.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let provider = MemoryProvider::new([ScriptedRun::new("out").with_file("../escaped", "x")]);
    let error = provider
        .execute(&key(0), &AgentRequest::new(&inner, "build"), &(), &Cancel::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(!workspace.path().join("escaped").exists());
}

#[test]
fn a_request_is_the_same_in_every_folder() {
    let digest = |folder: &str| Digest::of_json("r", &AgentRequest::new(folder, "build")).unwrap();
    assert_eq!(digest("/data/one"), digest("/copied/two"));
    let other = AgentRequest::new("/data/one", "build").with_attempt(2);
    assert_ne!(digest("/data/one"), Digest::of_json("r", &other).unwrap());
}
