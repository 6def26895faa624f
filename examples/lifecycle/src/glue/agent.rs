//! Joins a coding agent to the gates and the books: one run of it, from the permission to what it cost.

use std::{fmt, path::PathBuf, pin::Pin, sync::Arc, time::Duration};

use ae_core::{
    Action, ActionKind, ApprovalId, BackendError, Cancel, Effect, ErrorKind, IdempotencyKey, Money, Outcome,
    ProductSpec, Spend,
};
use ae_harness::{
    AgentEvent, AgentFailure, AgentLimits, AgentReport, AgentRequest, CliProvider, FailureKind, Kit,
    Permission, ProviderInfo, SandboxUse, SiteContext, StopReason,
};
use ae_router::{ModelAvailability, ModelRouter, RouteDecision, RouteRequest};
use ae_safety::{AuditEvent, Gatekeeper, Grant, Guarded, HoldState, Order, Scope, request_digest};
use serde_json::json;
use tokio::sync::OnceCell;

use super::{
    Owner,
    build_nodes::outcome_of,
    meter::{spent, work_of},
    progress::Progress,
};

/// How long an agent may work on one thing.
const WALL: Duration = Duration::from_secs(30 * 60);
/// How long an agent may show no progress.
const IDLE: Duration = Duration::from_secs(5 * 60);
/// How long an agent may take to show the first progress.
const FIRST_EVENT: Duration = Duration::from_secs(3 * 60);

/// The place in which an agent works once: whose money it is, what for, and where its settings lie.
#[derive(Debug, Clone)]
pub struct AgentRoom {
    /// The run that pays.
    pub owner: Owner,
    /// The work, for the ledger: `author/1`, `build/T-003/2`.
    pub work: String,
    /// A folder of the run for the agent's settings and sessions.
    pub private: PathBuf,
}

/// Makes the agent of one room. Each of its calls of a model is paid from the account of the run.
pub type MakeAgent = dyn Fn(AgentRoom) -> Making + Send + Sync;
/// An agent that is being made.
pub type Making = Pin<Box<dyn Future<Output = Result<Arc<dyn CliProvider>, BackendError>> + Send>>;
/// Makes the builder that puts a site around a kit.
pub type MakeSite = dyn Fn(&ProductSpec, &SiteContext, Kit) -> Arc<dyn CliProvider> + Send + Sync;

/// The coding agent of a run.
#[derive(Clone)]
pub struct Agent {
    /// Its account of itself.
    pub info: ProviderInfo,
    /// The model that it is to use.
    pub model: Option<String>,
    /// The provider of its models by the router's name, where the router chooses one for each attempt at a task of the
    /// build: the cheapest that may do, and after failures of the sealed checks a stronger one.
    pub by_tier: Option<String>,
    make: Arc<MakeAgent>,
    site: Arc<MakeSite>,
    keeper: Gatekeeper,
    recovered: Arc<OnceCell<()>>,
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent").field("info", &self.info).field("model", &self.model).finish_non_exhaustive()
    }
}

/// One piece of work for an agent.
#[derive(Debug)]
pub struct AgentOrder {
    /// The work, for the ledger.
    pub room: AgentRoom,
    /// The step of the run that it belongs to.
    pub step: String,
    /// The request; its limits, model and permissions are set here.
    pub request: AgentRequest,
    /// The model, if not the agent's own.
    pub model: Option<String>,
    /// The most that it may cost.
    pub limit: Money,
    /// The approval that it rests on.
    pub approval: Option<ApprovalId>,
    /// The work in a few words.
    pub summary: String,
}

/// The end of the run that an agent's work leads to.
#[derive(Debug)]
pub struct Over {
    /// The outcome.
    pub outcome: Outcome,
    /// The reason.
    pub reason: String,
}

impl Over {
    fn budget(reason: impl Into<String>) -> Self {
        Self { outcome: Outcome::BudgetStop, reason: reason.into() }
    }
}

impl Agent {
    /// An agent that `make` makes, whose site `site` makes, behind the gates of `keeper`.
    pub fn new(
        info: ProviderInfo,
        model: Option<String>,
        make: Arc<MakeAgent>,
        site: Arc<MakeSite>,
        keeper: Gatekeeper,
    ) -> Self {
        Self { info, model, by_tier: None, make, site, keeper, recovered: Arc::default() }
    }

