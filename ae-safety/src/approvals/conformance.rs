//! Checks for any [`ApprovalDesk`].

use std::time::Duration;

use ae_core::{
    ApprovalId, Digest, ErrorKind, ManualClock,
    conformance::{Ran, held, holds, key, refused, run},
};

use super::{Approval, ApprovalDesk, ApprovalQuery, ApprovalRequest, ApprovalStatus, Ruling};

/// Every check below on one desk, whose clock is `clock`. The desk may hold other approvals.
pub async fn run_all(desk: &dyn ApprovalDesk, clock: &ManualClock) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", async {
        c1_the_same_key_is_the_same_question(desk).await;
        c1_a_request_that_cant_be_right_is_refused(desk).await;
    })
    .await;
    ran.clause("C2", c2_only_the_first_ruling_counts(desk)).await;
    ran.clause("C3", c3_who_asked_cant_decide(desk)).await;
    ran.clause("C4", async {
        c4_silence_expires(desk, clock).await;
        c4_an_unused_approval_expires(desk, clock).await;
    })
    .await;
    ran.clause("C5", c5_only_what_was_approved_is_consumed(desk)).await;
    ran.clause("C6", c6_each_action_once(desk, clock)).await;
    ran.clause("C7", c7_cancel_withdraws(desk)).await;
    ran.clause("C8", c8_list_filters_newest_first(desk, clock)).await;
    ran
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
    held(label, desk.request(&key(label, 0), question(label)).await)
}

async fn c1_the_same_key_is_the_same_question(desk: &dyn ApprovalDesk) {
    let first = asked(desk, "c1").await;
    holds("C1", first.status == ApprovalStatus::Pending, "a new question is pending");
    holds("C1", first.request == question("c1"), "the request is kept as it was");
    holds("C1", asked(desk, "c1").await == first, "the same key and request are the same approval");
    let other = question("c1").with_rendering("something else");
    refused("C1", desk.request(&key("c1", 0), other).await, ErrorKind::Conflict);
    holds("C1", held("C1", desk.get(first.id).await) == first, "a conflict changes nothing");
    let ruled = held("C1", desk.decide(first.id, Ruling::approve("ada")).await);
    holds("C1", asked(desk, "c1").await == ruled, "the repeat shows the approval as it stands");
    let unknown = ApprovalId::from_digest(&action(99));
    refused("C1", desk.get(unknown).await, ErrorKind::NotFound);
}

async fn c1_a_request_that_cant_be_right_is_refused(desk: &dyn ApprovalDesk) {
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
    holds("C1", held("C1", desk.list(&query).await).is_empty(), "bad input leaves nothing");
}

/// C2, one after another; races are the implementation's own test.
async fn c2_only_the_first_ruling_counts(desk: &dyn ApprovalDesk) {
    let id = asked(desk, "c2").await.id;
    let ruling = Ruling::deny("ada").with_reason("too dear").with_standing();
    let first = held("C2", desk.decide(id, ruling).await);
    holds("C2", first.status == ApprovalStatus::Denied, "a no is a no");
    holds(
        "C2",
        first.decided_by.as_deref() == Some("ada") && first.standing,
        "who decided, and how, is kept",
    );
    holds(
        "C2",
        first.reason.as_deref() == Some("too dear") && first.decided_at.is_some(),
        "why and when too",
    );
    let error = refused("C2", desk.decide(id, Ruling::approve("bob")).await, ErrorKind::Conflict);
    holds("C2", error.message().contains("denied"), "the conflict names the present status");
    holds("C2", held("C2", desk.get(id).await) == first, "the loser changes nothing");
}

async fn c3_who_asked_cant_decide(desk: &dyn ApprovalDesk) {
    let id = asked(desk, "c3").await.id;
    for same in ["agent", " Agent ", "AGENT", "\u{ff41}gent"] {
        refused("C3", desk.decide(id, Ruling::approve(same)).await, ErrorKind::PermissionDenied);
    }
    let whole = question("c3-whole");
    let whole = ApprovalRequest { requested_by: "ape".into(), ..whole };
    let other = held("C3", desk.request(&key("c3", 1), whole).await).id;
    let look_alike = Ruling::approve("\u{430}\u{440}\u{435}");
    refused("C3", desk.decide(other, look_alike).await, ErrorKind::PermissionDenied);
    for unclear in ["  ", "\u{430}gent", "agent\u{200b}", "ad\u{202e}a"] {
        refused("C3", desk.decide(id, Ruling::approve(unclear)).await, ErrorKind::InvalidInput);
    }
    holds("C3", held("C3", desk.get(id).await).status == ApprovalStatus::Pending, "it stays pending");
}

