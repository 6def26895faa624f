//! The scripted builder.

use ae_core::{Currency, ErrorKind, Money};
use ae_harness::{AgentRequest, CliProvider, MemoryProvider, ScriptedRun};

use crate::fixture::{context, key, spec};

#[tokio::test]
async fn a_script_is_played_once_for_each_key() {
    let workspace = tempfile::tempdir().unwrap();
    let request = AgentRequest::new(workspace.path(), spec(), context());
    let price = Money::parse("0.25", Currency::USD).unwrap();
    let provider = MemoryProvider::new([
        ScriptedRun::new("one").with_file("site/index.html", "1").with_cost(Some(price)),
        ScriptedRun::new("two").with_file("site/index.html", "2").failed(),
    ]);
    assert!(provider.info().metered);
    let one = provider.execute(&key(1), &request).await.unwrap();
    assert_eq!((one.summary.as_str(), one.cost), ("one", Some(price)));
    assert_eq!(provider.execute(&key(1), &request).await.unwrap(), one);
    let changed = request.clone().with_attempt(2);
    assert_eq!(provider.execute(&key(1), &changed).await.unwrap_err().kind(), ErrorKind::Conflict);
    let two = provider.execute(&key(2), &changed).await.unwrap();
    assert!(!two.success && two.files_changed == ["site/index.html"]);
    assert_eq!(provider.execute(&key(3), &request).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_script_can_not_leave_the_workspace() {
    let workspace = tempfile::tempdir().unwrap();
    let inner = workspace.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let provider = MemoryProvider::new([ScriptedRun::new("out").with_file("../escaped", "x")]);
    let error = provider.execute(&key(0), &AgentRequest::new(&inner, spec(), context())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(!workspace.path().join("escaped").exists());
}
