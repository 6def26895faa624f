//! The log in a file through crashes, damage and full disks.

use ae_core::{ErrorKind, Runtime};
use ae_safety::{AuditEvent, AuditSink, FileAudit, ProblemKind, Redactor, records, verify_file};

use crate::{
    audit::log,
    support::{TempFile, block_on, clock, runtime},
};

fn open(file: &TempFile, runtime: Runtime) -> Result<FileAudit, ae_core::BackendError> {
    FileAudit::open(file.path(), runtime, Redactor::new())
}

fn event(number: u32) -> AuditEvent {
    AuditEvent::new("step", format!("actor {number}"))
}

#[test]
fn the_chain_goes_on_after_a_restart() {
    let file = TempFile::new();
    for number in 0..5 {
        let audit = open(&file, runtime(&clock())).unwrap();
        assert_eq!(block_on(audit.append(&event(number))).unwrap().seq, u64::from(number));
    }
    let report = verify_file(file.path()).unwrap();
    assert!(report.is_whole() && report.records == 5);
}

#[test]
fn a_tear_at_every_byte_is_repaired_and_loses_no_whole_record() {
    let whole = log(3);
    for length in 0..=whole.len() {
        let file = TempFile::new();
        std::fs::write(file.path(), &whole[..length]).unwrap();
        let kept = whole[..length].iter().filter(|byte| **byte == b'\n').count() as u64;
        let torn = length > 0 && whole[length - 1] != b'\n';
        let problem = verify_file(file.path()).unwrap().problem;
        assert_eq!(problem.map(|problem| problem.kind), torn.then_some(ProblemKind::Torn));

        let audit = open(&file, runtime(&clock())).unwrap();
        let receipt = block_on(audit.append(&event(0))).unwrap();
        assert_eq!(receipt.seq, kept + u64::from(torn), "cut at {length}");
        let report = verify_file(file.path()).unwrap();
        assert!(report.is_whole() && report.head == Some(receipt), "cut at {length}: {report:?}");
        let bytes = std::fs::read(file.path()).unwrap();
        let end = whole[..length].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        assert!(bytes.starts_with(&whole[..end]), "whole records stay");
        let aside = file.path().with_extension("torn");
        assert_eq!(aside.exists(), torn);
        if torn {
            let recovered = records(bytes.as_slice()).nth(usize::try_from(kept).unwrap()).unwrap().unwrap();
            assert_eq!(recovered.event.kind, "log_recovered");
            assert!(std::fs::read(aside).unwrap().starts_with(&whole[end..length]), "the torn part is kept");
        }
    }
}

#[test]
fn tampering_at_every_byte_refuses_further_records() {
    let whole = log(2);
    let file = TempFile::new();
    // The last byte is left out: without its line end the last record is torn.
    for at in 0..whole.len() - 1 {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        std::fs::write(file.path(), &changed).unwrap();
        let error = open(&file, runtime(&clock())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "byte {at}: {error}");
        assert!(error.message().contains("tampered"), "{error}");
        assert_eq!(std::fs::read(file.path()).unwrap(), changed, "the file is left as it is");
    }
}

#[test]
fn an_open_log_notices_what_others_do_to_it() {
    let file = TempFile::new();
    let audit = open(&file, runtime(&clock())).unwrap();
    for number in 0..3 {
        block_on(audit.append(&event(number))).unwrap();
    }
    let whole = std::fs::read(file.path()).unwrap();

    std::fs::write(file.path(), &whole[..whole.len() / 2]).unwrap();
    assert_eq!(block_on(audit.append(&event(3))).unwrap_err().kind(), ErrorKind::Protocol);

    std::fs::write(file.path(), [whole.as_slice(), b"{}\tforged\n"].concat()).unwrap();
    assert_eq!(block_on(audit.append(&event(3))).unwrap_err().kind(), ErrorKind::Protocol);

    std::fs::remove_file(file.path()).unwrap();
    assert_eq!(block_on(audit.append(&event(3))).unwrap_err().kind(), ErrorKind::NotFound);

    std::fs::write(file.path(), &whole).unwrap();
    assert_eq!(block_on(audit.append(&event(3))).unwrap().seq, 3);
}

#[test]
fn a_tear_by_another_process_is_repaired_under_way() {
    let file = TempFile::new();
    let audit = open(&file, runtime(&clock())).unwrap();
    block_on(audit.append(&event(0))).unwrap();
    let mut bytes = std::fs::read(file.path()).unwrap();
    bytes.extend_from_slice(b"{\"v\":1,\"seq\":1,");
    std::fs::write(file.path(), bytes).unwrap();
    assert_eq!(block_on(audit.append(&event(1))).unwrap().seq, 2);
    assert!(verify_file(file.path()).unwrap().is_whole());
}

#[test]
fn a_lock_that_is_never_released_is_an_error_in_the_end() {
    let file = TempFile::new();
    let audit = open(&file, runtime(&clock())).unwrap();
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
    let error = FileAudit::open(&absent, runtime(&clock()), Redactor::new()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unavailable), "{error:?}");
    assert_eq!(verify_file(file.path()).unwrap_err().kind(), ErrorKind::NotFound);
}

#[cfg(unix)]
#[test]
fn a_new_log_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let file = TempFile::new();
    open(&file, runtime(&clock())).unwrap();
    assert_eq!(std::fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
}
