//! The ledger in a file: restarts, other processes, damage.

use std::{fs, path::PathBuf, sync::Arc};

use ae_billing::{BillingConfig, Intake, NewOrder, PaymentProvider, SqliteBilling};
use ae_core::{ErrorKind, RunId, Runtime};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::{
    ledgers::Ledger,
    world::{BASE, clocked, intake, key, open, receive, run, start, sums, try_open, usd, wait},
};

struct File {
    folder: TempDir,
    runtime: Runtime,
}

impl File {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), runtime: clocked().1 }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("billing.db")
    }

    fn open(&self) -> Result<SqliteBilling, ae_core::BackendError> {
        SqliteBilling::open_or_create(self.path(), self.runtime.clone(), BillingConfig::new(BASE))
    }

    fn ledger(&self) -> Arc<dyn Ledger> {
        Arc::new(self.open().unwrap())
    }

    fn sql(&self, sql: &str) {
        Connection::open(self.path()).unwrap().execute_batch(sql).unwrap();
    }
}

/// Every call of a launch and a sale, in order; each opens the file again, as a process that was killed would.
fn steps(file: &File, run: RunId) -> Vec<Box<dyn Fn() + '_>> {
    let shop = move || open(&*file.ledger(), run);
    vec![
        Box::new(move || drop(shop())),
        Box::new(move || drop(shop().paid(&*file.ledger(), "pay", "CUST-1", 0))),
        Box::new(move || {
            for event in wait(file.ledger().pending_events(10)).unwrap() {
                receive(&intake(&file.ledger()), event.body.as_bytes(), start()).unwrap();
            }
        }),
        Box::new(move || {
            for event in wait(file.ledger().pending_events(10)).unwrap() {
                wait(file.ledger().mark_delivered(&event.id)).unwrap();
            }
        }),
    ]
}

#[test]
fn a_process_killed_between_any_two_calls_leaves_one_of_each() {
    let reference = {
        let file = File::new();
        steps(&file, run("kill")).iter().for_each(|step| step());
        wait(file.ledger().verify_journal(None)).unwrap()
    };
    for killed_after in 0..4 {
        let file = File::new();
        let steps = steps(&file, run("kill"));
        steps.iter().take(killed_after + 1).for_each(|step| step());
        steps.iter().for_each(|step| step());
        let ledger = file.ledger();
        assert_eq!(wait(ledger.verify_journal(None)).unwrap(), reference, "killed after step {killed_after}");
        assert_eq!(wait(ledger.find(run("kill"))).unwrap().len(), 5);
        let revenue = wait(ledger.revenue(run("kill"))).unwrap();
        assert_eq!((sums(&revenue).payments, sums(&revenue).gross), (1, usd("29.99")));
        assert!(wait(ledger.pending_events(10)).unwrap().is_empty());
    }
}

#[test]
fn a_write_that_breaks_at_any_statement_leaves_nothing() {
    let counts = |file: &File| {
        let connection = Connection::open(file.path()).unwrap();
        let count = |table: &str| -> i64 {
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
        };
        ["billing_keys", "billing_payments", "billing_outbox", "billing_journal"].map(count)
    };
    for table in ["billing_keys", "billing_payments", "billing_outbox"] {
        let file = File::new();
        let shop = open(&*file.ledger(), run("break"));
        let before = counts(&file);
        file.sql(&format!(
            "CREATE TRIGGER stop BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'stop'); END;"
        ));
        let ledger = file.ledger();
        let broken = wait(ledger.record_payment(&key(shop.run, "pay"), shop.pays("CUST-1", 0)));
        assert_eq!(broken.unwrap_err().effect(), ae_core::Effect::NotApplied, "{table}");
        assert_eq!(counts(&file), before, "{table}");
        file.sql("DROP TRIGGER stop");
        assert_eq!(shop.paid(&*ledger, "pay", "CUST-1", 0).invoice, "INV-000001");
        wait(ledger.verify_journal(None)).unwrap();
    }
}

