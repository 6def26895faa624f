//! `ae runs`, `ae status`, `ae cancel`, `ae audit verify`.

use std::path::Path;

use serde_json::json;

use super::{Exit, Session, args::RunsArgs, output::Output, summary::row_line};
use crate::{
    error::Result,
    service::{self, RunIndex},
};

pub(super) async fn list(output: &Output, dir: &Path, runs: &RunIndex, args: &RunsArgs) -> Result<Exit> {
    let listing = service::list(runs, args.limit, args.page).await?;
    let (shown, total) = (listing.runs.len() as u64, listing.total);
    let text = if total == 0 {
        format!("no runs in {}: start one with `ae run INTENT`", dir.display())
    } else {
        let mut lines: Vec<_> = listing.runs.iter().map(row_line).collect();
        if shown < total {
            let more = format!("`ae runs --page {}`", args.page.saturating_add(1));
            lines.push(format!("{shown} of {total}, page {}; more with {more}", args.page));
        }
        lines.join("\n")
    };
    output.result(&listing, &output.with_folder(&text))?;
    Ok(Exit::Verified)
}

pub(super) async fn status(session: &Session<'_>, run: &str) -> Result<Exit> {
    let run = service::run_id(&session.installation, run).await?;
    session.output.report(&service::status(&session.installation, run).await?, false)?;
    Ok(Exit::Verified)
}

pub(super) async fn cancel(session: &Session<'_>, run: &str) -> Result<Exit> {
    let run = service::run_id(&session.installation, run).await?;
    if let Some(report) = service::cancel(&session.installation, run).await? {
        session.output.report(&report, false)?;
        return Ok(Exit::Verified);
    }
    let text = format!("run {run} is under way elsewhere; it stops at its next boundary");
    session.output.result(&json!({ "run_id": run, "cancel_requested": true }), &text)?;
    Ok(Exit::Verified)
}

pub(super) fn audit_verify(output: &Output, data_dir: &Path) -> Result<Exit> {
    let report = service::verify_audit(data_dir)?;
    let (exit, text) = match &report.problem {
        None => (Exit::Verified, format!("{} records, the chain is whole", report.records)),
        Some(problem) => {
            let (seq, offset, file) = (problem.seq, problem.offset, report.file.display());
            let place = format!("at record {seq} (byte {offset}) of {file}");
            (Exit::Failed, format!("{} good records, then {place}: {}", report.records, problem.what))
        }
    };
    output.result(&report, &text)?;
    Ok(exit)
}
