//! Several builders behind one port.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ae_core::{
    BackendError, Cancel, Digest, Effect, ErrorKind, IdempotencyKey, Isolation, Mode, Origin, Retry, RunId,
    Runtime, SameKey, Timestamp, Untrusted,
};
use async_trait::async_trait;

use super::{Candidate, Choice, Health, History, NAME, Tiers, TryEnd, spend::Spend};
use crate::{
    Abilities, AgentEvent, AgentLimits, AgentReport, AgentRequest, AgentSession, AgentSink, Checkpoint,
    CliProvider, ProviderInfo, StopReason,
    workspace::apart::{kept, put_back},
};

type Tried = Result<AgentReport, BackendError>;

/// Several builders as one: the one that works is chosen by ability, expected cost and health, from a tier that follows
/// from the number of the attempt ([`Tiers`]).
///
/// After an outage ([`TryEnd`]) the next one takes over, if nothing was changed in the workspace, or if the changes can be
/// taken back ([`with_store`](Self::with_store)). A builder that worked and failed is not followed by another: the caller
/// judges the result, and asks for the next attempt. The limits of time and cost hold over all tries, and the report has
/// the sum of all; with a limit of cost, a try whose cost was not measured is the last.
///
/// A session belongs to the builder that began it, so a request that goes on with one is served by that builder alone. The
/// success of a key is repeated as long as this value lives.
#[derive(Debug)]
pub struct Harness {
    pub(super) providers: BTreeMap<String, Arc<dyn CliProvider>>,
    tiers: Tiers,
    pub(super) runtime: Runtime,
    pub(super) store: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    health: Health,
    done: SameKey<AgentReport>,
}

impl Harness {
    /// A harness without builders, with the candidates to choose from.
    pub fn new(runtime: Runtime, tiers: Tiers) -> Self {
        let state = Mutex::new(State { health: Health::new(), done: SameKey::new(NAME) });
        Self { providers: BTreeMap::new(), tiers, runtime, store: None, state }
    }

    /// Adds a builder under the name that candidates use. The name has no `:`.
    #[must_use]
    pub fn with_provider(mut self, name: impl Into<String>, provider: Arc<dyn CliProvider>) -> Self {
        self.providers.insert(name.into(), provider);
        self
    }

    /// Goes on with the health of an earlier time.
    #[must_use]
    pub fn with_health(self, health: Health) -> Self {
        self.state().health = health;
        self
    }

    /// The health of all builders now.
    pub fn health(&self) -> Health {
        self.state().health.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the end of a try.
    pub(super) fn note(&self, candidate: &Candidate, end: TryEnd) {
        let now = self.runtime.now();
        self.state().health.note(candidate, end, now);
    }

    /// The request as a candidate gets it; `None` if it can't serve it.
    pub(super) fn fitted(&self, candidate: &Candidate, request: &AgentRequest) -> Option<AgentRequest> {
        let info = self.providers.get(&candidate.provider)?.info();
        let mut own = request.clone();
        own.model = candidate.model.clone().or(own.model);
        if let AgentSession::Resume(session) = &request.session {
            let (provider, session) = session.split_once(':')?;
            if provider != candidate.provider {
                return None;
            }
            own.session = AgentSession::Resume(session.to_owned());
        }
        own.check_abilities(NAME, info.abilities, info.isolation).is_ok().then_some(own)
    }

    /// Runs one try under a key of its own: `number` keeps tries of the same candidate apart.
    pub(super) async fn attempt(
        &self,
        (key, number): (&IdempotencyKey, u32),
        candidate: &Candidate,
        request: &AgentRequest,
        events: &dyn AgentSink,
        cancel: &Cancel,
    ) -> Tried {
        let provider = self.providers.get(&candidate.provider).ok_or_else(|| none_able("execute"))?;
        let mut report = provider.execute(&derived(key, candidate, number), request, events, cancel).await?;
        report.session = report.session.map(|session| format!("{}:{session}", candidate.provider));
        Ok(report)
    }

    async fn tries(
        &self,
        key: &IdempotencyKey,
        request: &AgentRequest,
        events: &dyn AgentSink,
        cancel: &Cancel,
    ) -> Tried {
        let start = self.runtime.clock.monotonic();
        let undo = Undo::take(self.store.as_deref(), &request.workspace).await?;
        let (mut history, mut spend, mut last) = (History::new(), Spend::default(), None::<Tried>);
        loop {
            let (now, health) = (self.runtime.now(), self.health());
            let able = |candidate: &Candidate| self.fitted(candidate, request).is_some();
            let choice = self.tiers.next(request.attempt, &history, &health, &able, now);
            let (candidate, mut own) = match &choice {
                Choice::Run(candidate) => {
                    let own = self.fitted(candidate, request).ok_or_else(|| none_able("execute"))?;
                    (candidate.clone(), own)
                }
                _ => return ended(last, spend, &choice, now, &request.limits),
            };
            let elapsed = self.runtime.clock.monotonic().saturating_sub(start);
            match (spend.left(&request.limits, elapsed), &last) {
                (Some(left), _) => own.limits = left,
                (None, Some(_)) => return ended(last, spend, &choice, now, &request.limits),
                (None, None) => {
                    return Ok(request.free_report(StopReason::BudgetStop, "nothing may be spent"));
                }
            }
            let result = self.attempt((key, 0), &candidate, &own, events, cancel).await;
            let end = TryEnd::of(&result);
            self.note(&candidate, end);
            spend.add(&result);
            history.push(candidate.clone(), end);
            let goes_on = match end {
                TryEnd::Outage { .. } if !cancel.is_cancelled() => clean(&result, &undo).await,
                _ => Ok(false),
            };
            let goes_on = match goes_on {
                Ok(goes_on) => goes_on,
                Err(error) => return Err(spend.into_error(error, &request.limits)),
            };
            if !goes_on {
                return ended(Some(result), spend, &Choice::Settled, now, &request.limits);
            }
            events.event(AgentEvent::Warning(outage(&candidate, &result))).await;
            last = Some(result);
        }
    }
}

ae_core::setters! { Harness {
    /// Sets the folder in which the state of a workspace is kept, so that the changes of a builder that could not go on are
    /// taken back and the next one takes over. It lies outside of every workspace, and belongs to one request at a time.
    fn with_store(store: some into PathBuf);
} }

#[async_trait]
impl CliProvider for Harness {
    /// The abilities that any of its builders has, and the separation of the weakest.
    fn info(&self) -> ProviderInfo {
        let infos: Vec<ProviderInfo> = self.providers.values().map(|provider| provider.info()).collect();
        let any = |has: fn(&ProviderInfo) -> bool| infos.iter().any(has);
        let weakness = |isolation: &Isolation| Isolation::ALL.iter().position(|one| one == isolation);
        let isolation = infos.iter().map(|info| info.isolation).min_by_key(weakness);
        let mode = infos.iter().map(|info| info.provider.mode).max().unwrap_or(Mode::Offline);
        let abilities = Abilities::new()
            .with_resume(any(|info| info.abilities.resume))
            .with_output_schema(any(|info| info.abilities.output_schema))
            .with_turns(any(|info| info.abilities.turns));
        ProviderInfo::new(NAME, mode, env!("CARGO_PKG_VERSION"), isolation.unwrap_or(Isolation::None))
            .with_metered(any(|info| info.metered))
            .with_abilities(abilities)
    }

