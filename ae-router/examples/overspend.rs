//! Concurrent calls against a vendor with faults, under a budget that is far too small: is more spent than it holds?
//!
//! `cargo run --release -p ae-router --features execute --example overspend -- 1000000`
#![allow(clippy::print_stdout, missing_docs, unreachable_pub, dead_code)]

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ae_router::core::{
    BackendError, Currency, Digest, Effect, ErrorKind, IdempotencyKey, Mode, Money, Retry, Runtime,
    TokenUsage,
};
use ae_router::{
    Call, CallError, CallLimits, Candidate, Completion, CompletionRequest, CompletionStream, Complexity,
    Delta, DeltaSource, Estimate, MemoryBudget, ModelChoice, ModelClient, ModelClientInfo, ModelFacts,
    ModelRouter, PriceTable, Rate, Rates, RestLimits, Risk, RouteDecision, RouteRequest, Router, Tier, Try,
};
use async_trait::async_trait;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let asked = std::env::args().nth(1);
    let calls = asked.as_deref().unwrap_or("100000").parse()?;
    let report = run(calls, 64)?;
    println!("{report}");
    report.check()?;
    println!("overspend: 0");
    Ok(())
}

/// The outcome of a run.
#[derive(Debug)]
pub struct Report {
    pub calls: u64,
    pub limit: Money,
    /// By the budget's own books.
    pub spent: Money,
    pub reserved: Money,
    /// The sum of what the tries state.
    pub booked: Money,
    /// By the vendor's own count.
    pub billed: Money,
    /// The most that the vendor had billed above the limit at any moment.
    pub overspend: Money,
    /// Tries for which the vendor billed more than was booked.
    pub under: u64,
    pub tries: BTreeMap<&'static str, u64>,
    pub refused: u64,
}

impl Report {
    /// The calls that were made or refused for want of money.
    pub fn ended(&self) -> u64 {
        self.tries.values().sum::<u64>() + self.refused
    }

    pub fn check(&self) -> Result<(), Failure> {
        let fits = |amount: Money, what: &str| match amount.exceeds(self.limit) {
            Ok(false) => Ok(()),
            _ => Err(format!("{what} is {amount} of {}", self.limit)),
        };
        fits(self.spent, "spent")?;
        fits(self.billed, "billed by the vendor")?;
        if !self.overspend.is_zero() {
            return Err(format!("at one moment {} too much was billed", self.overspend).into());
        }
        if self.under > 0 {
            return Err(format!("{} tries are booked with less than the vendor billed", self.under).into());
        }
        if self.spent != self.booked || !self.reserved.is_zero() {
            return Err(format!(
                "the books say {}, the tries {}; {} are set aside",
                self.spent, self.booked, self.reserved
            )
            .into());
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} calls; tries {:?}; {} calls found no money", self.calls, self.tries, self.refused)?;
        writeln!(f, "limit {}", self.limit)?;
        writeln!(f, "spent {} by the books, {} by the tries' own account", self.spent, self.booked)?;
        write!(f, "billed {} by the vendor, {} above the limit at most", self.billed, self.overspend)
    }
}

/// Makes `calls` calls from `tasks` tasks at once.
pub fn run(calls: u64, tasks: u64) -> Result<Report, Failure> {
    let runtime = threads()?;
    runtime.block_on(async {
        let usd = |text: &str| Money::parse(text, Currency::USD);
        // About half of what all calls would cost, so that the budget reaches its limit.
        let limit = usd("0.001")?.checked_mul(calls)?;
        let vendor = Vendor::new(limit)?;
        let budget = Arc::new(MemoryBudget::new(limit));
        let seen = Arc::new(Mutex::new(Seen::default()));
        let router = router(&vendor, &budget, &seen)?;
        let (left, refused) = (Arc::new(AtomicU64::new(calls)), Arc::new(AtomicU64::new(0)));
        let workers: Vec<_> = (0..tasks)
            .map(|task| tokio::spawn(work(task, router.clone(), Arc::clone(&left), Arc::clone(&refused))))
            .collect();
        for worker in workers {
            worker.await?;
        }
        // Calls that were dropped settle in tasks of their own.
        while !budget.reserved().is_zero() {
            tokio::task::yield_now().await;
        }
        let Seen { booked, under, tries } = std::mem::take(&mut *seen.lock().map_err(|_| "poisoned")?);
        let billed = vendor.0.billed.lock().map_err(|_| "poisoned")?;
        let overspend = if billed.above.is_negative() { Money::zero(Currency::USD) } else { billed.above };
        Ok(Report {
            calls,
            limit,
            spent: budget.spent(),
            reserved: budget.reserved(),
            booked: Money::from_pico(booked, Currency::USD)?,
            billed: billed.sum,
            overspend,
            under,
            tries,
            refused: refused.load(Ordering::SeqCst),
        })
    })
}

