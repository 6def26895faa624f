//! Checks for any [`ApprovalDesk`].

use std::time::Duration;

use ae_core::{ApprovalId, Digest, ErrorKind, IdempotencyKey, ManualClock, RunId};

use super::{Approval, ApprovalDesk, ApprovalQuery, ApprovalRequest, ApprovalStatus, Ruling};
use crate::conformance::{check, ok, refused};

/// Every check below on one desk, whose clock is `clock`. The desk may hold other approvals.
pub async fn run_all(desk: &dyn ApprovalDesk, clock: &ManualClock) {
    c1_the_same_key_is_the_same_question(desk).await;
    c1_a_request_that_cant_be_right_is_refused(desk).await;
    c2_only_the_first_ruling_counts(desk).await;
    c3_who_asked_cant_decide(desk).await;
    c4_silence_expires(desk, clock).await;
    c4_an_unused_approval_expires(desk, clock).await;
    c5_only_what_was_approved_is_consumed(desk).await;
    c6_each_action_once(desk, clock).await;
    c7_cancel_withdraws(desk).await;
    c8_list_filters_newest_first(desk, clock).await;
}

fn run(label: &str) -> RunId {
    RunId::from_digest(&Digest::of_bytes("desk-conformance", label.as_bytes()))
}

fn key(label: &str, sequence: u32) -> IdempotencyKey {
    IdempotencyKey::derive(run(label), "conformance", label, sequence)
}

fn action(number: u8) -> Digest {
    Digest::of_bytes("action", &[number])
}

fn question(label: &str) -> ApprovalRequest {
    ApprovalRequest::new(format!("May {label} happen?"), "agent", action(0))
        .with_run(run(label))
        .with_covers([action(1), action(2)])
        .with_rendering("what would be done")
}

async fn asked(desk: &dyn ApprovalDesk, label: &str) -> Approval {
    ok(label, desk.request(&key(label, 0), question(label)).await)
}

/// C1.
pub async fn c1_the_same_key_is_the_same_question(desk: &dyn ApprovalDesk) {
    let first = asked(desk, "c1").await;
    check("C1", first.status == ApprovalStatus::Pending, "a new question is pending");
    check("C1", first.request == question("c1"), "the request is kept as it was");
    check("C1", asked(desk, "c1").await == first, "the same key and request are the same approval");
    let other = question("c1").with_rendering("something else");
    refused("C1", desk.request(&key("c1", 0), other).await, ErrorKind::Conflict);
    check("C1", ok("C1", desk.get(first.id).await) == first, "a conflict changes nothing");
    let ruled = ok("C1", desk.decide(first.id, Ruling::approve("ada")).await);
    check("C1", asked(desk, "c1").await == ruled, "the repeat shows the approval as it stands");
    let unknown = ApprovalId::from_digest(&action(99));
    refused("C1", desk.get(unknown).await, ErrorKind::NotFound);
}

/// C1, bad input.
pub async fn c1_a_request_that_cant_be_right_is_refused(desk: &dyn ApprovalDesk) {
    let plain = || question("c1-bad");
    let mut untitled = plain();
    untitled.title = " ".into();
    let mut unnamed = plain();
    unnamed.requested_by = String::new();
    for (number, bad) in [
        untitled,
        unnamed,
        plain().with_covers([action(1), action(1)]),
        plain().with_expires_after(Duration::ZERO),
        plain().with_expires_after(Duration::MAX),
        plain().with_rendering("x".repeat(super::RENDERING_BYTES_MAX + 1)),
    ]
    .into_iter()
    .enumerate()
    {
        let key = key("c1-bad", u32::try_from(number).unwrap_or(u32::MAX));
        refused("C1", desk.request(&key, bad).await, ErrorKind::InvalidInput);
    }
    let query = ApprovalQuery::new().with_run(run("c1-bad"));
    check("C1", ok("C1", desk.list(&query).await).is_empty(), "bad input leaves nothing");
}

/// C2, one after another; races are the implementation's own test.
pub async fn c2_only_the_first_ruling_counts(desk: &dyn ApprovalDesk) {
    let id = asked(desk, "c2").await.id;
    let ruling = Ruling::deny("ada").with_reason("too dear").with_standing();
    let first = ok("C2", desk.decide(id, ruling).await);
    check("C2", first.status == ApprovalStatus::Denied, "a no is a no");
    check(
        "C2",
        first.decided_by.as_deref() == Some("ada") && first.standing,
        "who decided, and how, is kept",
    );
    check(
        "C2",
        first.reason.as_deref() == Some("too dear") && first.decided_at.is_some(),
        "why and when too",
    );
    let error = refused("C2", desk.decide(id, Ruling::approve("bob")).await, ErrorKind::Conflict);
    check("C2", error.message().contains("denied"), "the conflict names the present status");
    check("C2", ok("C2", desk.get(id).await) == first, "the loser changes nothing");
}

