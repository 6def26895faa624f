//! An escalation over calls.

use ae_core::{Digest, ErrorKind, IdempotencyKey, Money, RunId};

use super::{Failure, Ladder, Verdict};
use crate::{Answer, Call, CallError, Router};

/// The answer of an escalation, and the way to it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Escalated {
    /// The answer that passed the check.
    pub answer: Answer,
    /// The answers that failed it, the cheapest model's first, with the check's reasons.
    pub failed: Vec<(Answer, Failure)>,
}

impl Escalated {
    /// The exact cost of all answers, or `None` when that of one of them was not measured.
    pub fn cost(&self) -> Option<Money> {
        let failed = self.failed.iter().map(|(answer, _)| answer.cost);
        failed.into_iter().try_fold(self.answer.cost?, |sum, cost| sum.checked_add(cost?).ok())
    }
}

/// An escalation without an answer that passed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EscalateError {
    /// A call got no answer, and no further model may be tried.
    #[error("{source}")]
    Call {
        /// The error of the last call.
        source: CallError,
        /// The answers before it, which failed the check.
        failed: Vec<(Answer, Failure)>,
    },
    /// Every model had its tries.
    #[error("no answer passed the check: {} tried, the last failed with: {}", failed.len(), last(failed))]
    Failed {
        /// The answers and the check's reasons.
        failed: Vec<(Answer, Failure)>,
    },
}

fn last(failed: &[(Answer, Failure)]) -> &str {
    failed.last().map_or("there was no model", |(_, failure)| failure.why.as_str())
}

impl EscalateError {
    /// The answers that failed the check, with its reasons.
    pub fn failed(&self) -> &[(Answer, Failure)] {
        match self {
            Self::Call { failed, .. } | Self::Failed { failed } => failed,
        }
    }
}

impl Router {
    /// Makes a call with the cheapest model of `ladder`, has `verify` check the answer (by its tests, its schema, a judge),
    /// and climbs to the next model as long as the check fails.
    ///
    /// Each try is the same request to another model, under the budget. A model that can't be called for now is passed over;
    /// when the money is gone, or the request itself is refused, the escalation ends.
    ///
    /// ```no_run
    /// # use ae_router::{Call, Ladder, Router, Verdict};
    /// # async fn solve(router: Router) -> Result<(), Box<dyn std::error::Error>> {
    /// let ladder = Ladder::new(["gpt-5.4-mini", "gemini-3.1-pro-preview", "claude-opus-5-5"]);
    /// let solved = router
    ///     .escalate_with(&Call::prompt("Write a regular expression for dates."), ladder, async |answer| {
    ///         match answer.text().as_data().contains(r"\d") {
    ///             true => Verdict::Passed,
    ///             false => Verdict::failed("it matches no digit"),
    ///         }
    ///     })
    ///     .await?;
    /// println!("{} for {:?}", solved.answer.completion.model, solved.cost());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`EscalateError`], with the answers that were paid for.
    pub async fn escalate_with(
        &self,
        call: &Call,
        mut ladder: Ladder,
        verify: impl AsyncFn(&Answer) -> Verdict,
    ) -> Result<Escalated, EscalateError> {
        let mut failed = Vec::new();
        let mut call = call.clone();
        let first_key = call.key.clone();
        let (mut number, mut passed_over) = (0, None);
        while let Some(model) = ladder.model().map(str::to_owned) {
            call.request.model = model;
            call.key = first_key.as_ref().map(|key| try_key(key, number));
            number += 1;
            let answer = match self.complete(&call).await {
                Ok(answer) => answer,
                Err(source) if is_of_the_model(&source) => {
                    passed_over = Some(source);
                    ladder.climb();
                    continue;
                }
                Err(source) => return Err(EscalateError::Call { source, failed }),
            };
            match verify(&answer).await {
                Verdict::Passed => return Ok(Escalated { answer, failed }),
                Verdict::Failed(why) => {
                    ladder.failed(why);
                    failed.extend(ladder.failures().last().map(|failure| (answer, failure.clone())));
                }
            }
        }
        match passed_over {
            Some(source) if failed.is_empty() => Err(EscalateError::Call { source, failed }),
            _ => Err(EscalateError::Failed { failed }),
        }
    }
}

/// Whether another model may well answer. A quota is the caller's own budget if no call was made, else the vendor's.
fn is_of_the_model(error: &CallError) -> bool {
    match error.kind() {
        ErrorKind::QuotaExceeded => !error.tries().is_empty(),
        ErrorKind::InvalidInput | ErrorKind::Cancelled | ErrorKind::Internal => false,
        _ => true,
    }
}

fn try_key(key: &IdempotencyKey, number: u32) -> IdempotencyKey {
    let of_call = RunId::from_digest(&Digest::of_bytes("ae-router/escalate", key.as_str().as_bytes()));
    IdempotencyKey::derive(of_call, "escalate", "complete", number)
}
