//! Several gates as one: the strictest answer wins.

use std::sync::Arc;

use ae_core::{Action, BackendError};
use async_trait::async_trait;

use super::{Decision, PolicyGate};

/// Asks every gate and keeps the strictest answer, so that a further gate can only narrow what is allowed.
///
/// Without any gate it denies; an error of one is an error of all.
#[derive(Debug, Clone, Default)]
pub struct AllOf(Vec<Arc<dyn PolicyGate>>);

impl AllOf {
    /// No gate yet: everything is denied.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a gate.
    #[must_use]
    pub fn with(mut self, gate: impl PolicyGate) -> Self {
        self.0.push(Arc::new(gate));
        self
    }
}

#[async_trait]
impl PolicyGate for AllOf {
    fn name(&self) -> &str {
        "all-of"
    }

    async fn decide(&self, action: &Action) -> Result<Decision, BackendError> {
        let mut strictest: Option<Decision> = None;
        for gate in &self.0 {
            let decision = gate.decide(action).await?;
            strictest = Some(match strictest {
                Some(so_far) => stricter(so_far, decision),
                None => decision,
            });
        }
        Ok(strictest.unwrap_or_else(|| Decision::Deny { gate: None, reason: "no gate is configured".into() }))
    }
}

/// Deny over approval over allow; the earlier one when both are alike.
fn stricter(first: Decision, second: Decision) -> Decision {
    match (first, second) {
        (Decision::Allow { gate }, Decision::Allow { gate: other }) => {
            Decision::Allow { gate: gate.or(other) }
        }
        (deny @ Decision::Deny { .. }, _) | (_, deny @ Decision::Deny { .. }) => deny,
        (ask @ Decision::NeedsApproval { .. }, _) | (_, ask @ Decision::NeedsApproval { .. }) => ask,
    }
}
