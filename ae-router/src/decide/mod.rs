//! The port that picks a model, and the router by tiers.

mod candidates;
#[cfg(feature = "conformance")]
pub mod conformance;
mod decision;
mod policy;
mod policy_file;
mod port;
mod request;
mod summary;
mod tier;
mod tier_router;
mod tokens;

#[cfg(feature = "mock")]
pub use self::port::MockModelRouter;
#[cfg(feature = "execute")]
pub(crate) use self::tokens::estimate_tokens;
pub use self::{
    decision::{Candidate, Estimate, ModelChoice, Refused, RouteDecision},
    policy::{CandidateOrder, PolicyError, TierPolicy},
    port::ModelRouter,
    request::{ModelAvailability, ModelNeeds, RouteRequest, RouteState},
    summary::{RouteClassification, RouteSummary},
    tier::Tier,
    tier_router::{TierRouter, decide},
};
