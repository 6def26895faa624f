#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod client;
pub mod complexity;
#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;
pub mod decision;
pub mod price;
pub mod request;
pub mod router;
pub mod scripted;
pub mod tier;
pub mod tier_router;

pub use client::{Completion, CompletionRequest, Finish, Message, ModelClient, Speaker};
pub use complexity::{Complexity, Level, Risk};
pub use decision::{Estimate, ModelChoice, Refused, RouteDecision};
pub use price::{ContextTier, ModelFacts, PriceError, PricePeriod, PriceTable, Rate, Rates};
pub use request::{ModelAvailability, RouteRequest};
pub use router::ModelRouter;
pub use scripted::ScriptedModel;
pub use tier::{ParseTierError, SeedPolicy, Tier};
pub use tier_router::{TierModels, TierRouter, decide};
