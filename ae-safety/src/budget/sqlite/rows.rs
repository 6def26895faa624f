//! Accounts, holds and refunds as rows. Amounts are pico-units as text, since SQLite's integers are too small.

use ae_core::{Currency, IdempotencyKey, Money};
use ae_core_sqlite::{
    Failure,
    rusqlite::{Connection, OptionalExtension, Row, params},
};

use crate::budget::{AccountStatus, Hold, HoldState, Refund, Reserve, Scope};

pub(super) const SCHEMA: &str = "
    CREATE TABLE safety_accounts (
        scope TEXT PRIMARY KEY,
        parent TEXT REFERENCES safety_accounts (scope),
        currency TEXT NOT NULL,
        limit_pico TEXT,
        reserved_pico TEXT NOT NULL,
        settled_pico TEXT NOT NULL,
        frozen INTEGER NOT NULL CHECK (frozen IN (0, 1))) STRICT;
    CREATE TABLE safety_holds (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        scope TEXT NOT NULL REFERENCES safety_accounts (scope),
        note TEXT NOT NULL,
        currency TEXT NOT NULL,
        amount_pico TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'settled', 'voided')),
        actual_pico TEXT,
        refunded_pico TEXT NOT NULL) STRICT;
    CREATE INDEX safety_holds_scope ON safety_holds (scope);
    CREATE INDEX safety_holds_open ON safety_holds (seq) WHERE state = 'open';
    CREATE INDEX safety_accounts_reserved ON safety_accounts (scope) WHERE reserved_pico <> '0';
    CREATE TABLE safety_refunds (
        key TEXT PRIMARY KEY,
        hold TEXT NOT NULL REFERENCES safety_holds (key),
        currency TEXT NOT NULL,
        amount_pico TEXT NOT NULL) STRICT;
";

const ACCOUNT: &str =
    "SELECT scope, parent, currency, limit_pico, reserved_pico, settled_pico, frozen FROM safety_accounts";
const HOLD: &str =
    "SELECT key, scope, note, currency, amount_pico, state, actual_pico, refunded_pico FROM safety_holds";

pub(super) fn load_account(
    transaction: &Connection,
    scope: &Scope,
) -> Result<Option<AccountStatus>, Failure> {
    let mut statement = transaction.prepare_cached(&format!("{ACCOUNT} WHERE scope = ?1"))?;
    statement.query_row([scope.to_string()], |row| Ok(account(row))).optional()?.transpose()
}

pub(super) fn all_accounts(transaction: &Connection) -> Result<Vec<AccountStatus>, Failure> {
    accounts(transaction, "")
}

/// The accounts that have something set aside.
pub(super) fn reserved_accounts(transaction: &Connection) -> Result<Vec<AccountStatus>, Failure> {
    accounts(transaction, " WHERE reserved_pico <> '0'")
}

fn accounts(transaction: &Connection, which: &str) -> Result<Vec<AccountStatus>, Failure> {
    let mut statement = transaction.prepare(&format!("{ACCOUNT}{which}"))?;
    let rows = statement.query_map([], |row| Ok(account(row)))?;
    rows.map(|row| row?).collect()
}

pub(super) fn load_hold(transaction: &Connection, key: &IdempotencyKey) -> Result<Option<Hold>, Failure> {
    let mut statement = transaction.prepare_cached(&format!("{HOLD} WHERE key = ?1"))?;
    statement.query_row([key.as_str()], |row| Ok(hold(row))).optional()?.transpose()
}

pub(super) fn holds_of(transaction: &Connection, scope: &Scope) -> Result<Vec<Hold>, Failure> {
    let mut statement = transaction.prepare(&format!("{HOLD} WHERE scope = ?1 ORDER BY seq"))?;
    let rows = statement.query_map([scope.to_string()], |row| Ok(hold(row)))?;
    rows.map(|row| row?).collect()
}

/// Gives every hold that is not over to `each`, one at a time.
pub(super) fn each_open_hold(
    transaction: &Connection,
    each: impl FnMut(Hold) -> Result<(), Failure>,
) -> Result<(), Failure> {
    each_hold(transaction, " WHERE state = 'open'", each)
}

/// Gives every hold there ever was to `each`, one at a time.
pub(super) fn each_hold_ever(
    transaction: &Connection,
    each: impl FnMut(Hold) -> Result<(), Failure>,
) -> Result<(), Failure> {
    each_hold(transaction, "", each)
}

fn each_hold(
    transaction: &Connection,
    which: &str,
    mut each: impl FnMut(Hold) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut statement = transaction.prepare(&format!("{HOLD}{which}"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(hold(row)?)?;
    }
    Ok(())
}

pub(super) fn load_refund(transaction: &Connection, key: &IdempotencyKey) -> Result<Option<Refund>, Failure> {
    let sql = "SELECT hold, currency, amount_pico FROM safety_refunds WHERE key = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let read = |row: &Row<'_>| -> Result<Refund, Failure> {
        Ok(Refund { hold: key_of(&row.get::<_, String>(0)?)?, amount: money(row, 2, currency(row, 1)?)? })
    };
    statement.query_row([key.as_str()], |row| Ok(read(row))).optional()?.transpose()
}