/// C3.
pub async fn c3_who_asked_cant_decide(desk: &dyn ApprovalDesk) {
    let id = asked(desk, "c3").await.id;
    for same in ["agent", " Agent ", "AGENT", "\u{ff41}gent"] {
        refused("C3", desk.decide(id, Ruling::approve(same)).await, ErrorKind::PermissionDenied);
    }
    let whole = question("c3-whole");
    let whole = ApprovalRequest { requested_by: "ape".into(), ..whole };
    let other = ok("C3", desk.request(&key("c3", 1), whole).await).id;
    let look_alike = Ruling::approve("\u{430}\u{440}\u{435}");
    refused("C3", desk.decide(other, look_alike).await, ErrorKind::PermissionDenied);
    for unclear in ["  ", "\u{430}gent", "agent\u{200b}", "ad\u{202e}a"] {
        refused("C3", desk.decide(id, Ruling::approve(unclear)).await, ErrorKind::InvalidInput);
    }
    check("C3", ok("C3", desk.get(id).await).status == ApprovalStatus::Pending, "it stays pending");
}

/// C4.
pub async fn c4_silence_expires(desk: &dyn ApprovalDesk, clock: &ManualClock) {
    let request = question("c4").with_expires_after(Duration::from_secs(60));
    let id = ok("C4", desk.request(&key("c4", 0), request).await).id;
    clock.advance(Duration::from_secs(59));
    check("C4", ok("C4", desk.get(id).await).status == ApprovalStatus::Pending, "59 of 60 s are in time");
    clock.advance(Duration::from_secs(1));
    let error = refused("C4", desk.decide(id, Ruling::approve("ada")).await, ErrorKind::Expired);
    check("C4", error.message().contains("expired"), "the message names the status");
    let expired = ok("C4", desk.get(id).await);
    check(
        "C4",
        expired.status == ApprovalStatus::Expired && expired.decided_by.is_none(),
        "it was not decided",
    );
    refused("C4", desk.consume(&key("c4", 1), id, action(1)).await, ErrorKind::Expired);
    refused("C4", desk.cancel(id, "late").await, ErrorKind::Expired);
    let again = ok("C4", desk.request(&key("c4", 2), question("c4")).await);
    check("C4", again.status == ApprovalStatus::Pending, "it can be asked again, under a new key");
    let plain = asked(desk, "c4-default").await.id;
    clock.advance(super::EXPIRES_AFTER_DEFAULT);
    let status = ok("C4", desk.get(plain).await).status;
    check("C4", status == ApprovalStatus::Expired, "without a limit the default applies");
}

/// C4, the time of use.
pub async fn c4_an_unused_approval_expires(desk: &dyn ApprovalDesk, clock: &ManualClock) {
    let request = question("c4-use").with_use_within(Duration::from_secs(600));
    let id = ok("C4", desk.request(&key("c4-use", 0), request).await).id;
    ok("C4", desk.decide(id, Ruling::approve("ada")).await);
    clock.advance(Duration::from_secs(599));
    ok("C4", desk.consume(&key("c4-use", 1), id, action(1)).await);
    clock.advance(Duration::from_secs(1));
    refused("C4", desk.consume(&key("c4-use", 2), id, action(2)).await, ErrorKind::Expired);
    let kept = desk.get(id).await;
    check("C4", ok("C4", kept).decided_by.as_deref() == Some("ada"), "who approved stays known");
}

/// C5.
pub async fn c5_only_what_was_approved_is_consumed(desk: &dyn ApprovalDesk) {
    let id = asked(desk, "c5").await.id;
    refused("C5", desk.consume(&key("c5", 1), id, action(1)).await, ErrorKind::Conflict);
    ok("C5", desk.decide(id, Ruling::approve("ada")).await);
    refused("C5", desk.consume(&key("c5", 1), id, action(3)).await, ErrorKind::PermissionDenied);
    check("C5", ok("C5", desk.get(id).await).consumed.is_empty(), "a refusal uses nothing up");
    let denied = asked(desk, "c5-denied").await.id;
    ok("C5", desk.decide(denied, Ruling::deny("ada")).await);
    refused("C5", desk.consume(&key("c5", 2), denied, action(1)).await, ErrorKind::PermissionDenied);
    let unknown = ApprovalId::from_digest(&action(98));
    refused("C5", desk.consume(&key("c5", 3), unknown, action(1)).await, ErrorKind::NotFound);
}

