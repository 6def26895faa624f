//! A run in one object: the result of `ae run` and `ae status`.

use std::collections::BTreeMap;

use ae_billing::RevenueSummary;
use ae_core::{
    Deliverable, ErrorKind, Evidence, Mode, Money, Outcome, ProductSpec, ProjectId, RunId, Timestamp,
};
use ae_genesis::{Niche, SourceReport, ValidationReport};
use ae_harness::{CheckOutcome, DeployPlan, ReleaseStore};
use ae_router::RouteDecision;
use ae_safety::{Approval, Scope};
use serde::Serialize;

use super::{
    agent::{AgentReport, agent},
    analyst::{AnalystReport, analyst},
    tasks::{TaskReport, tasks},
    to_do::{ToDo, to_do},
};
use crate::{
    engine::{self, Installation, Question},
    error::Result,
    glue::{
        proof::{Account, Demand, Proof, account},
        site_env::by_tier,
    },
    run::{Chosen, Despite, Launched, RunState},
    store::{RunRow, RunStatus, Undone},
};

/// Money spent, or not measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spent {
    /// Settled in the ledger.
    pub settled: Money,
    /// Reserved and not settled yet.
    pub reserved: Money,
}

/// An approval that the run waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Its id.
    pub approval: String,
    /// The question.
    pub title: String,
    /// The text for a person.
    pub rendering: String,
    /// The digest that an approval is bound to.
    pub digest: String,
}

/// One run, whole.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// The run.
    pub run_id: RunId,
    /// Its project.
    pub project_id: ProjectId,
    /// The request.
    pub intent: String,
    /// Where it stands.
    pub status: RunStatus,
    /// `verified`, `failed`, …; `waiting_for_approval` while parked, `approval_expired` when that took too long;
    /// `interrupted` when it can be resumed; `running` while a process runs it.
    pub outcome: String,
    /// How it ended.
    #[serde(skip)]
    pub ended: Option<Outcome>,
    /// Why.
    pub reason: Option<String>,
    /// Where the product answers.
    pub product_url: Option<String>,
    /// Where its first tier is bought; `null` for a pre-order, of which nothing is sold.
    pub payment_link: Option<String>,
    /// Where each tier is bought.
    pub payment_links: BTreeMap<String, String>,
    /// The rest that is to be done by hand, so that it can be found, bought and counted.
    pub to_do: Vec<ToDo>,
    /// The end of the launch, if it was taken back.
    pub undone: Option<Undone>,
    /// The thing that a customer gets: `web_tool`, or `pre_order` for a page of something that is not built yet.
    pub deliverable: Option<Deliverable>,
    /// The proofs: of which feature, and how.
    pub proven: Vec<Proof>,
    /// The gaps in the proof. The list is never empty.
    pub not_proven: Vec<String>,
    /// The approval that it waits for.
    pub waiting: Option<Waiting>,
    /// Whether it rests on the bundled sample signals, which are no evidence.
    pub sample: bool,
    /// The product.
    pub spec: Option<ProductSpec>,
    /// The digest of the spec.
    pub spec_digest: Option<String>,
    /// The niche chosen.
    pub niche: Option<Niche>,
    /// The verdict of its validation.
    pub validation: Option<ValidationReport>,
    /// The signals that concern the intent.
    pub evidence: Vec<Evidence>,
    /// How many signals were read.
    pub signals_seen: u64,
    /// The outcome of each source.
    pub sources: Vec<SourceReport>,
    /// The person who goes on with it although the evidence is too weak.
    pub despite: Option<Despite>,
    /// The analyst, and the cost of its work.
    pub analyst: Option<AnalystReport>,
    /// The coding agent, and the cost of its work; `null` with the built-in builder.
    pub agent: Option<AgentReport>,
    /// The work, in the order in which it is done.
    pub tasks: Vec<TaskReport>,
    /// Which model tier each task would go to. A builder that is free of charge calls no model.
    pub routes: Vec<RouteDecision>,
    /// Which model tier the work of each attempt went to.
    pub build_routes: Vec<RouteDecision>,
    /// The results of the sealed checks.
    pub checks: Vec<CheckOutcome>,
    /// The seed of the other texts with which the cases of the checks were run.
    pub seed: Option<u64>,
    /// The seal of the checks.
    pub seal: Option<String>,
    /// How often the builder wrote.
    pub attempts: Option<u32>,
    /// The release that is live.
    pub release: Option<String>,
    /// The difference between the files that are live and those that were approved; `null` when there is none.
    pub damage: Option<String>,
    /// The product's id at the payment provider.
    pub product: Option<String>,
    /// The ids of its prices.
    pub prices: Vec<String>,
    /// The amount spent; `null` when no budget was opened yet.
    pub spent: Option<Spent>,
    /// The limit.
    pub budget: Money,
    /// The revenue.
    pub revenue: Option<RevenueSummary>,
    /// How often visitors of a pre-order said that they want it.
    pub interest: Option<u64>,
    /// When it was recorded.
    pub created_at: Timestamp,
}

