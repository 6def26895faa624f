//! The sums that accounts should show, from their holds, one hold at a time.

use std::collections::BTreeMap;

use ae_core::{BackendError, ErrorKind, Money};

use super::{AccountStatus, Hold, HoldState, Scope, book::Book};

/// Accounts, and the sums of the holds that were posted to them and to the accounts within.
#[derive(Debug)]
pub(super) struct Sums {
    book: Book,
    operation: &'static str,
    accounts: BTreeMap<Scope, (AccountStatus, Sum)>,
}

#[derive(Debug, Clone, Copy)]
struct Sum {
    reserved: Money,
    settled: Money,
}

impl Sums {
    pub(super) fn new(book: Book, operation: &'static str, accounts: Vec<AccountStatus>) -> Self {
        let mut sums = Self { book, operation, accounts: BTreeMap::new() };
        sums.learn(accounts);
        sums
    }

    /// Whether the account is among those that are checked.
    pub(super) fn knows(&self, scope: &Scope) -> bool {
        self.accounts.contains_key(scope)
    }

    /// Adds the accounts that are not among them yet.
    pub(super) fn learn(&mut self, accounts: Vec<AccountStatus>) {
        for account in accounts {
            let zero = Money::zero(account.currency());
            let sum = Sum { reserved: zero, settled: zero };
            self.accounts.entry(account.scope.clone()).or_insert((account, sum));
        }
    }

    /// Adds a hold to the sums of its account and of those around it.
    pub(super) fn post(&mut self, hold: &Hold) -> Result<(), BackendError> {
        let zero = Money::zero(hold.amount.currency());
        let (reserved, settled) = match hold.state {
            HoldState::Open => (hold.amount, zero),
            HoldState::Settled { actual } => (zero, self.book.sub(self.operation, actual, hold.refunded)?),
            HoldState::Voided => (zero, zero),
        };
        let mut next = Some(hold.scope.clone());
        // A parent is wider, so a sound chain has at most four links.
        for _ in 0..4 {
            let Some(scope) = next else { break };
            let Some((account, sum)) = self.accounts.get_mut(&scope) else {
                return Err(self.do_not_add_up(&scope));
            };
            sum.reserved = self.book.add(self.operation, sum.reserved, reserved)?;
            sum.settled = self.book.add(self.operation, sum.settled, settled)?;
            next = account.parent.clone();
        }
        Ok(())
    }

    /// Checks what is set aside against the open holds; those that are over need not have been posted.
    pub(super) fn check_reserved(&self) -> Result<(), BackendError> {
        self.check(|account, sum| account.reserved == sum.reserved)
    }

    /// Checks all of it; every hold must have been posted.
    pub(super) fn check_all(&self) -> Result<(), BackendError> {
        self.check(|account, sum| account.reserved == sum.reserved && account.settled == sum.settled)
    }

    fn check(&self, fits: impl Fn(&AccountStatus, &Sum) -> bool) -> Result<(), BackendError> {
        match self.accounts.values().find(|(account, sum)| !fits(account, sum)) {
            None => Ok(()),
            Some((account, _)) => Err(self.do_not_add_up(&account.scope)),
        }
    }

    fn do_not_add_up(&self, scope: &Scope) -> BackendError {
        let message = format!(
            "the books of {scope} do not add up: the database was changed from outside, restore a copy"
        );
        self.book.error(ErrorKind::Protocol, self.operation, message)
    }
}
