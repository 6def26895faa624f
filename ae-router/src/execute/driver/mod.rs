//! One call from the decision to the last entry in the books. It runs in a task of its own: a caller that goes cancels it,
//! and what it used is settled all the same.

mod attempt;
mod books;
mod pump;
mod race;

use std::{sync::Arc, time::Duration};

use ae_core::{
    BackendError, Cancel, Digest, Effect, ErrorKind, IdempotencyKey, Money, Retry, RetryPolicy, RunId,
};
use tokio::sync::mpsc::Sender;

use self::{
    attempt::{Attempt, Plan},
    race::{cancelled, timed_out},
};
use super::{
    answer::sum,
    ceiling::{Priced, Size},
    fate::Next,
    resting::Wait,
    route::question,
    stream::Event,
    wait::{Waited, within},
    walk::{Step, Walk},
};
use crate::{
    Answer, Call, CallError, Completion, ModelChoice, RouteDecision, RouteRequest, RouteState, Router, Try,
};

const BACKEND: &str = "ae-router";

/// A call under way.
pub(super) struct Driver {
    router: Router,
    call: Call,
    cancel: Cancel,
    /// Where the pieces go; `None` for a whole answer.
    out: Option<Sender<Event>>,
    keys: Keys,
    size: Size,
    /// The monotonic time until which the call may take.
    until: Duration,
    /// The pause before the next try.
    pause: Option<Duration>,
    tries: Vec<Try>,
}

/// The names of the tries.
struct Keys {
    /// For clients: the same for the same call.
    call: RunId,
    /// For the budget: of this execution alone, so that no reservation stands for two calls of a vendor. The same as the
    /// other one for a call without a key.
    hold: RunId,
    next: u32,
}

/// The reason why a try was not begun.
enum Refusal {
    /// The candidate can't be tried; another one may.
    Candidate(BackendError),
    /// Nor can any other.
    Call(BackendError),
}

impl Driver {
    pub(super) fn new(router: Router, call: Call, cancel: Cancel, out: Option<Sender<Event>>) -> Self {
        let until = router.runtime.clock.monotonic().saturating_add(router.limits.total);
        let (keys, size) = (Keys::new(&call, &router), Size::of(&call.request));
        Self { router, call, cancel, out, keys, size, until, pause: None, tries: Vec::new() }
    }

    /// Runs the call to its end.
    pub(super) async fn run(mut self) -> Result<Answer, CallError> {
        let decision = self.route().await.map_err(CallError::new)?;
        if decision.callable().next().is_none() {
            let error = self.none_callable(&decision).await;
            return Err(CallError::new(error).with_decision(decision));
        }
        match self.drive(&decision).await {
            Ok(completion) => {
                let cost = sum(self.tries.iter().map(|try_| try_.cost));
                Ok(Answer::new(completion, decision).with_cost(cost).with_tries(self.tries))
            }
            Err(error) => Err(CallError::new(error).with_decision(decision).with_tries(self.tries)),
        }
    }

    /// The decision, with everything that it depends on handed to the policy.
    pub(super) async fn route(&self) -> Result<RouteDecision, BackendError> {
        let ask = async { self.decide(self.router.budget.left().await?).await };
        match within(ask, &self.cancel, self.sleep_until(self.until)).await {
            Waited::Done(decision) => decision,
            Waited::Cancelled => Err(cancelled()),
            Waited::TimedOut => Err(timed_out("no decision in time").with_effect(Effect::NotApplied)),
        }
    }

    async fn decide(&self, budget_left: Option<Money>) -> Result<RouteDecision, BackendError> {
        let mut state = RouteState::default().with_resting(self.router.resting());
        state.budget_left = budget_left;
        let (output, now) = (self.output_tokens_max()?, self.router.runtime.now());
        let available = self.router.clients.available();
        let question = question(&self.call, &self.size, output, available, state, now);
        self.router.policy.route(&question).await
    }

    /// The reason why a decision has no model to call: the money, if there is one without a budget.
    async fn none_callable(&self, decision: &RouteDecision) -> BackendError {
        let is_callable = |decision: &RouteDecision| decision.callable().next().is_some();
        let unlimited = self.decide(None).await.is_ok_and(|unlimited| is_callable(&unlimited));
        none_left(decision, if unlimited { ErrorKind::QuotaExceeded } else { ErrorKind::NotFound })
    }

