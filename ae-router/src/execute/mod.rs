//! Calls under a budget.

mod budget;

#[cfg(feature = "execute")]
mod answer;
#[cfg(feature = "execute")]
mod bucket;
#[cfg(feature = "execute")]
mod call;
#[cfg(feature = "execute")]
mod ceiling;
#[cfg(feature = "execute")]
mod clients;
#[cfg(feature = "execute")]
mod driver;
#[cfg(feature = "execute")]
mod error;
#[cfg(feature = "execute")]
mod fate;
#[cfg(feature = "execute")]
mod health;
#[cfg(feature = "execute")]
mod limits;
#[cfg(feature = "execute")]
mod resting;
#[cfg(feature = "execute")]
mod route;
#[cfg(feature = "execute")]
mod router;
#[cfg(feature = "execute")]
mod stream;
#[cfg(feature = "execute")]
mod wait;
#[cfg(feature = "execute")]
mod walk;

#[cfg(feature = "mock")]
pub use self::budget::MockBudget;
#[cfg(feature = "conformance")]
pub use self::budget::conformance;
pub use self::budget::{Budget, MemoryBudget};
#[cfg(feature = "execute")]
pub use self::{
    answer::{Answer, Try, TryError, TryOutcome},
    call::Call,
    error::CallError,
    limits::{CallLimits, RestLimits},
    router::Router,
    stream::AnswerStream,
};
