//! Makes a coding agent for one piece of work: in the sandbox, and behind the proxy that holds the key and the budget.

use std::{path::PathBuf, sync::Arc};

use ae_core::{BackendError, Runtime, Secret};
use ae_harness::{CliAgent, CliProvider, MeterProxy, ProxyOptions, SessionPlan, host::SandboxKind};
use ae_router::PriceTable;
use ae_safety::BudgetLedger;
use tokio::sync::OnceCell;

use super::kind::Kind;
use crate::glue::{
    agent::AgentRoom,
    meter::{CallNumbers, LedgerMeter},
};

/// Makes the agents of one run.
#[derive(Debug, Clone)]
pub(super) struct Maker {
    pub(super) kind: Kind,
    pub(super) key: Secret<String>,
    pub(super) sandbox: SandboxKind,
    pub(super) launcher: PathBuf,
    pub(super) runtime: Runtime,
    pub(super) budget: Arc<dyn BudgetLedger>,
    /// The numbers of the calls, which all meters of the run share.
    pub(super) numbers: CallNumbers,
    /// Started with the first piece of work.
    pub(super) proxy: Arc<OnceCell<MeterProxy>>,
}

impl Maker {
    /// The agent in its sandbox, without a way to a model.
    pub(super) fn plain(&self, state: PathBuf) -> CliAgent {
        self.kind.cli(state, self.runtime.clone()).with_sandbox(self.sandbox.clone(), &self.launcher)
    }

    /// The agent of one room.
    pub(super) async fn make(self, room: AgentRoom) -> Result<Arc<dyn CliProvider>, BackendError> {
        let start = || MeterProxy::start(&self.runtime, ProxyOptions::new());
        let proxy = self.proxy.get_or_try_init(start).await?.clone();
        let (budget, clock) = (Arc::clone(&self.budget), Arc::clone(&self.runtime.clock));
        let prices = PriceTable::bundled().clone();
        let meter = LedgerMeter::new(budget, prices, clock, room.owner.run, room.work, self.numbers.clone());
        let vendor = self.kind.vendor;
        let plan =
            SessionPlan::new(Arc::new(meter), vendor.apis().to_vec(), vendor.base_url(), self.key.clone());
        Ok(Arc::new(self.plain(room.private).with_meter(proxy, plan)))
    }
}
