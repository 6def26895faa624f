//! Checks for any [`BudgetLedger`].

use ae_core::{
    Currency, Digest, ErrorKind, Money, ProjectId,
    conformance::{Ran, both, held, holds, key, refused, run},
};

use super::{AccountSpec, AccountStatus, BudgetLedger, HoldState, OverLimit, Refund, Reserve, Scope};

/// Every check below on one ledger. The ledger may hold other accounts.
pub async fn run_all(ledger: &dyn BudgetLedger) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", async {
        c1_opening_again_keeps_what_was_spent(ledger).await;
        c1_a_parent_is_wider_and_there(ledger).await;
    })
    .await;
    ran.clause("C2", async {
        c2_every_account_around_is_charged_or_none(ledger).await;
        c2_zero_is_nothing_to_spend(ledger).await;
    })
    .await;
    ran.clause("C3", c3_the_same_key_is_the_same_hold(ledger)).await;
    ran.clause("C4", c4_two_callers_stay_within_the_limit(ledger)).await;
    ran.clause("C5", c5_a_hold_ends_once(ledger)).await;
    ran.clause("C6", c6_an_overrun_is_posted_and_freezes(ledger)).await;
    ran.clause("C7", c7_limits_change_only_what_comes(ledger)).await;
    ran.clause("C8", c8_refunds_stay_within_their_settlement(ledger)).await;
    ran.clause("C9", c9_amounts_that_cant_be_right_are_refused(ledger)).await;
    ran
}

fn scope(label: &str) -> Scope {
    Scope::Run(run(label))
}

fn project(label: &str) -> Scope {
    Scope::Project(ProjectId::from_digest(&Digest::of_bytes("ledger-conformance", label.as_bytes())))
}

fn usd(cents: i64) -> Money {
    Money::from_minor(cents, 2, Currency::USD).unwrap_or(Money::zero(Currency::USD))
}

fn portfolio() -> Scope {
    Scope::Portfolio(Currency::USD)
}

/// An account right below the portfolio.
fn spec(scope: Scope, limit: i64) -> AccountSpec {
    AccountSpec::new(scope, portfolio(), usd(limit))
}

async fn opened(ledger: &dyn BudgetLedger, label: &str, limit: i64) -> Scope {
    held(label, ledger.open(&AccountSpec::portfolio(Currency::USD)).await);
    held(label, ledger.open(&spec(scope(label), limit)).await);
    scope(label)
}

async fn reserved(ledger: &dyn BudgetLedger, label: &str, sequence: u32, cents: i64) {
    let reserve = Reserve::new(scope(label), usd(cents));
    held(label, ledger.reserve(&key(label, sequence), &reserve).await);
}

async fn status(ledger: &dyn BudgetLedger, scope: &Scope) -> AccountStatus {
    held("status", ledger.status(scope).await)
}

async fn c1_opening_again_keeps_what_was_spent(ledger: &dyn BudgetLedger) {
    let account = opened(ledger, "c1", 1000).await;
    reserved(ledger, "c1", 0, 400).await;
    held("C1", ledger.settle(&key("c1", 0), usd(300)).await);
    let again = held("C1", ledger.open(&spec(account.clone(), 1000)).await);
    holds("C1", again.settled == usd(300), "opening again keeps what was spent");
    let other = spec(account.clone(), 2000);
    refused("C1", ledger.open(&other).await, ErrorKind::Conflict);
    held("C1", ledger.open(&spec(project("c1"), 1000)).await);
    let moved = AccountSpec::new(account.clone(), project("c1"), usd(1000));
    refused("C1", ledger.open(&moved).await, ErrorKind::Conflict);
    holds("C1", status(ledger, &account).await == again, "a conflict changes nothing");
}

