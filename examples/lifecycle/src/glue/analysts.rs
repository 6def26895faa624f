//! Joins the analyst of a run to its budget: one that is there for all runs, or one that is made for a run and pays each of
//! its calls of a model from the account of that run.

use std::{fmt, path::PathBuf, sync::Arc};

use ae_core::{
    Action, ActionKind, BackendError, ErrorKind, IdempotencyKey, Money, Provider, RunId, Spend, TaskId,
    TokenUsage,
};
use ae_genesis::{Analyst, AnalystInfo, Drafted};
use ae_safety::{
    AccountStatus, BudgetLedger, Call, Gatekeeper, Grant, Guarded, Order, Refusal, Scope, request_digest,
};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::{Owner, call_budget::CallBudget};

/// The name of the account from which the calls of an analyst are paid.
const ACCOUNT: &str = "analyst";
/// The part of a run's budget that one answer of a metered analyst may cost, and that all calls of one with models may cost:
/// the rest is for the build. It does not depend on what is left, so that an answer asked for again after a crash is the
/// same action.
const ANSWER_SHARE: i128 = 10;
const CALLS_SHARE: i128 = 5;

/// Makes the analyst of a run, which pays its calls from a budget and keeps what it paid for in a folder.
pub type MakeAnalyst = dyn Fn(CallBudget, PathBuf) -> Result<Arc<dyn Analyst>, BackendError> + Send + Sync;

/// An analyst before it is put behind its guard.
#[derive(Clone)]
pub enum Hired {
    /// One for all runs. An answer costs nothing, or what it says.
    Ready(Arc<dyn Analyst>),
    /// One that is made for each run.
    PerRun {
        /// Its account of itself.
        info: AnalystInfo,
        /// Makes it.
        make: Arc<MakeAnalyst>,
    },
}

impl fmt::Debug for Hired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hired").field(&self.info()).finish()
    }
}

impl Hired {
    /// The analyst's account of itself.
    pub fn info(&self) -> AnalystInfo {
        match self {
            Self::Ready(analyst) => analyst.info(),
            Self::PerRun { info, .. } => info.clone(),
        }
    }
}

/// The models, cost and repairs of an answer of the analyst.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalystWork {
    /// `propose` or `specify`.
    pub operation: String,
    /// The models that wrote it.
    pub models: Vec<String>,
    /// Its cost; `None` means not measured.
    pub cost: Option<Money>,
    /// Its tokens; `None` without a model, and where they were not measured.
    pub usage: Option<TokenUsage>,
    /// The answers of models that were sent back.
    pub repairs: u32,
}

impl AnalystWork {
    /// The models, cost and repairs of `draft`.
    pub fn of<T>(operation: &str, draft: &Drafted<T>) -> Self {
        let Drafted { usage, cost, repairs, models, .. } = draft;
        let (models, operation) = (models.clone(), operation.to_owned());
        Self { operation, models, cost: *cost, usage: *usage, repairs: *repairs }
    }
}

/// The analyst of the runs of one composition, reached only through a permit.
#[derive(Debug)]
pub struct Analysts {
    hired: Hired,
    keeper: Gatekeeper,
    made: OnceCell<Guarded<Arc<dyn Analyst>>>,
}

/// One question to the analyst.
#[derive(Debug)]
pub struct Question<'a, R> {
    /// The run that pays.
    pub owner: Owner,
    /// Its budget.
    pub budget: Money,
    /// A folder of the run.
    pub folder: PathBuf,
    /// The stage that asks, and what for.
    pub place: (&'a str, &'static str),
    /// The brief.
    pub brief: R,
}

impl Analysts {
    /// Puts an analyst behind the gates of `keeper`.
    pub fn new(hired: Hired, keeper: Gatekeeper) -> Self {
        Self { hired, keeper, made: OnceCell::new() }
    }

    /// The analyst's account of itself.
    pub fn info(&self) -> AnalystInfo {
        self.hired.info()
    }

