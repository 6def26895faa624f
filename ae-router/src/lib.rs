#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod call;
mod catalogue;
#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;
mod decide;
mod score;

pub use call::{Completion, CompletionRequest, Finish, Message, ModelClient, ScriptedModel, Speaker};
pub use catalogue::{ContextTier, ModelFacts, PriceError, PricePeriod, PriceTable, Rate, Rates};
pub use decide::{
    Estimate, ModelAvailability, ModelChoice, ModelRouter, ParseTierError, Refused, RouteDecision,
    RouteRequest, SeedPolicy, Tier, TierModels, TierRouter, decide,
};
pub use score::{Complexity, Level, Risk};
