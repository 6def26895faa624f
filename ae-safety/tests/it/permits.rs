//! Permits over real desks, ledgers and logs: what was approved is what runs, once, within the budget.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use ae_core::{
    Action, ActionKind, BackendError, Currency, Effect, ErrorKind, IdempotencyKey, Isolation, ManualClock, Money, Spend,
};
use ae_safety::{
    AccountSpec, ActionEnd, Approval, ApprovalDesk, ApprovalQuery, ApprovalRequest, AuditEvent, AuditReceipt,
    AuditSink, BudgetLedger, Decision, Gate, GateTable, Gatekeeper, Grant, Guarded, HoldState, MemoryAudit,
    MemoryDesk, MemoryLedger, PolicyGate, Redactor, Refusal, Ruling, Scope, request_digest,
};
use proptest::prelude::*;
use serde::Serialize;

use crate::support::{block_on, cents, clock, digest, key, run, runtime};

/// Counts what is done with it.
#[derive(Debug, Default)]
struct Site {
    deployed: AtomicU32,
}

impl Site {
    fn deploy(&self, _: &Release) {
        self.deployed.fetch_add(1, Ordering::SeqCst);
    }
}

#[derive(Debug, Clone, Serialize)]
struct Release {
    site: String,
    files: Vec<u8>,
}

fn release() -> Release {
    Release { site: "csv-tool".into(), files: b"<h1>CSV</h1>".to_vec() }
}

fn action(kind: ActionKind, request: &Release) -> Action {
    Action::new(kind, "test/deploy", "csv-tool", request_digest(request).unwrap())
}

fn deploy() -> Action {
    action(ActionKind::Deploy, &release())
}

fn call(cost: i64) -> Action {
    action(ActionKind::CallModel, &release()).with_spend(Spend::AtMost(cents(cost)))
}

struct World {
    clock: ManualClock,
    desk: Arc<MemoryDesk>,
    ledger: Arc<MemoryLedger>,
    audit: Arc<MemoryAudit>,
    site: Guarded<Site>,
}

fn scope() -> Scope {
    Scope::Run(run("run"))
}

fn payer() -> Grant {
    Grant::new("agent").with_budget(scope())
}

impl World {
    fn new(limit: i64) -> Self {
        let clock = clock();
        let desk = Arc::new(MemoryDesk::new(runtime(&clock)));
        let (ledger, audit) = (Arc::new(MemoryLedger::new()), Arc::new(MemoryAudit::new(runtime(&clock))));
        block_on(ledger.open(&AccountSpec::portfolio(Currency::USD))).unwrap();
        block_on(ledger.open(&AccountSpec::new(scope(), Scope::Portfolio(Currency::USD), cents(limit))))
            .unwrap();
        let keeper = Gatekeeper::new(
            Arc::new(GateTable::default()),
            desk.clone(),
            ledger.clone(),
            audit.clone(),
            Redactor::new(),
        );
        Self { clock, desk, ledger, audit, site: Guarded::new(Site::default(), keeper) }
    }

    fn approve(&self, action: &Action) -> Grant {
        let request = ApprovalRequest::new("Launch?", "agent", digest("s")).with_covers([action.digest()]);
        let key = IdempotencyKey::derive(run("ask"), "ask", "ask", 0);
        let asked = block_on(self.desk.request(&key, request)).unwrap();
        let ruled = block_on(self.desk.decide(asked.id, Ruling::approve("ada"))).unwrap();
        payer().with_approval(ruled.id)
    }

    /// The whole way, with `end` as the backend's answer.
    fn go(&self, key: &IdempotencyKey, action: Action, grant: &Grant, end: ActionEnd) -> Result<(), Refusal> {
        block_on(async {
            let permit = self.site.authorize(key, action, release(), grant).await?;
            let redeemed = permit.redeem().await?;
            redeemed.backend().deploy(redeemed.request());
            redeemed.finish(end).await.map_err(Refusal::Backend)
        })
    }

    /// As far as the backend, then the process dies.
    fn die(&self, key: &IdempotencyKey, action: Action, grant: &Grant) {
        block_on(async {
            let permit = self.site.authorize(key, action, release(), grant).await.unwrap();
            let redeemed = permit.redeem().await.unwrap();
            redeemed.backend().deploy(redeemed.request());
            drop(redeemed);
        });
    }

    fn money(&self) -> (Money, Money, bool) {
        let status = block_on(self.ledger.status(&scope())).unwrap();
        (status.reserved, status.settled, status.frozen)
    }

    fn kinds(&self) -> Vec<String> {
        self.audit.records().into_iter().map(|record| record.event.kind).collect()
    }
}

