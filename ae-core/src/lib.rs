#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod action;
mod behaviour;
mod cancel;
mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
mod digest;
mod error;
mod evidence;
mod forward;
mod id;
mod id_source;
mod idempotency;
mod intent;
mod interval;
mod money;
mod outcome;
mod provider;
mod retry;
mod runtime;
mod same_key;
mod secret;
mod setters;
mod sleep;
mod spec;
mod task;
mod text;
mod untrusted;
mod usage;
mod wire_enum;
mod worker;

pub use action::{Action, ActionKind, ActionName, Attribute, Isolation, Spend};
pub use behaviour::{Behaviour, Case, Deliverable, Law, Offer, OfferedFeature, Property};
pub use cancel::Cancel;
pub use clock::{Clock, ManualClock, SystemClock};
pub use digest::{Digest, DigestWriter};
pub use error::{BackendError, Effect, ErrorKind, Retry};
pub use evidence::Evidence;
pub use id::{ApprovalId, NicheId, ProjectId, RunId};
pub use id_source::{IdSource, SeededIds, SystemIds};
pub use idempotency::IdempotencyKey;
pub use intent::{Intent, IntentError};
pub use interval::{BillingInterval, IntervalUnit};
pub use jiff::Timestamp;
pub use money::{Currency, Money, MoneyError};
pub use outcome::Outcome;
pub use provider::{Mode, Provider};
pub use retry::{RetryPolicy, retry};
pub use runtime::Runtime;
pub use same_key::SameKey;
pub use secret::Secret;
pub use sleep::{ManualSleeper, Sleep, Sleeper, SystemSleeper};
pub use spec::{
    AcceptanceCriterion, CheckKind, Feature, MrrArithmetic, PriceTier, Priority, ProductSpec, SourceNote,
    UserStory,
};
pub use task::{Task, TaskId, TaskKind};
pub use text::ParseError;
pub use untrusted::{Origin, Untrusted, is_unseen};
pub use usage::TokenUsage;
pub use worker::Worker;