fn threads() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(4).build()?)
}

/// The statements of the tries.
#[derive(Debug, Default)]
struct Seen {
    booked: i128,
    under: u64,
    tries: BTreeMap<&'static str, u64>,
}

impl Seen {
    fn take(&mut self, try_: &Try, billed: Option<Money>) {
        self.booked += try_.booked.pico();
        self.under += u64::from(billed.is_some_and(|billed| billed.pico() > try_.booked.pico()));
        *self.tries.entry(try_.outcome.as_str()).or_default() += 1;
    }
}

fn router(vendor: &Vendor, budget: &Arc<MemoryBudget>, seen: &Arc<Mutex<Seen>>) -> Result<Router, Failure> {
    let (seen, bills) = (Arc::clone(seen), vendor.clone());
    let limits = CallLimits::default()
        .with_pause_base(Duration::from_micros(10))
        .with_pause_max(Duration::from_micros(50))
        .with_hedge_after(Duration::from_millis(2))
        .with_per_try(Duration::from_millis(4))
        .with_first_piece(Duration::from_millis(4))
        .with_between_pieces(Duration::from_millis(4));
    Ok(Router::new(Arc::clone(budget))
        .with_client(vendor.clone())
        .with_policy(Both)
        .with_prices(prices()?)
        .with_limits(limits)
        // Faults must not put the models to rest.
        .with_rest_limits(RestLimits::default().with_failures_max(u32::MAX).with_window(Duration::ZERO))
        .with_runtime(Runtime::system())
        .with_observer(move |try_| {
            if let Ok(mut seen) = seen.lock() {
                seen.take(try_, bills.forget(&try_.key));
            }
        }))
}

