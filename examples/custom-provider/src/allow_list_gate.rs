//! A [`PolicyGate`] for a company that lets its agents touch only what is on a list.

use std::collections::BTreeSet;

use ae_core::{Action, ActionKind, BackendError, Money, Spend};
use ae_safety::{Decision, Gate, PolicyGate};
use async_trait::async_trait;

/// Allows releases and billing of the listed targets alone, up to a limit for each action. It fails closed: what it does
/// not know, can't price or can't compare is denied.
///
/// It only narrows. Behind [`AllOf`](ae_safety::AllOf) and a [`GateTable`](ae_safety::GateTable), a listed release still
/// waits for a person.
#[derive(Debug, Clone)]
pub struct AllowList {
    targets: BTreeSet<String>,
    action_max: Money,
}

impl AllowList {
    /// A list without any target; no action may cost more than `action_max`.
    pub const fn new(action_max: Money) -> Self {
        Self { targets: BTreeSet::new(), action_max }
    }

    /// Puts a target on the list. It must match whole: `shop` does not cover `shop-2`.
    #[must_use]
    pub fn with_target(mut self, target: impl Into<String>) -> Self {
        self.targets.insert(target.into());
        self
    }

    fn judge(&self, action: &Action) -> Decision {
        let gate = match action.kind {
            ActionKind::Deploy => Some(Gate::DeployApproval),
            ActionKind::CreateBilling => Some(Gate::BillingApproval),
            ActionKind::ExecuteCode => Some(Gate::SandboxRequired),
            ActionKind::CallModel | ActionKind::NetworkAccess => None,
            _ => return deny(None, format!("{} is on no list", action.kind)),
        };
        if let Some(cost) = action.spend.and_then(Spend::ceiling) {
            match cost.exceeds(self.action_max) {
                Ok(false) => {}
                Ok(true) => {
                    return deny(
                        gate,
                        format!("{cost} is above the {} that one action may cost", self.action_max),
                    );
                }
                Err(error) => return deny(gate, format!("the cost can't be compared: {error}")),
            }
        }
        let listed = matches!(action.kind, ActionKind::Deploy | ActionKind::CreateBilling);
        if listed && !self.targets.contains(&action.target) {
            return deny(gate, format!("{:?} is not on the list of targets", action.target));
        }
        Decision::Allow { gate }
    }
}

fn deny(gate: Option<Gate>, reason: String) -> Decision {
    Decision::Deny { gate, reason }
}

#[async_trait]
impl PolicyGate for AllowList {
    fn name(&self) -> &str {
        "allow-list"
    }

    async fn decide(&self, action: &Action) -> Result<Decision, BackendError> {
        Ok(self.judge(action))
    }
}