/// C6.
pub async fn c6_each_action_once(desk: &dyn ApprovalDesk, clock: &ManualClock) {
    let request = question("c6").with_use_within(Duration::from_secs(10));
    let id = ok("C6", desk.request(&key("c6", 0), request).await).id;
    ok("C6", desk.decide(id, Ruling::approve("ada")).await);
    let used = ok("C6", desk.consume(&key("c6", 1), id, action(1)).await);
    check("C6", used.consumed == [action(1)], "the use is kept");
    let again = ok("C6", desk.consume(&key("c6", 1), id, action(1)).await);
    check("C6", again == used, "the same key again is the same answer");
    refused("C6", desk.consume(&key("c6", 2), id, action(1)).await, ErrorKind::Conflict);
    refused("C6", desk.consume(&key("c6", 1), id, action(2)).await, ErrorKind::Conflict);
    let both = ok("C6", desk.consume(&key("c6", 3), id, action(2)).await);
    check("C6", both.consumed == [action(1), action(2)], "each covered action once");
    clock.advance(Duration::from_secs(10));
    let later = ok("C6", desk.consume(&key("c6", 1), id, action(1)).await);
    check("C6", later.consumed == both.consumed, "the same key is answered later too");
}

/// C7.
pub async fn c7_cancel_withdraws(desk: &dyn ApprovalDesk) {
    let pending = asked(desk, "c7").await.id;
    let cancelled = ok("C7", desk.cancel(pending, "not needed").await);
    check("C7", cancelled.status == ApprovalStatus::Cancelled, "a pending question is withdrawn");
    check("C7", cancelled.reason.as_deref() == Some("not needed"), "why is kept");
    check("C7", ok("C7", desk.cancel(pending, "again").await) == cancelled, "twice is the same answer");
    refused("C7", desk.decide(pending, Ruling::approve("ada")).await, ErrorKind::Conflict);
    let approved = asked(desk, "c7-approved").await.id;
    ok("C7", desk.decide(approved, Ruling::approve("ada")).await);
    ok("C7", desk.consume(&key("c7", 1), approved, action(1)).await);
    ok("C7", desk.cancel(approved, "stop").await);
    refused("C7", desk.consume(&key("c7", 2), approved, action(2)).await, ErrorKind::PermissionDenied);
    ok("C7", desk.consume(&key("c7", 1), approved, action(1)).await);
    let denied = asked(desk, "c7-denied").await.id;
    ok("C7", desk.decide(denied, Ruling::deny("ada")).await);
    refused("C7", desk.cancel(denied, "late").await, ErrorKind::Conflict);
}

/// C8.
pub async fn c8_list_filters_newest_first(desk: &dyn ApprovalDesk, clock: &ManualClock) {
    let mut ids = Vec::new();
    for number in 0..4 {
        let request = question("c8").with_expires_after(Duration::from_secs(60));
        ids.insert(0, ok("C8", desk.request(&key("c8", number), request).await).id);
    }
    let of_run = ApprovalQuery::new().with_run(run("c8"));
    let listed = |found: Vec<Approval>| found.iter().map(|approval| approval.id).collect::<Vec<_>>();
    check("C8", listed(ok("C8", desk.list(&of_run).await)) == ids, "newest first, of this run");
    let two = ok("C8", desk.list(&of_run.clone().with_limit(2)).await);
    check("C8", ids.starts_with(&listed(two)), "at most the limit");
    if let Some(newest) = ids.first() {
        ok("C8", desk.decide(*newest, Ruling::approve("ada")).await);
    }
    clock.advance(Duration::from_secs(60));
    let pending = of_run.clone().with_status(ApprovalStatus::Pending);
    check("C8", ok("C8", desk.list(&pending).await).is_empty(), "expiry is applied before filtering");
    let expired = ok("C8", desk.list(&of_run.with_status(ApprovalStatus::Expired)).await);
    check("C8", expired.len() == 3, "the status filters");
}

/// C9, for durable desks: `reopen` opens the same store again.
pub async fn c9_answers_survive_a_restart(reopen: impl Fn() -> Box<dyn ApprovalDesk>) {
    let desk = reopen();
    let id = asked(&desk, "c9").await.id;
    ok("C9", desk.decide(id, Ruling::approve("ada")).await);
    let used = ok("C9", desk.consume(&key("c9", 1), id, action(1)).await);
    drop(desk);
    let desk = reopen();
    check("C9", ok("C9", desk.get(id).await) == used, "what was answered is still there");
    check("C9", asked(&desk, "c9").await == used, "so is its key");
    ok("C9", desk.consume(&key("c9", 1), id, action(1)).await);
    refused("C9", desk.consume(&key("c9", 2), id, action(1)).await, ErrorKind::Conflict);
}