async fn work(task: u64, router: Router, left: Arc<AtomicU64>, refused: Arc<AtomicU64>) {
    let one = |left: u64| left.checked_sub(1);
    while let Ok(number) = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one) {
        let prompt = format!("call {number} of task {task}");
        let call = Call::new(CompletionRequest::new("", prompt, 50));
        let failed = match number % 5 {
            0 => router.stream(&call).await.err(),
            // Read a piece, then go.
            1 => match router.stream(&call).await {
                Ok(mut stream) => stream.next().await.err(),
                Err(error) => Some(error),
            },
            2 => match router.stream(&call).await {
                Ok(stream) => stream.finish().await.err(),
                Err(error) => Some(error),
            },
            3 => drop_early(router.complete(&call)).await,
            _ => router.complete(&call).await.err(),
        };
        if failed.is_some_and(|error| error.tries().is_empty()) {
            refused.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Waits for some turns, then drops what is not done.
async fn drop_early<T>(call: impl Future<Output = Result<T, CallError>>) -> Option<CallError> {
    let mut call = std::pin::pin!(call);
    for _ in 0..8 {
        match std::future::poll_fn(|context| std::task::Poll::Ready(call.as_mut().poll(context))).await {
            std::task::Poll::Ready(result) => return result.err(),
            std::task::Poll::Pending => tokio::task::yield_now().await,
        }
    }
    None
}

fn prices() -> Result<PriceTable, Failure> {
    let rate = |dollars: i64| Rate::per_million(dollars.into());
    let table = PriceTable::empty("2026-11-24T00:00:00Z".parse()?);
    Ok(table
        .with_model(ModelFacts::new("large", "vendor", Rates::new(rate(5)?, rate(25)?)))
        .with_model(ModelFacts::new("small", "vendor", Rates::new(rate(1)?, rate(5)?))))
}

/// A policy that tries the large model, then the small one.
#[derive(Debug)]
struct Both;

#[async_trait]
impl ModelRouter for Both {
    fn name(&self) -> &str {
        "both"
    }

    async fn route(&self, _: &RouteRequest) -> Result<RouteDecision, BackendError> {
        let decision =
            RouteDecision::new(None, Tier::Builder, Complexity::new(5, Risk::Safe), "both", "as listed");
        Ok(["large", "small"].into_iter().fold(decision, |decision, id| {
            let choice = ModelChoice::new(id, "vendor");
            decision.with_candidate(Candidate::new(choice, Estimate::not_measured("a test"), "as listed"))
        }))
    }
}

/// A vendor that counts what it bills, and fails in many ways that follow from the key of the call.
#[derive(Debug, Clone)]
struct Vendor(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    prices: PriceTable,
    limit: Money,
    billed: Mutex<Billed>,
}

#[derive(Debug)]
struct Billed {
    sum: Money,
    /// The most that the sum was above the limit, negative as long as it was not.
    above: Money,
    /// By the key of the call, until its try has ended.
    open: HashMap<IdempotencyKey, Money>,
}

impl Vendor {
    fn new(limit: Money) -> Result<Self, Failure> {
        let none = Money::zero(Currency::USD);
        let billed = Mutex::new(Billed { sum: none, above: none.checked_sub(limit)?, open: HashMap::new() });
        Ok(Self(Arc::new(Inner { prices: prices()?, limit, billed })))
    }

    /// The bill of a call.
    fn forget(&self, key: &IdempotencyKey) -> Option<Money> {
        self.0.billed.lock().ok()?.open.remove(key)
    }

    /// Bills a call: at most a token for each byte, and as much output as was allowed.
    fn bill(&self, key: &IdempotencyKey, request: &CompletionRequest, dice: u64) -> TokenUsage {
        let bytes = request.messages.iter().map(|turn| turn.text().len()).sum::<usize>();
        let input = 200 + u64::try_from(bytes).unwrap_or(u64::MAX);
        let usage = TokenUsage::new(input, dice % (request.output_tokens_max + 1));
        let at = self.0.prices.as_of();
        let cost = self.0.prices.cost(&request.model, &usage, at).unwrap_or(self.0.limit);
        if let Ok(mut billed) = self.0.billed.lock() {
            billed.sum = billed.sum.checked_add(cost).unwrap_or(self.0.limit);
            let above = billed.sum.checked_sub(self.0.limit).unwrap_or(self.0.limit);
            if above.exceeds(billed.above).unwrap_or(true) {
                billed.above = above;
            }
            billed.open.insert(key.clone(), cost);
        }
        usage
    }
}

fn dice(key: &IdempotencyKey) -> u64 {
    let bytes = *Digest::of_bytes("dice", key.as_str().as_bytes()).as_bytes();
    let [a, b, c, d, ..] = bytes;
    u32::from_be_bytes([a, b, c, d]).into()
}

fn error(kind: ErrorKind) -> BackendError {
    BackendError::new(kind, "vendor", "complete", "as the dice say")
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
        let dice = dice(key);
        // Not made, and not billed.
        match dice % 16 {
            0 => return Err(error(ErrorKind::RateLimited).with_retry(Retry::Backoff)),
            1 => return Err(error(ErrorKind::Declined)),
            _ => {}
        }
        let usage = self.bill(key, request, dice);
        let answer = Completion::text_of(&request.model, "x".repeat(20));
        match dice % 16 {
            2 => Err(error(ErrorKind::Unavailable).with_retry(Retry::Backoff).with_effect(Effect::Unknown)),
            3 => Err(error(ErrorKind::Protocol).with_effect(Effect::Unknown)),
            4 if dice % 5 == 0 => std::future::pending().await,
            5 => Ok(answer),
            6..=9 => {
                for _ in 0..dice % 50 {
                    tokio::task::yield_now().await;
                }
                Ok(answer.with_usage(usage))
            }
            _ => Ok(answer.with_usage(usage)),
        }
    }

    async fn stream(
        &self,
        key: &IdempotencyKey,
        request: &CompletionRequest,
    ) -> Result<CompletionStream, BackendError> {
        let whole = self.complete(key, request).await?;
        let dice = dice(key);
        Ok(CompletionStream::new(Pieces { dice, at: 0, whole: Some(whole) }))
    }
}

/// An answer in pieces that may break off. Its totals are those of the whole answer.
#[derive(Debug)]
struct Pieces {
    dice: u64,
    at: u64,
    whole: Option<Completion>,
}

#[async_trait]
impl DeltaSource for Pieces {
    async fn next(&mut self) -> Result<Option<Delta>, BackendError> {
        self.at += 1;
        match (self.at, self.dice % 7) {
            (1, 0..=4) => {
                let usage = self.whole.as_ref().and_then(|whole| whole.usage);
                Ok(Some(usage.map_or_else(|| Delta::Text("x".to_owned()), Delta::Usage)))
            }
            (1..=4, _) => Ok(Some(Delta::Text("xxxxx".to_owned()))),
            // Longer than what waits for a reader.
            (5..=40, 2) => Ok(Some(Delta::Text("x".to_owned()))),
            (5, 0) => Err(error(ErrorKind::Unavailable).with_retry(Retry::Backoff)),
            (5, 1) if self.dice % 11 == 0 => std::future::pending().await,
            _ => Ok(self.whole.take().map(|whole| Delta::Finished(Box::new(whole)))),
        }
    }
}
