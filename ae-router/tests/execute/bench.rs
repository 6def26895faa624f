//! The bench of these tests: a vendor with a script, a policy with a list, prices, time that is moved.

use std::{
    collections::{BTreeMap, VecDeque},
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ae_core::{
    BackendError, Currency, ErrorKind, IdempotencyKey, ManualClock, Mode, Money, Runtime, SeededIds, Sleep,
    Sleeper, Timestamp, TokenUsage,
};
use ae_router::{
    Call, Candidate, Completion, CompletionRequest, CompletionStream, Complexity, Delta, DeltaSource,
    Estimate, MemoryBudget, ModelChoice, ModelClient, ModelClientInfo, ModelFacts, ModelRouter, PriceTable,
    Rate, Rates, Risk, RouteDecision, RouteRequest, Router, Tier,
};
use async_trait::async_trait;

/// Makes an error; errors can't be cloned.
pub type Fault = Arc<dyn Fn() -> BackendError + Send + Sync>;

/// The vendor's way with a call.
#[derive(Clone)]
pub enum Act {
    Answer(Box<Completion>),
    Fail(Fault),
    /// A stream that opens; calls for a whole answer do the last of it.
    Pieces(Vec<Piece>),
    Hang,
    Panic,
}

#[derive(Clone)]
pub enum Piece {
    Is(Delta),
    Fail(Fault),
    Hang,
    Panic,
    End,
}

pub fn text(text: &str) -> Piece {
    Piece::Is(Delta::Text(text.to_owned()))
}

pub fn fault(make: impl Fn() -> BackendError + Send + Sync + 'static) -> Fault {
    Arc::new(make)
}

/// A vendor whose models do what the script says, and answer once it is at its end.
#[derive(Clone, Default)]
pub struct Vendor(Arc<Inner>);

#[derive(Default)]
struct Inner {
    script: Mutex<BTreeMap<String, VecDeque<Act>>>,
    calls: Mutex<Vec<(IdempotencyKey, CompletionRequest)>>,
    dropped: AtomicUsize,
}

impl std::fmt::Debug for Vendor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vendor")
    }
}

