//! The way of an agent to its model: an endpoint, or a session of a metering proxy.

use ae_core::{BackendError, IdempotencyKey};

use super::{CliAgent, folders::RunFolder};
use crate::{
    agent::{AgentReport, AgentRequest},
    dialect::{Endpoint, SessionTotals},
};

/// The way of one run to its model.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) endpoint: Option<Endpoint>,
    #[cfg(feature = "meter")]
    session: Option<crate::meter::ProxySession>,
    /// The proxy's socket and port, for a run without a network.
    #[cfg(feature = "sandbox")]
    pub(super) proxy: Option<(std::path::PathBuf, u16)>,
}

#[cfg(not(feature = "meter"))]
impl Way {
    #[expect(clippy::unnecessary_wraps, reason = "the signature of the one with a meter")]
    pub(super) fn open(
        agent: &CliAgent,
        _: &IdempotencyKey,
        _: &AgentRequest,
        _: &RunFolder,
    ) -> Result<Self, BackendError> {
        Ok(Self {
            endpoint: agent.endpoint.clone(),
            #[cfg(feature = "sandbox")]
            proxy: None,
        })
    }

    #[expect(clippy::unused_async, reason = "the signature of the one with a meter")]
    pub(super) async fn measure(&self, _: &mut AgentReport, _: &AgentRequest, _: &SessionTotals) {}
}

#[cfg(feature = "meter")]
impl Way {
    /// Opens a session for the run where the agent has a meter.
    pub(super) fn open(
        agent: &CliAgent,
        key: &IdempotencyKey,
        request: &AgentRequest,
        folder: &RunFolder,
    ) -> Result<Self, BackendError> {
        let Some((proxy, plan)) = &agent.metering else {
            return Ok(Self {
                endpoint: agent.endpoint.clone(),
                session: None,
                #[cfg(feature = "sandbox")]
                proxy: None,
            });
        };
        let mut plan = plan.clone();
        plan.cost_max = match (plan.cost_max, request.limits.cost) {
            (Some(one), Some(other)) if other.exceeds(one).unwrap_or(false) => Some(one),
            (one, other) => other.or(one),
        };
        let session = proxy.open(key, &plan)?;
        #[cfg(not(feature = "sandbox"))]
        let _ = folder;
        #[cfg(feature = "sandbox")]
        let proxy = {
            let socket = folder.socket();
            let walled = agent.isolation(request.sandbox).is_sandbox();
            if walled {
                session.listen_unix(&socket)?;
            }
            walled.then_some((socket, proxy.address().port()))
        };
        Ok(Self {
            endpoint: Some(Endpoint::new(session.base_url(), session.key())),
            session: Some(session),
            #[cfg(feature = "sandbox")]
            proxy,
        })
    }

    /// Waits until the calls of the run are booked, and puts what the proxy has seen in the place of what the agent says.
    pub(super) async fn measure(
        &self,
        report: &mut AgentReport,
        request: &AgentRequest,
        before: &SessionTotals,
    ) {
        use ae_core::{Currency, TokenUsage};

        use crate::agent::{AgentFailure, FailureKind, StopReason};

        let Some(session) = &self.session else { return };
        let spend = session.close().await;
        let currency = request.limits.cost.map_or(Currency::USD, |most| most.currency());
        report.cost = spend.total(currency);
        // Of calls whose usage was lost the cost is known as a bound, the tokens are not.
        report.usage = (spend.unknown == 0).then_some(spend.usage);
        let is_first = *before == SessionTotals::default();
        report.session_cost = match (before.cost, report.cost) {
            (Some(before), Some(cost)) => before.checked_add(cost).ok(),
            (before, cost) => cost.filter(|_| is_first || before.is_some()),
        };
        report.session_usage = match (before.usage, report.usage) {
            (Some(before), Some(usage)) => TokenUsage::checked_add(before, usage),
            (before, usage) => usage.filter(|_| is_first || before.is_some()),
        };
        let gave_up = matches!(report.stop, StopReason::Failed | StopReason::Incomplete);
        if gave_up && spend.over_budget > 0 {
            report.stop = StopReason::BudgetStop;
            let message = format!(
                "the next call of the model can cost more than the budget has left ({} calls were made, {} refused before they \
                 were): raise the budget, or take a model whose longest answer costs less",
                spend.calls, spend.over_budget
            );
            report.failure = Some(AgentFailure::new(FailureKind::Billing, message));
        }
    }
}
