//! Permits over real desks, ledgers and logs: what was approved is what runs, once, within the budget.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use ae_core::{
    Action, ActionKind, BackendError, Currency, Effect, ErrorKind, IdempotencyKey, Isolation, ManualClock,
    Mode, Money, Provider, Spend,
};
use ae_safety::{
    AccountSpec, ActionEnd, Approval, ApprovalDesk, ApprovalQuery, ApprovalRequest, AuditEvent, AuditReceipt,
    AuditSink, BudgetLedger, Decision, Gate, GateTable, Gatekeeper, Grant, Guarded, HoldState, MemoryAudit,
    MemoryDesk, MemoryLedger, Order, PolicyGate, Redactor, Refusal, Ruling, Scope, request_digest,
};
use proptest::prelude::*;
use serde::Serialize;

use crate::support::{block_on, cents, clock, digest, key, run, runtime};

/// Counts what is done with it.
#[derive(Debug, Default)]
struct Site {
    deployed: AtomicU32,
}

#[async_trait::async_trait]
trait Deploys {
    async fn deploy(&self, key: &IdempotencyKey, release: &Release) -> Result<String, BackendError>;
}

#[async_trait::async_trait]
impl Deploys for Site {
    async fn deploy(&self, _: &IdempotencyKey, release: &Release) -> Result<String, BackendError> {
        self.deployed.fetch_add(1, Ordering::SeqCst);
        Ok(release.site.clone())
    }
}

fn provider() -> Provider {
    Provider::new("test", Mode::Test)
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
    Action::new(kind, "deploy", "csv-tool", request_digest(request).unwrap())
        .with_provider(provider())
        .with_spend(Spend::Free)
}

fn deploy() -> Action {
    action(ActionKind::Deploy, &release())
}

fn call(cost: i64) -> Action {
    action(ActionKind::CallModel, &release()).with_spend(Spend::AtMost(cents(cost)))
}