async fn c1_a_parent_is_wider_and_there(ledger: &dyn BudgetLedger) {
    let orphan = AccountSpec::new(scope("c1-orphan"), project("c1-absent"), usd(1));
    refused("C1", ledger.open(&orphan).await, ErrorKind::NotFound);
    refused("C1", ledger.status(&scope("c1-orphan")).await, ErrorKind::NotFound);
    let run = opened(ledger, "c1-narrow", 100).await;
    for narrow in [project("c1-wide"), scope("c1-other")] {
        let spec = AccountSpec::new(narrow, run.clone(), usd(1));
        refused("C1", ledger.open(&spec).await, ErrorKind::InvalidInput);
    }
    let itself = AccountSpec::new(scope("c1-self"), scope("c1-self"), usd(1));
    refused("C1", ledger.open(&itself).await, ErrorKind::InvalidInput);
    let mut root = spec(scope("c1-root"), 1);
    root.parent = None;
    let mut unlimited = spec(scope("c1-unlimited"), 1);
    unlimited.limit = None;
    let mut within = AccountSpec::portfolio(Currency::USD);
    within.parent = Some(run);
    for bad in [root, unlimited, within] {
        refused("C1", ledger.open(&bad).await, ErrorKind::InvalidInput);
    }
}

async fn c2_every_account_around_is_charged_or_none(ledger: &dyn BudgetLedger) {
    let (wide, narrow) = (project("c2"), scope("c2"));
    held("C2", ledger.open(&AccountSpec::portfolio(Currency::USD)).await);
    let before = status(ledger, &portfolio()).await;
    held("C2", ledger.open(&spec(wide.clone(), 100)).await);
    held("C2", ledger.open(&AccountSpec::new(narrow.clone(), wide.clone(), usd(1000))).await);
    reserved(ledger, "c2", 0, 60).await;
    holds("C2", status(ledger, &wide).await.reserved == usd(60), "the account around it is charged too");
    let root = status(ledger, &portfolio()).await;
    let charged = before.reserved.checked_add(usd(60)).is_ok_and(|sum| sum == root.reserved);
    holds("C2", charged && root.remaining().is_none(), "so is the portfolio, which has no limit of its own");
    let error = ledger.reserve(&key("c2", 1), &Reserve::new(narrow.clone(), usd(41))).await;
    let error = refused("C2", error, ErrorKind::QuotaExceeded);
    let over = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<OverLimit>());
    holds("C2", over.is_some_and(|over| over.scope == wide), "the source names the account that refused");
    holds("C2", status(ledger, &narrow).await.reserved == usd(60), "all or none");
    refused("C2", ledger.hold(&key("c2", 1)).await, ErrorKind::NotFound);
    reserved(ledger, "c2", 1, 40).await;
    holds("C2", status(ledger, &wide).await.remaining() == Some(usd(0)), "down to the last cent");
    let listed = held("C2", ledger.holds(&narrow).await);
    let keys: Vec<_> = listed.into_iter().map(|hold| hold.key).collect();
    holds("C2", keys == [key("c2", 0), key("c2", 1)], "the holds are listed, oldest first");
    holds("C2", held("C2", ledger.holds(&wide).await).is_empty(), "under their own account");
}

async fn c2_zero_is_nothing_to_spend(ledger: &dyn BudgetLedger) {
    let account = opened(ledger, "c2-zero", 0).await;
    let one = ledger.reserve(&key("c2-zero", 0), &Reserve::new(account.clone(), usd(1))).await;
    refused("C2", one, ErrorKind::QuotaExceeded);
    reserved(ledger, "c2-zero", 1, 0).await;
    held("C2", ledger.settle(&key("c2-zero", 1), usd(0)).await);
    holds("C2", !status(ledger, &account).await.frozen, "nothing for nothing is not an overrun");
}

async fn c3_the_same_key_is_the_same_hold(ledger: &dyn BudgetLedger) {
    let account = opened(ledger, "c3", 100).await;
    let reserve = Reserve::new(account.clone(), usd(60)).with_note("a call");
    let hold = held("C3", ledger.reserve(&key("c3", 0), &reserve).await);
    holds("C3", held("C3", ledger.reserve(&key("c3", 0), &reserve).await) == hold, "the same hold");
    holds("C3", status(ledger, &account).await.reserved == usd(60), "charged once");
    for other in [Reserve::new(account.clone(), usd(59)).with_note("a call"), Reserve::new(account, usd(60))]
    {
        refused("C3", ledger.reserve(&key("c3", 0), &other).await, ErrorKind::Conflict);
    }
    let settled = held("C3", ledger.settle(&key("c3", 0), usd(10)).await);
    let again = held("C3", ledger.reserve(&key("c3", 0), &reserve).await);
    holds("C3", again == settled, "the repeat shows the hold as it stands");
}

