//! The typed state of a run, one part for each phase. It is checkpointed after every stage.

use ae_billing::{EndpointId, PaymentLink, Price, Product};
use ae_core::{
    ApprovalId, Digest, Evidence, Intent, Money, Outcome, ProductSpec, ProjectId, RunId, Timestamp,
    TokenUsage,
};
use ae_genesis::{Niche, SourceReport, ValidationReport, Verdict};
use ae_harness::{
    AcceptancePlan, CheckOutcome, Deployment, DomainStatus, KitDraft, LivingSpec, NewSite, SiteContext,
};
use ae_langflow::State;
use ae_router::RouteDecision;
use serde::{Deserialize, Serialize};

use crate::{
    glue::{
        Owner,
        analysts::AnalystWork,
        hosting::Parties,
        launch::{LaunchPlan, Terms},
        tasks::TaskWork,
    },
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
    /// The request for the site.
    pub site: NewSite,
    /// The address of the site: the planned one, and the one that the host gave once the site is made.
    pub context: SiteContext,
    /// Whether the site is made.
    pub has_site: bool,
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
    /// The hash that sealed them under the planned address, which was approved: the same one unless the host gave
    /// another address.
    pub approved_seal: Digest,
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
    pub plan: Box<LaunchPlan>,
    /// Their approval.
    pub approval: ApprovalId,
    /// Where the payment provider sends its events.
    #[serde(default)]
    pub endpoint: Option<EventsTo>,
    /// The live release, once it is published.
    pub deployment: Option<Deployment>,
    /// The domain, once it is attached.
    #[serde(default)]
    pub domain: Option<DomainStatus>,
}

/// A webhook endpoint at the payment provider. Its secret is kept with the keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventsTo {
    /// Its id.
    pub id: EndpointId,
    /// Its address.
    pub url: String,
    /// Whether the secret that signs its events is known here.
    pub has_secret: bool,
}

/// The objects at the payment provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sold {
    /// The product.
    pub product: Product,
    /// Its prices.
    pub prices: Vec<Price>,
    /// The payment links: one for each price, in their order.
    pub links: Vec<PaymentLink>,
}

impl Sold {
    /// The payment link of `tier`.
    pub fn link_of(&self, tier: &str) -> Option<&PaymentLink> {
        let place = self.prices.iter().position(|price| price.tier == tier)?;
        self.links.get(place)
    }
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
#[state(version = 3)]
pub struct RunState {
    /// The start.
    pub start: Option<RunStart>,
    /// Host and payment provider.
    pub parties: Option<Parties>,
    /// The living spec, as rendered into the workspace.
    pub living: Option<LivingSpec>,
    /// Demand and niche.
    pub found: Option<Found>,
    /// The product as a coding agent specified it; `None` with the built-in builder.
    pub authored: Option<Authored>,
    /// Spec and plan.
    pub offered: Option<Offered>,
    /// All that the launch will do, apart from its release.
    pub terms: Option<Box<Terms>>,
    /// The build.
    pub built: Option<Built>,
    /// The launch as it was planned for the question about it.
    pub planned: Option<Box<LaunchPlan>>,
    /// The release.
    pub launched: Option<Launched>,
    /// The sale; `None` for a pre-order, of which nothing is sold.
    pub sold: Option<Sold>,
    /// The end.
    pub end: Option<End>,
}