fn done(cost: i64) -> ActionEnd {
    ActionEnd::done(Some(cents(cost)))
}

fn failed(effect: Effect) -> ActionEnd {
    ActionEnd::failed(&BackendError::new(ErrorKind::Timeout, "test", "deploy", "no").with_effect(effect))
}

#[test]
fn a_deployment_runs_once_a_person_has_said_yes() {
    let world = World::new(0);
    let asks = block_on(world.site.authorize(&key(0), deploy(), release(), &payer())).unwrap_err();
    let Refusal::NeedsApproval { gate: Gate::DeployApproval, action, .. } = asks else { panic!("{asks:?}") };
    assert_eq!(action, deploy().digest());
    let grant = world.approve(&deploy());
    world.go(&key(0), deploy(), &grant, ActionEnd::done(None)).unwrap();
    assert_eq!(world.kinds(), ["action_refused", "action_started", "action_finished"]);
    let second = world.go(&key(1), deploy(), &grant, ActionEnd::done(None)).unwrap_err();
    assert!(
        matches!(second, Refusal::NeedsApproval { .. }),
        "another effect needs another approval: {second:?}"
    );
}

#[test]
fn every_other_action_than_the_approved_one_is_refused() {
    let world = World::new(1000);
    let grant = world.approve(&deploy());
    let project = ae_core::ProjectId::from_digest(&digest("p"));
    let mut elsewhere = deploy();
    elsewhere.target.push('2');
    for other in [
        elsewhere,
        deploy().with_spend(Spend::AtMost(cents(1))),
        deploy().with_isolation(Isolation::Process),
        deploy().with_owner(project, run("run")),
    ] {
        let refusal = world.go(&key(0), other.clone(), &grant, ActionEnd::done(None)).unwrap_err();
        assert!(matches!(refusal, Refusal::NeedsApproval { .. }), "{other:?}: {refusal:?}");
    }
    assert!(block_on(world.desk.list(&ApprovalQuery::new())).unwrap()[0].consumed.is_empty());
}

#[test]
fn pending_denied_cancelled_and_expired_are_no_yes() {
    let world = World::new(0);
    let grant_for = |sequence| -> (ae_core::ApprovalId, Grant) {
        let request = ApprovalRequest::new("?", "agent", digest("s")).with_covers([deploy().digest()]);
        let key = IdempotencyKey::derive(run("ask"), "ask", "ask", sequence);
        let id = block_on(world.desk.request(&key, request)).unwrap().id;
        (id, payer().with_approval(id))
    };
    let refused = |grant: &Grant| world.go(&key(0), deploy(), grant, ActionEnd::done(None)).unwrap_err();
    let (pending, grant) = grant_for(0);
    assert!(matches!(refused(&grant), Refusal::NeedsApproval { .. }));
    block_on(world.desk.decide(pending, Ruling::deny("ada").with_reason("too soon"))).unwrap();
    let denial = refused(&grant);
    assert!(matches!(&denial, Refusal::Denied { reason, .. } if reason.contains("too soon")), "{denial:?}");
    let (cancelled, grant) = grant_for(1);
    block_on(world.desk.cancel(cancelled, "no")).unwrap();
    assert!(matches!(refused(&grant), Refusal::NeedsApproval { .. }));
    let (_, grant) = grant_for(2);
    world.clock.advance(std::time::Duration::from_secs(3600));
    assert!(matches!(refused(&grant), Refusal::NeedsApproval { .. }));
    let unknown = payer().with_approval(ae_core::ApprovalId::from_digest(&digest("none")));
    assert!(matches!(refused(&unknown), Refusal::Backend(error) if error.kind() == ErrorKind::NotFound));
}

#[test]
fn unconfined_code_is_denied_whoever_approves() {
    let world = World::new(0);
    let code = action(ActionKind::ExecuteCode, &release());
    let grant = world.approve(&code);
    let refusal = world.go(&key(0), code.clone(), &grant, ActionEnd::done(None)).unwrap_err();
    assert!(matches!(refusal, Refusal::Denied { gate: Some(Gate::SandboxRequired), .. }));
    world.go(&key(0), code.with_isolation(Isolation::Process), &payer(), ActionEnd::done(None)).unwrap();
}

