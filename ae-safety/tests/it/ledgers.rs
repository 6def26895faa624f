use ae_core::ErrorKind;
use ae_safety::{AccountSpec, BudgetLedger, MemoryLedger, Reserve, Scope, SqliteLedger, budget::conformance};

use crate::support::{TempFile, block_on, key, run, usd};

#[test]
fn the_ledger_in_memory_keeps_the_contract() {
    block_on(conformance::run_all(&MemoryLedger::new()));
}

#[test]
fn the_ledger_in_sqlite_keeps_the_contract() {
    let file = TempFile::new();
    block_on(conformance::run_all(&SqliteLedger::open(file.path()).unwrap()));
    let reopen = || -> Box<dyn BudgetLedger> { Box::new(SqliteLedger::open(file.path()).unwrap()) };
    block_on(conformance::c10_money_survives_a_restart(reopen));
}

#[test]
fn two_handles_spend_from_one_account() {
    let file = TempFile::new();
    let (one, two) = (SqliteLedger::open(file.path()).unwrap(), SqliteLedger::open(file.path()).unwrap());
    let scope = Scope::Run(run("run"));
    block_on(async {
        one.open(&AccountSpec::new(scope.clone(), usd("10"))).await.unwrap();
        one.reserve(&key(0), &Reserve::new(scope.clone(), usd("6"))).await.unwrap();
        let error = two.reserve(&key(1), &Reserve::new(scope.clone(), usd("6"))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
        two.void(&key(0)).await.unwrap();
        one.reserve(&key(2), &Reserve::new(scope.clone(), usd("10"))).await.unwrap();
        assert_eq!(two.status(&scope).await.unwrap().remaining(), usd("0"));
    });
}

#[test]
fn books_that_do_not_add_up_are_refused() {
    let file = TempFile::new();
    let ledger = SqliteLedger::open(file.path()).unwrap();
    let scope = Scope::Run(run("run"));
    block_on(async {
        ledger.open(&AccountSpec::new(scope.clone(), usd("10"))).await.unwrap();
        ledger.reserve(&key(0), &Reserve::new(scope, usd("6"))).await.unwrap();
    });
    drop(ledger);
    SqliteLedger::open(file.path()).unwrap();
    let other = rusqlite::Connection::open(file.path()).unwrap();
    other.execute("UPDATE safety_accounts SET reserved_pico = '0'", []).unwrap();
    let error = SqliteLedger::open(file.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.message().contains("do not add up"), "{error}");
}
