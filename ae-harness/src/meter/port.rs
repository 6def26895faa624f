//! The port of meters.

use std::fmt::Debug;

use ae_core::{BackendError, IdempotencyKey, Money};
use async_trait::async_trait;

use super::{CallAnswer, ModelCall};

/// Stops money before a call of a model, and books the cost of the call after it.
///
/// Every call has a key of its own, and ends by [`settle`](Meter::settle) or by [`void`](Meter::void). A call whose program
/// was killed in between stays set aside: the money may have been spent.
///
/// # Contract
///
/// - C1. [`reserve`](Meter::reserve) sets the most that the call can cost aside, and gives the amount. A call that does not
///   fit is refused with `QuotaExceeded`, and nothing is set aside. At every moment the sum of reservations and costs is
///   within the budget, with any number of callers at once; C7 alone is an exception.
/// - C2. A model without a price is `NotFound`, unless the meter was set up to let such calls pass: their reservation and
///   their cost are `None`, which means not measured.
/// - C3. The same key with the same call is the same reservation, set aside once; another call under that key is a
///   `Conflict`.
/// - C4. `settle` books the cost of the usage that the answer stated, gives it, and frees the rest of the reservation.
/// - C5. `settle` with an answer that stated no usage books the whole reservation: unknown is never zero.
/// - C6. `void` frees the reservation of a call that the vendor did not make.
/// - C7. A cost above its reservation is booked in full, because the money was spent.
/// - C8. A call ends once: ending it the same way again is the same answer, another way is a `Conflict`, and so is a new
///   reservation under its key. A key under which nothing was reserved is `NotFound`.
///
/// # Errors
///
/// As above; `InvalidInput` for a call without a known bound. `Unavailable` and `StorageFull` where the books are not to
/// be had: then the call is not made.
///
/// # Cancel safety
///
/// A dropped call either happened or did not; the same call again finds out.
///
/// # Example
///
/// ```
/// use ae_harness::{BudgetMeter, CallAnswer, Meter, ModelCall, ModelPrice};
/// # use ae_core::{Currency, Digest, IdempotencyKey, Money, RunId, TokenUsage};
/// # async fn try_it() -> Result<(), Box<dyn std::error::Error>> {
/// # let key = IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("doc", b"run")), "build", "call", 0);
/// let usd = |text| Money::parse(text, Currency::USD);
/// let price = ModelPrice::per_million(usd("3")?, usd("15")?);
/// let meter = BudgetMeter::new(usd("1")?).with_price("claude-sonnet-4-5", price);
///
/// let call = ModelCall::new("anthropic_messages", "claude-sonnet-4-5", 20_000).with_output_tokens_max(8_000);
/// let aside = meter.reserve(&key, &call).await?;
/// // … the call …
/// let answer = CallAnswer::new().with_usage(TokenUsage::new(5_000, 200));
/// let cost = meter.settle(&key, &answer).await?;
/// assert_eq!((aside, cost), (Some(usd("0.183072")?), Some(usd("0.018")?)));
/// # Ok(()) }
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Meter: Debug + Send + Sync + 'static {
    /// Sets the most that a call can cost aside.
    async fn reserve(&self, key: &IdempotencyKey, call: &ModelCall) -> Result<Option<Money>, BackendError>;

    /// Books the cost of a call that was, or may have been, made.
    async fn settle(&self, key: &IdempotencyKey, answer: &CallAnswer) -> Result<Option<Money>, BackendError>;

    /// Frees the reservation of a call that was certainly not made, or that the vendor refused.
    async fn void(&self, key: &IdempotencyKey) -> Result<(), BackendError>;
}

ae_core::forward! { Meter {
    async fn reserve(&self, key: &IdempotencyKey, call: &ModelCall) -> Result<Option<Money>, BackendError>;
    async fn settle(&self, key: &IdempotencyKey, answer: &CallAnswer) -> Result<Option<Money>, BackendError>;
    async fn void(&self, key: &IdempotencyKey) -> Result<(), BackendError>;
} }
