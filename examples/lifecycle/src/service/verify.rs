//! Checks the audit log.

use std::path::{Path, PathBuf};

use ae_core::{Digest, ErrorKind};
use ae_safety::{ProblemKind, SqliteAnchor, verify_file};
use serde::Serialize;

use crate::{
    error::{Error, Result},
    setup::AUDIT_LOG,
};

/// The result of a check.
#[derive(Debug, Serialize)]
pub struct AuditReport {
    /// The log.
    pub file: PathBuf,
    /// The number of good records.
    pub records: u64,
    /// Whether nothing is wrong.
    pub whole: bool,
    /// The hash of the last good record.
    pub head: Option<Digest>,
    /// The first thing that is wrong.
    pub problem: Option<AuditProblem>,
}

/// The first record that is wrong.
#[derive(Debug, Serialize)]
pub struct AuditProblem {
    /// Its number.
    pub seq: u64,
    /// Where it begins.
    pub offset: u64,
    /// Its fault.
    pub what: &'static str,
}

/// Reads the audit log of `data_dir` and its anchor as they lie there: nothing is made or mended.
///
/// # Errors
///
/// `NotFound` without a log; when it can't be read.
pub fn verify_audit(data_dir: &Path) -> Result<AuditReport> {
    let file = data_dir.join(AUDIT_LOG);
    if data_dir.exists() && !data_dir.is_dir() {
        let message = format!("can't use {}: it is not a folder", data_dir.display());
        return Err(Error::new(ErrorKind::InvalidInput, message)
            .with_hint("name the right data directory with --data-dir"));
    }
    let anchor = SqliteAnchor::open_read_only(data_dir.join("safety.db"));
    let report = anchor.and_then(|anchor| verify_file(&file, &anchor)).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            let message = format!("there is no audit log at {}: {}", file.display(), error.message());
            let hint = "if runs were made in this data directory, the log was removed; else name the right directory \
                        with --data-dir";
            Error::new(ErrorKind::NotFound, message).with_hint(hint)
        }
        _ => error.into(),
    })?;
    let whole = report.is_whole();
    let problem = report.problem.map(|problem| AuditProblem {
        seq: problem.seq,
        offset: problem.offset,
        what: match problem.kind {
            ProblemKind::Torn => "an incomplete last line, as after a crash; the next record mends it",
            ProblemKind::Cut => "the end is missing; keep the file and safety.db as evidence",
            _ => "a record that was changed, removed or moved; keep the file and safety.db as evidence",
        },
    });
    let head = report.head.map(|head| head.hash);
    Ok(AuditReport { file, records: report.records, whole, head, problem })
}