    /// Lets the router choose a model of `provider` for each attempt at a task of the build.
    #[must_use]
    pub fn with_tiers_of(self, provider: Option<String>) -> Self {
        Self { by_tier: provider, ..self }
    }

    /// Its name with its model.
    pub fn name(&self) -> String {
        let name = &self.info.provider.name;
        self.model.as_ref().map_or_else(|| name.clone(), |model| format!("{name} with {model}"))
    }

    /// The builder that puts the site around `kit`, behind its guard, and its account of itself.
    pub fn site(
        &self,
        spec: &ProductSpec,
        context: &SiteContext,
        kit: Kit,
    ) -> (ProviderInfo, Guarded<Arc<dyn CliProvider>>) {
        let builder = (self.site)(spec, context, kit);
        let info = builder.info();
        let guarded = Guarded::new(builder, info.provider.clone(), self.keeper.clone());
        (info, guarded)
    }

    /// Settles what a process before this one set aside for calls whose end it did not see: such a call may have cost all
    /// of it. Later calls of this do nothing, since calls may be under way then.
    pub async fn recover(&self, owner: Owner) -> Result<(), BackendError> {
        let scope = Scope::Run(owner.run);
        let lost = async {
            for hold in self.keeper.budget.holds(&scope).await? {
                if hold.state == HoldState::Open && work_of(&hold.note).is_some() {
                    self.keeper.budget.settle(&hold.key, hold.amount).await?;
                }
            }
            Ok::<(), BackendError>(())
        };
        self.recovered.get_or_try_init(|| lost).await.map(drop)
    }

    /// The router's choice for an attempt at a task, recorded before it is used; `None` where one model does all.
    ///
    /// A task whose failure would be a security problem begins with the strongest tier, as the policy of the router says.
    pub async fn route(
        &self,
        router: &dyn ModelRouter,
        request: RouteRequest,
        owner: Owner,
    ) -> Result<Option<RouteDecision>, BackendError> {
        let Some(provider) = &self.by_tier else { return Ok(None) };
        let attempt = request.attempt;
        let available = ModelAvailability::none().with_provider(provider);
        let decision = router.route(&request.with_available(available)).await?;
        let model = decision.callable().next().map(|one| &one.model.id);
        let detail = json!({
            "task": decision.task, "attempt": attempt, "tier": decision.tier, "model": model.or(self.model.as_ref()),
            "reasoning": decision.reasoning, "policy": decision.policy,
        });
        let event = AuditEvent::new("agent_routed", "ae").with_run(owner.run).with_detail(detail);
        self.keeper.audit.append(&event).await?;
        Ok(Some(decision))
    }

    /// The money that the run has left.
    pub async fn left(&self, owner: Owner) -> Result<Money, BackendError> {
        let account = self.keeper.budget.status(&Scope::Run(owner.run)).await?;
        Ok(account.remaining().unwrap_or_else(|| Money::zero(account.currency())))
    }

    /// The cost of the work whose names begin with `work`.
    pub async fn spent(&self, owner: Owner, work: &str) -> Result<Money, BackendError> {
        spent(&*self.keeper.budget, owner.run, work).await
    }

