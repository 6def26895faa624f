//! Why there is no permit.

use ae_core::{BackendError, Digest, ErrorKind};

use crate::gates::Gate;

/// Why an action may not happen. Nothing has been done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It is forbidden, or a person said no.
    #[error("denied{}: {reason}", named(.gate))]
    Denied {
        /// The gate that refused, if one did.
        gate: Option<Gate>,
        /// Why, and what would be needed.
        reason: String,
    },
    /// A person has to approve exactly this action first.
    #[error("{gate} needs an approval: {reason}")]
    NeedsApproval {
        /// The gate that asks.
        gate: Gate,
        /// What the approval has to cover, see [`ApprovalRequest::covers`](crate::ApprovalRequest::covers).
        action: Digest,
        /// Why.
        reason: String,
    },
    /// The account can't take what it may cost.
    #[error("over budget at {scope}: {reason}")]
    OverBudget {
        /// The account that refused.
        scope: String,
        /// What was asked and what is left.
        reason: String,
    },
    /// The request is not the one that the action names.
    #[error(
        "the request has digest {}, the action names {}: build the action from this request",
        .found.short(12),
        .expected.short(12)
    )]
    Mismatch {
        /// The digest that the action names.
        expected: Digest,
        /// The digest of the request that came with it.
        found: Digest,
    },
    /// Something that has to be asked first did not answer, so the action does not happen.
    #[error("the {} could not be asked", .0.backend())]
    Backend(#[source] BackendError),
}

impl Refusal {
    /// The kind of a [`BackendError`] for this refusal.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied { .. } | Self::NeedsApproval { .. } => ErrorKind::PermissionDenied,
            Self::OverBudget { .. } => ErrorKind::QuotaExceeded,
            Self::Mismatch { .. } => ErrorKind::Conflict,
            Self::Backend(error) => error.kind(),
        }
    }
}

impl From<Refusal> for BackendError {
    /// The refusal as a port's error; the effect was not applied.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Backend(error) => error,
            other => Self::new(other.kind(), "permits", "authorize", other.to_string()).with_source(other),
        }
    }
}

fn named(gate: &Option<Gate>) -> String {
    gate.map(|gate| format!(" by {gate}")).unwrap_or_default()
}
