use std::{
    io::{self, BufReader, Read},
    sync::Arc,
};

use ae_core::ErrorKind;
use ae_safety::{
    AuditEvent, AuditSink, FileAudit, MemoryAnchor, MemoryAudit, ProblemKind, Redactor, VerifyReport,
    conformance::audit as conformance, records, verify,
};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{TempFile, block_on, clock, digest, overwrite, run, runtime};

#[test]
fn the_log_in_memory_keeps_the_contract() {
    let audit = MemoryAudit::new(runtime(&clock()));
    block_on(conformance::run_all(&audit, || audit.to_jsonl().into_bytes(), None));
}

#[test]
fn the_log_in_a_file_keeps_the_contract() {
    let file = TempFile::new();
    let anchor = Arc::new(MemoryAnchor::new());
    let audit = FileAudit::open(file.path(), anchor, runtime(&clock()), Redactor::new()).unwrap();
    let change = |bytes: &[u8]| overwrite(&file.path(), bytes);
    block_on(conformance::run_all(&audit, || std::fs::read(file.path()).unwrap(), Some(&change)));
}

/// A log of `count` short records.
pub fn log(count: u64) -> Vec<u8> {
    let clock = clock();
    let audit = MemoryAudit::new(runtime(&clock));
    for number in 0..count {
        clock.advance(std::time::Duration::from_secs(1));
        let event = AuditEvent::new("step", "ada").with_run(run("r")).with_detail(json!({ "n": number }));
        block_on(audit.append(&event.with_subject(digest("s")))).unwrap();
    }
    audit.to_jsonl().into_bytes()
}

fn report(log: &[u8]) -> VerifyReport {
    verify(log, None).unwrap()
}

/// The record that byte `at` belongs to.
fn record_of(log: &[u8], at: usize) -> u64 {
    log[..at].iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The first problem is at the record that was touched, or at the one after it when a record was removed whole.
fn found(changed: &[u8], touched: u64) {
    let report = report(changed);
    let problem = report.problem.unwrap_or_else(|| panic!("not found: {}", String::from_utf8_lossy(changed)));
    assert_eq!(problem.seq, touched);
    assert_eq!(report.records, touched, "everything before it is whole");
}

#[test]
fn every_flipped_bit_is_found() {
    let whole = log(6);
    assert!(report(&whole).is_whole());
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut changed = whole.clone();
            changed[at] ^= 1 << bit;
            found(&changed, record_of(&whole, at));
        }
    }
}

#[test]
fn every_deleted_inserted_or_swapped_byte_is_found() {
    let whole = log(6);
    for at in 0..whole.len() {
        let mut deleted = whole.clone();
        deleted.remove(at);
        found(&deleted, record_of(&whole, at));
        for byte in [b'0', b' ', b'\n', b'\t', 0] {
            let mut inserted = whole.clone();
            inserted.insert(at, byte);
            // A line end before a line end leaves that record whole and puts an empty line after it.
            let after = u64::from(byte == b'\n' && whole[at] == b'\n');
            found(&inserted, record_of(&whole, at) + after);
        }
        if at + 1 < whole.len() && whole[at] != whole[at + 1] {
            let mut swapped = whole.clone();
            swapped.swap(at, at + 1);
            found(&swapped, record_of(&whole, at));
        }
    }
}

#[test]
fn every_removed_repeated_moved_or_spliced_record_is_found() {
    let whole = log(20);
    let lines: Vec<_> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let other = log(19).split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    assert_eq!(other[0], lines[0], "the same history gives the same bytes");
    for at in 0..lines.len() {
        let seq = at as u64;
        if at + 1 < lines.len() {
            found(&[&lines[..at], &lines[at + 1..]].concat().concat(), seq);
            let mut moved = lines.clone();
            moved.swap(at, at + 1);
            found(&moved.concat(), seq);
        }
        found(&[&lines[..=at], &lines[at..]].concat().concat(), seq + 1);
        found(&[&lines[..at], &[b"\n".as_slice()], &lines[at..]].concat().concat(), seq);
    }
}

