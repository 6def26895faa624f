//! The port that picks a model, and the router by tiers.

#[cfg(feature = "conformance")]
pub mod conformance;
mod port;
mod tier;
mod tier_router;
mod types;

#[cfg(feature = "mock")]
pub use self::port::MockModelRouter;
pub use self::{
    port::ModelRouter,
    tier::{Tier, TierPolicy},
    tier_router::{TierModels, TierRouter, decide},
    types::{Estimate, ModelAvailability, ModelChoice, Refused, RouteDecision, RouteRequest},
};
