//! An OpenAI-compatible server in front of routed models, with a budget for each key:
//! `OPENAI_API_KEY=… cargo run --release -p ae-router --features anthropic,openai,gemini,openai-compatible,execute
//! --example proxy -- --budget 5`, then point a client's base URL at `http://127.0.0.1:8080/v1`.
//!
//! `wire` translates and is pure; `answer` decides about a request, `call` makes it, `serve` holds the connections.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command: keys come from the environment, the address goes to the output"
)]

mod answer;
mod args;
mod body;
mod call;
mod errors;
mod keys;
mod ledger;
mod metrics;
mod policy;
mod serve;
mod vendors;
mod wire;

use std::{path::Path, process::ExitCode, sync::Arc, time::Duration};

use ae_router::{
    MemoryBudget, PriceTable, TierPolicy, TierRouter,
    core::{Cancel, Currency, Money, Runtime},
};
use tokio::net::TcpListener;

use self::{
    args::{Args, HELP},
    body::Room,
    keys::Access,
    ledger::{Journal, Ledger},
    metrics::Metrics,
    policy::Limited,
    vendors::Vendors,
};

/// A running proxy.
#[derive(Debug)]
struct Proxy {
    runtime: Runtime,
    vendors: Vendors,
    accesses: Vec<Arc<Access>>,
    metrics: Arc<Metrics>,
    room: Room,
    /// No new requests.
    stopping: Cancel,
    /// No open calls either.
    stopped: Cancel,
}

impl Proxy {
    async fn new(args: &Args) -> Result<Self, String> {
        let prices = match &args.prices {
            None => PriceTable::bundled().clone(),
            Some(path) => {
                let own = PriceTable::from_json(&file(path)?).map_err(|error| format!("{path}: {error}"))?;
                PriceTable::bundled().clone().merged(own)
            }
        };
        let policy = match &args.policy {
            None => TierPolicy::default(),
            Some(path) => TierPolicy::from_json(&file(path)?).map_err(|error| format!("{path}: {error}"))?,
        };
        // Each caller's clone of the router has a budget of its own; this one is spent from by nothing.
        let none = MemoryBudget::new(Money::zero(Currency::USD));
        let mut vendors = Vendors::new(args, prices, none, |name| std::env::var(name).ok())?;
        let metrics = Arc::new(Metrics::default());
        let observer = Arc::clone(&metrics);
        let plain = TierRouter::new().with_prices((*vendors.prices).clone()).with_policy(policy.clone());
        vendors.router =
            vendors.router.with_policy(plain).with_observer(move |record| observer.tried(record));
        let (journal, spent) = match &args.spent {
            None => (None, Default::default()),
            Some(path) => {
                let (journal, spent) = Journal::open(Path::new(path))?;
                (Some(Arc::new(journal)), spent)
            }
        };
        let ledger = async |name: &str, limit| {
            let ledger = Ledger::new(name, limit, spent.get(name).copied(), journal.clone()).await;
            ledger.map(Arc::new).map_err(|error| error.to_string())
        };
        let mut accesses = Vec::new();
        if let Some(limit) = args.budget {
            let ledger = ledger("local", limit).await?;
            let router = vendors.router.clone().with_budget(Arc::clone(&ledger));
            accesses.push(Arc::new(Access::open(limit, ledger, router)));
        }
        if let Some(path) = &args.keys {
            for entry in keys::read(&file(path)?).map_err(|error| format!("{path}: {error}"))? {
                let limit = entry.budget()?;
                let ledger = ledger(&entry.name, limit).await?;
                let mut router = vendors.router.clone().with_budget(Arc::clone(&ledger));
                if entry.models.is_some() || entry.tiers.is_some() {
                    let (prices, policy) = (Arc::clone(&vendors.prices), policy.clone());
                    let limited = Limited::new(prices, policy, entry.models.clone(), entry.tiers.clone());
                    router = router.with_policy(limited);
                }
                accesses.push(Arc::new(Access::of(entry, limit, ledger, router)));
            }
        }
        let (stopping, stopped) = (Cancel::new(), Cancel::new());
        let room = Room::new(args.body_max);
        Ok(Self { runtime: Runtime::system(), vendors, accesses, metrics, room, stopping, stopped })
    }
}

fn file(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

async fn run(args: Args) -> Result<(), String> {
    let proxy = Arc::new(Proxy::new(&args).await?);
    if proxy.vendors.prices.is_stale(proxy.runtime.now()) {
        eprintln!(
            "the prices are of {}: lay newer ones over them with --prices",
            proxy.vendors.prices.as_of()
        );
    }
    let failed = |error: std::io::Error| format!("{}: {error}", args.listen);
    let listener = TcpListener::bind(args.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    println!("listening on http://{address}/v1");
    let stop = stop()?;
    serve::serve(listener, proxy, args.connections, stop, Duration::from_secs(args.grace)).await;
    Ok(())
}

/// Ends with a signal to stop.
fn stop() -> Result<impl Future<Output = ()>, String> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(|error| format!("no signals: {error}"))?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn main() -> ExitCode {
    let args = match Args::read(std::env::args().skip(1)) {
        Ok(Some(args)) => args,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = args.threads {
        runtime.worker_threads(threads);
    }
    let ended = runtime.enable_all().build().map_err(|error| error.to_string());
    match ended.and_then(|runtime| runtime.block_on(run(args))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}