/// C4, by two callers in turns; threads and processes are the implementation's own test.
async fn c4_two_callers_stay_within_the_limit(ledger: &dyn BudgetLedger) {
    let account = opened(ledger, "c4", 100).await;
    let (one, other) = (key("c4", 0), key("c4", 1));
    let reserve = Reserve::new(account.clone(), usd(60));
    let answers = both(ledger.reserve(&one, &reserve), ledger.reserve(&other, &reserve)).await;
    let late = match answers {
        (Ok(_), late) | (late, Ok(_)) => late,
        (Err(error), _) => held("C4", Err(error)),
    };
    refused("C4", late, ErrorKind::QuotaExceeded);
    holds("C4", status(ledger, &account).await.reserved == usd(60), "one of the two is charged");
}

async fn c5_a_hold_ends_once(ledger: &dyn BudgetLedger) {
    let account = opened(ledger, "c5", 100).await;
    reserved(ledger, "c5", 0, 50).await;
    reserved(ledger, "c5", 1, 50).await;
    let settled = held("C5", ledger.settle(&key("c5", 0), usd(30)).await);
    holds("C5", settled.state == HoldState::Settled { actual: usd(30) }, "settled with the actual cost");
    holds("C5", held("C5", ledger.settle(&key("c5", 0), usd(30)).await) == settled, "the same answer again");
    refused("C5", ledger.settle(&key("c5", 0), usd(31)).await, ErrorKind::Conflict);
    refused("C5", ledger.void(&key("c5", 0)).await, ErrorKind::Conflict);
    let voided = held("C5", ledger.void(&key("c5", 1)).await);
    holds("C5", held("C5", ledger.void(&key("c5", 1)).await) == voided, "the same answer again");
    refused("C5", ledger.settle(&key("c5", 1), usd(1)).await, ErrorKind::Conflict);
    let status = status(ledger, &account).await;
    holds("C5", (status.reserved, status.settled) == (usd(0), usd(30)), "the rest is free again");
    refused("C5", ledger.settle(&key("c5", 9), usd(1)).await, ErrorKind::NotFound);
    refused("C5", ledger.void(&key("c5", 9)).await, ErrorKind::NotFound);
}

async fn c6_an_overrun_is_posted_and_freezes(ledger: &dyn BudgetLedger) {
    let wide = project("c6");
    held("C6", ledger.open(&AccountSpec::portfolio(Currency::USD)).await);
    held("C6", ledger.open(&spec(wide.clone(), 1000)).await);
    held("C6", ledger.open(&AccountSpec::new(scope("c6"), wide.clone(), usd(100))).await);
    reserved(ledger, "c6", 0, 50).await;
    held("C6", ledger.settle(&key("c6", 0), usd(51)).await);
    let narrow = status(ledger, &scope("c6")).await;
    holds("C6", narrow.settled == usd(51) && narrow.frozen, "posted in full, and frozen");
    holds("C6", narrow.remaining() == Some(usd(0)), "nothing is left to a frozen account");
    let more = ledger.reserve(&key("c6", 1), &Reserve::new(scope("c6"), usd(1))).await;
    refused("C6", more, ErrorKind::QuotaExceeded);
    reserved(ledger, "c6", 2, 0).await;
    held("C6", ledger.settle(&key("c6", 2), usd(0)).await);
    let around = status(ledger, &wide).await;
    holds("C6", around.settled == usd(51) && !around.frozen, "an account within its limit goes on");
}

async fn c7_limits_change_only_what_comes(ledger: &dyn BudgetLedger) {
    let account = opened(ledger, "c7", 100).await;
    reserved(ledger, "c7", 0, 60).await;
    let lowered = held("C7", ledger.set_limit(&account, Some(usd(10))).await);
    holds(
        "C7",
        lowered.reserved == usd(60) && lowered.remaining() == Some(usd(0)),
        "what is set aside stays",
    );
    let more = ledger.reserve(&key("c7", 1), &Reserve::new(account.clone(), usd(1))).await;
    refused("C7", more, ErrorKind::QuotaExceeded);
    held("C7", ledger.settle(&key("c7", 0), usd(70)).await);
    holds("C7", status(ledger, &account).await.frozen, "an overrun freezes");
    held("C7", ledger.set_limit(&account, Some(usd(69))).await);
    holds("C7", status(ledger, &account).await.frozen, "a limit that does not cover it does not unfreeze");
    let raised = held("C7", ledger.set_limit(&account, Some(usd(100))).await);
    holds("C7", !raised.frozen && raised.remaining() == Some(usd(30)), "one that does unfreezes");
    refused("C7", ledger.set_limit(&scope("c7-absent"), Some(usd(1))).await, ErrorKind::NotFound);
    refused("C7", ledger.set_limit(&account, None).await, ErrorKind::InvalidInput);
}