async fn go(
    site: &Guarded<Site>,
    key: &IdempotencyKey,
    action: Action,
    grant: &Grant,
    end: ActionEnd,
) -> Result<Result<(), Refusal>, BackendError> {
    let permit = match site.authorize(key, action, release(), grant).await? {
        Ok(permit) => permit,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let redeemed = match permit.redeem().await? {
        Ok(redeemed) => redeemed,
        Err(refusal) => return Ok(Err(refusal)),
    };
    redeemed.backend().deploy(redeemed.key(), redeemed.request()).await?;
    redeemed.finish(end).await.map(Ok)
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
        Self { clock, desk, ledger, audit, site: Guarded::new(Site::default(), provider(), keeper) }
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
        block_on(go(&self.site, key, action, grant, end)).unwrap()
    }

    fn authorize(&self, key: &IdempotencyKey, action: Action, release: Release, grant: &Grant) -> Refusal {
        block_on(self.site.authorize(key, action, release, grant)).unwrap().unwrap_err()
    }

    /// As far as the backend, then the process dies.
    fn die(&self, key: &IdempotencyKey, action: Action, grant: &Grant) {
        block_on(async {
            let permit = self.site.authorize(key, action, release(), grant).await.unwrap().unwrap();
            let redeemed = permit.redeem().await.unwrap().unwrap();
            redeemed.backend().deploy(redeemed.key(), redeemed.request()).await.unwrap();
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
    let asks = world.authorize(&key(0), deploy(), release(), &payer());
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
        deploy().with_isolation(Isolation::Container),
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
    let unknown = block_on(world.site.authorize(&key(0), deploy(), release(), &unknown)).unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
}

#[test]
fn unconfined_code_is_denied_whoever_approves() {
    let world = World::new(0);
    let code = action(ActionKind::ExecuteCode, &release());
    let grant = world.approve(&code);
    let refusal = world.go(&key(0), code.clone(), &grant, ActionEnd::done(None)).unwrap_err();
    assert!(matches!(refusal, Refusal::Denied { gate: Some(Gate::SandboxRequired), .. }));
    world.go(&key(0), code.with_isolation(Isolation::Container), &payer(), ActionEnd::done(None)).unwrap();
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
    assert!(matches!(&over, Refusal::OverBudget { scope: at, .. } if *at == scope()), "{over:?}");
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
    assert_eq!(
        world.money(),
        (cents(0), cents(5), true),
        "a cost that was not stated is posted, and freezes"
    );
}

#[test]
fn a_cost_that_is_not_stated_is_refused_whatever_the_budget() {
    for limit in [0, 1000] {
        let world = World::new(limit);
        let mut unset = call(1);
        unset.spend = None;
        for grant in [payer(), Grant::new("agent")] {
            let refusal = world.go(&key(0), unset.clone(), &grant, done(500)).unwrap_err();
            assert!(
                matches!(&refusal, Refusal::Denied { reason, .. } if reason.contains("cost")),
                "{refusal:?}"
            );
        }
        assert_eq!(world.money(), (cents(0), cents(0), false));
    }
    let refusal = World::new(0).go(&key(0), call(500), &payer(), done(500)).unwrap_err();
    assert!(matches!(refusal, Refusal::OverBudget { .. }), "{refusal:?}");
}

#[test]
fn an_overrun_stops_what_costs_and_not_what_is_free() {
    let world = World::new(10);
    world.go(&key(0), call(10), &payer(), done(11)).unwrap();
    assert_eq!(world.money(), (cents(0), cents(11), true), "spent is spent, and the account is frozen");
    let refusal = world.go(&key(1), call(1), &payer(), done(1)).unwrap_err();
    assert!(matches!(refusal, Refusal::OverBudget { .. }), "{refusal:?}");
    let free = action(ActionKind::CallModel, &release());
    world.go(&key(2), free.clone(), &payer(), ActionEnd::done(None)).unwrap();
    world.go(&key(3), free, &payer(), failed(Effect::Unknown)).unwrap();
    assert_eq!(world.money(), (cents(0), cents(11), true));
}

#[test]
fn a_failure_settles_what_it_cost() {
    let world = World::new(100);
    let failed = |effect, cost| {
        let error = BackendError::new(ErrorKind::Cancelled, "test", "deploy", "cut off").with_effect(effect);
        ActionEnd::failed(&error.with_cost(cents(cost)))
    };
    // Each attempt pays for itself, also when two cost the same.
    for spent in [20, 40] {
        world.go(&key(0), call(60), &payer(), failed(Effect::NotApplied, 20)).unwrap();
        assert_eq!(world.money(), (cents(0), cents(spent), false));
    }
    world.go(&key(0), call(60), &payer(), done(20)).unwrap();
    world.go(&key(0), call(60), &payer(), done(20)).unwrap();
    assert_eq!(world.money(), (cents(0), cents(60), false), "and the answer is paid once");
    world.go(&key(1), call(30), &payer(), failed(Effect::Unknown, 10)).unwrap();
    assert_eq!(world.money(), (cents(0), cents(70), false));
    world.die(&key(2), call(10), &payer());
    world.go(&key(2), call(10), &payer(), failed(Effect::NotApplied, 5)).unwrap();
    assert_eq!(world.money(), (cents(10), cents(75), false), "the attempt in doubt stays counted");
}

#[test]
fn an_approval_names_who_acts() {
    let world = World::new(0);
    let grant = world.approve(&deploy());
    for other in [Provider::new("test", Mode::Live), Provider::new("other", Mode::Test)] {
        let refusal = world.authorize(&key(0), deploy().with_provider(other.clone()), release(), &grant);
        assert_eq!(refusal, Refusal::OtherProvider { expected: provider(), found: other });
    }
    // A yes to the test provider is none to the live one, which is guarded with the same keeper.
    let live = Provider::new("test", Mode::Live);
    let site = Guarded::new(Site::default(), live, world.site.keeper().clone());
    let mut unstamped = deploy();
    unstamped.provider = None;
    let refusal =
        block_on(site.authorize(&key(0), unstamped.clone(), release(), &grant)).unwrap().unwrap_err();
    assert!(
        matches!(&refusal, Refusal::NeedsApproval { action, .. } if *action == site.stamp(unstamped.clone()).digest())
    );
    world.go(&key(0), unstamped, &grant, ActionEnd::done(None)).unwrap();
}

#[test]
fn an_order_is_performed_from_the_gate_to_the_books() {
    let world = World::new(100);
    let perform = |key: &IdempotencyKey, action: Action, cost: Option<i64>| {
        let grant = payer();
        let order = Order::new(key, action, release(), &grant);
        block_on(world.site.perform(
            order,
            |site, key, release| site.deploy(key, release),
            |_| cost.map(cents),
        ))
    };
    assert_eq!(perform(&key(0), call(60), Some(25)).unwrap(), Ok("csv-tool".to_owned()));
    assert_eq!(world.money(), (cents(0), cents(25), false));
    let refusal = perform(&key(1), call(76), Some(1)).unwrap().unwrap_err();
    let stored = serde_json::to_string(&refusal).unwrap();
    assert_eq!(serde_json::from_str::<Refusal>(&stored).unwrap(), refusal.clone());
    assert_eq!(perform(&key(2), call(30), None).unwrap().unwrap(), "csv-tool");
    assert_eq!(world.money(), (cents(30), cents(25), false), "not measured is not nothing");

    let fails =
        |_: &Site| BackendError::new(ErrorKind::RateLimited, "test", "deploy", "wait").with_cost(cents(2));
    let grant = payer();
    let third = key(3);
    let order = Order::new(&third, call(10), release(), &grant);
    let failed = block_on(world.site.perform(
        order,
        |site, _, _| Box::pin(async move { Err::<(), _>(fails(site)) }),
        |()| None,
    ));
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(world.money(), (cents(30), cents(27), false));
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
    let answer = block_on(go(&world.site, &key(0), call(59), &payer(), done(1)));
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Conflict);
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

/// Breaks at the chosen part.
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
    let site = Guarded::new(Site::default(), provider(), keeper);
    let attempt = |scope: Scope| {
        let grant = Grant::new("agent").with_budget(scope);
        block_on(go(&site, &key(0), call(60), &grant, done(10)))
    };
    for part in ["gate", "audit"] {
        *fault.broken.lock().unwrap() = Some(part);
        let error = attempt(scope()).unwrap_err();
        assert_eq!(error.backend(), "fault");
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::NotApplied));
    }
    *fault.broken.lock().unwrap() = None;
    assert_eq!(attempt(Scope::Portfolio(Currency::EUR)).unwrap_err().kind(), ErrorKind::NotFound);
    attempt(scope()).unwrap().unwrap();
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
        let refusal = world.authorize(&key(0), deploy(), changed.clone(), &grant);
        let Refusal::Mismatch { expected, found } = refusal else { panic!("{refusal:?}") };
        prop_assert_eq!((expected, found), (deploy().request, request_digest(&changed).unwrap()));
        // An action that names the changed request is another action, which was not approved.
        let rebuilt = action(ActionKind::Deploy, &changed);
        let refusal = world.authorize(&key(0), rebuilt, changed, &grant);
        prop_assert!(matches!(refusal, Refusal::NeedsApproval { .. }), "{:?}", refusal);
    }
}
