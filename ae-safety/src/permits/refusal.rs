//! The reasons for which there is no permit.

use ae_core::{BackendError, Digest, ErrorKind, Provider};
use serde::{Deserialize, Serialize};

use crate::{budget::Scope, gates::Gate};

/// Why an action may not happen. Nothing has been done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
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
        /// The action that the approval has to cover, see [`ApprovalRequest::covers`](crate::ApprovalRequest::covers).
        action: Digest,
        /// Why.
        reason: String,
    },
    /// The account can't take what it may cost.
    #[error("over budget at {scope}: {reason}")]
    OverBudget {
        /// The account that refused.
        scope: Scope,
        /// The amount that was asked, and the rest.
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
    /// The action names another provider, or another mode, than the guarded one.
    #[error("the action is for {found}, and this is {expected}: ask again for this one")]
    OtherProvider {
        /// The guarded provider.
        expected: Provider,
        /// The one that the action names.
        found: Provider,
    },
}

impl Refusal {
    /// The kind of a [`BackendError`] for this refusal.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied { .. } | Self::NeedsApproval { .. } => ErrorKind::PermissionDenied,
            Self::OverBudget { .. } => ErrorKind::QuotaExceeded,
            Self::Mismatch { .. } | Self::OtherProvider { .. } => ErrorKind::Conflict,
        }
    }
}

impl From<Refusal> for BackendError {
    /// The refusal as a port's error; the effect was not applied.
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.kind(), "permits", "authorize", refusal.to_string()).with_source(refusal)
    }
}

/// Why a step towards a permit stopped: a refusal, or a part that could not be asked, which is an error and never a yes.
#[derive(Debug)]
pub(super) enum Stop {
    Refused(Refusal),
    Failed(BackendError),
}

impl Stop {
    pub(super) fn denied(reason: impl Into<String>) -> Self {
        Self::Refused(Refusal::Denied { gate: None, reason: reason.into() })
    }

    pub(super) fn split<T>(self) -> Result<Result<T, Refusal>, BackendError> {
        match self {
            Self::Refused(refusal) => Ok(Err(refusal)),
            Self::Failed(error) => Err(error),
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<BackendError> for Stop {
    fn from(error: BackendError) -> Self {
        Self::Failed(error)
    }
}

fn named(gate: &Option<Gate>) -> String {
    gate.map(|gate| format!(" by {gate}")).unwrap_or_default()
}
