//! The answer to a call, and the tries that led to it.

use std::time::Duration;

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Money, Timestamp, TokenUsage, Untrusted};
use serde::{Deserialize, Serialize};

use crate::{Completion, ModelChoice, RouteDecision};

/// The answer to a call, its cost and the reason for its model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Answer {
    /// The model's answer.
    pub completion: Completion,
    /// The exact cost of all tries, or `None` when that of one of them was not measured. The budget counts
    /// [`booked`](Self::booked).
    pub cost: Option<Money>,
    /// The decision, with its reasons.
    pub decision: RouteDecision,
    /// Every try, in the order of their ends. The last is the one that answered.
    pub tries: Vec<Try>,
}

impl Answer {
    /// An answer without tries, whose cost is not measured.
    pub const fn new(completion: Completion, decision: RouteDecision) -> Self {
        Self { completion, cost: None, decision, tries: Vec::new() }
    }

    /// The text of the answer.
    pub fn text(&self) -> Untrusted<String> {
        self.completion.text()
    }

    /// The amount that the budget counts for all tries; `None` without tries.
    pub fn booked(&self) -> Option<Money> {
        sum(self.tries.iter().map(|try_| Some(try_.booked)))
    }
}

ae_core::setters! { Answer {
    /// Sets the cost.
    fn with_cost(cost: Option<Money>);
    /// Sets the tries.
    fn with_tries(tries: Vec<Try>);
} }

ae_core::wire_enum! {
    /// The end of a try.
    #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
    #[non_exhaustive]
    pub enum TryOutcome {
        /// The model answered.
        Answered = "answered",
        /// It did not; the try's error says why.
        Failed = "failed",
        /// The caller dropped the call.
        Cancelled = "cancelled",
        /// Another model answered first.
        Outrun = "outrun",
    }
}

/// One call of one model, and its place in the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Try {
    /// The key of its reservation.
    pub key: IdempotencyKey,
    /// The model that was called.
    pub model: ModelChoice,
    /// The model that answered, as the provider names it.
    pub served: Option<String>,
    /// Whether it was made because another try was late.
    pub hedge: bool,
    /// Its end.
    pub outcome: TryOutcome,
    /// The reason of a failure.
    pub error: Option<TryError>,
    /// The amount that was set aside.
    pub reserved: Money,
    /// The exact cost; `None` when it was not measured.
    pub cost: Option<Money>,
    /// The amount that the budget counts: the cost rounded up to a millionth, all that was set aside when the cost is not
    /// known, or zero for a call that was certainly not made.
    pub booked: Money,
    /// Whether the budget did not take the end of the try, so that its reservation stays set aside.
    pub unsettled: bool,
    /// The tokens that the vendor stated. After a cancelled stream, text that came since counts as one token a byte.
    pub usage: Option<TokenUsage>,
    /// The time of its beginning.
    pub started: Timestamp,
    /// The time to the first piece of a stream.
    pub first_piece: Option<Duration>,
    /// The time from its beginning to its end.
    pub took: Duration,
}

impl Try {
    /// The part of the cost above the amount that was set aside: possible with
    /// [`CallLimits::bytes_per_token`](crate::CallLimits::bytes_per_token) above 1, and when a vendor bills more than was
    /// asked for.
    pub fn overshoot(&self) -> Option<Money> {
        let over = self.booked.checked_sub(self.reserved).ok()?;
        (!over.is_negative() && !over.is_zero()).then_some(over)
    }
}

/// The reason of a failed try, without texts of the vendor, which may quote the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TryError {
    /// The class of the error.
    pub kind: ErrorKind,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The vendor's code.
    pub code: Option<String>,
    /// The vendor's id of the request.
    pub request_id: Option<String>,
}

impl TryError {
    /// The facts of `error`.
    pub fn of(error: &BackendError) -> Self {
        Self {
            kind: error.kind(),
            status: error.status(),
            code: error.code().map(str::to_owned),
            request_id: error.request_id().map(str::to_owned),
        }
    }
}

/// The sum of amounts that are all known; `None` without any.
pub(super) fn sum(amounts: impl Iterator<Item = Option<Money>>) -> Option<Money> {
    let mut total: Option<Money> = None;
    for amount in amounts {
        let amount = amount?;
        total = Some(match total {
            Some(total) => total.checked_add(amount).ok()?,
            None => amount,
        });
    }
    total
}
