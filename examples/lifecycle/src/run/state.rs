//! What a run knows: the typed state of the lifecycle graph. It is checkpointed after every stage.

use ae_billing::{PaymentLink, Price, Product};
use ae_core::{
    ApprovalId, Digest, Evidence, Intent, Money, Outcome, ProductSpec, ProjectId, RunId, Timestamp,
};
use ae_genesis::{SourceReport, ValidationReport};
use ae_harness::{AcceptancePlan, CheckOutcome, Deployment, LivingSpec, SiteContext};
use ae_langflow::State;
use ae_router::RouteDecision;
use serde::{Deserialize, Serialize};

use crate::{glue::launch::LaunchPlan, store::RunSettings};
use ae_genesis::Niche;

/// What a run starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seed {
    /// The run.
    pub run: RunId,
    /// Its project.
    pub project: ProjectId,
    /// What was asked for.
    pub intent: Intent,
    /// How it was asked to work.
    pub settings: RunSettings,
    /// When it was recorded; the one time that ends up in what is built.
    pub created_at: Timestamp,
}

/// How the work will be done and how it will be judged, fixed before it begins.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BuildPlan {
    /// Which model tier each task of the spec goes to.
    pub routes: Vec<RouteDecision>,
    /// The most that the work may cost.
    pub planned_spend: Money,
    /// The checks.
    pub acceptance: AcceptancePlan,
    /// The hash that seals them.
    pub seal: Digest,
    /// What the checks said of the empty workspace: what is proven later failed here.
    pub baseline: Vec<CheckOutcome>,
}

/// What the build loop made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Built {
    /// How the loop ended.
    pub outcome: Outcome,
    /// How often it wrote.
    pub attempts: u32,
    /// What the sealed checks said at the end.
    pub checks: Vec<CheckOutcome>,
    /// The digest of the very files that the checks saw; `None` when there was no site to scan.
    pub manifest: Option<Digest>,
    /// Which model tier each attempt went to.
    pub routes: Vec<RouteDecision>,
}

/// How the run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The outcome.
    pub outcome: Outcome,
    /// Why, and what to do about it.
    pub reason: String,
    /// The stage that ended it.
    pub stage: String,
}

/// The state of one run.
#[derive(Debug, Clone, Default, Serialize, Deserialize, State)]
#[state(version = 1)]
pub struct Life {
    /// What it started from.
    pub seed: Option<Seed>,
    /// What became of each source of signals.
    pub sources: Vec<SourceReport>,
    /// How many signals were read.
    pub signals_seen: u64,
    /// The signals that concern the intent, best first.
    pub evidence: Vec<Evidence>,
    /// The candidate niches, best first.
    pub niches: Vec<Niche>,
    /// The niche chosen.
    pub niche: Option<Niche>,
    /// What the validation of that niche said.
    pub validation: Option<ValidationReport>,
    /// What is to be built.
    pub spec: Option<ProductSpec>,
    /// The label of the site.
    pub site: Option<String>,
    /// Where it will answer.
    pub site_context: Option<SiteContext>,
    /// How it will be built and judged.
    pub plan: Option<BuildPlan>,
    /// The approval of spec and planned spend.
    pub spec_approval: Option<ApprovalId>,
    /// What was built.
    pub built: Option<Built>,
    /// What is to be launched.
    pub launch: Option<LaunchPlan>,
    /// The approval of the launch.
    pub launch_approval: Option<ApprovalId>,
    /// What was published.
    pub deployment: Option<Deployment>,
    /// What is sold.
    pub product: Option<Product>,
    /// For how much.
    pub prices: Vec<Price>,
    /// Where it is bought.
    pub link: Option<PaymentLink>,
    /// The living spec, as rendered into the workspace.
    pub living: Option<LivingSpec>,
    /// How it ended.
    pub end: Option<End>,
}
