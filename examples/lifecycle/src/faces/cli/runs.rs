//! `ae runs`, `ae status`, `ae cancel`, `ae audit verify`.

use std::path::Path;

use ae_core::ErrorKind;
use ae_safety::{ProblemKind, SqliteAnchor, verify_file};
use serde_json::json;

use super::{
    Session,
    output::{Output, row_line},
};
use crate::store::RunStatus;
use crate::{
    engine,
    error::{Error, Result},
    faces::cli::Exit,
    setup::AUDIT_LOG,
};

pub(super) fn list(session: &Session, limit: u32) -> Result<Exit> {
    let rows = session.host.runs.list(limit)?;
    let text = if rows.is_empty() {
        format!("no runs in {}: start one with `ae run INTENT`", session.host.dir.path().display())
    } else {
        rows.iter().map(row_line).collect::<Vec<_>>().join("\n")
    };
    session.output.result(&json!({ "runs": rows, "total": rows.len() }), &text)?;
    Ok(Exit::Verified)
}

pub(super) async fn status(session: &Session, run: &str) -> Result<Exit> {
    let run = session.run_id(run)?;
    let row = session.host.runs.get(run)?;
    let mut report = engine::report(&session.host, &row).await?;
    if row.status == RunStatus::Running && session.host.dir.try_lease(run)?.is_none() {
        report.outcome = "running".to_owned();
    }
    session.output.report(&report)?;
    Ok(Exit::Verified)
}

pub(super) async fn cancel(session: &Session, run: &str) -> Result<Exit> {
    let host = &session.host;
    let run = session.run_id(run)?;
    let row = host.runs.get(run)?;
    if row.status.is_final() {
        return Err(Error::new(ErrorKind::Conflict, format!("run {run} has ended already: {}", row.status))
            .with_hint("there is nothing to cancel; what it published stays"));
    }
    host.runs.request_cancel(run)?;
    if let Some(_lease) = engine::free_lease(host, run).await? {
        engine::finish_cancel(host, run).await?;
        session.output.report(&engine::report(host, &host.runs.get(run)?).await?)?;
        return Ok(Exit::Verified);
    }
    // Whoever waits at a prompt for this run sees that its question is closed.
    if let Some(approval) = engine::pending_approval(host, run).await? {
        host.keeper.desk().cancel(approval.id, "the run was cancelled").await?;
    }
    let object = json!({ "run_id": run, "cancel_requested": true });
    session
        .output
        .result(&object, &format!("run {run} is under way elsewhere; it stops at its next boundary"))?;
    Ok(Exit::Verified)
}

/// Reads the log and its anchor as they lie there: nothing is made or mended before it is judged.
pub(super) fn audit_verify(output: Output, data_dir: &Path) -> Result<Exit> {
    let path = data_dir.join(AUDIT_LOG);
    let anchor = SqliteAnchor::open_read_only(data_dir.join("safety.db"));
    let report = anchor.and_then(|anchor| verify_file(&path, &anchor)).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            let message = format!("there is no audit log at {}: {}", path.display(), error.message());
            let hint =
                "if runs were made in this data directory, it was removed; else name the right one with --data-dir";
            Error::new(ErrorKind::NotFound, message).with_hint(hint)
        }
        _ => error.into(),
    })?;
    let (exit, text) = match &report.problem {
        None => (Exit::Verified, format!("{} records, the chain is whole", report.records)),
        Some(problem) => {
            let what = match problem.kind {
                ProblemKind::Torn => "an incomplete last line, as after a crash; the next record mends it",
                ProblemKind::Cut => "the end is missing; keep the file and safety.db as evidence",
                _ => "a record that was changed, removed or moved; keep the file and safety.db as evidence",
            };
            let text = format!(
                "{} good records, then at record {} (byte {}) of {}: {what}",
                report.records,
                problem.seq,
                problem.offset,
                path.display()
            );
            (Exit::Failed, text)
        }
    };
    let problem = report.problem.map(|problem| json!({ "seq": problem.seq, "offset": problem.offset }));
    let object = json!({
        "file": path,
        "records": report.records,
        "whole": report.is_whole(),
        "head": report.head.map(|head| head.hash),
        "problem": problem,
    });
    output.result(&object, &text)?;
    Ok(exit)
}
