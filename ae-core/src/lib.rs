#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod action;
pub mod clock;
pub mod digest;
pub mod error;
pub mod evidence;
pub mod id;
pub mod id_source;
pub mod idempotency;
pub mod intent;
pub mod lifecycle;
pub mod money;
pub mod niche;
pub mod retry;
pub mod runtime;
pub mod secret;
pub mod sleep;
pub mod spec;
pub mod task;
pub mod untrusted;
pub mod usage;

pub use action::{Action, ActionKind, Isolation};
pub use clock::{Clock, ManualClock, SystemClock};
pub use digest::{Digest, DigestWriter};
pub use error::{BackendError, Effect, ErrorKind, Retry};
pub use evidence::{Evidence, Figure};
pub use id::{ApprovalId, NicheId, ParseIdError, ProjectId, RunId};
pub use id_source::{IdSource, SeededIds, SystemIds};
pub use idempotency::IdempotencyKey;
pub use intent::{Intent, IntentError};
pub use jiff::Timestamp;
pub use lifecycle::{Outcome, Project, ProjectStatus, Run, RunStatus};
pub use money::{Currency, Money, MoneyError};
pub use niche::{Niche, NicheStatus, Score, ScoreTerm};
pub use retry::{RetryPolicy, retry};
pub use runtime::Runtime;
pub use secret::Secret;
pub use sleep::{ManualSleeper, Sleeper, SystemSleeper};
pub use spec::{
    AcceptanceCriterion, BillingInterval, Feature, MrrArithmetic, PriceTier, Priority, ProductSpec,
    SourceNote, UserStory,
};
pub use task::{Task, TaskId, TaskKind};
pub use untrusted::{Origin, Untrusted};
pub use usage::TokenUsage;
