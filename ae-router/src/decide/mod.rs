//! The port that picks a model, and the router by tiers.

#[cfg(feature = "conformance")]
pub mod conformance;
mod port;
mod tier;
mod tier_router;
mod types;

pub use self::{
    port::ModelRouter,
    tier::{ParseTierError, SeedPolicy, Tier},
    tier_router::{TierModels, TierRouter, decide},
    types::{Estimate, ModelAvailability, ModelChoice, Refused, RouteDecision, RouteRequest},
};
