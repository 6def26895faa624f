use ae_core::{BackendError, Currency, ErrorKind};
use ae_safety::{
    AccountSpec, BudgetLedger, MemoryLedger, Reserve, Scope, SqliteLedger, conformance::budget as conformance,
};

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
        one.open(&AccountSpec::portfolio(Currency::USD)).await.unwrap();
        one.open(&AccountSpec::new(scope.clone(), portfolio(), usd("10"))).await.unwrap();
        one.reserve(&key(0), &Reserve::new(scope.clone(), usd("6"))).await.unwrap();
        let error = two.reserve(&key(1), &Reserve::new(scope.clone(), usd("6"))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::QuotaExceeded);
        two.void(&key(0)).await.unwrap();
        one.reserve(&key(2), &Reserve::new(scope.clone(), usd("10"))).await.unwrap();
        assert_eq!(two.status(&scope).await.unwrap().remaining(), Some(usd("0")));
    });
}

fn portfolio() -> Scope {
    Scope::Portfolio(Currency::USD)
}

/// A ledger with one hold of 6 that is open and one of 2 that was settled with 1, in a run within a project.
fn used_ledger(file: &TempFile) -> SqliteLedger {
    let ledger = SqliteLedger::open(file.path()).unwrap();
    let scope = Scope::Run(run("run"));
    block_on(async {
        ledger.open(&AccountSpec::portfolio(Currency::USD)).await.unwrap();
        ledger.open(&AccountSpec::new(scope.clone(), portfolio(), usd("10"))).await.unwrap();
        ledger.reserve(&key(0), &Reserve::new(scope.clone(), usd("6"))).await.unwrap();
        ledger.reserve(&key(1), &Reserve::new(scope.clone(), usd("2"))).await.unwrap();
        ledger.settle(&key(1), usd("1")).await.unwrap();
        ledger.reserve(&key(2), &Reserve::new(scope, usd("0"))).await.unwrap();
    });
    ledger
}

fn assert_do_not_add_up(result: Result<impl std::fmt::Debug, BackendError>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.message().contains("do not add up"), "{error}");
}

#[test]
fn what_is_open_is_checked_when_the_file_is_opened() {
    for damage in [
        "UPDATE safety_accounts SET reserved_pico = '0'",
        "UPDATE safety_accounts SET reserved_pico = '0' WHERE scope = 'portfolio:USD'",
        "UPDATE safety_accounts SET reserved_pico = '7' WHERE scope LIKE 'run:%'",
        "UPDATE safety_holds SET state = 'voided'",
        "UPDATE safety_holds SET amount_pico = '7' WHERE state = 'open'",
        "UPDATE safety_accounts SET parent = NULL",
    ] {
        let file = TempFile::new();
        drop(used_ledger(&file));
        block_on(SqliteLedger::open(file.path()).unwrap().verify()).unwrap();
        let other = rusqlite::Connection::open(file.path()).unwrap();
        assert!(other.execute(damage, []).unwrap() > 0, "{damage}");
        assert_do_not_add_up(SqliteLedger::open(file.path()));
    }
}

#[test]
fn what_is_over_is_checked_when_asked() {
    for damage in [
        "UPDATE safety_accounts SET settled_pico = '0'",
        "UPDATE safety_holds SET actual_pico = '7' WHERE state = 'settled'",
        "UPDATE safety_holds SET refunded_pico = '1' WHERE state = 'settled'",
        "UPDATE safety_holds SET state = 'voided', actual_pico = NULL WHERE state = 'settled'",
    ] {
        let file = TempFile::new();
        let ledger = used_ledger(&file);
        block_on(ledger.verify()).unwrap();
        let other = rusqlite::Connection::open(file.path()).unwrap();
        assert!(other.execute(damage, []).unwrap() > 0, "{damage}");
        assert_do_not_add_up(block_on(ledger.verify()));
    }
}
