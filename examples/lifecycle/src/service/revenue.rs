//! The earnings of runs: sums by currency, and how the agreements that recur changed.

use std::{collections::BTreeMap, time::Duration};

use ae_billing::{Churn, CurrencyRevenue, RevenueSummary};
use ae_core::{Currency, ErrorKind, Mode, MoneyError, RunId, Timestamp};
use serde::Serialize;

use super::Sale;
use crate::{
    engine::{self, Installation},
    error::{Error, Result},
    store::RunRow,
};

const DAY: Duration = Duration::from_secs(86_400);
/// The runs that are read at a time.
const PAGE: u32 = 200;

/// The earnings of runs.
#[derive(Debug, Serialize)]
pub struct RevenueReport {
    /// The beginning of the window in which agreements are compared.
    pub from: Timestamp,
    /// Its end: the present.
    pub to: Timestamp,
    /// The runs that sell, newest first.
    pub runs: Vec<RunRevenue>,
    /// The sums over all of them, one for each currency: sums of two currencies are never added.
    pub total: Vec<CurrencyRevenue>,
}

/// The earnings of one run.
#[derive(Debug, Serialize)]
pub struct RunRevenue {
    /// The run.
    pub run_id: RunId,
    /// The mode in which it sells: payments of a test mode are no money, and not part of the total.
    pub mode: Mode,
    /// The name of its product.
    pub product: String,
    /// The sums by currency, the run's own first.
    pub currencies: Vec<CurrencyRevenue>,
    /// The customers who have access now.
    pub active: u64,
    /// How the agreements that recur changed in the window.
    pub churn: ChurnReport,
}

/// How the agreements that recur changed in a window.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ChurnReport {
    /// Those that paid at the beginning of the window.
    pub at_start: u64,
    /// Those of them that ended.
    pub lost: u64,
    /// Those that began to pay.
    pub started: u64,
    /// Those that pay at its end.
    pub at_end: u64,
    /// The lost ones in a thousand of those at the start; `null` where there was none.
    pub lost_per_mille: Option<u64>,
}

impl From<Churn> for ChurnReport {
    fn from(churn: Churn) -> Self {
        let Churn { at_start, lost, started, at_end, .. } = churn;
        Self { at_start, lost, started, at_end, lost_per_mille: churn.lost_per_mille() }
    }
}

/// The earnings of `run`, or of every run that sells; agreements are compared with those `days` days ago.
///
/// # Errors
///
/// `Conflict` for a run that sells nothing; when a store can't be read.
pub async fn revenue(installation: &Installation, run: Option<RunId>, days: u32) -> Result<RevenueReport> {
    let sale = delivered(installation).await?;
    let to = installation.runtime.now();
    let from = to.checked_sub(DAY * days).unwrap_or(Timestamp::MIN);
    let mut runs = Vec::new();
    let rows = match run {
        Some(run) => vec![installation.runs.get(run).await?],
        None => all(installation).await?,
    };
    for row in rows {
        let state = engine::state(installation, row.run_id).await?;
        let Some(sold) = state.sold else {
            if run.is_none() {
                continue;
            }
            return Err(Error::new(ErrorKind::Conflict, format!("run {} sells nothing", row.run_id)));
        };
        let books = sale.storefront.revenue(row.run_id).await?;
        runs.push(RunRevenue {
            run_id: row.run_id,
            mode: row.settings.mode(),
            product: sold.product.name,
            active: active(&books, to),
            churn: books.churn(from, to).into(),
            currencies: books.currencies,
        });
    }
    let total = total(&runs).map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?;
    Ok(RevenueReport { from, to, runs, total })
}

/// The sale with the events delivered that a crash left, for the books rest on them.
pub(super) async fn delivered(installation: &Installation) -> Result<Sale> {
    let sale = Sale::open(installation, "http://127.0.0.1").await?;
    sale.deliver_pending().await?;
    Ok(sale)
}

pub(super) async fn all(installation: &Installation) -> Result<Vec<RunRow>> {
    let mut rows = Vec::new();
    loop {
        let page = installation.runs.list(PAGE, rows.len() as u64).await?;
        if page.is_empty() {
            return Ok(rows);
        }
        rows.extend(page);
    }
}

fn active(books: &RevenueSummary, now: Timestamp) -> u64 {
    books.entitlements.iter().filter(|entitlement| entitlement.is_active(now)).count() as u64
}

fn total(runs: &[RunRevenue]) -> Result<Vec<CurrencyRevenue>, MoneyError> {
    let mut sums: BTreeMap<Currency, CurrencyRevenue> = BTreeMap::new();
    for one in runs.iter().filter(|run| run.mode != Mode::Test).flat_map(|run| &run.currencies) {
        let currency = one.gross.currency();
        let sum = sums.entry(currency).or_insert_with(|| CurrencyRevenue::new(currency));
        for (sum, one) in [
            (&mut sum.gross, one.gross),
            (&mut sum.refunded, one.refunded),
            (&mut sum.disputed, one.disputed),
            (&mut sum.net, one.net),
            (&mut sum.mrr, one.mrr),
        ] {
            *sum = sum.checked_add(one)?;
        }
        sum.payments = sum.payments.saturating_add(one.payments);
    }
    Ok(sums.into_values().collect())
}