#[test]
fn a_cut_inside_the_last_record_is_torn_and_nothing_else() {
    let whole = log(4);
    for length in 0..whole.len() {
        let report = report(&whole[..length]);
        let records = record_of(&whole, length);
        assert_eq!(report.records, records);
        let at_line_end = length == 0 || whole[length - 1] == b'\n';
        let kind = report.problem.map(|problem| problem.kind);
        assert_eq!(kind, (!at_line_end).then_some(ProblemKind::Torn), "cut at {length}");
    }
}

#[test]
fn a_cut_between_records_shows_against_a_receipt() {
    let (whole, shorter) = (log(5), log(4));
    let head = report(&whole).head.unwrap();
    assert!(whole.starts_with(&shorter) && report(&shorter).is_whole());
    for cut in [shorter.as_slice(), &shorter[..shorter.len() / 2], &whole[..whole.len() - 1], b""] {
        let problem = verify(cut, Some(&head)).unwrap().problem.unwrap();
        assert_eq!(problem.kind, ProblemKind::Cut);
    }
    assert!(
        verify(log(6).as_slice(), Some(&head)).unwrap().is_whole(),
        "a receipt holds for a log that grew"
    );
}

#[test]
fn a_rewritten_tail_has_another_head() {
    let whole = log(5);
    let audit = MemoryAudit::new(runtime(&clock()));
    for _ in 0..5 {
        block_on(audit.append(&AuditEvent::new("forged", "eve"))).unwrap();
    }
    assert!(audit.verify().is_whole(), "a log that was written again as a whole is whole in itself");
    let kept = report(&whole).head.unwrap();
    let problem = verify(audit.to_jsonl().as_bytes(), Some(&kept)).unwrap().problem.unwrap();
    assert_eq!((problem.kind, problem.seq), (ProblemKind::Tampered, kept.seq), "but not by the receipt");
}

#[test]
fn reading_gives_the_events_back() {
    let whole = log(3);
    let read: Vec<_> = records(whole.as_slice()).map(Result::unwrap).collect();
    assert_eq!(read.len(), 3);
    assert_eq!((read[2].seq, read[2].prev), (2, read[1].hash));
    assert_eq!(read[2].event.detail, json!({ "n": 2 }));
    assert_eq!(read[0].ts.to_string(), "2026-01-02T03:04:06Z");
}

#[test]
fn a_reader_that_fails_is_an_error() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("no disk"))
        }
    }
    assert!(verify(BufReader::new(Failing), None).is_err());
}

#[test]
fn endless_lines_do_not_fill_the_memory() {
    let endless = io::repeat(b'x').take(1 << 30);
    let report = verify(BufReader::new(endless), None).unwrap();
    assert_eq!(report.problem.map(|problem| problem.kind), Some(ProblemKind::Tampered));
}

#[test]
fn a_full_log_in_memory_refuses() {
    let audit = MemoryAudit::new(runtime(&clock())).with_bytes_max(1000);
    let event = AuditEvent::new("step", "ada");
    let refused = (0..10).find_map(|_| block_on(audit.append(&event)).err()).unwrap();
    assert_eq!(refused.kind(), ErrorKind::StorageFull);
    let report = audit.verify();
    assert!(report.is_whole() && report.records > 1 && report.bytes <= 1000);
}

proptest! {
    #[test]
    fn any_bytes_are_judged_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let report = report(&bytes);
        prop_assert!(report.is_whole() == bytes.is_empty());
    }

    #[test]
    fn any_event_round_trips(kind in "[a-z][a-z0-9_]{0,20}", actor in "\\PC{0,20}", text in "\\PC{0,40}") {
        let audit = MemoryAudit::new(runtime(&clock()));
        let event = AuditEvent::new(kind, actor).with_detail(json!([text, { "n": null }]));
        block_on(audit.append(&event)).unwrap();
        let redactor = Redactor::new();
        let read = audit.records().remove(0).event;
        prop_assert_eq!(&read.kind, &event.kind);
        prop_assert_eq!(read.detail, redactor.redact_json(&event.detail));
        prop_assert!(audit.verify().is_whole());
    }
}
