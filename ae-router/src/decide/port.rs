//! The port that picks a model.

use std::{fmt, sync::Arc};

use ae_core::BackendError;
use async_trait::async_trait;

use crate::{RouteDecision, RouteRequest};

/// Decides which tier and model does a task, and says why. It calls no model and spends nothing.
///
/// # Contract
///
/// - C1. `name` is not empty and does not change.
/// - C2. The same request gets the same decision: what it depends on is in the request or fixed in the router.
/// - C3. A decision names the task of its request, its policy and its reasons; the score is within 1 to 10 and fits
///   its level.
/// - C4. A task that requires security goes to [`Tier::Architect`](crate::Tier::Architect), whatever was asked for.
/// - C5. `callable` is true only for a model that the request's availability allows; without any available model it
///   is false, and the decision still stands.
/// - C6. A cost that is not known is `None` with a note; it is never zero or a default. A known cost is not negative.
/// - C7. Outside text in task and prompt is read as data: it never names the model or the price.
///
/// # Errors
///
/// [`InvalidInput`](ae_core::ErrorKind::InvalidInput) for a request that can't be right (attempt 0, texts above the
/// limit). A router that asks somebody else may fail with [`Unavailable`](ae_core::ErrorKind::Unavailable) or
/// [`Timeout`](ae_core::ErrorKind::Timeout). Nothing is applied in any case. An error never turns into a
/// middling score.
///
/// # Cancel safety
///
/// Dropping the future loses nothing: a decision has no effect.
///
/// # Example
///
/// ```
/// use ae_core::{Task, TaskKind, Timestamp};
/// use ae_router::{ModelRouter, RouteRequest, Tier, TierRouter};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let task = Task {
///     id: "T-001".parse()?,
///     title: "Remove trailing whitespace".into(),
///     description: "In every file.".into(),
///     kind: TaskKind::Formatting,
///     requires_security: false,
///     depends_on: vec![],
///     criteria: vec![],
/// };
/// let now: Timestamp = "2026-11-24T12:00:00Z".parse()?;
/// let decision = TierRouter::new().route(&RouteRequest::new(task, now)).await?;
/// assert_eq!(decision.tier, Tier::Intern);
/// assert!(!decision.callable, "no key was given");
/// # Ok(())
/// # }
/// ```
#[async_trait]
pub trait ModelRouter: fmt::Debug + Send + Sync + 'static {
    /// The router's name, for example `tiers`.
    fn name(&self) -> &str;

    /// Decides.
    async fn route(&self, request: &RouteRequest) -> Result<RouteDecision, BackendError>;
}

#[async_trait]
impl<T: ModelRouter + ?Sized> ModelRouter for Arc<T> {
    fn name(&self) -> &str {
        (**self).name()
    }

    async fn route(&self, request: &RouteRequest) -> Result<RouteDecision, BackendError> {
        (**self).route(request).await
    }
}

#[async_trait]
impl<T: ModelRouter + ?Sized> ModelRouter for Box<T> {
    fn name(&self) -> &str {
        (**self).name()
    }

    async fn route(&self, request: &RouteRequest) -> Result<RouteDecision, BackendError> {
        (**self).route(request).await
    }
}

/// The port must stay object-safe.
const _: Option<&dyn ModelRouter> = None;
