//! The clauses of [`CliProvider`].
#![allow(clippy::panic, clippy::expect_used, reason = "a failed check is a panic that names its clause")]

use std::{fs, path::Path};

use ae_core::{
    Cancel, ErrorKind,
    conformance::{Ran, held, key, refused, same},
};

use super::{AgentLimits, AgentReport, AgentRequest, AgentSession, CliProvider, StopReason};
use crate::Snapshot;

/// Runs every clause. The workspace of `request` is an existing, empty folder, in which each clause makes one of its own;
/// the provider can serve the request in six of them, and changes files when it does.
pub async fn run_all(provider: &dyn CliProvider, request: &AgentRequest) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", c1_check_changes_nothing(provider, &request.workspace)).await;
    ran.clause("C2", c2_only_the_workspace_is_written(provider, request)).await;
    ran.clause("C3", c3_attempts_count_from_one(provider, request)).await;
    ran.clause("C4", c4_changes_are_measured(provider, request)).await;
    ran.clause_if("C5", !provider.info().metered, c5_the_unmetered_is_free(provider, request)).await;
    ran.clause("C6", c6_a_repeat_leaves_the_same_files(provider, request)).await;
    ran.clause("C7", c7_a_key_serves_one_request(provider, request)).await;
    ran.clause("C8", c8_a_cancelled_call_writes_nothing(provider, request)).await;
    ran.clause("C9", c9_a_missing_ability_is_refused(provider, request)).await;
    ran
}

/// The request in a workspace of its own.
fn within(request: &AgentRequest, name: &str) -> AgentRequest {
    let mut own = request.clone();
    own.workspace = request.workspace.join(name);
    fs::create_dir_all(&own.workspace).expect("the workspace can be written");
    own
}

async fn built(
    clause: &str,
    provider: &dyn CliProvider,
    sequence: u32,
    request: &AgentRequest,
) -> AgentReport {
    let report = held(clause, provider.execute(&key(clause, sequence), request, &(), &Cancel::new()).await);
    assert!(report.succeeded(), "{clause}: the request can be served, was {report:?}");
    report
}

/// The paths that differ from `before`.
fn changed(clause: &str, workspace: &Path, before: &Snapshot) -> Vec<String> {
    held(clause, Snapshot::take(workspace)).changed_since(before)
}

async fn c1_check_changes_nothing(provider: &dyn CliProvider, workspace: &Path) {
    let before = held("C1", Snapshot::take(workspace));
    held("C1", provider.check().await);
    assert!(changed("C1", workspace, &before).is_empty(), "C1: check changes nothing");
}

async fn c2_only_the_workspace_is_written(provider: &dyn CliProvider, request: &AgentRequest) {
    for wrong in [Path::new("relative").to_path_buf(), request.workspace.join("missing")] {
        let mut elsewhere = request.clone();
        elsewhere.workspace.clone_from(&wrong);
        let answer = provider.execute(&key("C2", 0), &elsewhere, &(), &Cancel::new()).await;
        refused("C2", answer, ErrorKind::InvalidInput);
        assert!(!wrong.exists(), "C2: {} was made", wrong.display());
    }
    let before = held("C2", Snapshot::take(&request.workspace));
    built("C2", provider, 1, &within(request, "c2")).await;
    let written = changed("C2", &request.workspace, &before);
    assert!(written.iter().all(|path| path.starts_with("c2/")), "C2: written outside: {written:?}");
}

async fn c3_attempts_count_from_one(provider: &dyn CliProvider, request: &AgentRequest) {
    let none = within(request, "c3").with_attempt(0);
    let answer = provider.execute(&key("C3", 0), &none, &(), &Cancel::new()).await;
    refused("C3", answer, ErrorKind::InvalidInput);
}

async fn c4_changes_are_measured(provider: &dyn CliProvider, request: &AgentRequest) {
    let own = within(request, "c4");
    let before = held("C4", Snapshot::take(&own.workspace));
    let report = built("C4", provider, 0, &own).await;
    assert!(!report.files_changed.is_empty(), "C4: the request changes files");
    same("C4: the files that changed", &report.files_changed, &changed("C4", &own.workspace, &before));
}

async fn c5_the_unmetered_is_free(provider: &dyn CliProvider, request: &AgentRequest) {
    let report = built("C5", provider, 0, &within(request, "c5")).await;
    assert!(report.cost.is_some_and(|cost| cost.is_zero()), "C5: it costs zero, was {:?}", report.cost);
}

async fn c6_a_repeat_leaves_the_same_files(provider: &dyn CliProvider, request: &AgentRequest) {
    let own = within(request, "c6");
    built("C6", provider, 0, &own).await;
    let before = held("C6", Snapshot::take(&own.workspace));
    built("C6", provider, 0, &own).await;
    assert!(changed("C6", &own.workspace, &before).is_empty(), "C6: a repeat leaves the same files");
}

async fn c7_a_key_serves_one_request(provider: &dyn CliProvider, request: &AgentRequest) {
    let own = within(request, "c7");
    built("C7", provider, 0, &own).await;
    let before = held("C7", Snapshot::take(&own.workspace));
    let other = own.clone().with_attempt(own.attempt.saturating_add(1));
    let answer = provider.execute(&key("C7", 0), &other, &(), &Cancel::new()).await;
    refused("C7", answer, ErrorKind::Conflict);
    assert!(changed("C7", &own.workspace, &before).is_empty(), "C7: a refusal writes nothing");
}

async fn c8_a_cancelled_call_writes_nothing(provider: &dyn CliProvider, request: &AgentRequest) {
    let own = within(request, "c8");
    let before = held("C8", Snapshot::take(&own.workspace));
    let cancel = Cancel::new();
    cancel.cancel();
    let report = held("C8", provider.execute(&key("C8", 0), &own, &(), &cancel).await);
    same("C8: the report says so", &report.stop, &StopReason::Cancelled);
    assert!(changed("C8", &own.workspace, &before).is_empty(), "C8: nothing is written");
    built("C8", provider, 0, &own).await;
}

async fn c9_a_missing_ability_is_refused(provider: &dyn CliProvider, request: &AgentRequest) {
    let able = provider.info().abilities;
    let own = within(request, "c9");
    let before = held("C9", Snapshot::take(&own.workspace));
    let asked = [
        (able.resume, own.clone().with_session(AgentSession::Resume("0".into()))),
        (able.output_schema, own.clone().with_output_schema(serde_json::json!({ "type": "object" }))),
        (able.turns, own.clone().with_limits(AgentLimits { turns: Some(1), ..own.limits.clone() })),
    ];
    for (_, asked) in asked.iter().filter(|(able, _)| !able) {
        let answer = provider.execute(&key("C9", 0), asked, &(), &Cancel::new()).await;
        refused("C9", answer, ErrorKind::Unsupported);
        assert!(changed("C9", &own.workspace, &before).is_empty(), "C9: nothing is written");
    }
}