#[test]
fn money_is_reserved_settled_voided_or_kept() {
    let world = World::new(100);
    world.go(&key(0), call(60), &payer(), done(25)).unwrap();
    assert_eq!(world.money(), (cents(0), cents(25), false));
    world.go(&key(1), call(60), &payer(), failed(Effect::NotApplied)).unwrap();
    assert_eq!(world.money(), (cents(0), cents(25), false));
    world.go(&key(2), call(30), &payer(), failed(Effect::Unknown)).unwrap();
    assert_eq!(world.money(), (cents(30), cents(25), false), "it may have been spent");
    world.go(&key(3), call(20), &payer(), ActionEnd::done(None)).unwrap();
    assert_eq!(world.money(), (cents(50), cents(25), false), "not measured is not nothing");
    let over = world.go(&key(4), call(26), &payer(), done(1)).unwrap_err();
    assert!(matches!(&over, Refusal::OverBudget { scope: at, .. } if *at == scope().to_string()), "{over:?}");
    world.go(&key(4), call(25), &payer(), done(26)).unwrap();
    assert_eq!(world.money(), (cents(50), cents(51), true), "an overrun is posted and freezes");
}

#[test]
fn what_may_cost_something_needs_an_account() {
    let world = World::new(100);
    let refusal = world.go(&key(0), call(1), &Grant::new("agent"), done(1)).unwrap_err();
    assert!(matches!(refusal, Refusal::Denied { gate: None, .. }), "{refusal:?}");
    let free = action(ActionKind::CallModel, &release());
    world.go(&key(1), free.clone(), &Grant::new("agent"), ActionEnd::done(None)).unwrap();
    world.go(&key(2), free, &payer(), done(5)).unwrap();
    assert_eq!(world.money(), (cents(0), cents(5), false), "a cost nobody expected is posted all the same");
}

#[test]
fn a_frozen_account_refuses_also_what_has_no_ceiling() {
    let world = World::new(10);
    let free = action(ActionKind::CallModel, &release());
    world.go(&key(0), free.clone(), &payer(), done(25)).unwrap();
    assert_eq!(world.money(), (cents(0), cents(25), true), "spent is spent, and the account is frozen");
    let refusal = world.go(&key(1), free, &payer(), done(5)).unwrap_err();
    assert!(matches!(refusal, Refusal::OverBudget { .. }), "{refusal:?}");
    assert_eq!(world.money(), (cents(0), cents(25), true));
}

#[test]
fn a_retry_after_a_crash_neither_reserves_nor_uses_twice() {
    let world = World::new(100);
    let paid = deploy().with_spend(Spend::AtMost(cents(60)));
    let grant = world.approve(&paid);
    for _ in 0..5 {
        world.die(&key(0), paid.clone(), &grant);
        assert_eq!(world.money(), (cents(60), cents(0), false));
    }
    world.go(&key(0), paid.clone(), &grant, done(40)).unwrap();
    assert_eq!(world.money(), (cents(0), cents(40), false));
    let approval: Approval = block_on(world.desk.list(&ApprovalQuery::new())).unwrap().remove(0);
    assert_eq!(approval.consumed, [paid.digest()]);
    // The crash may also come after `finish`, before the caller has noted it.
    world.go(&key(0), paid.clone(), &grant, done(40)).unwrap();
    assert_eq!(world.money(), (cents(0), cents(40), false), "the same cost is the same answer");
    world.go(&key(0), paid.clone(), &grant, done(45)).unwrap();
    world.go(&key(0), paid, &grant, done(45)).unwrap();
    assert_eq!(world.money(), (cents(0), cents(85), false), "another cost was spent too, and once");
}

#[test]
fn an_attempt_in_doubt_is_not_given_back_by_a_later_failure() {
    let world = World::new(100);
    world.die(&key(0), call(60), &payer());
    world.go(&key(0), call(60), &payer(), failed(Effect::NotApplied)).unwrap();
    assert_eq!(world.money(), (cents(60), cents(0), false));
}

#[test]
fn a_certain_failure_can_be_tried_again() {
    let world = World::new(100);
    for _ in 0..5 {
        world.go(&key(0), call(60), &payer(), failed(Effect::NotApplied)).unwrap();
        assert_eq!(world.money(), (cents(0), cents(0), false));
    }
    world.go(&key(0), call(60), &payer(), done(50)).unwrap();
    assert_eq!(world.money(), (cents(0), cents(50), false));
    let holds = block_on(world.ledger.holds(&scope())).unwrap();
    assert_eq!(holds.iter().filter(|hold| hold.state == HoldState::Voided).count(), 5);
}

#[test]
fn the_same_key_for_another_amount_is_refused() {
    let world = World::new(100);
    world.die(&key(0), call(60), &payer());
    let refusal = world.go(&key(0), call(59), &payer(), done(1)).unwrap_err();
    assert!(matches!(refusal, Refusal::Backend(error) if error.kind() == ErrorKind::Conflict));
}

