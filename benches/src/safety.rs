//! The audit chain and the budgets.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
};

use ae_core::{Currency, Digest, IdempotencyKey, Money, RunId, Runtime};
use ae_safety::{
    AccountSpec, AuditEvent, AuditSink, BudgetLedger, FileAudit, MemoryAudit, MemoryLedger, Redactor,
    Reserve, Scope, SqliteAnchor, SqliteLedger, verify_file,
};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Builder;

use crate::now;

fn run() -> RunId {
    RunId::from_digest(&Digest::of_bytes("bench", b"run"))
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().build().expect("a runtime without I/O needs no resources");
    runtime.block_on(work)
}

fn events(count: u32) -> Vec<AuditEvent> {
    let detail = |at| serde_json::json!({ "operation": "site/build", "attempt": at, "target": "csv-tool" });
    (0..count)
        .map(|at| AuditEvent::new("action_started", "lifecycle").with_run(run()).with_detail(detail(at)))
        .collect()
}

/// Appends `count` records to an audit log in memory and verifies its chain; how many records are whole.
///
/// # Panics
///
/// When a record is refused or the chain is broken.
pub fn audit(count: u32) -> u64 {
    let log = MemoryAudit::new(Runtime::manual(now(), 1));
    block_on(async {
        for event in events(count) {
            log.append(&event).await.expect("the log is not full");
        }
    });
    let report = log.verify();
    assert!(report.is_whole(), "{report:?}");
    report.records
}

/// The floor: the same events as JSON lines chained by SHA-256 and hashed a second time, without redaction, numbers,
/// times or parsing; how many lines there are.
///
/// # Panics
///
/// Never: the events are plain data.
pub fn hash_chain(count: u32) -> u64 {
    let mut hash = [0_u8; 32];
    let mut lines = Vec::new();
    for event in events(count) {
        let line = serde_json::to_vec(&(event.kind, event.actor, event.detail)).expect("plain data");
        hash = Sha256::new().chain_update(hash).chain_update(&line).finalize().into();
        lines.push((line, hash));
    }
    let mut again = [0_u8; 32];
    for (line, _) in &lines {
        again = Sha256::new().chain_update(again).chain_update(line).finalize().into();
    }
    assert_eq!(again, hash);
    lines.len() as u64
}

/// Appends `count` records to one log in `folder` by `writers` threads, each with a handle and an anchor of its own as if
/// they were processes; how many records are whole.
///
/// # Panics
///
/// When a record is refused or the chain is broken.
pub fn audit_by(writers: u32, folder: &Path, count: u32) -> u64 {
    let folder = tempfile::tempdir_in(folder).expect("a folder that can be written");
    let anchor = || Arc::new(SqliteAnchor::open(folder.path().join("anchor.db")).expect("a file of ours"));
    let open = |_| {
        let log = folder.path().join("audit.jsonl");
        FileAudit::open(log, anchor(), Runtime::system(), Redactor::new()).expect("a file of ours")
    };
    let handles: Vec<_> = (0..writers).map(open).collect();
    std::thread::scope(|scope| {
        for log in &handles {
            scope.spawn(move || {
                for event in events(count / writers) {
                    block_on(log.append(&event)).expect("the log is whole");
                }
            });
        }
    });
    let report = verify_file(folder.path().join("audit.jsonl"), &*anchor()).expect("a file of ours");
    assert!(report.is_whole(), "{report:?}");
    report.records
}

/// Reserves and settles `count` times on a task within a run; what is left.
///
/// # Panics
///
/// When the ledger refuses.
pub fn budget(ledger: &dyn BudgetLedger, count: u32) -> Money {
    let (outer, inner) = (Scope::Run(run()), Scope::Task(run(), "T-001".parse().expect("a plain label")));
    block_on(async {
        let limit = usd(1_000_000_000_000_000);
        let portfolio = AccountSpec::portfolio(Currency::USD);
        ledger.open(&portfolio).await.expect("a new account");
        let around = AccountSpec::new(outer.clone(), portfolio.scope, limit);
        ledger.open(&around).await.expect("a new account");
        ledger.open(&AccountSpec::new(inner.clone(), outer.clone(), limit)).await.expect("a new account");
        for at in 0..count {
            let key = IdempotencyKey::derive(run(), "build", "call_model", at);
            ledger.reserve(&key, &Reserve::new(inner.clone(), usd(2_000_000))).await.expect("it fits");
            ledger.settle(&key, usd(1_000_000)).await.expect("it is reserved");
        }
        ledger.status(&outer).await.expect("it is open").remaining().expect("it has a limit")
    })
}

/// [`budget`] on a new ledger in memory.
pub fn memory_budget(count: u32) -> Money {
    budget(&MemoryLedger::new(), count)
}

/// [`budget`] on a new ledger in a SQLite file in `folder`.
///
/// # Panics
///
/// When the file can't be made.
pub fn sqlite_budget(folder: &Path, count: u32) -> Money {
    let folder = tempfile::tempdir_in(folder).expect("a folder that can be written");
    budget(&SqliteLedger::open(folder.path().join("ledger.db")).expect("a new file"), count)
}

/// The floor in memory: the same keys in one map under a lock, two balances, no states and no checks; what is left.
///
/// # Panics
///
/// When the lock is poisoned.
pub fn two_balances(count: u32) -> Money {
    let book = Mutex::new((BTreeMap::new(), [1_000_000_000_000_000_i128; 2]));
    for at in 0..count {
        let key = IdempotencyKey::derive(run(), "build", "call_model", at);
        let mut reserving = book.lock().expect("nobody panics under it");
        reserving.0.insert(key.clone(), 2_000_000_i128);
        reserving.1.iter_mut().for_each(|left| *left -= 2_000_000);
        drop(reserving);
        let mut settling = book.lock().expect("nobody panics under it");
        settling.0.insert(key, 1_000_000);
        settling.1.iter_mut().for_each(|left| *left += 1_000_000);
    }
    let left = book.lock().expect("nobody panics under it").1;
    usd(left.iter().copied().min().unwrap_or(0))
}

/// The floor on disk: one row written and one changed, each in its own durable commit; how many rows there are.
///
/// # Panics
///
/// When the file can't be made or written.
pub fn two_commits(folder: &Path, count: u32) -> u32 {
    let folder = tempfile::tempdir_in(folder).expect("a folder that can be written");
    let db = rusqlite::Connection::open(folder.path().join("floor.db")).expect("a new file");
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE hold (key TEXT PRIMARY KEY, amount INTEGER NOT NULL) STRICT;",
    )
    .expect("a new file");
    for at in 0..count {
        let key = IdempotencyKey::derive(run(), "build", "call_model", at);
        db.execute("INSERT INTO hold VALUES (?1, 2000000)", [key.as_str()]).expect("a new row");
        db.execute("UPDATE hold SET amount = 1000000 WHERE key = ?1", [key.as_str()]).expect("its row");
    }
    db.query_row("SELECT count(*) FROM hold", [], |row| row.get(0)).expect("a count")
}

fn usd(pico: i128) -> Money {
    Money::from_pico(pico, Currency::USD).expect("far below the largest amount")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_and_floors_do_the_same() {
        assert_eq!((audit(5), hash_chain(5)), (5, 5));
        assert_eq!(audit_by(2, tempfile::tempdir().unwrap().path(), 6), 6);
        assert_eq!(memory_budget(5), two_balances(5));
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(sqlite_budget(folder.path(), 5), two_balances(5));
        assert_eq!(two_commits(folder.path(), 5), 5);
    }
}
