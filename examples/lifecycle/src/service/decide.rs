//! Keep, pivot or kill: the numbers of a run, and the decision that follows from them.

use std::time::Duration;

use ae_core::{Deliverable, ErrorKind, RunId, Timestamp};
use serde::Serialize;

use super::{revenue::delivered, visits::day};
use crate::{
    engine::{self, Installation},
    error::{Error, Result},
    glue::decision::{Decision, Lost, Numbers, THRESHOLDS, Threshold, decide as judge},
};

const DAY: Duration = Duration::from_secs(86_400);
const WINDOW: Duration = Duration::from_secs(86_400 * 30);

/// A decision on a run, with the numbers that it turns on.
#[derive(Debug, Serialize)]
pub struct DecisionReport {
    /// The run.
    pub run_id: RunId,
    /// Its product.
    pub product: String,
    /// The decision.
    #[serde(flatten)]
    pub decision: Decision,
    /// The numbers that it turns on, each with its reason.
    pub thresholds: &'static [Threshold],
}

/// Decides on `run` from what was counted. Views and clicks are counted where `ae serve` shows the product; elsewhere they
/// are not measured.
///
/// # Errors
///
/// `Conflict` for a run whose product is not published; when a store can't be read.
pub async fn decide(installation: &Installation, run: RunId) -> Result<DecisionReport> {
    let state = engine::state(installation, run).await?;
    let deployment = state.launched.and_then(|launched| launched.deployment);
    let (Some(offered), Some(deployment)) = (state.offered, deployment) else {
        let error = Error::new(ErrorKind::Conflict, format!("run {run} published nothing yet"));
        return Err(error.with_hint(format!("see where it stands: `ae status {run}`")));
    };
    let (spec, site) = (offered.spec, offered.site.site);
    let now = installation.runtime.now();
    let books = delivered(installation).await?.storefront.revenue(run).await?;
    let target = spec.mrr.as_ref().map(|mrr| mrr.target);
    let currency = target.map(|target| target.currency());
    let currency = currency.or_else(|| books.currencies.first().map(|sums| sums.net.currency()));
    let mut sums = books.in_currency(currency.unwrap_or_else(|| spec_currency(&spec)));
    // Customers who pay in another currency than the target's are customers.
    if let (0, Some(other)) = (sums.payments, books.currencies.iter().find(|sums| sums.payments > 0)) {
        sums = *other;
    }
    let is_here = offered.context.licence_path.is_none();
    let visits = installation.runs.visits(site.as_str(), day(deployment.created_at)).await?;
    let is_announced = spec.deliverable == Deliverable::PreOrder;
    let interest = if is_announced { Some(installation.runs.interest(site.as_str()).await?) } else { None };
    let churn = now.checked_sub(WINDOW).ok().map(|from| books.churn(from, now));
    let decision = judge(Numbers {
        days: whole_days(deployment.created_at, now),
        views: is_here.then_some(visits.views),
        clicks: is_here.then_some(visits.clicks),
        payments: sums.payments,
        net: sums.net,
        mrr: sums.mrr,
        target,
        churn: churn.map(|churn| Lost { of: churn.at_start, lost: churn.lost }),
        interest,
    });
    Ok(DecisionReport { run_id: run, product: spec.product_name, decision, thresholds: THRESHOLDS })
}

fn spec_currency(spec: &ae_core::ProductSpec) -> ae_core::Currency {
    spec.pricing.first().map_or(ae_core::Currency::USD, |tier| tier.price.currency())
}

fn whole_days(from: Timestamp, to: Timestamp) -> u64 {
    let seconds = to.as_second().saturating_sub(from.as_second());
    u64::try_from(seconds).unwrap_or_default() / DAY.as_secs()
}
