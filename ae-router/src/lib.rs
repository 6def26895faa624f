// The examples of the README need most features: without them they are shown, and not tested.
#![cfg_attr(
    any(not(doctest), all(feature = "anthropic", feature = "typed")),
    doc = include_str!("../README.md")
)]
#![cfg_attr(
    not(any(not(doctest), all(feature = "anthropic", feature = "typed"))),
    doc = "Routes model calls."
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod cache;
mod call;
mod catalogue;
#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;
mod decide;
mod escalate;
mod execute;
#[cfg(feature = "learn")]
#[cfg_attr(docsrs, doc(cfg(feature = "learn")))]
mod learn;
mod score;
#[cfg(feature = "typed")]
mod typed;

#[doc(no_inline)]
pub use ae_core as core;
#[cfg(feature = "mock")]
pub use cache::MockAnswerCache;
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub use cache::RedisCache;
pub use cache::{AnswerCache, CachedClient, MemoryCache};
#[cfg(feature = "mock")]
pub use call::MockModelClient;
pub use call::{
    CacheFor, Completion, CompletionRequest, CompletionStream, Delta, DeltaSource, Effort, FinishReason,
    Message, ModelClient, ModelClientInfo, Opaque, OutputSchema, Part, RateState, Role, Sampling,
    ScriptedModel, Served, Thinking, Tool, ToolCall, ToolChoice, ToolResult,
};
#[cfg(feature = "vendors")]
#[cfg_attr(docsrs, doc(cfg(feature = "vendors")))]
pub use call::{VendorClient, VendorLimits};
pub use catalogue::{
    Billed, Capabilities, Capability, ContextTier, Fee, LevelRates, ModelFacts, PriceError, PricePeriod,
    PriceTable, Rate, Rates, RegionalUplift, ServiceTier,
};
#[cfg(feature = "mock")]
pub use decide::MockModelRouter;
pub use decide::{
    Candidate, CandidateOrder, Estimate, ModelAvailability, ModelChoice, ModelNeeds, ModelRouter,
    PolicyError, Refused, RouteClassification, RouteDecision, RouteRequest, RouteState, RouteSummary, Tier,
    TierPolicy, TierRouter, decide,
};
#[cfg(feature = "execute")]
#[cfg_attr(docsrs, doc(cfg(feature = "execute")))]
pub use escalate::{EscalateError, Escalated};
pub use escalate::{Failure, Ladder, Verdict};
#[cfg(feature = "mock")]
pub use execute::MockBudget;
#[cfg(feature = "execute")]
#[cfg_attr(docsrs, doc(cfg(feature = "execute")))]
pub use execute::{
    Answer, AnswerStream, Call, CallError, CallLimits, RestLimits, Router, Try, TryError, TryOutcome,
};
pub use execute::{Budget, MemoryBudget};
#[cfg(feature = "learn")]
#[cfg_attr(docsrs, doc(cfg(feature = "learn")))]
pub use learn::{
    CurvePoint, Evaluation, FitOptions, FitReport, Fitted, LearnError, LoggedPrompt, ModelOutcome,
    OutcomeLog, Policy, RejectedLine, Replay, Replayed, ScoredPair, Target, TrainError, TrainOptions,
    TrainingRow, fit, out_of_fold, train,
};
pub use score::{Complexity, Difficulty, Level, Risk, Scorer, ScorerError, Signal};
#[cfg(feature = "typed")]
#[cfg_attr(docsrs, doc(cfg(feature = "typed")))]
pub use typed::{Typed, TypedError};
