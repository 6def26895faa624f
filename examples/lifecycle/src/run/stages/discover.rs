//! Reads demand signals and ranks what concerns the intent.

use ae_core::Outcome;
use ae_genesis::SignalQuery;
use serde_json::json;

use super::{Halt, Stage};
use crate::{
    glue::signals::collect,
    run::{Found, RunState, RunStateUpdate},
};

/// Reads every source of signals. An intent that could mean several things is `Blocked` with the question that would make
/// it clear.
pub(super) async fn discover(stage: Stage) -> Result<RunStateUpdate, Halt> {
    let start = stage.start()?;
    let query = SignalQuery::from_intent(&start.intent);
    if let Some(question) = &query.question {
        let reason = format!("the intent is unclear: {question}; start a new run whose intent says it");
        return Ok(stage.end(Outcome::Blocked, reason));
    }
    let (ports, text) = (&stage.ports, start.intent.text());
    let collected = collect(&ports.sources, start.owner(), text, &query, ports.runtime.now()).await?;
    let collected = stage.allowed(collected)?;
    for report in &collected.reports {
        stage.note(&format!("{}: {} signals read, {}", report.name, report.signals_read, report.status));
        for problem in report.problems.iter().take(3) {
            stage.note(&format!("  skipped: {problem}"));
        }
        if report.rows_skipped > 3 {
            stage.note(&format!("  {} rows skipped in all", report.rows_skipped));
        }
    }
    if collected.reports.is_empty() {
        let reason = format!(
            "live signals were unreachable ({}): pass a file with --signals FILE, or try the product with --signals sample",
            collected.unreachable.join("; ")
        );
        return Ok(stage.end(Outcome::Blocked, reason));
    }
    stage
        .audit(
            "signals_read",
            json!({ "seen": collected.ranking.seen, "kept": collected.ranking.evidence.len() }),
        )
        .await?;
    stage.note(&format!(
        "{} signals, {} concern the intent, {} kept as evidence",
        collected.ranking.seen,
        collected.ranking.matched,
        collected.ranking.evidence.len()
    ));
    let line = format!(
        "{} signals read, {} kept as evidence",
        collected.ranking.seen,
        collected.ranking.evidence.len()
    );
    Ok(RunState::update().living(stage.living("planning", "success", &line)?).found(Some(Found {
        sources: collected.reports,
        signals_seen: collected.ranking.seen,
        evidence: collected.ranking.evidence,
        niches: Vec::new(),
        chosen: None,
        analyst: Vec::new(),
    })))
}
