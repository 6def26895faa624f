//! Sixty-four threads at one approval and at one budget.

use std::{
    sync::{Arc, Barrier},
    thread,
};

use ae_core::{BackendError, Currency, ErrorKind};
use ae_safety::{
    AccountSpec, ApprovalDesk, ApprovalRequest, ApprovalStatus, AuditEvent, AuditSink, BudgetLedger,
    FileAudit, HoldState, MemoryDesk, MemoryLedger, Redactor, Reserve, Ruling, Scope, SqliteAnchor,
    SqliteDesk, SqliteLedger, verify_file,
};

use crate::support::{TempFile, block_on, cents, digest, key, run, shared_runtime};

const THREADS: u32 = 64;

/// Runs `work` in all threads at the same moment.
fn race<T: Send + 'static>(work: impl Fn(u32) -> T + Send + Sync + 'static) -> Vec<T> {
    let (work, start) = (Arc::new(work), Arc::new(Barrier::new(THREADS as usize)));
    let spawn = |number| {
        let (work, start) = (Arc::clone(&work), Arc::clone(&start));
        thread::spawn(move || {
            start.wait();
            work(number)
        })
    };
    let threads: Vec<_> = (0..THREADS).map(spawn).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn one_winner<T>(answers: &[Result<T, BackendError>]) {
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    }
}

fn one_approval(desks: Vec<Arc<dyn ApprovalDesk>>) {
    let request = ApprovalRequest::new("May it?", "agent", digest("s")).with_covers([digest("a")]);
    let id = block_on(desks[0].request(&key(0), request.clone())).unwrap().id;
    let desks = Arc::new(desks);
    let desk =
        |desks: &[Arc<dyn ApprovalDesk>], number: u32| Arc::clone(&desks[number as usize % desks.len()]);

    let all = Arc::clone(&desks);
    let asked = race(move |number| block_on(desk(&all, number).request(&key(0), request.clone())));
    assert!(asked.iter().all(|answer| answer.as_ref().unwrap().id == id));

    let all = Arc::clone(&desks);
    let ruled = race(move |number| {
        let name = format!("person {number}");
        let ruling = if number % 2 == 0 { Ruling::approve(name) } else { Ruling::deny(name) };
        block_on(desk(&all, number).decide(id, ruling))
    });
    one_winner(&ruled);
    let present = block_on(desks[0].get(id)).unwrap();
    assert_eq!(ruled.into_iter().find_map(Result::ok).unwrap(), present);

    let used = {
        let all = Arc::clone(&desks);
        race(move |number| block_on(desk(&all, number).consume(&key(100 + number), id, digest("a"))))
    };
    match present.status {
        ApprovalStatus::Approved => one_winner(&used),
        _ => assert!(used.iter().all(Result::is_err)),
    }
}

fn one_budget(ledgers: Vec<Arc<dyn BudgetLedger>>, rounds: u32) {
    let (project, scope) = (Scope::Portfolio(Currency::USD), Scope::Run(run("run")));
    // Room for about half of what everybody wants.
    let limit = cents(i64::from(THREADS * rounds) * 10 / 2);
    block_on(ledgers[0].open(&AccountSpec::portfolio(Currency::USD).with_limit(limit))).unwrap();
    let spec = AccountSpec::new(scope.clone(), project.clone(), limit);
    block_on(ledgers[0].open(&spec)).unwrap();
    let ledgers = Arc::new(ledgers);
    let all = Arc::clone(&ledgers);
    race(move |number| {
        let ledger = &all[number as usize % all.len()];
        for round in 0..rounds {
            let key = key(number * rounds + round);
            let reserve = Reserve::new(scope.clone(), cents(10));
            match block_on(ledger.reserve(&key, &reserve)) {
                Ok(_) if round % 4 == 0 => drop(block_on(ledger.void(&key)).unwrap()),
                Ok(_) if round % 4 == 1 => {
                    // A second settlement with another amount has to lose.
                    block_on(ledger.settle(&key, cents(7))).unwrap();
                    assert_eq!(
                        block_on(ledger.settle(&key, cents(8))).unwrap_err().kind(),
                        ErrorKind::Conflict
                    );
                }
                // Left open, as by a caller that died.
                Ok(_) => {}
                Err(error) => assert_eq!(error.kind(), ErrorKind::QuotaExceeded, "{error:?}"),
            }
            let status = block_on(ledger.status(&Scope::Portfolio(Currency::USD))).unwrap();
            let used = status.reserved.checked_add(status.settled).unwrap();
            assert!(!used.exceeds(limit).unwrap(), "{status:?}");
        }
    });
    let holds = block_on(ledgers[0].holds(&Scope::Run(run("run")))).unwrap();
    let sum = |part: fn(&HoldState) -> i64| cents(holds.iter().map(|hold| part(&hold.state)).sum());
    let status = block_on(ledgers[0].status(&project)).unwrap();
    assert_eq!(status.reserved, sum(|state| if *state == HoldState::Open { 10 } else { 0 }));
    assert_eq!(status.settled, sum(|state| if matches!(state, HoldState::Settled { .. }) { 7 } else { 0 }));
    assert!(!status.frozen);
}

#[test]
fn one_of_64_wins_an_approval_in_memory() {
    for _ in 0..20 {
        one_approval(vec![Arc::new(MemoryDesk::new(shared_runtime()))]);
    }
}

#[test]
fn one_of_64_wins_an_approval_in_sqlite_over_four_handles() {
    let file = TempFile::new();
    let runtime = shared_runtime();
    let open = |_| Arc::new(SqliteDesk::open(file.path(), runtime.clone()).unwrap()) as Arc<dyn ApprovalDesk>;
    one_approval((0..4).map(open).collect());
}

#[test]
fn sixty_four_threads_do_not_overspend_in_memory() {
    one_budget(vec![Arc::new(MemoryLedger::new())], 200);
}

#[test]
fn sixty_four_threads_do_not_overspend_in_sqlite_over_four_handles() {
    let file = TempFile::new();
    let open = |_| Arc::new(SqliteLedger::open(file.path()).unwrap()) as Arc<dyn BudgetLedger>;
    one_budget((0..4).map(open).collect(), 4);
}

#[test]
fn sixty_four_threads_write_one_chain_over_four_handles() {
    let (file, database) = (TempFile::new(), TempFile::new());
    let open = |_| {
        let anchor = Arc::new(SqliteAnchor::open(database.path()).unwrap());
        FileAudit::open(file.path(), anchor, shared_runtime(), Redactor::new()).unwrap()
    };
    let sinks: Vec<_> = (0..4).map(open).collect();
    let receipts = race(move |number| {
        let sink = &sinks[number as usize % sinks.len()];
        let write =
            |_| block_on(sink.append(&AuditEvent::new("raced", format!("thread {number}")))).unwrap().seq;
        (0..4).map(write).collect::<Vec<_>>()
    });
    let mut all: Vec<_> = receipts.into_iter().flatten().collect();
    all.sort_unstable();
    assert_eq!(all, (0..u64::from(THREADS) * 4).collect::<Vec<_>>());
    let anchor = SqliteAnchor::open_read_only(database.path()).unwrap();
    let report = verify_file(file.path(), &anchor).unwrap();
    assert!(report.is_whole() && report.records == u64::from(THREADS) * 4, "{report:?}");
}

#[test]
fn files_are_made_by_many_at_once() {
    let file = TempFile::new();
    let path = file.path();
    let opened = race(move |_| {
        SqliteLedger::open(&path).map(drop).and_then(|()| SqliteDesk::open(&path, shared_runtime()).map(drop))
    });
    for answer in opened {
        answer.unwrap();
    }
}
