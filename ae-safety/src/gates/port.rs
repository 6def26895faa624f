//! The port that judges actions.

use std::fmt;

use ae_core::{Action, BackendError};
use async_trait::async_trait;

use super::Decision;

/// Decides whether an action may happen.
///
/// # Contract
///
/// - **C1.** The same action has the same answer as long as the policy stays the same.
/// - **C2.** An action of a kind that the policy does not know is denied, never allowed.
/// - **C3.** Deciding has no effect on the world: nothing is approved, spent or recorded.
///
/// # Errors
///
/// `Unavailable`, `Timeout` or `Internal` when the policy could not be asked. Callers refuse the action then; nothing
/// has been applied.
///
/// # Cancel safety
///
/// Dropping the future has no effect.
///
/// # Example
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use ae_core::{Action, ActionKind, Digest};
/// use ae_safety::{Decision, Gate, GateTable, PolicyGate};
///
/// let deploy = Action::new(ActionKind::Deploy, "local/deploy", "csv-tool", Digest::of_bytes("release", b"1"));
/// let decision = GateTable::default().decide(&deploy).await?;
/// assert!(matches!(decision, Decision::NeedsApproval { gate: Gate::DeployApproval, .. }));
/// # Ok::<_, ae_core::BackendError>(()) }).unwrap();
/// ```
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PolicyGate: fmt::Debug + Send + Sync + 'static {
    /// The policy's name for logs and audit records.
    fn name(&self) -> &str;

    /// Judges `action`.
    async fn decide(&self, action: &Action) -> Result<Decision, BackendError>;
}

ae_core::forward! { PolicyGate {
    fn name(&self) -> &str;
    async fn decide(&self, action: &Action) -> Result<Decision, BackendError>;
} }
