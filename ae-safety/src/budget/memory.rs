//! The ledger in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, IdempotencyKey, Money};
use async_trait::async_trait;

use super::{
    AccountSpec, AccountStatus, BudgetLedger, Hold, Refund, Reserve, Scope,
    book::{Book, Chain},
};

const BOOK: Book = Book { backend: "memory-ledger" };

/// A [`BudgetLedger`] in memory: for tests, and for programs that spend within one process.
///
/// Clones share their accounts.
#[derive(Debug, Clone, Default)]
pub struct MemoryLedger(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    accounts: BTreeMap<Scope, AccountStatus>,
    holds: BTreeMap<IdempotencyKey, Hold>,
    by_scope: BTreeMap<Scope, Vec<IdempotencyKey>>,
    refunds: BTreeMap<IdempotencyKey, Refund>,
}

impl MemoryLedger {
    /// A ledger without accounts.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends or changes the hold `key`.
    fn change(
        &self,
        operation: &'static str,
        key: &IdempotencyKey,
        change: impl FnOnce(&mut Chain, &mut Hold) -> Result<(), BackendError>,
    ) -> Result<Hold, BackendError> {
        let mut state = self.lock();
        let mut hold = state.holds.get(key).cloned().ok_or_else(|| BOOK.no_hold(operation, key))?;
        let mut chain = state.chain(operation, &hold.scope)?;
        change(&mut chain, &mut hold)?;
        state.store(chain, hold.clone());
        Ok(hold)
    }
}

impl State {
    fn chain(&self, operation: &'static str, scope: &Scope) -> Result<Chain, BackendError> {
        let mut chain = Chain::new();
        let mut next = Some(scope);
        while let Some(scope) = next {
            let account = self.accounts.get(scope).ok_or_else(|| BOOK.no_account(operation, scope))?;
            chain.push(account.clone());
            next = account.parent.as_ref();
        }
        Ok(chain)
    }

    fn store(&mut self, chain: Chain, hold: Hold) {
        for account in chain {
            self.accounts.insert(account.scope.clone(), account);
        }
        let (key, scope) = (hold.key.clone(), hold.scope.clone());
        if self.holds.insert(key.clone(), hold).is_none() {
            self.by_scope.entry(scope).or_default().push(key);
        }
    }
}

#[async_trait]
impl BudgetLedger for MemoryLedger {
    async fn open(&self, spec: &AccountSpec) -> Result<AccountStatus, BackendError> {
        let mut state = self.lock();
        let parent = spec.parent.as_ref().and_then(|scope| state.accounts.get(scope));
        if let Some(account) = BOOK.open(spec, state.accounts.get(&spec.scope), parent)? {
            state.accounts.insert(spec.scope.clone(), account);
        }
        state.accounts.get(&spec.scope).cloned().ok_or_else(|| BOOK.no_account("open", &spec.scope))
    }

    async fn reserve(&self, key: &IdempotencyKey, reserve: &Reserve) -> Result<Hold, BackendError> {
        let mut state = self.lock();
        let mut chain = state.chain("reserve", &reserve.scope)?;
        let hold = BOOK.reserve(&mut chain, state.holds.get(key).cloned(), key, reserve)?;
        state.store(chain, hold.clone());
        Ok(hold)
    }

    async fn settle(&self, key: &IdempotencyKey, actual: Money) -> Result<Hold, BackendError> {
        self.change("settle", key, |chain, hold| BOOK.settle(chain, hold, actual))
    }

    async fn void(&self, key: &IdempotencyKey) -> Result<Hold, BackendError> {
        self.change("void", key, |chain, hold| BOOK.void(chain, hold))
    }

    async fn refund(&self, key: &IdempotencyKey, refund: &Refund) -> Result<Hold, BackendError> {
        let mut state = self.lock();
        let present = state.refunds.get(key).cloned();
        let named = present.as_ref().map_or(&refund.hold, |present| &present.hold);
        let mut hold = state.holds.get(named).cloned().ok_or_else(|| BOOK.no_hold("refund", named))?;
        let mut chain = state.chain("refund", &hold.scope)?;
        BOOK.refund(&mut chain, &mut hold, present.as_ref(), key, refund)?;
        state.store(chain, hold.clone());
        state.refunds.insert(key.clone(), refund.clone());
        Ok(hold)
    }

    async fn set_limit(&self, scope: &Scope, limit: Option<Money>) -> Result<AccountStatus, BackendError> {
        let mut state = self.lock();
        let account = state.accounts.get_mut(scope).ok_or_else(|| BOOK.no_account("set_limit", scope))?;
        BOOK.set_limit(account, limit)?;
        Ok(account.clone())
    }

    async fn status(&self, scope: &Scope) -> Result<AccountStatus, BackendError> {
        self.lock().accounts.get(scope).cloned().ok_or_else(|| BOOK.no_account("status", scope))
    }

    async fn hold(&self, key: &IdempotencyKey) -> Result<Hold, BackendError> {
        self.lock().holds.get(key).cloned().ok_or_else(|| BOOK.no_hold("hold", key))
    }

    async fn holds(&self, scope: &Scope) -> Result<Vec<Hold>, BackendError> {
        let state = self.lock();
        if !state.accounts.contains_key(scope) {
            return Err(BOOK.no_account("holds", scope));
        }
        let keys = state.by_scope.get(scope).into_iter().flatten();
        Ok(keys.filter_map(|key| state.holds.get(key).cloned()).collect())
    }
}