    /// Tries the candidates until one answers.
    async fn drive(&mut self, decision: &RouteDecision) -> Result<Completion, BackendError> {
        let mut walk = self.walk(decision);
        let mut last: Option<BackendError> = None;
        let mut rests_left = self.router.limits.tries_max;
        loop {
            self.rest(&mut last).await?;
            let number = match walk.step(None, |model| self.rests(model)) {
                Step::Try(number) => number,
                Step::Rest(wait) if rests_left > 0 && Walk::is_worth(wait.pause, &self.router.limits) => {
                    rests_left -= 1;
                    self.pause = Some(wait.pause);
                    continue;
                }
                Step::Rest(wait) => return Err(last.unwrap_or_else(|| all_rest(&wait))),
                Step::End => return Err(last.unwrap_or_else(|| none_left(decision, ErrorKind::NotFound))),
            };
            match self.begin(&mut walk, number, false).await {
                Ok(Some(attempt)) => {
                    if let Some((attempt, first)) = self.race(&mut walk, attempt, &mut last).await? {
                        return self.deliver(attempt, first, decision).await;
                    }
                }
                Ok(None) => {}
                Err(Refusal::Candidate(error)) => {
                    walk.failed(number, Next::Other);
                    last = Some(error);
                }
                Err(Refusal::Call(error)) => return Err(error),
            }
        }
    }

    /// Reserves the most that a try can cost. `None` when the model rests since a moment ago.
    async fn begin(
        &mut self,
        walk: &mut Walk,
        number: usize,
        hedge: bool,
    ) -> Result<Option<Attempt>, Refusal> {
        let Some(model) = walk.model(number).cloned() else { return Ok(None) };
        let plan = self.plan(&model, number, hedge)?;
        let (router, limits) = (&self.router, &self.router.limits);
        let now = router.runtime.clock.monotonic();
        if router.resting.pass(&model, self.tokens(), now, &router.rests).is_err() {
            return Ok(None);
        }
        if let Err(error) = router.budget.reserve(&plan.hold_key, plan.reserved).await {
            router.resting.abandoned(&model, now);
            if error.effect() == Effect::Unknown {
                // It may be set aside: the call is not made, so it is freed. A reservation that is not there is not found.
                drop(router.budget.release(&plan.hold_key).await);
            }
            let fits_others = error.kind() == ErrorKind::QuotaExceeded;
            return Err(if fits_others { Refusal::Candidate(error) } else { Refusal::Call(error) });
        }
        if self.cancel.is_cancelled() {
            router.resting.abandoned(&model, now);
            drop(router.budget.release(&plan.hold_key).await);
            return Err(Refusal::Call(cancelled()));
        }
        walk.begin(number);
        let began = router.runtime.clock.monotonic();
        let time = if plan.stream { limits.first_piece.min(limits.per_try) } else { limits.per_try };
        let until = self.until(began.saturating_add(time));
        Ok(Some(Attempt::new(plan, router.runtime.now(), began, until)))
    }

    /// The request, the price and the keys of a try.
    fn plan(&mut self, model: &ModelChoice, number: usize, hedge: bool) -> Result<Plan, Refusal> {
        let router = &self.router;
        let Some(client) = router.clients.of(model).map(Arc::clone) else {
            let message =
                format!("the policy chose {} of {}, for which no client was given", model.id, model.provider);
            return Err(Refusal::Candidate(BackendError::new(ErrorKind::NotFound, BACKEND, "call", message)));
        };
        let asked = self.output_tokens_max().map_err(Refusal::Call)?;
        let input = self.size.most(&router.limits).map_err(Refusal::Call)?;
        let tier = self.call.request.service_tier;
        let priced = Priced::of(&router.prices, model, tier).map_err(Refusal::Candidate)?;
        let output = priced.output_tokens(asked);
        let reserved = priced.most(input, output, router.runtime.now()).map_err(Refusal::Candidate)?;
        let mut request = self.call.request.clone();
        request.model.clone_from(&model.id);
        request.output_tokens_max = output;
        let (call_key, hold_key) = self.keys.next();
        let stream = self.out.is_some();
        let model = model.clone();
        Ok(Plan { number, model, client, request, call_key, hold_key, reserved, hedge, stream })
    }

    fn output_tokens_max(&self) -> Result<u64, BackendError> {
        let asked = self.call.request.output_tokens_max;
        let asked = Some(asked).filter(|asked| *asked > 0).or(self.router.limits.output_tokens_max);
        asked.filter(|asked| *asked > 0).ok_or_else(|| {
            let message = "the call has no ceiling: set output_tokens_max of the request, or of CallLimits";
            BackendError::new(ErrorKind::InvalidInput, BACKEND, "call", message)
        })
    }