/// The report of a run, from its row, its checkpoint and its ledgers.
pub async fn report(installation: &Installation, row: &RunRow) -> Result<RunReport> {
    let state = engine::state(installation, row.run_id).await?;
    let question = if row.status.is_final() {
        Question::None
    } else {
        engine::question(installation, row.run_id).await?
    };
    let published = state.launched.as_ref().filter(|launched| launched.deployment.is_some());
    let is_here = |launched: &&Launched| launched.plan.terms.parties.publisher.mode == Mode::Offline;
    let damage = published.filter(is_here).and_then(|launched| damage(installation, &launched.plan.deploy));
    let revenue = if state.sold.is_some() {
        let storefront = installation.wiring.storefront(installation, &row.settings.base_url)?;
        Some(storefront.revenue(row.run_id).await?)
    } else {
        None
    };
    let agent = match agent(row, &state, &*installation.keeper.budget).await {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        found => found?,
    };
    let analyst = analyst(row, &state, &*installation.keeper.budget).await?;
    let mut report = RunReport::new(row, state, &question, revenue);
    (report.agent, report.analyst) = (agent, Some(analyst));
    report.damage = damage;
    if let Some(undone) = installation.runs.undone(row.run_id).await? {
        report.is_undone(undone);
    }
    let is_pre_order = report.spec.as_ref().is_some_and(|spec| spec.deliverable == Deliverable::PreOrder);
    if let Some(site) = row.site.as_ref().filter(|_| is_pre_order) {
        report.interest = Some(installation.runs.interest(site).await?);
    }
    match installation.keeper.budget.status(&Scope::Run(row.run_id)).await {
        Ok(account) => report.spent = Some(Spent { settled: account.settled, reserved: account.reserved }),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    Ok(report)
}

/// The difference between the live release of a site and the one of `approved`.
fn damage(installation: &Installation, approved: &DeployPlan) -> Option<String> {
    let releases = ReleaseStore::open(installation.dir.sites());
    match releases.and_then(|releases| releases.verify(&approved.site)) {
        Ok(manifest) if manifest == approved.manifest => None,
        Ok(_) => Some(format!("release {} was approved, and another one is live", approved.release)),
        Err(error) => Some(error.message().to_owned()),
    }
}

impl RunReport {
    /// Says that the launch was taken back: what no longer answers has no address.
    fn is_undone(&mut self, undone: Undone) {
        if undone.off_sale {
            self.payment_link = None;
            self.payment_links.clear();
        }
        if undone.offline {
            (self.product_url, self.damage) = (None, None);
            self.to_do.clear();
        }
        self.undone = Some(undone);
    }

    fn new(row: &RunRow, state: RunState, question: &Question, revenue: Option<RevenueSummary>) -> Self {
        let account = account_of(&state, revenue.as_ref());
        let tasks = tasks(&state, row.intent.currency());
        let RunState { found, offered, built, launched, sold, .. } = state;
        let to_do = launched.as_ref().map(to_do).unwrap_or_default();
        let deployment = launched.and_then(|launched| launched.deployment);
        let chosen = found.as_ref().and_then(|found| found.chosen.clone());
        let despite = chosen.as_ref().and_then(|chosen| chosen.despite.clone());
        let (niche, validation) = chosen.map(|chosen| (chosen.niche, chosen.validation)).unzip();
        let (sources, evidence, signals_seen) =
            found.map(|found| (found.sources, found.evidence, found.signals_seen)).unwrap_or_default();
        let (spec, plan) = offered.map(|offered| (offered.spec, offered.plan)).unzip();
        let plan = plan.flatten();
        let seed = built.as_ref().map(|built| built.seed);
        let (work, checks, attempts) =
            built.map(|built| (built.work, built.checks, Some(built.attempts))).unwrap_or_default();
        Self {
            run_id: row.run_id,
            project_id: row.project_id,
            intent: row.intent.text().to_owned(),
            status: row.status,
            outcome: outcome(row, question).to_owned(),
            ended: row.outcome,
            reason: match question {
                Question::Expired(_) => {
                    Some("the approval was not given in time; `ae approve` asks again".to_owned())
                }
                _ => row.reason.clone(),
            },
            product_url: deployment.as_ref().map(|deployment| deployment.url.clone()),
            payment_link: sold.as_ref().and_then(|sold| sold.links.first()).map(|link| link.url.clone()),
            payment_links: sold.iter().flat_map(|sold| by_tier(&sold.prices, &sold.links)).collect(),
            to_do,
            undone: None,
            deliverable: spec.as_ref().map(|spec| spec.deliverable),
            proven: account.proven,
            not_proven: account.not_proven,
            waiting: match question {
                Question::Open(approval) => Some(Waiting::from(approval)),
                _ => None,
            },
            sample: sources.iter().any(|source| source.sample),
            spec_digest: spec.as_ref().and_then(|spec| spec.digest().ok()).map(|digest| digest.to_string()),
            spec,
            niche,
            validation,
            evidence,
            signals_seen,
            sources,
            despite,
            analyst: None,
            agent: None,
            tasks,
            seal: plan.as_ref().map(|plan| plan.seal.to_string()),
            routes: plan.map(|plan| plan.routes).unwrap_or_default(),
            attempts,
            seed,
            build_routes: work.into_iter().filter_map(|work| work.route).collect(),
            checks,
            release: deployment.map(|deployment| deployment.release.to_string()),
            damage: None,
            product: sold.as_ref().map(|sold| sold.product.id.to_string()),
            prices: sold.iter().flat_map(|sold| &sold.prices).map(|price| price.id.to_string()).collect(),
            spent: None,
            budget: row.intent.budget(),
            revenue,
            interest: None,
            created_at: row.created_at,
        }
    }
}

/// The proofs and gaps so far.
fn account_of(state: &RunState, revenue: Option<&RevenueSummary>) -> Account {
    let Some(offered) = &state.offered else {
        return Account { proven: Vec::new(), not_proven: vec!["anything: there is no spec yet".to_owned()] };
    };
    let chosen = state.found.as_ref().and_then(|found| found.chosen.as_ref());
    let demand = Demand {
        validated: chosen.is_some_and(Chosen::is_validated),
        paid: revenue.is_some_and(|revenue| revenue.currencies.iter().any(|sums| sums.payments > 0)),
    };
    let built = state.built.as_ref();
    let checks = built.map(|built| built.checks.as_slice()).unwrap_or_default();
    let gaps = built.map(|built| built.gaps.as_slice()).unwrap_or_default();
    account(&offered.spec, offered.plan.as_ref().map(|plan| &plan.acceptance), checks, gaps, demand)
}

impl From<&Approval> for Waiting {
    fn from(approval: &Approval) -> Self {
        Self {
            approval: approval.id.to_string(),
            title: approval.request.title.clone(),
            rendering: approval.request.rendering.clone(),
            digest: approval.request.subject.to_string(),
        }
    }
}

fn outcome(row: &RunRow, question: &Question) -> &'static str {
    match (row.outcome, question) {
        (Some(outcome), _) => outcome.as_str(),
        (None, _) if row.status == RunStatus::Cancelled => RunStatus::Cancelled.as_str(),
        (None, Question::Open(_)) => "waiting_for_approval",
        (None, Question::Expired(_)) => "approval_expired",
        (None, Question::None) => "interrupted",
    }
}