#[test]
fn an_event_that_can_not_be_kept_is_not_booked_either() {
    let file = File::new();
    let ledger = file.ledger();
    let shop = open(&*ledger, run("atomic"));
    shop.paid(&*ledger, "a", "CUST-1", 0);
    let raw = wait(ledger.pending_events(1)).unwrap().remove(0).body.into_bytes();
    file.sql("CREATE TRIGGER stop BEFORE INSERT ON billing_events BEGIN SELECT RAISE(ABORT, 'stop'); END;");
    receive(&intake(&ledger), &raw, start()).unwrap_err();
    assert_eq!(wait(ledger.revenue(shop.run)).unwrap().payments(), 0);
    file.sql("DROP TRIGGER stop");
    assert!(matches!(receive(&intake(&ledger), &raw, start()).unwrap(), Intake::Accepted { .. }));
    assert_eq!(wait(ledger.revenue(shop.run)).unwrap().payments(), 1);
}

#[test]
fn many_threads_on_their_own_handles_make_one_of_each_and_number_without_gaps() {
    let file = File::new();
    let shops: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|number| {
                let file = &file;
                scope.spawn(move || {
                    let ledger = file.ledger();
                    let shop = open(&*ledger, run("threads"));
                    for payment in 0..5 {
                        shop.paid(&*ledger, &format!("{number} {payment}"), &format!("CUST-{number}"), 0);
                        shop.paid(&*ledger, "common", "CUST-9", 1);
                    }
                    shop
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(shops.iter().all(|shop| shop.link.id == shops[0].link.id && shop.prices == shops[0].prices));
    let ledger = file.ledger();
    assert_eq!(wait(ledger.find(run("threads"))).unwrap().len(), 5);
    let view = wait(ledger.link(shops[0].link_id())).unwrap().unwrap();
    let mut invoices: Vec<_> = view.paid.into_iter().map(|payment| payment.invoice).collect();
    invoices.sort();
    assert_eq!(invoices, (1..=21).map(|number| format!("INV-{number:06}")).collect::<Vec<_>>());
    wait(ledger.verify_journal(None)).unwrap();
}

#[test]
fn tampering_with_rows_or_journal_is_noticed() {
    for (what, sql) in [
        ("a price", "UPDATE billing_prices SET body = replace(body, '29.99', '0.01')"),
        ("a payment", "DELETE FROM billing_payments"),
        ("a row of nobody", "INSERT INTO billing_events (id, run, owner, body) VALUES ('x', '', '', '{}')"),
        (
            "an entry",
            "DROP TRIGGER billing_journal_no_update; UPDATE billing_journal SET body = '{}' WHERE position = 3",
        ),
        (
            "a time",
            "DROP TRIGGER billing_journal_no_update; UPDATE billing_journal SET at = 'x' WHERE position = 3",
        ),
        ("a gap", "DROP TRIGGER billing_journal_no_delete; DELETE FROM billing_journal WHERE position = 3"),
        (
            "the end",
            "DROP TRIGGER billing_journal_no_delete;
            DELETE FROM billing_journal WHERE position = (SELECT max(position) FROM billing_journal)",
        ),
    ] {
        let file = File::new();
        let ledger = file.ledger();
        open(&*ledger, run("tamper")).paid(&*ledger, "a", "CUST-1", 0);
        wait(ledger.verify_journal(None)).unwrap();
        file.sql(sql);
        let noticed = wait(ledger.verify_journal(None)).unwrap_err();
        assert_eq!(noticed.kind(), ErrorKind::Protocol, "{what}: {noticed}");
    }
}

#[test]
fn many_may_open_a_new_file_at_once() {
    for _ in 0..20 {
        let file = File::new();
        let barrier = std::sync::Barrier::new(6);
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    barrier.wait();
                    open(&*file.ledger(), run("opened"));
                });
            }
        });
        assert_eq!(wait(file.ledger().find(run("opened"))).unwrap().len(), 5);
    }
}

#[test]
fn the_journal_is_append_only_by_the_databases_own_rules() {
    let file = File::new();
    open(&*file.ledger(), run("append"));
    let connection = Connection::open(file.path()).unwrap();
    for sql in ["UPDATE billing_journal SET body = ''", "DELETE FROM billing_journal"] {
        assert!(connection.execute(sql, []).unwrap_err().to_string().contains("append-only"));
    }
}

