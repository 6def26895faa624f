//! The meter on the books of a run.

use std::sync::{Arc, Mutex};

use ae_core::{Currency, IdempotencyKey, ProjectId, RunId, Runtime, TokenUsage};
use ae_harness::{CallAnswer, Meter, ModelCall, conformance::meter as suite};
use ae_router::PriceTable;
use ae_safety::{AccountSpec, BudgetLedger, HoldState, MemoryLedger, Scope};
use lifecycle::glue::meter::{CallNumbers, LedgerMeter, spent};

use super::{MODEL, usd};

fn call() -> ModelCall {
    ModelCall::new("anthropic_messages", MODEL, 4_000).with_output_tokens_max(1_000)
}

/// A ledger with a run that has a dollar.
async fn ledger(run: RunId) -> Arc<dyn BudgetLedger> {
    let ledger = MemoryLedger::new();
    let portfolio = AccountSpec::portfolio(Currency::USD);
    let project = Scope::Project(ProjectId::from_uuid(*run.as_uuid()));
    ledger.open(&portfolio).await.unwrap();
    ledger.open(&AccountSpec::new(project.clone(), portfolio.scope, usd("1"))).await.unwrap();
    ledger.open(&AccountSpec::new(Scope::Run(run), project, usd("1"))).await.unwrap();
    Arc::new(ledger)
}

fn meter(ledger: &Arc<dyn BudgetLedger>, run: RunId, work: &str) -> LedgerMeter {
    let (prices, clock) = (PriceTable::bundled().clone(), Runtime::system().clock);
    LedgerMeter::new(Arc::clone(ledger), prices, clock, run, work, CallNumbers::default())
}

fn run() -> RunId {
    RunId::from_uuid(Runtime::system().ids.new_uuid())
}

#[tokio::test]
async fn it_keeps_the_contract_of_meters() {
    let mut fresh = Vec::new();
    for _ in 0..30 {
        let run = run();
        fresh.push(meter(&ledger(run).await, run, "build/T-001/1"));
    }
    let fresh = Mutex::new(fresh);
    suite::run_all(|| fresh.lock().unwrap().pop().expect("enough meters"), &call()).await;
}

#[tokio::test]
async fn a_process_after_a_crash_takes_no_call_for_one_of_the_lost_one() {
    let run = run();
    let ledger = ledger(run).await;
    let key = |sequence| IdempotencyKey::derive(run, "test", "call", sequence);
    let lost = meter(&ledger, run, "build/T-003/1");
    lost.reserve(&key(0), &call()).await.unwrap();
    let answer = CallAnswer::new().with_usage(TokenUsage::new(1_000, 100));
    lost.settle(&key(0), &answer).await.unwrap();
    let aside = lost.reserve(&key(1), &call()).await.unwrap().unwrap();

    // The same words as before: another call all the same.
    let next = meter(&ledger, run, "build/T-003/1");
    next.reserve(&key(0), &call()).await.unwrap();
    next.settle(&key(0), &answer).await.unwrap();
    let holds = ledger.holds(&Scope::Run(run)).await.unwrap();
    assert_eq!(holds.len(), 3);
    assert_eq!(holds.iter().filter(|hold| hold.state == HoldState::Open).count(), 1);
    let all = spent(&*ledger, run, "build").await.unwrap();
    assert_eq!(all, usd("0.009").checked_add(aside).unwrap());
    assert!(spent(&*ledger, run, "author").await.unwrap().is_zero());
}
