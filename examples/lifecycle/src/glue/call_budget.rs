//! Joins the calls of a router to the ledger: each try has a hold of its own, on an account within the account of a run.

use std::sync::Arc;

use ae_core::{BackendError, IdempotencyKey, Money, RunId, TaskId};
use ae_router::Budget;
use ae_safety::{AccountSpec, AccountStatus, BudgetLedger, HoldState, Reserve, Scope};
use async_trait::async_trait;

/// The money for one kind of work of a run: what is spent counts in the account of the run too.
#[derive(Debug, Clone)]
pub struct CallBudget {
    ledger: Arc<dyn BudgetLedger>,
    scope: Scope,
    run: Scope,
    note: String,
}

impl CallBudget {
    /// Opens the account of the work `name`, which may cost `limit` at most, or finds it. What a process before this one set
    /// aside for calls whose end it did not see is settled in full: such a call may have cost all of it. So it is opened
    /// while none of its calls is under way.
    pub async fn open(
        ledger: Arc<dyn BudgetLedger>,
        run: RunId,
        name: TaskId,
        limit: Money,
    ) -> Result<Self, BackendError> {
        let note = format!("model call for {name}");
        let (scope, run) = (Scope::Task(run, name), Scope::Run(run));
        ledger.open(&AccountSpec::new(scope.clone(), run.clone(), limit)).await?;
        for hold in ledger.holds(&scope).await? {
            if hold.state == HoldState::Open {
                ledger.settle(&hold.key, hold.amount).await?;
            }
        }
        Ok(Self { ledger, scope, run, note })
    }

    /// The account.
    pub async fn status(&self) -> Result<AccountStatus, BackendError> {
        self.ledger.status(&self.scope).await
    }
}

#[async_trait]
impl Budget for CallBudget {
    async fn reserve(&self, key: &IdempotencyKey, most: Money) -> Result<(), BackendError> {
        let reserve = Reserve::new(self.scope.clone(), most).with_note(&self.note);
        self.ledger.reserve(key, &reserve).await.map(drop)
    }

    async fn settle(&self, key: &IdempotencyKey, cost: Money) -> Result<(), BackendError> {
        self.ledger.settle(key, cost).await.map(drop)
    }

    async fn release(&self, key: &IdempotencyKey) -> Result<(), BackendError> {
        self.ledger.void(key).await.map(drop)
    }

    async fn left(&self) -> Result<Option<Money>, BackendError> {
        let (own, around) =
            (self.status().await?.remaining(), self.ledger.status(&self.run).await?.remaining());
        Ok(match (own, around) {
            (Some(own), Some(around)) if around.exceeds(own).unwrap_or(true) => Some(own),
            (own, around) => around.or(own),
        })
    }
}