async fn c4_silence_expires(desk: &dyn ApprovalDesk, clock: &ManualClock) {
    let request = question("c4").with_expires_after(Duration::from_secs(60));
    let id = held("C4", desk.request(&key("c4", 0), request).await).id;
    clock.advance(Duration::from_secs(59));
    holds("C4", held("C4", desk.get(id).await).status == ApprovalStatus::Pending, "59 of 60 s are in time");
    clock.advance(Duration::from_secs(1));
    let error = refused("C4", desk.decide(id, Ruling::approve("ada")).await, ErrorKind::Expired);
    holds("C4", error.message().contains("expired"), "the message names the status");
    let expired = held("C4", desk.get(id).await);
    holds(
        "C4",
        expired.status == ApprovalStatus::Expired && expired.decided_by.is_none(),
        "it was not decided",
    );
    refused("C4", desk.consume(&key("c4", 1), id, action(1)).await, ErrorKind::Expired);
    refused("C4", desk.cancel(id, "late").await, ErrorKind::Expired);
    let again = held("C4", desk.request(&key("c4", 2), question("c4")).await);
    holds("C4", again.status == ApprovalStatus::Pending, "it can be asked again, under a new key");
    let plain = asked(desk, "c4-default").await.id;
    clock.advance(super::EXPIRES_AFTER_DEFAULT);
    let status = held("C4", desk.get(plain).await).status;
    holds("C4", status == ApprovalStatus::Expired, "without a limit the default applies");
}

/// C4, the time of use.
async fn c4_an_unused_approval_expires(desk: &dyn ApprovalDesk, clock: &ManualClock) {
    let request = question("c4-use").with_use_within(Duration::from_secs(600));
    let id = held("C4", desk.request(&key("c4-use", 0), request).await).id;
    held("C4", desk.decide(id, Ruling::approve("ada")).await);
    clock.advance(Duration::from_secs(599));
    held("C4", desk.consume(&key("c4-use", 1), id, action(1)).await);
    clock.advance(Duration::from_secs(1));
    refused("C4", desk.consume(&key("c4-use", 2), id, action(2)).await, ErrorKind::Expired);
    let kept = desk.get(id).await;
    holds("C4", held("C4", kept).decided_by.as_deref() == Some("ada"), "who approved stays known");
}

async fn c5_only_what_was_approved_is_consumed(desk: &dyn ApprovalDesk) {
    let id = asked(desk, "c5").await.id;
    refused("C5", desk.consume(&key("c5", 1), id, action(1)).await, ErrorKind::Conflict);
    held("C5", desk.decide(id, Ruling::approve("ada")).await);
    refused("C5", desk.consume(&key("c5", 1), id, action(3)).await, ErrorKind::PermissionDenied);
    holds("C5", held("C5", desk.get(id).await).consumed.is_empty(), "a refusal uses nothing up");
    let denied = asked(desk, "c5-denied").await.id;
    held("C5", desk.decide(denied, Ruling::deny("ada")).await);
    refused("C5", desk.consume(&key("c5", 2), denied, action(1)).await, ErrorKind::PermissionDenied);
    let unknown = ApprovalId::from_digest(&action(98));
    refused("C5", desk.consume(&key("c5", 3), unknown, action(1)).await, ErrorKind::NotFound);
}

