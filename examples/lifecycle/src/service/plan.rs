//! The plan of a launch: all that it will create and spend, or did.

use std::{collections::BTreeMap, fmt};

use ae_billing::{Charge, NewPrice};
use ae_core::{Action, ActionKind, BillingInterval, ErrorKind, Money, Provider, RunId};
use ae_harness::Domain;
use ae_safety::{Approval, ApprovalQuery};
use serde::Serialize;

use crate::{
    engine::{self, Installation},
    error::{Error, Result},
    glue::{
        hosting::EnvFrom,
        launch::{LaunchPlan, Terms, spec_subject},
    },
    run::{Offered, RunState},
};

/// Everything that a launch creates and spends, with the hash that an approval binds.
#[derive(Debug, Clone, Serialize)]
pub struct PlanReport {
    /// The run.
    pub run_id: RunId,
    /// The name of its product.
    pub product: String,
    /// The question that the hash belongs to: `spec` before anything is built, then `launch`.
    pub stage: &'static str,
    /// The hash that an approval binds; `null` as long as the checks are not sealed.
    pub hash: Option<String>,
    /// The approval of exactly this hash, where there is one.
    pub approval: Option<Asked>,
    /// The most that the work may cost, and the limit of the run.
    pub spend: Spend,
    /// The provider that publishes, in its mode.
    pub host: Provider,
    /// The host's account.
    pub account: Option<String>,
    /// The provider that sells, in its mode.
    pub seller: Provider,
    /// The label of the site.
    pub site: String,
    /// Its address, the planned one as long as the site is not made.
    pub address: String,
    /// The release; `null` as long as it is not built.
    pub release: Option<String>,
    /// The environment of the site's functions: names, and where the values come from.
    pub env: BTreeMap<String, EnvFrom>,
    /// The domain that is attached.
    pub domain: Option<Domain>,
    /// Where the payment provider sends its events.
    pub webhook_url: Option<String>,
    /// Every step, in its order.
    pub steps: Vec<Step>,
}

/// The cost of the work.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Spend {
    /// The most by plan; `null` as long as there is none.
    pub planned: Option<Money>,
    /// The limit.
    pub limit: Money,
}

/// A question that was asked.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub status: String,
    /// Who decided.
    pub by: Option<String>,
}

/// One step of a launch.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The operation, for example `ensure_price`.
    pub operation: String,
    /// The provider and its mode.
    pub provider: Provider,
    /// The object that it acts on.
    pub target: String,
    /// Its effect, in words.
    pub summary: String,
    /// The price that customers are charged; `null` where the step makes no price.
    pub price: Option<Charged>,
    /// The digest that the approval covers; `null` for a release that is not built yet.
    pub digest: Option<String>,
    /// Whether it was begun under its approval.
    pub begun: bool,
}

/// A price of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct Charged {
    /// The tier's label.
    pub tier: String,
    /// How much, and by which measure.
    pub charge: Charge,
    /// How often.
    pub interval: BillingInterval,
}

impl From<&NewPrice> for Charged {
    fn from(price: &NewPrice) -> Self {
        Self { tier: price.tier.clone(), charge: price.charge.clone(), interval: price.interval }
    }
}

impl fmt::Display for Charged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.charge, self.interval.words())
    }
}

