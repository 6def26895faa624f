use ae_core::ErrorKind;
use ae_safety::{
    ApprovalDesk, ApprovalQuery, ApprovalRequest, ApprovalStatus, MemoryDesk, Ruling, SqliteDesk,
    SqliteLedger, conformance::approvals as conformance,
};

use crate::support::{TempFile, block_on, clock, digest, key, runtime};

#[test]
fn the_desk_in_memory_keeps_the_contract() {
    let clock = clock();
    block_on(conformance::run_all(&MemoryDesk::new(runtime(&clock)), &clock));
}

#[test]
fn the_desk_in_sqlite_keeps_the_contract() {
    let (file, clock) = (TempFile::new(), clock());
    let desk = SqliteDesk::open(file.path(), runtime(&clock)).unwrap();
    block_on(conformance::run_all(&desk, &clock));
    drop(desk);
    let reopen = || -> Box<dyn ApprovalDesk> {
        Box::new(SqliteDesk::open(file.path(), crate::support::shared_runtime()).unwrap())
    };
    block_on(conformance::c9_answers_survive_a_restart(reopen));
}

#[test]
fn two_handles_see_each_others_answers() {
    let (file, clock) = (TempFile::new(), clock());
    let open = || SqliteDesk::open(file.path(), runtime(&clock)).unwrap();
    let (asks, decides) = (open(), open());
    block_on(async {
        let request = ApprovalRequest::new("May it?", "agent", digest("s")).with_covers([digest("a")]);
        let id = asks.request(&key(0), request).await.unwrap().id;
        let pending = ApprovalQuery::new().with_status(ApprovalStatus::Pending);
        assert_eq!(decides.list(&pending).await.unwrap().len(), 1);
        decides.decide(id, Ruling::approve("ada")).await.unwrap();
        assert_eq!(asks.get(id).await.unwrap().status, ApprovalStatus::Approved);
        asks.consume(&key(1), id, digest("a")).await.unwrap();
        let second = decides.consume(&key(2), id, digest("a")).await.unwrap_err();
        assert_eq!(second.kind(), ErrorKind::Conflict);
    });
}

#[test]
fn a_reader_sees_what_expired_and_changes_nothing() {
    let (file, clock) = (TempFile::new(), clock());
    assert_eq!(
        SqliteDesk::open_read_only(file.path(), runtime(&clock)).unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert_eq!(SqliteLedger::open_read_only(file.path()).unwrap_err().kind(), ErrorKind::NotFound);
    let desk = SqliteDesk::open(file.path(), runtime(&clock)).unwrap();
    SqliteLedger::open(file.path()).unwrap();
    SqliteLedger::open_read_only(file.path()).unwrap();
    block_on(async {
        let request = ApprovalRequest::new("May it?", "agent", digest("s"));
        let id = desk.request(&key(0), request.clone()).await.unwrap().id;
        let reader = SqliteDesk::open_read_only(file.path(), runtime(&clock)).unwrap();
        let found = |status| ApprovalQuery::new().with_status(status);
        assert_eq!(reader.list(&found(ApprovalStatus::Pending)).await.unwrap().len(), 1);
        clock.advance(std::time::Duration::from_secs(60 * 60 * 24 * 365));
        assert_eq!(reader.list(&found(ApprovalStatus::Pending)).await.unwrap(), []);
        assert_eq!(reader.list(&found(ApprovalStatus::Expired)).await.unwrap().len(), 1);
        assert_eq!(reader.get(id).await.unwrap().status, ApprovalStatus::Expired);
        let refused = reader.request(&key(1), request).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
    });
}

#[test]
fn stores_share_a_file_with_each_other_and_with_others() {
    let (file, clock) = (TempFile::new(), clock());
    let theirs = rusqlite::Connection::open(file.path()).unwrap();
    theirs
        .execute_batch("PRAGMA user_version = 7; CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
        .unwrap();
    SqliteDesk::open(file.path(), runtime(&clock)).unwrap();
    SqliteLedger::open(file.path()).unwrap();
    SqliteDesk::open(file.path(), runtime(&clock)).unwrap();
    let version: i64 = theirs.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    let rows: i64 = theirs.query_row("SELECT count(*) FROM theirs", [], |row| row.get(0)).unwrap();
    let foreign = "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'safety_%' AND name NOT LIKE 'sqlite_%' AND name <> 'ae_schema'";
    let names: i64 = theirs.query_row(foreign, [], |row| row.get(0)).unwrap();
    assert_eq!((version, rows, names), (7, 1, 1));
}

#[test]
fn a_newer_or_damaged_file_is_refused_and_left_alone() {
    let (file, clock) = (TempFile::new(), clock());
    SqliteDesk::open(file.path(), runtime(&clock)).unwrap();
    let other = rusqlite::Connection::open(file.path()).unwrap();
    other.execute("UPDATE ae_schema SET version = 99", []).unwrap();
    let error = SqliteDesk::open(file.path(), runtime(&clock)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("version 99"), "{error}");

    let garbage = TempFile::new();
    let bytes = b"this is not a database, but a file ".repeat(100);
    std::fs::write(garbage.path(), &bytes).unwrap();
    for error in [
        SqliteDesk::open(garbage.path(), runtime(&clock)).unwrap_err(),
        SqliteLedger::open(garbage.path()).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Protocol, "{error:?}");
    }
    assert_eq!(std::fs::read(garbage.path()).unwrap(), bytes);

    let absent = garbage.path().join("no/such/folder");
    assert_eq!(SqliteDesk::open(absent, runtime(&clock)).unwrap_err().kind(), ErrorKind::PermissionDenied);
}

#[test]
fn a_damaged_record_is_an_error_and_not_a_yes() {
    let (file, clock) = (TempFile::new(), clock());
    let desk = SqliteDesk::open(file.path(), runtime(&clock)).unwrap();
    let request = ApprovalRequest::new("May it?", "agent", digest("s"));
    let id = block_on(desk.request(&key(0), request)).unwrap().id;
    let other = rusqlite::Connection::open(file.path()).unwrap();
    other.execute("UPDATE safety_approvals SET record = '{\"status\":\"approved\"}'", []).unwrap();
    assert_eq!(block_on(desk.get(id)).unwrap_err().kind(), ErrorKind::Protocol);
}
