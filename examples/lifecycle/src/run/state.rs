//! The typed state of a run, one part for each phase. It is checkpointed after every stage.

use ae_billing::{PaymentLink, Price, Product};
use ae_core::{
    ApprovalId, Digest, Evidence, Intent, Money, Outcome, ProductSpec, ProjectId, RunId, Timestamp,
    TokenUsage,
};
use ae_genesis::{Niche, SourceReport, ValidationReport, Verdict};
use ae_harness::{AcceptancePlan, CheckOutcome, Deployment, KitDraft, LivingSpec, SiteContext};
use ae_langflow::State;
use ae_router::RouteDecision;
use serde::{Deserialize, Serialize};

use crate::{
    glue::{Owner, analysts::AnalystWork, launch::LaunchPlan, tasks::TaskWork},
    store::{RunRow, RunSettings},
};

/// The start of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStart {
    /// The run.
    pub run: RunId,
    /// Its project.
    pub project: ProjectId,
    /// The intent.
    pub intent: Intent,
    /// The options.
    pub settings: RunSettings,
    /// When it was recorded; the one time that ends up in the product.
    pub created_at: Timestamp,
}

impl From<&RunRow> for RunStart {
    fn from(row: &RunRow) -> Self {
        Self {
            run: row.run_id,
            project: row.project_id,
            intent: row.intent.clone(),
            settings: row.settings.clone(),
            created_at: row.created_at,
        }
    }
}

impl RunStart {
    /// The run and the project that its effects belong to.
    pub const fn owner(&self) -> Owner {
        Owner { project: self.project, run: self.run }
    }
}

/// The demand that was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Found {
    /// The result of each source of signals.
    pub sources: Vec<SourceReport>,
    /// The number of signals read.
    pub signals_seen: u64,
    /// The signals that concern the intent, best first.
    pub evidence: Vec<Evidence>,
    /// The candidate niches, best first.
    pub niches: Vec<Niche>,
    /// The niche that was chosen.
    pub chosen: Option<Chosen>,
    /// The cost of each answer of the analyst, oldest first.
    #[serde(default)]
    pub analyst: Vec<AnalystWork>,
}

/// The niche of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Chosen {
    /// The niche.
    pub niche: Niche,
    /// Its validation.
    pub validation: ValidationReport,
    /// Who goes on with it although the evidence is too weak; `None` where it is enough.
    #[serde(default)]
    pub despite: Option<Despite>,
}

impl Chosen {
    /// Whether the evidence says that it is worth building.
    pub fn is_validated(&self) -> bool {
        self.validation.verdict == Verdict::Go
    }
}

/// A person's recorded decision to go on despite the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Despite {
    /// The person.
    pub by: String,
    /// Whether it was given in advance, with `--despite-evidence`.
    pub standing: bool,
    /// The approval in which it is recorded.
    pub approval: ApprovalId,
}

/// The product as a coding agent specified it, before it is built.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Authored {
    /// The manifest and the behaviours; `None` where the agent can't make such a product.
    pub draft: Option<KitDraft>,
    /// The number of attempts.
    pub attempts: u32,
    /// Why there is none.
    pub problem: Option<String>,
    /// Its cost.
    pub cost: Money,
    /// The share of the budget that it could cost at most.
    pub limit: Money,
    /// Its tokens; `None` where they were not measured.
    pub usage: Option<TokenUsage>,
}

/// The product on offer: specified, planned and approved, not built.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Offered {
    /// The spec.
    pub spec: ProductSpec,
    /// The label of the site.
    pub site: String,
    /// The address of the site.
    pub context: SiteContext,
    /// The plan of the build.
    pub plan: Option<BuildPlan>,
    /// The approval of spec and planned spend.
    pub approval: Option<ApprovalId>,
}

/// The way the work is done and judged, fixed before it begins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BuildPlan {
    /// The model tier of each task of the spec.
    pub routes: Vec<RouteDecision>,
    /// Whether the builder may cost money. One that is free of charge calls no model, whatever the routes say.
    pub metered: bool,
    /// The most that the work may cost.
    pub planned_spend: Money,
    /// The router's estimate of one attempt at the work of a coding agent.
    #[serde(default)]
    pub estimate: Option<Money>,
    /// The checks.
    pub acceptance: AcceptancePlan,
    /// The hash that seals them.
    pub seal: Digest,
    /// The result of the checks on the empty workspace: a check proves something only if it failed here.
    pub baseline: Vec<CheckOutcome>,
}

/// The result of the build loop.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Built {
    /// How the loop ended.
    pub outcome: Outcome,
    /// The number of attempts.
    pub attempts: u32,
    /// The final result of the sealed checks.
    pub checks: Vec<CheckOutcome>,
    /// The seed of the other texts with which the cases were run.
    pub seed: u64,
    /// The digest of the very files that the checks saw; `None` without a site.
    pub manifest: Option<Digest>,
    /// The work on each task in each attempt, oldest first.
    pub work: Vec<TaskWork>,
    /// The gaps in the proof of an agent's work.
    #[serde(default)]
    pub gaps: Vec<String>,
}

/// The approved launch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Launched {
    /// The effects of the launch.
    pub plan: LaunchPlan,
    /// Their approval.
    pub approval: ApprovalId,
    /// The live release, once it is published.
    pub deployment: Option<Deployment>,
}

/// The objects at the payment provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sold {
    /// The product.
    pub product: Product,
    /// Its prices.
    pub prices: Vec<Price>,
    /// The payment link.
    pub link: PaymentLink,
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The outcome.
    pub outcome: Outcome,
    /// Why, and what to do about it.
    pub reason: String,
    /// The stage that ended it.
    pub stage: String,
}

/// The state of one run. A phase that is `None` was not reached.
#[derive(Debug, Clone, Default, Serialize, Deserialize, State)]
#[state(version = 2)]
pub struct RunState {
    /// The start.
    pub start: Option<RunStart>,
    /// The living spec, as rendered into the workspace.
    pub living: Option<LivingSpec>,
    /// Demand and niche.
    pub found: Option<Found>,
    /// The product as a coding agent specified it; `None` with the built-in builder.
    pub authored: Option<Authored>,
    /// Spec and plan.
    pub offered: Option<Offered>,
    /// The build.
    pub built: Option<Built>,
    /// The release.
    pub launched: Option<Launched>,
    /// The sale; `None` for a pre-order, of which nothing is sold.
    pub sold: Option<Sold>,
    /// The end.
    pub end: Option<End>,
}
