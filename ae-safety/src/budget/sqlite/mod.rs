//! The ledger in a SQLite file.

use std::path::Path;

use ae_core::{BackendError, IdempotencyKey, Money};
use ae_core_sqlite::{Database, Failure, Options, Schema, rusqlite::Connection};
use async_trait::async_trait;

use self::rows::{
    all_accounts, each_hold_ever, each_open_hold, holds_of, load_account, load_hold, load_refund,
    reserved_accounts, save_account, save_hold, save_refund,
};
use super::{
    AccountSpec, AccountStatus, BudgetLedger, Hold, Refund, Reserve, Scope,
    book::{Book, Chain},
    sums::Sums,
};

mod rows;

const BOOK: Book = Book { backend: "sqlite-ledger" };

const SCHEMA: Schema<'_> = Schema::new(BOOK.backend, "budget", &[rows::SCHEMA]);

/// A [`BudgetLedger`] in a SQLite file, which several processes and other stores may share.
///
/// Its tables begin with `safety_`. Every answer is on the disk before it is given. Calls run on a thread of the
/// ledger, one after another; one waits up to ten seconds while another process writes.
#[derive(Debug)]
pub struct SqliteLedger {
    database: Database,
}

impl SqliteLedger {
    /// Opens the file at `path`, or makes it, and checks that what the accounts have set aside is the sum of their open
    /// holds.
    ///
    /// It reads what is open and nothing of what is over, so a long history costs no time and no memory here;
    /// [`verify`](Self::verify) checks that too.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` when the file can't be opened or written, `Protocol` when it is damaged, no database, or its
    /// books do not add up, `Unsupported` when another version of this program wrote it. The file is left as it was.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, BackendError> {
        Self::with(path.as_ref(), &Options::create().with_private())
    }

    /// Opens the file at `path` to read its accounts, also on a read-only disk: nothing is made, and what changes an
    /// account is an error. It checks what [`open`](Self::open) does.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and `NotFound` when the file or the ledger in it is missing.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, BackendError> {
        Self::with(path.as_ref(), &Options::read_only())
    }

    fn with(path: &Path, options: &Options) -> Result<Self, BackendError> {
        let ledger = Self { database: Database::open(path, &SCHEMA, options)? };
        ledger.database.read_blocking("open", |transaction| {
            let mut sums = Sums::new(BOOK, "open", reserved_accounts(transaction)?);
            each_open_hold(transaction, |hold| {
                if !sums.knows(&hold.scope) {
                    sums.learn(chain_of_stored(transaction, &hold.scope)?);
                }
                Ok(sums.post(&hold)?)
            })?;
            Ok(sums.check_reserved()?)
        })?;
        Ok(ledger)
    }

    /// Checks that every account is the sum of its own holds and of the accounts within.
    ///
    /// It reads every hold there ever was, one at a time, and keeps the accounts in memory meanwhile.
    ///
    /// # Errors
    ///
    /// `Protocol` when the books do not add up or a row is damaged, naming the account.
    pub async fn verify(&self) -> Result<(), BackendError> {
        let verified = self.database.read("verify", |transaction| {
            let mut sums = Sums::new(BOOK, "verify", all_accounts(transaction)?);
            each_hold_ever(transaction, |hold| Ok(sums.post(&hold)?))?;
            Ok(sums.check_all()?)
        });
        verified.await
    }

    /// Ends or changes the hold `key`.
    async fn change(
        &self,
        operation: &'static str,
        key: &IdempotencyKey,
        change: impl FnOnce(&mut Chain, &mut Hold) -> Result<(), BackendError> + Send + 'static,
    ) -> Result<Hold, BackendError> {
        let key = key.clone();
        let changed = self.database.write(operation, move |transaction| {
            let hold = load_hold(transaction, &key)?;
            let mut hold = hold.ok_or_else(|| BOOK.no_hold(operation, &key))?;
            let mut chain = chain(transaction, operation, &hold.scope)?;
            change(&mut chain, &mut hold)?;
            store(transaction, &chain, &hold)?;
            Ok(hold)
        });
        changed.await
    }
}

#[async_trait]
impl BudgetLedger for SqliteLedger {
    async fn open(&self, spec: &AccountSpec) -> Result<AccountStatus, BackendError> {
        let spec = spec.clone();
        let opened = self.database.write("open", move |transaction| {
            let present = load_account(transaction, &spec.scope)?;
            let parent = match &spec.parent {
                Some(scope) => load_account(transaction, scope)?,
                None => None,
            };
            let opened = BOOK.open(&spec, present.as_ref(), parent.as_ref())?;
            if let Some(account) = &opened {
                save_account(transaction, account)?;
            }
            Ok(opened.or(present).ok_or_else(|| BOOK.no_account("open", &spec.scope))?)
        });
        opened.await
    }