pub(super) fn save_account(transaction: &Connection, account: &AccountStatus) -> Result<(), Failure> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO safety_accounts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (scope) DO UPDATE SET limit_pico = ?4, reserved_pico = ?5, settled_pico = ?6, frozen = ?7",
    )?;
    statement.execute(params![
        account.scope.to_string(),
        account.parent.as_ref().map(ToString::to_string),
        account.currency().code(),
        account.limit.map(|limit| limit.pico().to_string()),
        account.reserved.pico().to_string(),
        account.settled.pico().to_string(),
        account.frozen,
    ])?;
    Ok(())
}

pub(super) fn save_hold(transaction: &Connection, hold: &Hold) -> Result<(), Failure> {
    let (state, actual) = match hold.state {
        HoldState::Open => ("open", None),
        HoldState::Settled { actual } => ("settled", Some(actual.pico().to_string())),
        HoldState::Voided => ("voided", None),
    };
    let mut statement = transaction.prepare_cached(
        "INSERT INTO safety_holds (key, scope, note, currency, amount_pico, state, actual_pico, refunded_pico)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (key) DO UPDATE SET state = ?6, actual_pico = ?7, refunded_pico = ?8",
    )?;
    statement.execute(params![
        hold.key.as_str(),
        hold.scope.to_string(),
        hold.note,
        hold.amount.currency().code(),
        hold.amount.pico().to_string(),
        state,
        actual,
        hold.refunded.pico().to_string(),
    ])?;
    Ok(())
}

pub(super) fn save_refund(
    transaction: &Connection,
    key: &IdempotencyKey,
    refund: &Refund,
) -> Result<(), Failure> {
    let currency = refund.amount.currency();
    transaction.execute(
        "INSERT INTO safety_refunds VALUES (?1, ?2, ?3, ?4)",
        params![key.as_str(), refund.hold.as_str(), currency.code(), refund.amount.pico().to_string()],
    )?;
    Ok(())
}

fn account(row: &Row<'_>) -> Result<AccountStatus, Failure> {
    let currency = currency(row, 2)?;
    let parent: Option<String> = row.get(1)?;
    Ok(AccountStatus {
        scope: scope(&row.get::<_, String>(0)?)?,
        parent: parent.as_deref().map(scope).transpose()?,
        limit: row.get::<_, Option<String>>(3)?.map(|_| money(row, 3, currency)).transpose()?,
        reserved: money(row, 4, currency)?,
        settled: money(row, 5, currency)?,
        frozen: row.get(6)?,
    })
}

fn hold(row: &Row<'_>) -> Result<Hold, Failure> {
    let currency = currency(row, 3)?;
    let reserve = Reserve {
        scope: scope(&row.get::<_, String>(1)?)?,
        amount: money(row, 4, currency)?,
        note: row.get(2)?,
    };
    let mut hold = Hold::open(key_of(&row.get::<_, String>(0)?)?, &reserve);
    hold.refunded = money(row, 7, currency)?;
    hold.state = match row.get::<_, String>(5)?.as_str() {
        "open" => HoldState::Open,
        "settled" => HoldState::Settled { actual: money(row, 6, currency)? },
        "voided" => HoldState::Voided,
        _ => return Err(Failure::damaged("a stored hold has an unknown state")),
    };
    Ok(hold)
}

fn scope(text: &str) -> Result<Scope, Failure> {
    text.parse().map_err(|_| Failure::damaged("a stored scope"))
}

fn key_of(text: &str) -> Result<IdempotencyKey, Failure> {
    text.parse().map_err(|_| Failure::damaged("a stored key"))
}

fn currency(row: &Row<'_>, column: usize) -> Result<Currency, Failure> {
    row.get::<_, String>(column)?.parse().map_err(|_| Failure::damaged("a stored currency"))
}

fn money(row: &Row<'_>, column: usize, currency: Currency) -> Result<Money, Failure> {
    let bad = || Failure::damaged("a stored amount");
    let pico = row.get::<_, String>(column)?.parse().map_err(|_| bad())?;
    Money::from_pico(pico, currency).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use ae_core_sqlite::rusqlite::StatementStatus;

    use super::*;

    /// The rows that `sql` selects, and the steps that SQLite took to find them.
    fn steps(connection: &Connection, sql: &str) -> (usize, i32) {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |_| Ok(())).unwrap().count();
        (rows, statement.get_status(StatementStatus::VmStep))
    }

    #[test]
    fn what_is_open_is_found_without_reading_what_is_over() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        let insert = |from: u32, to: u32, state: &str, reserved: &str| {
            for n in from..to {
                connection
                    .execute(
                        "INSERT INTO safety_accounts VALUES (?1, NULL, 'USD', '9', ?2, '1', 0)",
                        (format!("run:{n}"), reserved),
                    )
                    .unwrap();
                connection
                    .execute(
                        "INSERT INTO safety_holds (key, scope, note, currency, amount_pico, state, refunded_pico)
                         VALUES (?1, ?2, '', 'USD', '1', ?3, '0')",
                        (format!("key {n}"), format!("run:{n}"), state),
                    )
                    .unwrap();
            }
        };
        let holds = format!("{HOLD} WHERE state = 'open'");
        let accounts = format!("{ACCOUNT} WHERE reserved_pico <> '0'");
        insert(0, 3, "open", "1");
        let before = (steps(&connection, &holds), steps(&connection, &accounts));
        assert_eq!((before.0.0, before.1.0), (3, 3));
        insert(3, 1_000, "settled", "0");
        assert_eq!((steps(&connection, &holds), steps(&connection, &accounts)), before);
        assert!(steps(&connection, HOLD).1 > 1_000, "the steps are counted");
    }
}