/// The plan of the launch of `run`.
///
/// # Errors
///
/// `Conflict` as long as there is no spec; when a store can't be read.
pub async fn plan(installation: &Installation, run: RunId) -> Result<PlanReport> {
    let row = installation.runs.get(run).await?;
    let state = engine::state(installation, run).await?;
    let (Some(offered), Some(terms)) = (&state.offered, terms(&state)) else {
        let message = format!("run {run} has no spec yet, so there is nothing to plan");
        return Err(Error::new(ErrorKind::Conflict, message)
            .with_hint(format!("see where it stands: `ae status {run}`")));
    };
    let launch = launch(&state);
    let (stage, hash) = match launch {
        Some(launch) => ("launch", Some(launch.subject()?)),
        None => ("spec", spec_hash(offered, terms)?),
    };
    let asked = installation.keeper.desk.list(&ApprovalQuery::new().with_run(run)).await?;
    let approval = asked.iter().find(|one| Some(one.request.subject) == hash);
    let steps = steps(offered, terms, launch)?.into_iter().map(|(action, price)| step(action, price, &asked));
    Ok(PlanReport {
        run_id: run,
        product: offered.spec.product_name.clone(),
        stage,
        hash: hash.map(|hash| hash.to_string()),
        approval: approval.map(|one| Asked {
            id: one.id.to_string(),
            status: one.status.to_string(),
            by: one.decided_by.clone(),
        }),
        spend: Spend {
            planned: offered.plan.as_ref().map(|plan| plan.planned_spend),
            limit: row.intent.budget(),
        },
        host: terms.parties.publisher.clone(),
        account: terms.parties.account.clone(),
        seller: terms.parties.seller.clone(),
        site: terms.site.site.to_string(),
        address: offered.context.base_url.clone(),
        release: launch.map(|launch| launch.deploy.release.to_string()),
        env: terms.env.iter().flat_map(|env| env.variables.clone()).collect(),
        domain: terms.domain.clone(),
        webhook_url: terms.endpoint.as_ref().map(|endpoint| endpoint.url.clone()),
        steps: steps.collect(),
    })
}

/// The launch that was approved, else the planned one.
fn launch(state: &RunState) -> Option<&LaunchPlan> {
    state.launched.as_ref().map(|launched| &*launched.plan).or(state.planned.as_deref())
}

fn terms(state: &RunState) -> Option<&Terms> {
    launch(state).map(|launch| &*launch.terms).or(state.terms.as_deref())
}

fn spec_hash(offered: &Offered, terms: &Terms) -> Result<Option<ae_core::Digest>> {
    let Some(plan) = &offered.plan else { return Ok(None) };
    let digest = offered.spec.digest().map_err(|error| {
        Error::new(ErrorKind::Internal, "the spec can't be written as JSON").with_source(error)
    })?;
    Ok(Some(spec_subject(digest, plan.planned_spend, plan.approved_seal, &terms.site_action()?)))
}

/// Every action with the price that it makes; one without a request is the release that is not built yet.
type Planned = (Result<Action, Box<Action>>, Option<Charged>);

fn steps(offered: &Offered, terms: &Terms, launch: Option<&LaunchPlan>) -> Result<Vec<Planned>> {
    let mut steps: Vec<Planned> = vec![(Ok(terms.site_action()?), None)];
    let mut prices = terms.for_sale.iter().flat_map(|sale| &sale.prices);
    for action in terms.before_release()? {
        let price = (action.operation == "ensure_price").then(|| prices.next()).flatten();
        steps.push((Ok(action), price.map(Charged::from)));
    }
    let release = match launch {
        Some(launch) => Ok(terms.deploy_action(&launch.deploy)?),
        None => {
            let nothing = ae_core::Digest::of_bytes("plan", b"not built yet");
            let summary = format!("publish {:?}, which is not built yet", offered.spec.product_name);
            let action = Action::new(ActionKind::Deploy, "deploy", terms.site.site.as_str(), nothing)
                .with_provider(terms.parties.publisher.clone())
                .with_summary(summary);
            Err(Box::new(action))
        }
    };
    steps.push((release, None));
    steps.extend(terms.after_release()?.into_iter().map(|action| (Ok(action), None)));
    Ok(steps)
}

fn step(action: Result<Action, Box<Action>>, price: Option<Charged>, asked: &[Approval]) -> Step {
    let digest = action.as_ref().ok().map(Action::digest);
    let action = action.unwrap_or_else(|open| *open);
    let begun = digest.is_some_and(|digest| asked.iter().any(|one| one.consumed.contains(&digest)));
    Step {
        operation: action.operation,
        provider: action.provider.unwrap_or_else(|| Provider::new("none", ae_core::Mode::Offline)),
        target: action.target,
        summary: action.summary,
        price,
        digest: digest.map(|digest| digest.to_string()),
        begun,
    }
}