    /// Whether one of its builders could work now.
    async fn check(&self) -> Result<(), BackendError> {
        let mut last = none_able("check");
        for provider in self.providers.values() {
            match provider.check().await {
                Ok(()) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn execute(
        &self,
        key: &IdempotencyKey,
        request: &AgentRequest,
        events: &dyn AgentSink,
        cancel: &Cancel,
    ) -> Result<AgentReport, BackendError> {
        request.check(NAME)?;
        if let Some(report) = self.state().done.repeat("execute", key, request)? {
            return Ok(report.clone());
        }
        if cancel.is_cancelled() {
            return Ok(request.free_report(StopReason::Cancelled, "cancelled before it began"));
        }
        let report = self.tries(key, request, events, cancel).await?;
        if report.succeeded() {
            self.state().done.keep("execute", key, request, report.clone())?;
        }
        Ok(report)
    }
}

/// Whether the next builder may take over after this outage; takes back what it left.
async fn clean(result: &Tried, undo: &Undo<'_>) -> Result<bool, BackendError> {
    let untouched = match result {
        Ok(report) => report.files_changed.is_empty(),
        Err(error) => error.effect() == Effect::NotApplied,
    };
    if untouched { Ok(true) } else { undo.revert().await }
}

/// The way back, if there is a store.
struct Undo<'a> {
    checkpoint: Option<Arc<Checkpoint>>,
    workspace: &'a Path,
}

impl<'a> Undo<'a> {
    async fn take(store: Option<&Path>, workspace: &'a Path) -> Result<Self, BackendError> {
        let checkpoint = match store {
            Some(store) => Some(Arc::new(kept(workspace, &store.join("before")).await?)),
            None => None,
        };
        Ok(Self { checkpoint, workspace })
    }

    /// Takes everything back; `false` if that can't be done.
    async fn revert(&self) -> Result<bool, BackendError> {
        let Some(checkpoint) = self.checkpoint.clone() else { return Ok(false) };
        put_back(checkpoint, self.workspace.to_path_buf()).await?;
        Ok(true)
    }
}

/// The key of one candidate's try under the key of the request.
fn derived(key: &IdempotencyKey, candidate: &Candidate, number: u32) -> IdempotencyKey {
    let run = RunId::from_digest(&Digest::of_bytes("ae-harness-try", key.as_str().as_bytes()));
    IdempotencyKey::derive(run, &candidate.label(), "execute", number)
}

fn none_able(operation: &'static str) -> BackendError {
    let message = "no builder can serve this request: add one that has what it asks for, or ask for less";
    BackendError::new(ErrorKind::Unsupported, NAME, operation, message)
}

/// The result of the last try with the sums of all, or the reason why there was none.
fn ended(last: Option<Tried>, spend: Spend, choice: &Choice, now: Timestamp, limits: &AgentLimits) -> Tried {
    match last {
        Some(Ok(report)) => return Ok(spend.into_report(report, limits)),
        Some(Err(error)) => return Err(spend.into_error(error, limits)),
        None => {}
    }
    let Choice::NoneFit { until: Some(until) } = choice else { return Err(none_able("execute")) };
    let pause = Duration::try_from(until.duration_since(now)).unwrap_or_default();
    let message =
        format!("every builder that can serve this request has to rest: repeat in {} s", pause.as_secs());
    Err(BackendError::new(ErrorKind::RateLimited, NAME, "execute", message).with_retry(Retry::After(pause)))
}

fn outage(candidate: &Candidate, result: &Tried) -> Untrusted<String> {
    let why = match result {
        Ok(report) => report.failure.as_ref().map_or_else(String::new, |failure| failure.kind.to_string()),
        Err(error) => error.kind().to_string(),
    };
    Untrusted::new(
        Origin::Agent(NAME.to_owned()),
        format!("{candidate} can't work ({why}): the next one takes over"),
    )
}