#[test]
fn a_newer_or_foreign_file_is_refused_and_left_as_it_is() {
    let file = File::new();
    open(&*file.ledger(), run("newer"));
    file.sql("UPDATE ae_schema SET version = 4");
    let newer = file.open().unwrap_err();
    assert!(newer.kind() == ErrorKind::Unsupported && newer.message().contains("version 4"), "{newer}");
    file.sql("UPDATE ae_schema SET version = 3");
    assert_eq!(wait(file.open().unwrap().find(run("newer"))).unwrap().len(), 5);

    let garbage = File::new();
    fs::write(garbage.path(), b"this is not a database, and it must survive".repeat(50)).unwrap();
    let before = fs::read(garbage.path()).unwrap();
    assert_eq!(garbage.open().unwrap_err().kind(), ErrorKind::Protocol);
    assert_eq!(fs::read(garbage.path()).unwrap(), before);
}

#[test]
fn a_file_of_the_first_version_takes_orders_and_keeps_all_it_had() {
    let file = File::new();
    let shop = open(&*file.ledger(), run("older"));
    let paid = shop.paid(&*file.ledger(), "pay", "CUST-1", 0);
    let before = wait(file.ledger().verify_journal(None)).unwrap();
    // The first version had every table but these.
    file.sql(
        "DROP TABLE billing_orders; DROP TABLE billing_names; DROP TABLE billing_sales; DROP TABLE billing_aliases;
         DROP TABLE billing_disputes; UPDATE ae_schema SET version = 1",
    );
    let ledger = file.ledger();
    assert_eq!(wait(ledger.verify_journal(Some(&before))).unwrap(), before);
    assert_eq!(shop.paid(&*ledger, "pay", "CUST-1", 0), paid);
    let order = NewOrder::new(shop.link.id.clone(), shop.prices[0].id.clone());
    let order = wait(ledger.place_order(&key(shop.run, "order"), order)).unwrap().into_inner();
    assert_eq!(wait(file.ledger().order(&order.id)).unwrap().unwrap().order, order);
    wait(ledger.verify_journal(Some(&before))).unwrap();
}

#[test]
fn a_ledger_that_is_gone_is_named_and_not_made_again() {
    let file = File::new();
    let config = || BillingConfig::new(BASE);
    let existing = || SqliteBilling::open(file.path(), file.runtime.clone(), config());
    let read_only = || SqliteBilling::open_read_only(file.path(), file.runtime.clone(), config());
    for missing in [existing().unwrap_err(), read_only().unwrap_err()] {
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        assert!(missing.message().contains("billing.db"), "{missing}");
    }
    assert!(!file.path().exists());
    file.sql("CREATE TABLE mine (x)");
    assert_eq!(existing().unwrap_err().kind(), ErrorKind::NotFound, "a file without a ledger");
    open(&*file.ledger(), run("gone"));
    assert_eq!(wait(existing().unwrap().find(run("gone"))).unwrap().len(), 5);

    let reader = read_only().unwrap();
    assert_eq!(wait(reader.find(run("gone"))).unwrap().len(), 5);
    let refused = try_open(&reader, run("written")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
    assert!(wait(reader.find(run("written"))).unwrap().is_empty());
}

#[test]
fn the_file_may_hold_other_tables() {
    let file = File::new();
    file.sql("CREATE TABLE mine (x); INSERT INTO mine VALUES (7); PRAGMA user_version = 42;");
    open(&*file.ledger(), run("shared"));
    let connection = Connection::open(file.path()).unwrap();
    let kept: (i64, i64) = connection
        .query_row("SELECT x, (SELECT user_version FROM pragma_user_version) FROM mine", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(kept, (7, 42));
}

#[test]
fn links_follow_where_pages_are_served() {
    let file = File::new();
    let before = open(&*file.ledger(), run("moved"));
    let config = BillingConfig::new("https://shop.example/");
    let moved = SqliteBilling::open(file.path(), file.runtime.clone(), config).unwrap();
    let after = try_open(&moved, run("moved")).unwrap();
    assert_eq!(after.link.id, before.link.id);
    assert_eq!(after.link.url, format!("https://shop.example/pay/{}", before.link.id));
}