#[test]
fn the_log_holds_no_secret_of_an_error() {
    let world = World::new(100);
    let token = format!("ghp_{}", "aB3dE5gH7jK9".repeat(3));
    let error = BackendError::new(ErrorKind::Unauthenticated, "test", "deploy", format!("bad token {token}"));
    world.go(&key(0), call(1), &payer(), ActionEnd::failed(&error)).unwrap();
    let log = world.audit.to_jsonl();
    assert!(!log.contains(&token) && log.contains("[REDACTED:"), "{log}");
}

/// Breaks where told to.
#[derive(Debug, Default)]
struct Fault {
    broken: Mutex<Option<&'static str>>,
}

impl Fault {
    fn check(&self, part: &'static str) -> Result<(), BackendError> {
        match *self.broken.lock().unwrap() {
            Some(broken) if broken == part => {
                Err(BackendError::new(ErrorKind::Unavailable, "fault", "any", "down"))
            }
            _ => Ok(()),
        }
    }
}

#[derive(Debug)]
struct FaultyAudit(Arc<Fault>, MemoryAudit);

#[async_trait::async_trait]
impl AuditSink for FaultyAudit {
    async fn append(&self, event: &AuditEvent) -> Result<AuditReceipt, BackendError> {
        self.0.check("audit")?;
        self.1.append(event).await
    }
}

#[derive(Debug)]
struct FaultyGate(Arc<Fault>);

#[async_trait::async_trait]
impl PolicyGate for FaultyGate {
    fn name(&self) -> &str {
        "faulty"
    }

    async fn decide(&self, action: &Action) -> Result<Decision, BackendError> {
        self.0.check("gate")?;
        GateTable::default().decide(action).await
    }
}

#[test]
fn what_cant_be_asked_or_recorded_does_not_happen() {
    let (clock, fault) = (clock(), Arc::new(Fault::default()));
    let ledger = MemoryLedger::new();
    block_on(ledger.open(&AccountSpec::portfolio(Currency::USD))).unwrap();
    block_on(ledger.open(&AccountSpec::new(scope(), Scope::Portfolio(Currency::USD), cents(100)))).unwrap();
    let keeper = Gatekeeper::new(
        Arc::new(FaultyGate(fault.clone())),
        Arc::new(MemoryDesk::new(runtime(&clock))),
        Arc::new(ledger.clone()),
        Arc::new(FaultyAudit(fault.clone(), MemoryAudit::new(runtime(&clock)))),
        Redactor::new(),
    );
    let site = Guarded::new(Site::default(), keeper);
    let attempt = |scope: Scope| {
        let grant = Grant::new("agent").with_budget(scope);
        block_on(async {
            let permit = site.authorize(&key(0), call(60), release(), &grant).await?;
            let redeemed = permit.redeem().await?;
            redeemed.backend().deploy(redeemed.request());
            redeemed.finish(done(10)).await.map_err(Refusal::Backend)
        })
    };
    for part in ["gate", "audit"] {
        *fault.broken.lock().unwrap() = Some(part);
        let refusal = attempt(scope()).unwrap_err();
        assert!(matches!(&refusal, Refusal::Backend(error) if error.backend() == "fault"), "{refusal:?}");
        let error = BackendError::from(refusal);
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::NotApplied));
    }
    *fault.broken.lock().unwrap() = None;
    assert!(
        matches!(attempt(Scope::Portfolio(Currency::EUR)).unwrap_err(), Refusal::Backend(_)),
        "no such account"
    );
    attempt(scope()).unwrap();
    assert_eq!(
        block_on(ledger.status(&scope())).unwrap().settled,
        cents(10),
        "reserved once over all attempts"
    );
}

proptest! {
    #[test]
    fn one_changed_byte_of_a_request_is_refused(at in 0..12_usize, flip in 1..=255_u8) {
        let world = World::new(0);
        let grant = world.approve(&deploy());
        let mut changed = release();
        changed.files[at] ^= flip;
        let refusal = block_on(world.site.authorize(&key(0), deploy(), changed.clone(), &grant)).unwrap_err();
        let Refusal::Mismatch { expected, found } = refusal else { panic!("{refusal:?}") };
        prop_assert_eq!((expected, found), (deploy().request, request_digest(&changed).unwrap()));
        // An action that names the changed request is another action, which nobody approved.
        let rebuilt = action(ActionKind::Deploy, &changed);
        let refusal = block_on(world.site.authorize(&key(0), rebuilt, changed, &grant)).unwrap_err();
        prop_assert!(matches!(refusal, Refusal::NeedsApproval { .. }), "{:?}", refusal);
    }
}
