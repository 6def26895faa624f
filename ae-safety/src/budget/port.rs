//! The budget port.

use std::fmt;

use ae_core::{BackendError, IdempotencyKey, Money};
use async_trait::async_trait;

use super::{AccountSpec, AccountStatus, Hold, Refund, Reserve, Scope};

/// Keeps accounts within accounts and stops money before the call.
///
/// # Contract
///
/// - **C1.** `open` is idempotent: the same spec again keeps what was spent; another limit or parent is a `Conflict`.
///   Every account but a portfolio has a limit and a parent, which must exist, be wider (portfolio, project, run, task)
///   and have the same currency.
/// - **C2.** `reserve` takes the amount from the account and every account around it, or from none. What does not fit
///   is `QuotaExceeded` with an [`OverLimit`](super::OverLimit) as its source. A limit of zero is nothing to spend; a
///   portfolio without a limit takes anything that the accounts within allow; a reservation of zero fits into any account.
/// - **C3.** The same key with the same reservation returns the same hold, as it stands now; another reservation under
///   that key is a `Conflict`.
/// - **C4.** At every moment, reserved + settled ≤ limit in every account, but for settlements above their reservation
///   and limits lowered since. This holds under any number of concurrent callers.
/// - **C5.** A hold ends once, by `settle` or by `void`. Ending it the same way again is the same answer; another way or
///   another amount is a `Conflict`.
/// - **C6.** `settle` above the reservation is posted in full, because the money was spent: the hold's account is frozen,
///   and so is every account around it that is now over its limit. A frozen account takes no reservation but of zero.
/// - **C7.** `set_limit` never changes what was posted or set aside. A limit that covers both unfreezes the account.
/// - **C8.** Refunds of one hold never sum up to more than its settlement; each refund has its own key, and the same key
///   again is the same answer.
/// - **C9.** Amounts below zero, and other currencies than the account's, are `InvalidInput`.
/// - **C10.** What was answered survives a restart, where the backend is durable, and a hold that was not ended stays
///   counted; several processes may share the ledger.
///
/// # Errors
///
/// `NotFound` for an account or hold that does not exist, `InvalidInput`, `Conflict` and `QuotaExceeded` as above:
/// nothing has been applied. `Unavailable` when the store is busy or down, `StorageFull` when its disk is
/// full, `Protocol` when its data is damaged. An error with [`Effect::Unknown`](ae_core::Effect::Unknown) may
/// have been applied: call again with the same key.
///
/// # Cancel safety
///
/// A dropped call either happened or did not; the same call again finds out.
///
/// # Example
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use ae_core::{Currency, IdempotencyKey, Money, RunId, Runtime};
/// use ae_safety::{AccountSpec, BudgetLedger, MemoryLedger, Reserve, Scope};
///
/// let run = RunId::from_uuid(Runtime::system().ids.new_uuid());
/// let usd = |text| Money::parse(text, Currency::USD).expect("an amount");
/// let ledger = MemoryLedger::new();
/// let portfolio = AccountSpec::portfolio(Currency::USD);
/// ledger.open(&portfolio).await?;
/// ledger.open(&AccountSpec::new(Scope::Run(run), portfolio.scope, usd("10"))).await?;
///
/// let key = IdempotencyKey::derive(run, "build", "call_model", 0);
/// ledger.reserve(&key, &Reserve::new(Scope::Run(run), usd("0.50"))).await?;
/// // … the call …
/// ledger.settle(&key, usd("0.31")).await?;
/// assert_eq!(ledger.status(&Scope::Run(run)).await?.remaining(), Some(usd("9.69")));
/// # Ok::<_, ae_core::BackendError>(()) }).unwrap();
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait BudgetLedger: fmt::Debug + Send + Sync + 'static {
    /// Opens an account.
    async fn open(&self, spec: &AccountSpec) -> Result<AccountStatus, BackendError>;

    /// Sets money aside.
    async fn reserve(&self, key: &IdempotencyKey, reserve: &Reserve) -> Result<Hold, BackendError>;

    /// Ends the hold `key` as spent.
    async fn settle(&self, key: &IdempotencyKey, actual: Money) -> Result<Hold, BackendError>;

    /// Ends the hold `key` as not spent.
    async fn void(&self, key: &IdempotencyKey) -> Result<Hold, BackendError>;

    /// Posts money that came back after a settlement.
    async fn refund(&self, key: &IdempotencyKey, refund: &Refund) -> Result<Hold, BackendError>;

    /// Changes an account's limit. Who may do that is the host's business.
    async fn set_limit(&self, scope: &Scope, limit: Option<Money>) -> Result<AccountStatus, BackendError>;

    /// Reads an account.
    async fn status(&self, scope: &Scope) -> Result<AccountStatus, BackendError>;

    /// Reads a hold.
    async fn hold(&self, key: &IdempotencyKey) -> Result<Hold, BackendError>;

    /// Reads every hold of exactly this account, oldest first.
    async fn holds(&self, scope: &Scope) -> Result<Vec<Hold>, BackendError>;
}

ae_core::forward! { BudgetLedger {
    async fn open(&self, spec: &AccountSpec) -> Result<AccountStatus, BackendError>;
    async fn reserve(&self, key: &IdempotencyKey, reserve: &Reserve) -> Result<Hold, BackendError>;
    async fn settle(&self, key: &IdempotencyKey, actual: Money) -> Result<Hold, BackendError>;
    async fn void(&self, key: &IdempotencyKey) -> Result<Hold, BackendError>;
    async fn refund(&self, key: &IdempotencyKey, refund: &Refund) -> Result<Hold, BackendError>;
    async fn set_limit(&self, scope: &Scope, limit: Option<Money>) -> Result<AccountStatus, BackendError>;
    async fn status(&self, scope: &Scope) -> Result<AccountStatus, BackendError>;
    async fn hold(&self, key: &IdempotencyKey) -> Result<Hold, BackendError>;
    async fn holds(&self, scope: &Scope) -> Result<Vec<Hold>, BackendError>;
} }
