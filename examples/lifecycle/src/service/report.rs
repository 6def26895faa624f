//! What a run is, in one object: the result of `ae run` and `ae status`.

use ae_billing::RevenueSummary;
use ae_core::{Evidence, Money, Outcome, ProductSpec, ProjectId, RunId, Timestamp};
use ae_genesis::{SourceReport, ValidationReport};
use ae_harness::CheckOutcome;
use ae_router::RouteDecision;
use serde::Serialize;

use crate::store::RunStatus;
use crate::{faces::cli::Exit, run::Life, store::RunRow};
use ae_genesis::Niche;

/// Money spent, or that nobody measured it.
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
    /// What is asked.
    pub title: String,
    /// What a person reads.
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
    /// What was asked for.
    pub intent: String,
    /// Where it stands.
    pub status: RunStatus,
    /// `verified`, `failed`, …; `waiting_for_approval` while parked; `interrupted` when it can be resumed.
    pub outcome: String,
    /// Why.
    pub reason: Option<String>,
    /// Where the product answers.
    pub product_url: Option<String>,
    /// Where it is bought.
    pub payment_link: Option<String>,
    /// What it waits for.
    pub waiting: Option<Waiting>,
    /// Whether it rests on the bundled sample signals, which are no evidence.
    pub sample: bool,
    /// What is built.
    pub spec: Option<ProductSpec>,
    /// The digest of the spec.
    pub spec_digest: Option<String>,
    /// The niche chosen.
    pub niche: Option<Niche>,
    /// What its validation said.
    pub validation: Option<ValidationReport>,
    /// The signals that concern the intent.
    pub evidence: Vec<Evidence>,
    /// How many signals were read.
    pub signals_seen: u64,
    /// What became of each source.
    pub sources: Vec<SourceReport>,
    /// Which model tier each task went to.
    pub routes: Vec<RouteDecision>,
    /// Which model tier each build attempt went to.
    pub build_routes: Vec<RouteDecision>,
    /// What the sealed checks say.
    pub checks: Vec<CheckOutcome>,
    /// The seal of the checks.
    pub seal: Option<String>,
    /// How often the builder wrote.
    pub attempts: Option<u32>,
    /// The release that is live.
    pub release: Option<String>,
    /// The product's id at the payment provider.
    pub product: Option<String>,
    /// The ids of its prices.
    pub prices: Vec<String>,
    /// What was spent; `null` when no budget was opened yet.
    pub spent: Option<Spent>,
    /// The limit.
    pub budget: Money,
    /// What came in.
    pub revenue: Option<RevenueSummary>,
    /// When it was recorded.
    pub created_at: Timestamp,
    /// The exit code that goes with it.
    pub exit_code: u8,
}

impl RunReport {
    /// Puts a run's row and state together.
    #[must_use]
    pub fn new(row: &RunRow, life: Life, waiting: Option<Waiting>) -> Self {
        let (outcome, exit) = outcome_words(row, waiting.is_some());
        Self {
            run_id: row.run_id,
            project_id: row.project_id,
            intent: row.intent.text().to_owned(),
            status: row.status,
            outcome,
            reason: row.reason.clone(),
            product_url: life.deployment.as_ref().map(|deployment| deployment.url.clone()),
            payment_link: life.link.as_ref().map(|link| link.url.clone()),
            waiting,
            sample: life.sources.iter().any(|source| source.sample),
            spec_digest: life
                .spec
                .as_ref()
                .and_then(|spec| spec.digest().ok())
                .map(|digest| digest.to_string()),
            spec: life.spec,
            niche: life.niche,
            validation: life.validation,
            evidence: life.evidence,
            signals_seen: life.signals_seen,
            sources: life.sources,
            seal: life.plan.as_ref().map(|plan| plan.seal.to_string()),
            routes: life.plan.map(|plan| plan.routes).unwrap_or_default(),
            attempts: life.built.as_ref().map(|built| built.attempts),
            build_routes: life.built.as_ref().map(|built| built.routes.clone()).unwrap_or_default(),
            checks: life.built.map(|built| built.checks).unwrap_or_default(),
            release: life.deployment.map(|deployment| deployment.id.to_string()),
            product: life.product.map(|product| product.id.to_string()),
            prices: life.prices.iter().map(|price| price.id.to_string()).collect(),
            spent: None,
            budget: row.intent.budget(),
            revenue: None,
            created_at: row.created_at,
            exit_code: exit.code(),
        }
    }
}

fn outcome_words(row: &RunRow, waiting: bool) -> (String, Exit) {
    match row.outcome {
        Some(outcome) => (outcome.to_string(), Exit::of_outcome(outcome)),
        None if row.status == RunStatus::Cancelled => (Outcome::Cancelled.to_string(), Exit::Cancelled),
        None if waiting => ("waiting_for_approval".to_owned(), Exit::Waiting),
        None => ("interrupted".to_owned(), Exit::Cancelled),
    }
}