async fn c8_refunds_stay_within_their_settlement(ledger: &dyn BudgetLedger) {
    let account = opened(ledger, "c8", 100).await;
    reserved(ledger, "c8", 0, 80).await;
    let refund = |cents| Refund::new(key("c8", 0), usd(cents));
    refused("C8", ledger.refund(&key("c8", 1), &refund(10)).await, ErrorKind::Conflict);
    held("C8", ledger.settle(&key("c8", 0), usd(80)).await);
    let first = held("C8", ledger.refund(&key("c8", 1), &refund(50)).await);
    let again = held("C8", ledger.refund(&key("c8", 1), &refund(50)).await);
    holds("C8", first == again && first.refunded == usd(50), "the same key again is the same answer");
    refused("C8", ledger.refund(&key("c8", 1), &refund(20)).await, ErrorKind::Conflict);
    refused("C8", ledger.refund(&key("c8", 2), &refund(31)).await, ErrorKind::InvalidInput);
    refused("C8", ledger.refund(&key("c8", 2), &refund(0)).await, ErrorKind::InvalidInput);
    held("C8", ledger.refund(&key("c8", 2), &refund(30)).await);
    holds("C8", status(ledger, &account).await.settled == usd(0), "all of it came back");
}

async fn c9_amounts_that_cant_be_right_are_refused(ledger: &dyn BudgetLedger) {
    let account = opened(ledger, "c9", 100).await;
    let euro = Money::zero(Currency::EUR);
    for bad in [usd(-1), euro] {
        let reserve = Reserve::new(account.clone(), bad);
        refused("C9", ledger.reserve(&key("c9", 0), &reserve).await, ErrorKind::InvalidInput);
    }
    reserved(ledger, "c9", 1, 10).await;
    for bad in [usd(-1), euro] {
        refused("C9", ledger.settle(&key("c9", 1), bad).await, ErrorKind::InvalidInput);
        refused("C9", ledger.set_limit(&account, Some(bad)).await, ErrorKind::InvalidInput);
    }
    let negative = spec(scope("c9-negative"), -1);
    refused("C9", ledger.open(&negative).await, ErrorKind::InvalidInput);
    let mixed = AccountSpec::new(Scope::Task(run("c9"), task()), account, euro);
    refused("C9", ledger.open(&mixed).await, ErrorKind::InvalidInput);
    let mixed = AccountSpec::portfolio(Currency::EUR).with_limit(usd(1));
    refused("C9", ledger.open(&mixed).await, ErrorKind::InvalidInput);
}

fn task() -> ae_core::TaskId {
    "T-1".parse().expect("a plain label is a task id")
}

/// C10, for durable ledgers: `reopen` opens the same store again.
pub async fn c10_money_survives_a_restart(reopen: impl Fn() -> Box<dyn BudgetLedger>) {
    let ledger = reopen();
    let account = opened(&ledger, "c10", 100).await;
    reserved(&ledger, "c10", 0, 20).await;
    reserved(&ledger, "c10", 1, 30).await;
    held("C10", ledger.settle(&key("c10", 0), usd(15)).await);
    let before = status(&ledger, &account).await;
    drop(ledger);
    let ledger = reopen();
    let after = held("C10", ledger.status(&account).await);
    holds("C10", after == before, "an open hold stays counted");
    let again = spec(account, 100);
    holds("C10", held("C10", ledger.open(&again).await) == before, "opening again keeps it");
    reserved(&ledger, "c10", 1, 30).await;
    let settled = held("C10", ledger.settle(&key("c10", 1), usd(30)).await);
    holds("C10", settled.state == HoldState::Settled { actual: usd(30) }, "and it can be ended");
}