    fn walk(&self, decision: &RouteDecision) -> Walk {
        let prices = &self.router.prices;
        let window = |model: &ModelChoice| {
            let facts = prices.served(&model.id).ok()?;
            facts.input_tokens_max.or(facts.context_tokens_max)
        };
        let lanes = decision.callable().map(|candidate| (candidate.model.clone(), window(&candidate.model)));
        Walk::new(lanes, &self.router.limits)
    }

    /// The tokens that a try is expected to take from the vendor's limits.
    fn tokens(&self) -> u64 {
        let output = self.output_tokens_max().unwrap_or_default().min(RouteRequest::ANSWER_TOKENS);
        self.size.likely().saturating_add(output)
    }

    fn rests(&self, model: &ModelChoice) -> Option<Wait> {
        self.router.resting.wait(model, self.tokens(), self.router.runtime.clock.monotonic())
    }

    /// The pause before the same model may be tried again; `None` when it is not.
    fn pause_after(&self, walk: &Walk, number: usize, error: &BackendError) -> Option<Duration> {
        let limits = &self.router.limits;
        let policy = RetryPolicy::new(limits.tries_per_model_max.max(1))
            .with_pauses(limits.pause_base, limits.pause_max);
        let jitter = self.router.runtime.ids.jitter();
        let pause = policy.next_pause(walk.tries_of(number), error, jitter)?;
        Walk::is_worth(pause, limits).then_some(pause)
    }

    /// Waits for the pause that is due. The call ends when there is no time left, or the caller went.
    async fn rest(&mut self, last: &mut Option<BackendError>) -> Result<(), BackendError> {
        let now = self.router.runtime.clock.monotonic();
        let pause = self.pause.take().unwrap_or_default();
        if self.until.saturating_sub(now) <= pause {
            let late = || timed_out("no time is left for a try").with_effect(Effect::NotApplied);
            return Err(last.take().unwrap_or_else(late));
        }
        if !pause.is_zero() {
            let time = self.router.runtime.sleeper.sleep(pause);
            if let Waited::Cancelled = within(std::future::pending::<()>(), &self.cancel, time).await {
                return Err(cancelled());
            }
        }
        if self.cancel.is_cancelled() { Err(cancelled()) } else { Ok(()) }
    }

    /// A time, or the end of the call if that comes first.
    fn until(&self, time: Duration) -> Duration {
        time.min(self.until)
    }

    fn sleep_until(&self, time: Duration) -> ae_core::Sleep {
        let runtime = &self.router.runtime;
        runtime.sleeper.sleep(time.saturating_sub(runtime.clock.monotonic()))
    }
}

impl Keys {
    fn new(call: &Call, router: &Router) -> Self {
        let fresh = router.runtime.ids.new_uuid();
        let Some(key) = &call.key else {
            let run = RunId::from_uuid(fresh);
            return Self { call: run, hold: run, next: 0 };
        };
        let of = |salt: &str| {
            RunId::from_digest(&Digest::of_bytes("ae-router call", format!("{key} {salt}").as_bytes()))
        };
        Self { call: of(""), hold: of(&fresh.to_string()), next: 0 }
    }

    /// The keys of the next try: of its call, and of its reservation.
    fn next(&mut self) -> (IdempotencyKey, IdempotencyKey) {
        let number = self.next;
        self.next = number.saturating_add(1);
        let key = |run| IdempotencyKey::derive(run, BACKEND, "try", number);
        (key(self.call), key(self.hold))
    }
}

fn all_rest(wait: &Wait) -> BackendError {
    let message =
        format!("every model that could do it rests; the next one for {:?}: {}", wait.pause, wait.why);
    BackendError::new(ErrorKind::Unavailable, BACKEND, "call", message).with_retry(Retry::After(wait.pause))
}

fn none_left(decision: &RouteDecision, kind: ErrorKind) -> BackendError {
    let reasons = decision.refused.iter().map(|refused| format!("{}: {}", refused.model, refused.reason));
    let reasons: Vec<_> = std::iter::once(decision.reasoning.clone()).chain(reasons).collect();
    let message = format!("no model can be called: {}", reasons.join("; "));
    BackendError::new(kind, BACKEND, "call", message)
}
