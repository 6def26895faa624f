//! Gates and their answers.

use serde::{Deserialize, Serialize};

ae_core::wire_enum! {
    /// The gates an action can meet. The wire names are upper snake case, for example `DEPLOY_APPROVAL`.
    #[derive(PartialOrd, Ord)]
    #[non_exhaustive]
    pub enum Gate {
        /// Code runs only where something separates it from the host.
        SandboxRequired = "SANDBOX_REQUIRED",
        /// A person approves a release before it goes live.
        DeployApproval = "DEPLOY_APPROVAL",
        /// A person approves products, prices, links and refunds.
        BillingApproval = "BILLING_APPROVAL",
        /// Reading a secret is recorded before it happens.
        SecretAccess = "SECRET_ACCESS",
        /// A person approves the deletion of files.
        DeleteApproval = "DELETE_APPROVAL",
    }
}

/// A gate's answer. There is no fourth one: what a gate can't decide is an error, and an error is a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// It may happen without a person, once its audit record is durable.
    Allow {
        /// The gate that it passed, if one applies.
        gate: Option<Gate>,
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