    /// One answer, from the gate to the books. Calls of an analyst that is made for the run are paid one by one, so that the
    /// answer itself is free of charge for the gate; any other one that is metered counts with the cost that it states, or in
    /// full.
    pub async fn ask<R: Serialize + Send + Sync, A: Send + 'static>(
        &self,
        question: Question<'_, R>,
        call: impl for<'a> FnOnce(&'a Arc<dyn Analyst>, &'a IdempotencyKey, &'a R) -> Call<'a, Drafted<A>>,
    ) -> Result<Result<Drafted<A>, Refusal>, BackendError> {
        let Question { owner, budget, folder, place: (stage, operation), brief } = question;
        let info = self.info();
        let name = &info.provider.name;
        let pays_itself = matches!(self.hired, Hired::PerRun { .. });
        let spend = if info.metered && !pays_itself {
            Spend::AtMost(share(budget, ANSWER_SHARE)?)
        } else {
            Spend::Free
        };
        let action = Action::new(ActionKind::CallModel, operation, name, request_digest(&brief)?)
            .with_owner(owner.project, owner.run)
            .with_spend(spend)
            .with_summary(format!("{operation} by the analyst {name}"));
        let key = IdempotencyKey::derive(owner.run, stage, operation, 0);
        let grant = Grant::new("ae").with_budget(Scope::Run(owner.run));
        let analyst = self.of(owner, budget, folder, &info.provider).await?;
        let free = Some(Money::zero(budget.currency())).filter(|_| pays_itself);
        // The ledger counts in millionths.
        let cost = |draft: &Drafted<A>| free.or(draft.cost.map(|cost| cost.ceil_to_micro()));
        let order = Order::new(&key, action, brief, &grant);
        analyst
            .perform(order, |analyst, key, brief| counted_once(call(analyst, key, brief), pays_itself), cost)
            .await
    }

    /// The analyst behind its guard. The first question of a process settles what an earlier one left open.
    async fn of(
        &self,
        owner: Owner,
        budget: Money,
        folder: PathBuf,
        provider: &Provider,
    ) -> Result<&Guarded<Arc<dyn Analyst>>, BackendError> {
        let make = async {
            let analyst = match &self.hired {
                Hired::Ready(analyst) => Arc::clone(analyst),
                Hired::PerRun { make, .. } => {
                    let ledger = Arc::clone(&self.keeper.budget);
                    let limit = share(budget, CALLS_SHARE)?;
                    make(CallBudget::open(ledger, owner.run, account()?, limit).await?, folder)?
                }
            };
            Ok::<_, BackendError>(Guarded::new(analyst, provider.clone(), self.keeper.clone()))
        };
        self.made.get_or_try_init(|| make).await
    }
}

/// An answer, whose error does not state a cost that is in the books already.
fn counted_once<'a, A: Send + 'a>(answer: Call<'a, A>, pays_itself: bool) -> Call<'a, A> {
    Box::pin(async move { answer.await.map_err(|error| if pays_itself { paid(error) } else { error }) })
}

fn paid(error: BackendError) -> BackendError {
    let (backend, operation) = (error.backend().to_owned(), error.operation().to_owned());
    BackendError::new(error.kind(), backend, operation, error.message().to_owned())
        .with_retry(error.retry())
        .with_effect(error.effect())
        .with_source(error)
}

/// The account of the analyst of a run; `None` for one that has none of its own.
pub async fn account_of(
    ledger: &dyn BudgetLedger,
    run: RunId,
) -> Result<Option<AccountStatus>, BackendError> {
    match ledger.status(&Scope::Task(run, account()?)).await {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

fn account() -> Result<TaskId, BackendError> {
    ACCOUNT.parse().map_err(|error: ae_core::ParseError| {
        BackendError::new(ErrorKind::Internal, "analyst", "account", error.to_string())
    })
}

/// A part of a budget, and never nothing: a budget of zero refuses whatever may cost something.
fn share(budget: Money, parts: i128) -> Result<Money, BackendError> {
    let part = (budget.pico() / parts).max(1);
    let share = Money::from_pico(part, budget.currency());
    share.map(|share| share.ceil_to_micro()).map_err(|error| {
        BackendError::new(ErrorKind::Internal, "analyst", "share", error.to_string()).with_source(error)
    })
}
