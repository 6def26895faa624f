//! Gates and their answers.

use std::fmt;

use serde::{Deserialize, Serialize};

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

/// The duties of the caller that performs an allowed action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
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
        /// The duties in return.
        obligations: Obligations,
    },
    /// A person has to approve exactly this action first.
    NeedsApproval {
        /// The gate that asks.
        gate: Gate,
        /// Why, in one line.
        reason: String,
    },
    /// It may not happen, with any approval.
    Deny {
        /// The gate that refused, or `None` when the action is unknown.
        gate: Option<Gate>,
        /// Why and what would be needed, in one line.
        reason: String,
    },
}

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
