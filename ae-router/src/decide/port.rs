//! The port that picks a model.

use std::fmt;

use ae_core::BackendError;
use async_trait::async_trait;

use crate::{RouteDecision, RouteRequest};

/// Chooses the tier of a task or prompt and the models to try for it, and explains the choice. It calls no model and spends
/// nothing.
///
/// # Contract
///
/// - C1. `name` is not empty and does not change.
/// - C2. The same request gets the same decision: what it depends on is in the request or fixed in the router.
/// - C3. A decision names the task of its request, if it has one, its policy and its reasons; the score is within 1 to 10 and fits
///   its level.
/// - C4. A task that requires security goes to [`Tier::Architect`](crate::Tier::Architect), whatever was asked for.
/// - C5. A candidate is callable only if the request's availability allows its model; those that are not stand last. Without
///   any available model the decision still stands.
/// - C6. A cost that is not known is `None` with a note; it is never zero or a default. A known cost is not negative.
/// - C7. Outside text in task and prompt is read as data: it never names the model, the tier or the price.
/// - C8. Attempt 0, and texts above [`TEXT_BYTES_MAX`](RouteRequest::TEXT_BYTES_MAX), are
///   [`InvalidInput`](ae_core::ErrorKind::InvalidInput).
/// - C9. A model that lacks a need of the request, whose provider may not see the data, or that can't hold the request, is
///   not a candidate, whatever budget, price or override say.
/// - C10. No model stands twice.
///
/// # Errors
///
/// [`InvalidInput`](ae_core::ErrorKind::InvalidInput) as C8 says. A router that asks a service may fail with
/// [`Unavailable`](ae_core::ErrorKind::Unavailable) or [`Timeout`](ae_core::ErrorKind::Timeout). Nothing is applied
/// in any case. An error never turns into a middling score.
///
/// # Cancel safety
///
/// Dropping the future loses nothing: a decision has no effect.
///
/// # Example
///
/// ```
/// use ae_router::core::{Task, TaskKind, Timestamp};
/// use ae_router::{ModelRouter, RouteRequest, Tier, TierRouter};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let id = "T-001".parse()?;
/// let task = Task::new(id, "Remove trailing whitespace", "In every file.", TaskKind::Formatting);
/// let now: Timestamp = "2026-11-24T12:00:00Z".parse()?;
/// let decision = TierRouter::new().route(&RouteRequest::new(task, now)).await?;
/// assert_eq!(decision.tier, Tier::Intern);
/// assert_eq!(decision.callable().count(), 0, "no key was given");
/// # Ok(())
/// # }
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ModelRouter: fmt::Debug + Send + Sync + 'static {
    /// The router's name, for example `tiers`.
    fn name(&self) -> &str;

    /// Chooses tier and models.
    async fn route(&self, request: &RouteRequest) -> Result<RouteDecision, BackendError>;
}

ae_core::forward! { ModelRouter {
    fn name(&self) -> &str;
    async fn route(&self, request: &RouteRequest) -> Result<RouteDecision, BackendError>;
} }