/// Counts calls that were dropped under way.
struct UnderWay(Arc<Inner>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

impl Vendor {
    pub fn then(self, model: &str, act: Act) -> Self {
        self.0.script.lock().unwrap().entry(model.to_owned()).or_default().push_back(act);
        self
    }

    pub fn fails(self, model: &str, times: usize, fault: &Fault) -> Self {
        (0..times).fold(self, |vendor, _| vendor.then(model, Act::Fail(Arc::clone(fault))))
    }

    pub fn models(&self) -> Vec<String> {
        self.0.calls.lock().unwrap().iter().map(|(_, request)| request.model.clone()).collect()
    }

    pub fn keys(&self) -> Vec<IdempotencyKey> {
        self.0.calls.lock().unwrap().iter().map(|(key, _)| key.clone()).collect()
    }

    pub fn requests(&self) -> Vec<CompletionRequest> {
        self.0.calls.lock().unwrap().iter().map(|(_, request)| request.clone()).collect()
    }

    pub fn dropped(&self) -> usize {
        self.0.dropped.load(Ordering::SeqCst)
    }

    fn act(&self, key: &IdempotencyKey, request: &CompletionRequest) -> Act {
        self.0.calls.lock().unwrap().push((key.clone(), request.clone()));
        let next = self.0.script.lock().unwrap().get_mut(&request.model).and_then(VecDeque::pop_front);
        next.unwrap_or_else(|| Act::Answer(Box::new(answer(&request.model))))
    }

    async fn hang(&self) -> ! {
        let _under_way = UnderWay(Arc::clone(&self.0));
        pending::<()>().await;
        unreachable!()
    }
}

#[async_trait]
impl ModelClient for Vendor {
    fn info(&self) -> ModelClientInfo {
        ModelClientInfo::new("vendor", Mode::Test)
    }

    async fn complete(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<Completion, BackendError> {
        match self.act(key, request) {
            Act::Answer(answer) => Ok(*answer),
            Act::Fail(fault) => Err(fault()),
            Act::Pieces(pieces) => match pieces.last() {
                Some(Piece::Fail(fault)) => Err(fault()),
                Some(Piece::Hang) => self.hang().await,
                _ => Ok(answer(&request.model)),
            },
            Act::Hang => self.hang().await,
            Act::Panic => panic!("as the script says"),
        }
    }

    async fn stream(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<CompletionStream, BackendError> {
        match self.act(key, request) {
            Act::Answer(answer) => Ok(CompletionStream::of(*answer)),
            Act::Fail(fault) => Err(fault()),
            Act::Pieces(pieces) => {
                Ok(CompletionStream::new(Pieces { vendor: self.clone(), pieces: pieces.into() }))
            }
            Act::Hang => self.hang().await,
            Act::Panic => panic!("as the script says"),
        }
    }
}

struct Pieces {
    vendor: Vendor,
    pieces: VecDeque<Piece>,
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pieces")
    }
}

#[async_trait]
impl DeltaSource for Pieces {
    async fn next(&mut self) -> Result<Option<Delta>, BackendError> {
        match self.pieces.front() {
            Some(Piece::Is(_)) | Some(Piece::End) | None => {}
            Some(Piece::Fail(fault)) => return Err(fault()),
            Some(Piece::Hang) => self.vendor.hang().await,
            Some(Piece::Panic) => panic!("as the script says"),
        }
        Ok(match self.pieces.pop_front() {
            Some(Piece::Is(delta)) => Some(delta),
            _ => None,
        })
    }
}

/// The answer of every model: 1,000 tokens in, 100 out.
pub fn answer(model: &str) -> Completion {
    Completion::text_of(model, format!("from {model}")).with_usage(TokenUsage::new(1_000, 100))
}

/// The models of the tests: `a` and `b` of the provider `x`, `c` of `y` with a larger window. Dollars per million tokens
/// are 10 and 100, 1 and 10, 2 and 20.
pub fn prices() -> PriceTable {
    let rate = |dollars: i64| Rate::per_million(dollars.into()).unwrap();
    let model = |id, provider, input, output, window| {
        ModelFacts::new(id, provider, Rates::new(rate(input), rate(output))).with_limits(Some(window), None)
    };
    PriceTable::empty(now())
        .with_model(model("a", "x", 10, 100, 10_000))
        .with_model(model("b", "x", 1, 10, 10_000))
        .with_model(model("c", "y", 2, 20, 100_000))
}

/// The cost of [`answer`] from a model of [`prices`].
pub fn price(model: &str) -> Money {
    usd(match model {
        "a" => "0.02",
        "b" => "0.002",
        "c" => "0.004",
        other => panic!("no price of {other}"),
    })
}

pub fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

pub fn sum(amounts: impl IntoIterator<Item = Money>) -> Money {
    amounts.into_iter().fold(usd("0"), |sum, amount| sum.checked_add(amount).unwrap())
}

pub fn now() -> Timestamp {
    "2026-11-24T00:00:00Z".parse().unwrap()
}

/// A policy that tries its models in order; what rests comes last.
#[derive(Debug, Clone)]
pub struct InOrder {
    pub models: Vec<(&'static str, &'static str)>,
    pub asked: Arc<Mutex<Vec<RouteRequest>>>,
}

impl InOrder {
    pub fn new(models: impl IntoIterator<Item = &'static str>) -> Self {
        let models = models.into_iter().map(|id| (id, if id == "c" { "y" } else { "x" })).collect();
        Self { models, asked: Arc::default() }
    }
}

#[async_trait]
impl ModelRouter for InOrder {
    fn name(&self) -> &str {
        "in-order"
    }

    async fn route(&self, request: &RouteRequest) -> Result<RouteDecision, BackendError> {
        self.asked.lock().unwrap().push(request.clone());
        let (resting, awake): (Vec<_>, Vec<_>) =
            self.models.iter().partition(|(id, _)| request.state.resting.contains_key(*id));
        let complexity = Complexity::new(5, Risk::Safe);
        let decision = RouteDecision::new(None, Tier::Builder, complexity, "in-order", "as listed");
        Ok(awake.into_iter().chain(resting).fold(decision, |decision, &(id, provider)| {
            let choice = ModelChoice::new(id, provider);
            decision.with_candidate(Candidate::new(choice, Estimate::not_measured("a test"), "as listed"))
        }))
    }
}

/// A sleeper that wakes at once from pauses up to a limit, moving the clock, and never from longer ones.
#[derive(Debug, Clone)]
pub struct UpTo(pub Duration, pub ManualClock);

impl Sleeper for UpTo {
    fn sleep(&self, pause: Duration) -> Sleep {
        let (limit, clock) = (self.0, self.1.clone());
        Box::pin(async move {
            if pause > limit {
                pending::<()>().await;
            }
            clock.advance(pause);
        })
    }
}

/// Time in which nothing longer than `longest` passes.
pub fn slow_time(longest: Duration) -> Runtime {
    let clock = ManualClock::at(now());
    Runtime::new(clock.clone(), UpTo(longest, clock), SeededIds::new(7))
}

/// A router over `vendor` with a dollar, the models `a`, `b`, `c` in order, and time that passes when it is waited for.
pub struct Bench {
    pub router: Router,
    pub budget: Arc<MemoryBudget>,
    pub policy: InOrder,
    pub clock: ManualClock,
}

impl Bench {
    pub fn new(vendor: &Vendor) -> Self {
        Self::with_dollars(vendor, "1")
    }

    pub fn with_dollars(vendor: &Vendor, dollars: &str) -> Self {
        let budget = Arc::new(MemoryBudget::new(usd(dollars)));
        let policy = InOrder::new(["a", "b", "c"]);
        let clock = ManualClock::at(now());
        let time = UpTo(Duration::MAX, clock.clone());
        let router = Router::new(Arc::clone(&budget))
            .with_client_for(vendor.clone(), ["a", "b", "c"])
            .with_policy(policy.clone())
            .with_prices(prices())
            .with_runtime(Runtime::new(clock.clone(), time, SeededIds::new(7)));
        Self { router, budget, policy, clock }
    }

    /// Waits until no reservation is open.
    pub async fn settled(&self) {
        for _ in 0..10_000 {
            if self.budget.reserved().is_zero() {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{} are still set aside", self.budget.reserved());
    }
}

/// The call of most tests: at most 200 tokens of output.
pub fn call() -> Call {
    Call::new(CompletionRequest::new("", "Name a colour.", 200))
}

/// The most that [`call`] can cost with a model.
pub fn most(model: &str) -> Money {
    // 14 bytes, 256 tokens for the request, 16 for the turn and 16 for its part.
    let facts = prices().model(model).unwrap().clone();
    facts.most(14 + 256 + 32, 200, now(), ae_router::ServiceTier::Standard).unwrap()
}

pub fn error(kind: ErrorKind) -> BackendError {
    BackendError::new(kind, "vendor", "complete", "as the script says")
}
