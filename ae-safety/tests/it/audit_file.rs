//! The log in a file through crashes, damage and full disks.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use ae_core::{BackendError, Effect, ErrorKind};
use ae_safety::{
    AuditAnchor, AuditEvent, AuditMark, AuditSink, FileAudit, MemoryAnchor, ProblemKind, Redactor,
    SqliteAnchor, records, verify, verify_file,
};

use crate::{
    audit::log,
    support::{TempFile, block_on, clock, overwrite, runtime},
};

fn open(file: &TempFile, anchor: &MemoryAnchor) -> Result<FileAudit, BackendError> {
    FileAudit::open(file.path(), Arc::new(anchor.clone()), runtime(&clock()), Redactor::new())
}

fn event(number: u32) -> AuditEvent {
    AuditEvent::new("step", format!("actor {number}"))
}

/// The mark of a log that has ended well.
fn mark(log: &[u8]) -> AuditMark {
    let report = verify(log, None).unwrap();
    AuditMark::new(report.head, report.bytes)
}

/// An anchor with this mark.
fn anchored(mark: &AuditMark) -> MemoryAnchor {
    let anchor = MemoryAnchor::new();
    anchor.write(mark).unwrap();
    anchor
}

#[test]
fn the_chain_goes_on_after_a_restart() {
    let (file, database) = (TempFile::new(), TempFile::new());
    for number in 0..5 {
        let anchor = Arc::new(SqliteAnchor::open(database.path()).unwrap());
        let audit = FileAudit::open(file.path(), anchor, runtime(&clock()), Redactor::new()).unwrap();
        let receipt = block_on(audit.append(&event(number))).unwrap();
        assert_eq!(receipt.seq, u64::from(number));
        let anchor = SqliteAnchor::open_read_only(database.path()).unwrap();
        assert_eq!(anchor.read().unwrap().head, Some(receipt));
        assert!(anchor.write(&AuditMark::default()).is_err());
        let report = verify_file(file.path(), &anchor).unwrap();
        assert!(report.is_whole() && report.head == Some(receipt));
    }
}

#[test]
fn a_crash_while_a_record_is_written_is_settled_at_every_byte() {
    let whole = log(3);
    let before = log(2).len();
    let mut pending = mark(&whole[..before]);
    pending.pending = Some(String::from_utf8(whole[before..].to_vec()).unwrap());
    for length in before..=whole.len() {
        let (file, anchor) = (TempFile::new(), anchored(&pending));
        std::fs::write(file.path(), &whole[..length]).unwrap();
        let torn = length > before && length < whole.len();
        let report = verify_file(file.path(), &anchor).unwrap();
        assert_eq!(report.problem.map(|problem| problem.kind), torn.then_some(ProblemKind::Torn));
        assert_eq!(report.records, if length == whole.len() { 3 } else { 2 });

        let audit = open(&file, &anchor).unwrap();
        let receipt = block_on(audit.append(&event(0))).unwrap();
        assert_eq!(receipt.seq, if length == before { 2 } else { 3 }, "cut at {length}");
        let report = verify_file(file.path(), &anchor).unwrap();
        assert!(report.is_whole() && report.head == Some(receipt), "cut at {length}: {report:?}");
        let bytes = std::fs::read(file.path()).unwrap();
        assert!(bytes.starts_with(&whole[..before]), "whole records stay");
        let aside = file.path().with_extension("torn");
        assert_eq!(aside.exists(), torn);
        if torn {
            let recovered = records(bytes.as_slice()).nth(2).unwrap().unwrap();
            assert_eq!(recovered.event.kind, "log_recovered");
            assert!(
                std::fs::read(aside).unwrap().starts_with(&whole[before..length]),
                "the torn part is kept"
            );
        }
    }
}

/// Every way to change a log by one byte, or to cut it off somewhere, with what was not a change left out.
fn tamperings(whole: &[u8]) -> Vec<Vec<u8>> {
    let mut changed = vec![Vec::new(), [whole, b"{}"].concat(), [whole, b"{}\n"].concat()];
    for at in 0..whole.len() {
        changed.push(whole[..at].to_vec());
        let mut flipped = whole.to_vec();
        flipped[at] ^= 1;
        // A last record without its line end, changed or not, is not a crash: nothing was being written.
        changed.push(flipped[..whole.len() - 1].to_vec());
        changed.push(flipped);
        changed.push([&whole[..at], &whole[at + 1..]].concat());
    }
    let lines: Vec<_> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    changed.extend((0..lines.len()).map(|at| [&lines[..at], &lines[at + 1..]].concat().concat()));
    changed.extend((0..lines.len()).map(|at| [&lines[..=at], &lines[at..]].concat().concat()));
    // A record that the log did not write, in a chain that is whole.
    changed.push(log(lines.len() as u64 + 1));
    changed.retain(|bytes| bytes != whole);
    changed
}

