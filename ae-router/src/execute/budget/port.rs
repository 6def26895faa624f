//! The port of budgets.

use std::fmt;

use ae_core::{BackendError, IdempotencyKey, Money};
use async_trait::async_trait;

/// Stops money before a call, and books the cost of the call after it.
///
/// Every try of a call has a key of its own, and ends by [`settle`](Budget::settle) or by [`release`](Budget::release). A
/// try whose program was killed in between stays set aside: the money may have been spent.
///
/// # Contract
///
/// - C1. [`reserve`](Budget::reserve) sets an amount aside. One that does not fit is refused with `QuotaExceeded`, and nothing
///   is set aside. At every moment the sum of reservations and costs is within the budget, with any number of callers at
///   once; C4 alone is an exception.
/// - C2. The same key with the same amount is the same reservation; another amount under that key is a `Conflict`.
/// - C3. `settle` books the cost and frees the rest of the reservation; `release` frees all of it.
/// - C4. A cost above its reservation is booked in full, because the money was spent, and stops the next call.
/// - C5. A try ends once: ending it the same way again changes nothing, another way is a `Conflict`, and so is a new
///   reservation under its key. A key under which nothing was reserved is `NotFound`.
/// - C6. [`left`](Budget::left) is the amount that can still be reserved: never below zero, and `None` only for a budget
///   without a limit.
/// - C7. A negative amount, and one of another currency, is `InvalidInput`.
///
/// # Errors
///
/// As above. `Unavailable` and `StorageFull` where the books are not to be had: then the call is not made.
///
/// # Cancel safety
///
/// A dropped call either happened or did not; the same call again finds out.
///
/// # Example
///
/// ```
/// use ae_router::core::{Currency, Digest, IdempotencyKey, Money, RunId};
/// use ae_router::{Budget, MemoryBudget};
/// # async fn try_it() -> Result<(), Box<dyn std::error::Error>> {
/// # let key = IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("doc", b"run")), "ask", "call", 0);
/// let usd = |text| Money::parse(text, Currency::USD);
/// let budget = MemoryBudget::new(usd("1")?);
/// budget.reserve(&key, usd("0.20")?).await?;
/// assert_eq!(budget.left().await?, Some(usd("0.80")?));
/// budget.settle(&key, usd("0.05")?).await?;
/// assert_eq!(budget.left().await?, Some(usd("0.95")?));
/// # Ok(()) }
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Budget: fmt::Debug + Send + Sync + 'static {
    /// Sets the most that a try can cost aside.
    async fn reserve(&self, key: &IdempotencyKey, most: Money) -> Result<(), BackendError>;

    /// Books the cost of a try that was, or may have been, made.
    async fn settle(&self, key: &IdempotencyKey, cost: Money) -> Result<(), BackendError>;

    /// Frees the reservation of a try that was certainly not made, or that the vendor refused.
    async fn release(&self, key: &IdempotencyKey) -> Result<(), BackendError>;

    /// The amount that can still be reserved.
    async fn left(&self) -> Result<Option<Money>, BackendError>;
}

ae_core::forward! { Budget {
    async fn reserve(&self, key: &IdempotencyKey, most: Money) -> Result<(), BackendError>;
    async fn settle(&self, key: &IdempotencyKey, cost: Money) -> Result<(), BackendError>;
    async fn release(&self, key: &IdempotencyKey) -> Result<(), BackendError>;
    async fn left(&self) -> Result<Option<Money>, BackendError>;
} }