    /// Lets the agent work. The work itself is free of charge for the gate: each of its calls of a model is reserved and
    /// settled on the account of the run, so that nothing is counted twice.
    ///
    /// # Errors
    ///
    /// An error that only a person or time can mend, such as a key that is refused or a vendor that is down; `Cancelled` when the
    /// run was asked to stop. The same order can be given again.
    pub async fn work(
        &self,
        order: AgentOrder,
        progress: &Arc<dyn Progress>,
        cancel: &Cancel,
    ) -> Result<Result<AgentReport, Over>, BackendError> {
        let AgentOrder { room, step, request, model, limit, approval, summary } = order;
        let name = &self.info.provider.name;
        if limit.is_zero() || limit.is_negative() {
            return Ok(Err(Over::budget(format!("no money is left for {summary}"))));
        }
        let owner = room.owner;
        let limits = AgentLimits::new().with_wall(WALL).with_idle(IDLE).with_first_event(FIRST_EVENT);
        let mut request = request
            .with_limits(limits.with_cost(limit))
            .with_permission(Permission::Full)
            .with_sandbox(SandboxUse::Required);
        request.model = model.or_else(|| self.model.clone());
        let attempt = request.attempt;
        let action = Action::new(ActionKind::ExecuteCode, "execute", name, request_digest(&request)?)
            .with_owner(owner.project, owner.run)
            .with_isolation(self.info.isolation)
            .with_spend(Spend::Free)
            .with_summary(format!("{summary} by {}, at most {limit}", self.name()));
        let key = IdempotencyKey::derive(owner.run, &step, "execute", attempt);
        let mut grant = Grant::new("ae").with_budget(Scope::Run(owner.run));
        if let Some(approval) = approval {
            grant = grant.with_approval(approval);
        }
        let provider = (self.make)(room).await?;
        let guarded = Guarded::new(provider, self.info.provider.clone(), self.keeper.clone());
        let (sink, agent, cancel) = (Arc::clone(progress), name.clone(), cancel.clone());
        let performed = guarded
            .perform(
                Order::new(&key, action, request, &grant),
                |provider, key, request| {
                    Box::pin(async move {
                        let events = move |event| tell(&*sink, &agent, &event);
                        provider.execute(key, request, &events, &cancel).await
                    })
                },
                |_| Some(Money::zero(limit.currency())),
            )
            .await?;
        match performed {
            Ok(report) => self.ended(report, &summary),
            Err(refusal) => Ok(Err(Over { outcome: outcome_of(&refusal), reason: refusal.to_string() })),
        }
    }

    /// Sorts the ends of an agent: one that gave up or ran out of time leaves files that the checks judge.
    fn ended(&self, report: AgentReport, summary: &str) -> Result<Result<AgentReport, Over>, BackendError> {
        let name = &self.info.provider.name;
        let error = |kind, message: String| {
            BackendError::new(kind, name.clone(), "execute", message).with_effect(Effect::Unknown)
        };
        match (report.stop, &report.failure) {
            (StopReason::Cancelled, _) => Err(error(ErrorKind::Cancelled, report.summary)),
            (StopReason::BudgetStop, failure) => {
                let why = failure.as_ref().map_or(&report.summary, |failure| &failure.message);
                Ok(Err(Over::budget(format!("the budget ended {summary}: {}", one_line(why)))))
            }
            (_, Some(failure)) => match mendable(failure.kind) {
                Some(kind) => Err(error(kind, in_words(failure))),
                None => Ok(Ok(report)),
            },
            _ => Ok(Ok(report)),
        }
    }
}

/// The error that a failure is, if another attempt would meet it again until someone mends its cause.
const fn mendable(failure: FailureKind) -> Option<ErrorKind> {
    match failure {
        FailureKind::Auth => Some(ErrorKind::Unauthenticated),
        FailureKind::Billing => Some(ErrorKind::QuotaExceeded),
        FailureKind::RateLimited => Some(ErrorKind::RateLimited),
        FailureKind::Overloaded | FailureKind::Network => Some(ErrorKind::Unavailable),
        FailureKind::ModelNotFound | FailureKind::Config => Some(ErrorKind::InvalidInput),
        _ => None,
    }
}

fn in_words(failure: &AgentFailure) -> String {
    format!("{}: {}", failure.kind, one_line(&failure.message))
}

/// Outside text on a line of its own.
pub fn one_line(text: &str) -> String {
    let origin = ae_core::Origin::Agent("agent".to_owned());
    ae_core::Untrusted::new(origin, text.to_owned()).one_line(300)
}

/// An event on a line of progress; what the model says is left out.
fn tell(progress: &dyn Progress, agent: &str, event: &AgentEvent) {
    match event {
        AgentEvent::Started { version, model, .. } => {
            let known = [version, model].into_iter().flatten().map(|text| one_line(text));
            progress.note(&format!("  {agent} {}", known.collect::<Vec<_>>().join(", ")));
        }
        AgentEvent::ToolCall { name, .. } => progress.note(&format!("  {agent}: {}", one_line(name))),
        AgentEvent::Retry { attempt, cause, .. } => {
            progress.note(&format!("  {agent}: retry {attempt}, {}", cause.one_line(120)));
        }
        AgentEvent::Warning(text) => progress.note(&format!("  {agent}: {}", text.one_line(200))),
        _ => {}
    }
}
