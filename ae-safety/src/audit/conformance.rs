//! Checks for any [`AuditSink`].

use ae_core::{Digest, ErrorKind};
use serde_json::json;

use super::{AuditEvent, AuditSink, LINE_BYTES_MAX, NAME_BYTES_MAX, records};
use crate::conformance::{check, ok, refused};

/// Every check below on one sink, empty at the start; `read` gives its records as JSON lines.
pub async fn run_all(sink: &dyn AuditSink, read: impl Fn() -> Vec<u8>) {
    c2_records_follow_each_other(sink, &read).await;
    c3_text_is_redacted_before_it_is_written(sink, &read).await;
    c5_bad_events_are_refused(sink, &read).await;
}

/// C1 and C2.
pub async fn c2_records_follow_each_other(sink: &dyn AuditSink, read: impl Fn() -> Vec<u8>) {
    for number in 0..5_u64 {
        let subject = Digest::of_bytes("audit-conformance", &number.to_be_bytes());
        let event = AuditEvent::new("checked", "conformance")
            .with_subject(subject)
            .with_detail(json!({ "number": number, "text": "tab\t, line\n, é, \u{1f980}" }));
        let receipt = ok("C1", sink.append(&event).await);
        check("C2", receipt.seq == number, "records are numbered from 0 without a gap");
        let log = read();
        let mut all = records(log.as_slice());
        let last = all.by_ref().filter_map(Result::ok).last();
        check("C2", all.report().is_whole(), "the chain is whole after every record");
        check("C1", last.as_ref().is_some_and(|last| last.event == event), "the record is there on return");
        check("C2", all.report().head == Some(receipt), "the receipt names it");
    }
}

/// C3.
pub async fn c3_text_is_redacted_before_it_is_written(sink: &dyn AuditSink, read: impl Fn() -> Vec<u8>) {
    let token = format!("ghp_{}", "aB3dE5gH7jK9".repeat(3));
    let event = AuditEvent::new("checked", "conformance")
        .with_detail(json!({ "command": format!("git clone https://x:{token}@example.com/a") }));
    ok("C3", sink.append(&event).await);
    let log = String::from_utf8_lossy(&read()).into_owned();
    check("C3", !log.contains(&token) && log.contains("[REDACTED:"), "a token is not written");
}

/// C5.
pub async fn c5_bad_events_are_refused(sink: &dyn AuditSink, read: impl Fn() -> Vec<u8>) {
    let before = read();
    let large = json!("x".repeat(LINE_BYTES_MAX));
    for bad in [
        AuditEvent::new("", "conformance"),
        AuditEvent::new("Not Snake", "conformance"),
        AuditEvent::new("a".repeat(NAME_BYTES_MAX + 1), "conformance"),
        AuditEvent::new("checked", "a".repeat(NAME_BYTES_MAX + 1)),
        AuditEvent::new("checked", "conformance").with_detail(large),
    ] {
        refused("C5", sink.append(&bad).await, ErrorKind::InvalidInput);
    }
    check("C5", read() == before, "nothing is written");
}
