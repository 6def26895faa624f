//! One effect from the question to the books.

use std::pin::Pin;

use ae_core::{Action, BackendError, Effect, IdempotencyKey, Money};
use serde::Serialize;

use super::{ActionEnd, Grant, Guarded, Refusal};

/// The future of a port's method, as `async_trait` makes it.
pub type Call<'a, A> = Pin<Box<dyn Future<Output = Result<A, BackendError>> + Send + 'a>>;

/// One effect to perform.
#[derive(Debug, Clone)]
pub struct Order<'o, R> {
    key: &'o IdempotencyKey,
    action: Action,
    request: R,
    grant: &'o Grant,
}

impl<'o, R> Order<'o, R> {
    /// Sends `request` as `action`, under `grant`, in the name of the effect `key`.
    pub const fn new(key: &'o IdempotencyKey, action: Action, request: R, grant: &'o Grant) -> Self {
        Self { key, action, request, grant }
    }
}

impl<T> Guarded<T> {
    /// Performs an order: asks for a permit, redeems it, makes the `call` and settles what it cost.
    ///
    /// `cost` reads the actual cost from the answer; `None` says that it was not measured, and then the reservation of an
    /// action that is not free stays counted in full. A failed call costs what its error states, see
    /// [`BackendError::cost`]. A [`Refusal`] is an outcome, not an error: nothing was sent.
    ///
    /// # Errors
    ///
    /// The call's error, or that of a part that could not be asked; the effect was not applied then unless the error says
    /// otherwise. When the call succeeded and its end could not be recorded, the error has
    /// [`Effect::Unknown`]: the same order again settles it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the effect in doubt once the call has begun: its reservation stays counted until the same
    /// order is performed again.
    pub async fn perform<A, R: Serialize + Send + Sync>(
        &self,
        order: Order<'_, R>,
        call: impl for<'a> FnOnce(&'a T, &'a IdempotencyKey, &'a R) -> Call<'a, A>,
        cost: impl FnOnce(&A) -> Option<Money>,
    ) -> Result<Result<A, Refusal>, BackendError> {
        let Order { key, action, request, grant } = order;
        let permit = match self.authorize(key, action, request, grant).await? {
            Ok(permit) => permit,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let redeemed = match permit.redeem().await? {
            Ok(redeemed) => redeemed,
            Err(refusal) => return Ok(Err(refusal)),
        };
        match call(redeemed.backend(), redeemed.key(), redeemed.request()).await {
            Ok(answer) => {
                let finished = redeemed.finish(ActionEnd::done(cost(&answer))).await;
                finished.map_err(|error| error.with_effect(Effect::Unknown))?;
                Ok(Ok(answer))
            }
            Err(error) => {
                // The caller acts on the call's own error; a reservation that could not be settled stays counted.
                let _ = redeemed.finish(ActionEnd::failed(&error)).await;
                Err(error)
            }
        }
    }
}