async fn c6_each_action_once(desk: &dyn ApprovalDesk, clock: &ManualClock) {
    let request = question("c6").with_use_within(Duration::from_secs(10));
    let id = held("C6", desk.request(&key("c6", 0), request).await).id;
    held("C6", desk.decide(id, Ruling::approve("ada")).await);
    let used = held("C6", desk.consume(&key("c6", 1), id, action(1)).await);
    holds("C6", used.consumed == [action(1)], "the use is kept");
    let again = held("C6", desk.consume(&key("c6", 1), id, action(1)).await);
    holds("C6", again == used, "the same key again is the same answer");
    refused("C6", desk.consume(&key("c6", 2), id, action(1)).await, ErrorKind::Conflict);
    refused("C6", desk.consume(&key("c6", 1), id, action(2)).await, ErrorKind::Conflict);
    let both = held("C6", desk.consume(&key("c6", 3), id, action(2)).await);
    holds("C6", both.consumed == [action(1), action(2)], "each covered action once");
    clock.advance(Duration::from_secs(10));
    let later = held("C6", desk.consume(&key("c6", 1), id, action(1)).await);
    holds("C6", later.consumed == both.consumed, "the same key is answered later too");
}

async fn c7_cancel_withdraws(desk: &dyn ApprovalDesk) {
    let pending = asked(desk, "c7").await.id;
    let cancelled = held("C7", desk.cancel(pending, "not needed").await);
    holds("C7", cancelled.status == ApprovalStatus::Cancelled, "a pending question is withdrawn");
    holds("C7", cancelled.reason.as_deref() == Some("not needed"), "why is kept");
    holds("C7", held("C7", desk.cancel(pending, "again").await) == cancelled, "twice is the same answer");
    refused("C7", desk.decide(pending, Ruling::approve("ada")).await, ErrorKind::Conflict);
    let approved = asked(desk, "c7-approved").await.id;
    held("C7", desk.decide(approved, Ruling::approve("ada")).await);
    held("C7", desk.consume(&key("c7", 1), approved, action(1)).await);
    held("C7", desk.cancel(approved, "stop").await);
    refused("C7", desk.consume(&key("c7", 2), approved, action(2)).await, ErrorKind::PermissionDenied);
    held("C7", desk.consume(&key("c7", 1), approved, action(1)).await);
    let denied = asked(desk, "c7-denied").await.id;
    held("C7", desk.decide(denied, Ruling::deny("ada")).await);
    refused("C7", desk.cancel(denied, "late").await, ErrorKind::Conflict);
}

async fn c8_list_filters_newest_first(desk: &dyn ApprovalDesk, clock: &ManualClock) {
    let mut ids = Vec::new();
    for number in 0..4 {
        let request = question("c8").with_expires_after(Duration::from_secs(60));
        ids.insert(0, held("C8", desk.request(&key("c8", number), request).await).id);
    }
    let of_run = ApprovalQuery::new().with_run(run("c8"));
    let listed = |found: Vec<Approval>| found.iter().map(|approval| approval.id).collect::<Vec<_>>();
    holds("C8", listed(held("C8", desk.list(&of_run).await)) == ids, "newest first, of this run");
    let two = held("C8", desk.list(&of_run.clone().with_limit(2)).await);
    holds("C8", ids.starts_with(&listed(two)), "at most the limit");
    if let Some(newest) = ids.first() {
        held("C8", desk.decide(*newest, Ruling::approve("ada")).await);
    }
    clock.advance(Duration::from_secs(60));
    let pending = of_run.clone().with_status(ApprovalStatus::Pending);
    holds("C8", held("C8", desk.list(&pending).await).is_empty(), "expiry is applied before filtering");
    let expired = held("C8", desk.list(&of_run.with_status(ApprovalStatus::Expired)).await);
    holds("C8", expired.len() == 3, "the status filters");
}

/// C9, for durable desks: `reopen` opens the same store again.
pub async fn c9_answers_survive_a_restart(reopen: impl Fn() -> Box<dyn ApprovalDesk>) {
    let desk = reopen();
    let id = asked(&desk, "c9").await.id;
    held("C9", desk.decide(id, Ruling::approve("ada")).await);
    let used = held("C9", desk.consume(&key("c9", 1), id, action(1)).await);
    drop(desk);
    let desk = reopen();
    holds("C9", held("C9", desk.get(id).await) == used, "what was answered is still there");
    holds("C9", asked(&desk, "c9").await == used, "so is its key");
    held("C9", desk.consume(&key("c9", 1), id, action(1)).await);
    refused("C9", desk.consume(&key("c9", 2), id, action(1)).await, ErrorKind::Conflict);
}
