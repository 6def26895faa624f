//! Whether an action may happen: decisions as values, and the port that makes them.

use std::{fmt, sync::Arc};

use ae_core::{Action, BackendError};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

mod all_of;
#[cfg(feature = "conformance")]
pub mod conformance;
mod table;

pub use all_of::AllOf;
pub use table::{GateRow, GateRule, GateTable, GateTableError};

/// The gates an action can meet. The wire names are upper snake case, for example `DEPLOY_APPROVAL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Gate {
    /// Code runs only where something separates it from the host.
    SandboxRequired,
    /// A person approves a release before it goes live.
    DeployApproval,
    /// A person approves products, prices, links and refunds.
    BillingApproval,
    /// Reading a secret is recorded before it happens.
    SecretAccess,
    /// A person approves the deletion of files.
    DeleteApproval,
}

impl Gate {
    /// The wire name, for example `SANDBOX_REQUIRED`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SandboxRequired => "SANDBOX_REQUIRED",
            Self::DeployApproval => "DEPLOY_APPROVAL",
            Self::BillingApproval => "BILLING_APPROVAL",
            Self::SecretAccess => "SECRET_ACCESS",
            Self::DeleteApproval => "DELETE_APPROVAL",
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What whoever performs an allowed action owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Obligations {
    /// The action may start only after its audit record is durable. A [`Gatekeeper`](crate::Gatekeeper) does this
    /// for every action, whatever is said here.
    pub audit_before: bool,
}

impl Obligations {
    /// The audit record comes first.
    #[must_use]
    pub const fn audited() -> Self {
        Self { audit_before: true }
    }

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { audit_before: self.audit_before || other.audit_before }
    }
}

/// A gate's answer. There is no fourth one: what a gate can't decide is an error, and an error is a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// It may happen without a person.
    Allow {
        /// The gate that it passed, if one applies.
        gate: Option<Gate>,
        /// What is owed in return.
        obligations: Obligations,
    },
    /// A person has to approve exactly this action first.
    NeedsApproval {
        /// The gate that asks.
        gate: Gate,
        /// Why, in one line.
        reason: String,
    },
    /// It may not happen, whoever approves.
    Deny {
        /// The gate that refused, or `None` when the action is unknown.
        gate: Option<Gate>,
        /// Why and what would be needed, in one line.
        reason: String,
    },
}

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
#[async_trait]
pub trait PolicyGate: fmt::Debug + Send + Sync + 'static {
    /// The policy's name for logs and audit records.
    fn name(&self) -> &str;

    /// Judges `action`.
    async fn decide(&self, action: &Action) -> Result<Decision, BackendError>;
}

macro_rules! forward {
    ($pointer:ident) => {
        #[async_trait]
        impl<T: PolicyGate + ?Sized> PolicyGate for $pointer<T> {
            fn name(&self) -> &str {
                (**self).name()
            }

            async fn decide(&self, action: &Action) -> Result<Decision, BackendError> {
                (**self).decide(action).await
            }
        }
    };
}

forward!(Arc);
forward!(Box);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_names_match_serde() {
        for gate in [
            Gate::SandboxRequired,
            Gate::DeployApproval,
            Gate::BillingApproval,
            Gate::SecretAccess,
            Gate::DeleteApproval,
        ] {
            assert_eq!(serde_json::to_value(gate).unwrap(), gate.as_str());
        }
    }
}
