#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod call;
mod catalogue;
#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;
mod decide;
mod score;

#[doc(no_inline)]
pub use ae_core as core;
#[cfg(feature = "mock")]
pub use call::MockModelClient;
pub use call::{
    Completion, CompletionRequest, FinishReason, Message, ModelClient, ModelClientInfo, Role, ScriptedModel,
};
pub use catalogue::{ContextTier, ModelFacts, PriceError, PricePeriod, PriceTable, Rate, Rates};
#[cfg(feature = "mock")]
pub use decide::MockModelRouter;
pub use decide::{
    Estimate, ModelAvailability, ModelChoice, ModelRouter, Refused, RouteDecision, RouteRequest, Tier,
    TierModels, TierPolicy, TierRouter, decide,
};
pub use score::{Complexity, Level, Risk};