#[test]
fn every_tampering_is_found_before_the_next_record() {
    let whole = log(3);
    let (file, anchor) = (TempFile::new(), anchored(&mark(&whole)));
    std::fs::write(file.path(), &whole).unwrap();
    let living = open(&file, &anchor).unwrap();
    for changed in tamperings(&whole) {
        overwrite(&file.path(), &changed);
        let shown = String::from_utf8_lossy(&changed).into_owned();
        let problem = verify_file(file.path(), &anchor).unwrap().problem;
        assert!(problem.is_some_and(|problem| problem.kind != ProblemKind::Torn), "{problem:?}: {shown}");
        for error in [block_on(living.append(&event(0))).unwrap_err(), open(&file, &anchor).unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Protocol, "{error}: {shown}");
            assert!(error.message().contains("tampered"), "{error}");
        }
        assert_eq!(std::fs::read(file.path()).unwrap(), changed, "the file is left as it is");
    }
    overwrite(&file.path(), &whole);
    assert_eq!(block_on(living.append(&event(0))).unwrap().seq, 3, "nothing is wrong with the log itself");
}

#[test]
fn a_log_that_is_gone_is_not_begun_again() {
    let (file, anchor) = (TempFile::new(), MemoryAnchor::new());
    let audit = open(&file, &anchor).unwrap();
    block_on(audit.append(&event(0))).unwrap();
    std::fs::remove_file(file.path()).unwrap();
    for error in [block_on(audit.append(&event(1))).unwrap_err(), open(&file, &anchor).unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.message().contains("is gone, with 1 records"), "{error}");
    }
    assert!(!file.path().exists());
    assert_eq!(verify_file(file.path(), &anchor).unwrap_err().kind(), ErrorKind::NotFound);
}

/// Fails at the write with this number, counted from 1.
#[derive(Debug)]
struct Failing {
    anchor: MemoryAnchor,
    writes: AtomicU32,
    fails_at: u32,
}

impl AuditAnchor for Failing {
    fn read(&self) -> Result<AuditMark, BackendError> {
        self.anchor.read()
    }

    fn write(&self, mark: &AuditMark) -> Result<(), BackendError> {
        if self.writes.fetch_add(1, Ordering::SeqCst) + 1 == self.fails_at {
            return Err(BackendError::new(ErrorKind::Unavailable, "failing", "write", "down"));
        }
        self.anchor.write(mark)
    }
}

#[test]
fn an_anchor_that_fails_stops_the_log_and_loses_no_record() {
    // The first write settles the new file, then each record has two.
    for (fails_at, effect, kept) in [(2, Effect::NotApplied, 0), (3, Effect::Unknown, 1)] {
        let (file, anchor) = (TempFile::new(), MemoryAnchor::new());
        let failing = Failing { anchor: anchor.clone(), writes: AtomicU32::new(0), fails_at };
        let audit =
            FileAudit::open(file.path(), Arc::new(failing), runtime(&clock()), Redactor::new()).unwrap();
        let error = block_on(audit.append(&event(0))).unwrap_err();
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, effect));
        assert_eq!(verify_file(file.path(), &anchor).unwrap().records, kept);
        assert_eq!(block_on(audit.append(&event(1))).unwrap().seq, kept);
        assert!(verify_file(file.path(), &anchor).unwrap().is_whole());
    }
}

#[test]
fn a_copied_log_is_checked_and_goes_on() {
    let whole = log(3);
    let (file, anchor) = (TempFile::new(), anchored(&mark(&whole)));
    std::fs::write(file.path(), &whole).unwrap();
    assert_eq!(block_on(open(&file, &anchor).unwrap().append(&event(0))).unwrap().seq, 3);
    let copy = TempFile::new();
    std::fs::copy(file.path(), copy.path()).unwrap();
    assert_eq!(block_on(open(&copy, &anchor).unwrap().append(&event(1))).unwrap().seq, 4);
}

#[test]
fn a_lock_that_is_never_released_is_an_error_in_the_end() {
    let file = TempFile::new();
    let audit = open(&file, &MemoryAnchor::new()).unwrap();
    let held = std::fs::File::open(file.path()).unwrap();
    fs4::FileExt::lock(&held).unwrap();
    assert_eq!(block_on(audit.append(&event(0))).unwrap_err().kind(), ErrorKind::Unavailable);
    drop(held);
    assert_eq!(block_on(audit.append(&event(0))).unwrap().seq, 0);
}

#[test]
fn what_cant_be_opened_says_why() {
    let file = TempFile::new();
    let absent = file.path().join("no/such/folder");
    let anchor = Arc::new(MemoryAnchor::new());
    let error = FileAudit::open(&absent, anchor.clone(), runtime(&clock()), Redactor::new()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unavailable), "{error:?}");
    assert_eq!(verify_file(file.path(), &*anchor).unwrap_err().kind(), ErrorKind::NotFound);
}

#[cfg(unix)]
#[test]
fn a_new_log_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let file = TempFile::new();
    open(&file, &MemoryAnchor::new()).unwrap();
    assert_eq!(std::fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
}
