//! The contract of builders, and that of keys.

use ae_core::{Cancel, ErrorKind};
use ae_harness::{AgentSession, CliProvider as _, SandboxUse, StopReason, conformance};

use crate::played::{Stage, key};

#[tokio::test]
async fn the_contract_is_kept() {
    let stage = Stage::new();
    let request = stage.request("echo built > page.html; echo text built; echo done");
    let ran = conformance::provider::run_all(&stage.agent(), &request).await;
    assert_eq!((ran.passed.len(), ran.skipped.len()), (8, 1), "{ran:?}");
    stage.nothing_is_left();
}

#[tokio::test]
async fn a_repeat_is_the_report_and_a_failure_is_not_kept() {
    let stage = Stage::new();
    let agent = stage.agent();
    let request = stage.request("echo x >> count; echo usage 7; [ -e ok ] && echo done; exit 0");
    let run = async || agent.execute(&key(1), &request, &(), &Cancel::new()).await;
    assert_eq!(run().await.unwrap().stop, StopReason::Incomplete);
    std::fs::write(stage.workspace().join("ok"), "").unwrap();
    let report = run().await.unwrap();
    assert!(report.succeeded());
    assert_eq!(report.files_changed, ["count"]);
    assert_eq!(run().await.unwrap(), report);
    assert_eq!(std::fs::read_to_string(stage.workspace().join("count")).unwrap(), "x\nx\n");
}

#[tokio::test]
async fn a_key_has_one_run_at_a_time() {
    let stage = Stage::new();
    let agent = stage.agent();
    let request =
        stage.request("read -r line < /dev/null; while ! [ -e go ]; do sleep 0.01; done; echo done");
    let (cancel, same) = (Cancel::new(), key(1));
    let first = agent.execute(&same, &request, &(), &cancel);
    let second = async {
        while stage.processes().is_empty() {
            tokio::task::yield_now().await;
        }
        let refused = agent.execute(&key(1), &request, &(), &Cancel::new()).await.unwrap_err();
        std::fs::write(stage.workspace().join("go"), "").unwrap();
        refused
    };
    let (first, second) = tokio::join!(first, second);
    assert!(first.unwrap().succeeded());
    assert_eq!(second.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_session_goes_on_with_its_folder_and_its_totals() {
    let stage = Stage::new();
    let agent = stage.agent();
    let first = stage.request("echo note > $SITE/note; echo session abc/../x; echo usage 3; echo done");
    let report = agent.execute(&key(1), &first, &(), &Cancel::new()).await.unwrap();
    assert_eq!(report.session.as_deref(), Some("abc/../x"));
    let next = stage
        .request("cat $SITE/note > seen; echo session abc/../x; echo usage 4; echo done")
        .with_session(AgentSession::Resume("abc/../x".into()));
    // By another provider, as after a restart.
    let report = stage.agent().execute(&key(2), &next, &(), &Cancel::new()).await.unwrap();
    assert_eq!(report.files_changed, ["seen"]);
    assert_eq!(report.usage.unwrap().input, 4);
    assert_eq!(report.session_usage.unwrap().input, 7);
    let unknown = next.with_session(AgentSession::Resume("../..".into()));
    let error = agent.execute(&key(3), &unknown, &(), &Cancel::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn a_run_without_a_session_keeps_nothing() {
    let stage = Stage::new();
    assert!(stage.run("echo done").await.succeeded());
    assert_eq!(std::fs::read_dir(stage.state().join("sessions")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_sandbox_that_is_required_and_missing_is_refused() {
    let stage = Stage::new();
    let request = stage.request("echo done").with_sandbox(SandboxUse::Required);
    let error = stage.agent().execute(&key(1), &request, &(), &Cancel::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}
