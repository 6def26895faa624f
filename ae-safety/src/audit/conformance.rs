//! Checks for any [`AuditSink`].

use ae_core::{
    Digest, ErrorKind,
    conformance::{Ran, held, holds, refused},
};
use serde_json::json;

use super::{AuditEvent, AuditSink, LINE_BYTES_MAX, NAME_BYTES_MAX, records, verify};

/// Replaces the records of a sink behind its back, and returns once the sink can see it.
pub type Change<'a> = &'a dyn Fn(&[u8]);

/// Every check below on one sink, empty at the start; `read` gives its records as JSON lines, and `change` replaces them
/// behind its back, as far as anything but the sink can reach them.
pub async fn run_all(sink: &dyn AuditSink, read: impl Fn() -> Vec<u8>, change: Option<Change<'_>>) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", c1_a_record_is_there_on_return(sink, &read)).await;
    ran.clause("C2", c2_records_follow_each_other(sink, &read)).await;
    ran.clause("C3", c3_text_is_redacted_before_it_is_written(sink, &read)).await;
    ran.clause("C4", async {
        c4_nothing_is_changed_or_removed(sink, &read).await;
        if let Some(change) = change {
            c4_a_changed_log_takes_no_records(sink, &read, change).await;
        }
    })
    .await;
    ran.clause("C5", c5_bad_events_are_refused(sink, &read)).await;
    ran
}

/// C1.
pub async fn c1_a_record_is_there_on_return(sink: &dyn AuditSink, read: impl Fn() -> Vec<u8>) {
    let event = AuditEvent::new("checked", "conformance").with_detail(json!({ "text": "tab\t, line\n, é" }));
    held("C1", sink.append(&event).await);
    let last = records(read().as_slice()).filter_map(Result::ok).last();
    holds("C1", last.is_some_and(|last| last.event == event), "the record is there on return");
}

/// C2, on a log with one record.
pub async fn c2_records_follow_each_other(sink: &dyn AuditSink, read: impl Fn() -> Vec<u8>) {
    for number in 1..5_u64 {
        let subject = Digest::of_bytes("audit-conformance", &number.to_be_bytes());
        let event = AuditEvent::new("checked", "conformance")
            .with_subject(subject)
            .with_detail(json!({ "number": number, "text": "\u{1f980}" }));
        let receipt = held("C2", sink.append(&event).await);
        holds("C2", receipt.seq == number, "records are numbered from 0 without a gap");
        let log = read();
        let mut all = records(log.as_slice());
        all.by_ref().for_each(drop);
        holds("C2", all.report().is_whole(), "the chain is whole after every record");
        holds("C2", all.report().head == Some(receipt), "the receipt names it");
    }
}

/// C3.
pub async fn c3_text_is_redacted_before_it_is_written(sink: &dyn AuditSink, read: impl Fn() -> Vec<u8>) {
    let token = format!("ghp_{}", "aB3dE5gH7jK9".repeat(3));
    let event = AuditEvent::new("checked", "conformance")
        .with_detail(json!({ "command": format!("git clone https://x:{token}@example.com/a") }));
    held("C3", sink.append(&event).await);
    let log = String::from_utf8_lossy(&read()).into_owned();
    holds("C3", !log.contains(&token) && log.contains("[REDACTED:"), "a token is not written");
}

/// C4, by the sink itself.
pub async fn c4_nothing_is_changed_or_removed(sink: &dyn AuditSink, read: impl Fn() -> Vec<u8>) {
    let before = read();
    let receipt = held("C4", sink.append(&AuditEvent::new("checked", "conformance")).await);
    holds("C4", read().starts_with(&before), "what was written stays as it was");
    held("C4", sink.append(&AuditEvent::new("checked", "conformance")).await);
    let report = held("C4", verify(read().as_slice(), Some(&receipt)));
    holds("C4", report.is_whole(), "a receipt holds for the log that grew");
}

/// C4, by others: `change` returns once the sink can see the change.
pub async fn c4_a_changed_log_takes_no_records(
    sink: &dyn AuditSink,
    read: impl Fn() -> Vec<u8>,
    change: impl Fn(&[u8]),
) {
    for _ in 0..3 {
        held("C4", sink.append(&AuditEvent::new("checked", "conformance")).await);
    }
    let whole = read();
    let last = whole.split_inclusive(|byte| *byte == b'\n').next_back().map_or(0, <[u8]>::len);
    let mut flipped = whole.clone();
    if let Some(byte) = flipped.get_mut(20) {
        *byte ^= 1;
    }
    let mut more = whole.clone();
    more.extend_from_slice(b"{}\n");
    let (but_last, but_end) = (whole.len() - last, whole.len() - 1);
    for (what, changed) in [
        ("an old record was changed", flipped.as_slice()),
        ("the last record was cut off", whole.get(..but_last).unwrap_or_default()),
        ("the last line end was cut off", whole.get(..but_end).unwrap_or_default()),
        ("all of it was cut off", b""),
        ("a line was added", &more),
    ] {
        change(changed);
        let answer = sink.append(&AuditEvent::new("checked", "conformance")).await;
        holds("C4", answer.is_err(), what);
        refused("C4", answer, ErrorKind::Protocol);
        holds("C4", read() == changed, "it is left as it is, for evidence");
    }
    change(&whole);
    held("C4", sink.append(&AuditEvent::new("checked", "conformance")).await);
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
    holds("C5", read() == before, "nothing is written");
}