    async fn reserve(&self, key: &IdempotencyKey, reserve: &Reserve) -> Result<Hold, BackendError> {
        let (key, reserve) = (key.clone(), reserve.clone());
        let reserved = self.database.write("reserve", move |transaction| {
            let mut chain = chain(transaction, "reserve", &reserve.scope)?;
            let present = load_hold(transaction, &key)?;
            let is_new = present.is_none();
            let hold = BOOK.reserve(&mut chain, present, &key, &reserve)?;
            if is_new {
                store(transaction, &chain, &hold)?;
            }
            Ok(hold)
        });
        reserved.await
    }

    async fn settle(&self, key: &IdempotencyKey, actual: Money) -> Result<Hold, BackendError> {
        self.change("settle", key, move |chain, hold| BOOK.settle(chain, hold, actual)).await
    }

    async fn void(&self, key: &IdempotencyKey) -> Result<Hold, BackendError> {
        self.change("void", key, |chain, hold| BOOK.void(chain, hold)).await
    }

    async fn refund(&self, key: &IdempotencyKey, refund: &Refund) -> Result<Hold, BackendError> {
        let (key, refund) = (key.clone(), refund.clone());
        let refunded = self.database.write("refund", move |transaction| {
            let present = load_refund(transaction, &key)?;
            let named = present.as_ref().map_or(&refund.hold, |present| &present.hold);
            let hold = load_hold(transaction, named)?;
            let mut hold = hold.ok_or_else(|| BOOK.no_hold("refund", named))?;
            let mut chain = chain(transaction, "refund", &hold.scope)?;
            BOOK.refund(&mut chain, &mut hold, present.as_ref(), &key, &refund)?;
            if present.is_none() {
                store(transaction, &chain, &hold)?;
                save_refund(transaction, &key, &refund)?;
            }
            Ok(hold)
        });
        refunded.await
    }

    async fn set_limit(&self, scope: &Scope, limit: Option<Money>) -> Result<AccountStatus, BackendError> {
        let scope = scope.clone();
        let set = self.database.write("set_limit", move |transaction| {
            let account = load_account(transaction, &scope)?;
            let mut account = account.ok_or_else(|| BOOK.no_account("set_limit", &scope))?;
            BOOK.set_limit(&mut account, limit)?;
            save_account(transaction, &account)?;
            Ok(account)
        });
        set.await
    }

    async fn status(&self, scope: &Scope) -> Result<AccountStatus, BackendError> {
        let scope = scope.clone();
        let status = self.database.read("status", move |transaction| {
            let account = load_account(transaction, &scope)?;
            Ok(account.ok_or_else(|| BOOK.no_account("status", &scope))?)
        });
        status.await
    }

    async fn hold(&self, key: &IdempotencyKey) -> Result<Hold, BackendError> {
        let key = key.clone();
        let hold = self.database.read("hold", move |transaction| {
            Ok(load_hold(transaction, &key)?.ok_or_else(|| BOOK.no_hold("hold", &key))?)
        });
        hold.await
    }

    async fn holds(&self, scope: &Scope) -> Result<Vec<Hold>, BackendError> {
        let scope = scope.clone();
        let holds = self.database.read("holds", move |transaction| {
            if load_account(transaction, &scope)?.is_none() {
                return Err(BOOK.no_account("holds", &scope).into());
            }
            holds_of(transaction, &scope)
        });
        holds.await
    }
}

fn chain(transaction: &Connection, operation: &'static str, scope: &Scope) -> Result<Chain, Failure> {
    let mut chain = Chain::new();
    let mut next = Some(scope.clone());
    while let Some(scope) = next {
        let account = load_account(transaction, &scope)?;
        let account = account.ok_or_else(|| BOOK.no_account(operation, &scope))?;
        // A parent is wider, so a chain that does not end is damage.
        if chain.last().is_some_and(|inner: &AccountStatus| inner.scope.rank() <= account.scope.rank()) {
            return Err(Failure::damaged("an account is within a narrower one"));
        }
        next = account.parent.clone();
        chain.push(account);
    }
    Ok(chain)
}

/// The chain of a hold that is stored, whose accounts therefore must be there.
fn chain_of_stored(transaction: &Connection, scope: &Scope) -> Result<Chain, Failure> {
    chain(transaction, "open", scope).map_err(|failure| match failure {
        Failure::Refused(_) => Failure::damaged("a hold has no account"),
        other => other,
    })
}

fn store(transaction: &Connection, chain: &Chain, hold: &Hold) -> Result<(), Failure> {
    for account in chain {
        save_account(transaction, account)?;
    }
    save_hold(transaction, hold)
}
