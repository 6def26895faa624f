//! Calls whose answer is a value.

use ae_core::{Digest, ErrorKind, IdempotencyKey, Money, RunId};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::{parse, schema};
use crate::{Answer, Call, CallError, FinishReason, Message, Router};

/// A value out of an answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Typed<T> {
    /// The value. It has the form that was asked for; its texts and numbers are still the model's.
    pub value: T,
    /// The answers: the last one holds the value, those before it did not fit.
    pub answers: Vec<Answer>,
}

impl<T> Typed<T> {
    /// The number of answers that did not fit.
    pub fn repairs(&self) -> usize {
        self.answers.len().saturating_sub(1)
    }

    /// The exact cost of all answers, or `None` when that of one of them was not measured.
    pub fn cost(&self) -> Option<Money> {
        cost(&self.answers)
    }
}

/// A call that gave no value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TypedError {
    /// A call got no answer.
    #[error("{source}")]
    Call {
        /// The error of the call.
        source: CallError,
        /// The answers before it, which did not fit.
        answers: Vec<Answer>,
    },
    /// The model declined, or a filter stopped it.
    #[error("the model gave no value: it stopped with {reason}")]
    Declined {
        /// The reason why it stopped.
        reason: FinishReason,
        /// The answers, the last one declining.
        answers: Vec<Answer>,
    },
    /// No answer fits the type, repairs included.
    #[error("no answer fits after {} tries: {}", answers.len(), problems.join("; "))]
    Invalid {
        /// The problems of the last answer, with their places. They can quote the model.
        problems: Vec<String>,
        /// The answers.
        answers: Vec<Answer>,
    },
}

impl TypedError {
    /// The class of the error: `Declined` where the model declined, `Protocol` where no answer fits.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Call { source, .. } => source.kind(),
            Self::Declined { .. } => ErrorKind::Declined,
            Self::Invalid { .. } => ErrorKind::Protocol,
        }
    }

    /// The answers that were paid for.
    pub fn answers(&self) -> &[Answer] {
        match self {
            Self::Call { answers, .. } | Self::Declined { answers, .. } | Self::Invalid { answers, .. } => {
                answers
            }
        }
    }

    /// The exact cost of all calls, or `None` when that of one of them was not measured.
    pub fn cost(&self) -> Option<Money> {
        let answers = cost(self.answers());
        match self {
            Self::Call { source, answers: before } if before.is_empty() => source.cost(),
            Self::Call { source, .. } if source.tries().is_empty() => answers,
            Self::Call { source, .. } => answers?.checked_add(source.cost()?).ok(),
            _ => answers,
        }
    }
}

impl Router {
    /// The times that a model is asked again for an answer that fits.
    pub const REPAIRS_MAX: usize = 2;

    /// Asks for a value of `T`: its JSON Schema goes with the prompt, and its doc comments with the schema.
    ///
    /// # Errors
    ///
    /// Those of [`complete_as`](Self::complete_as).
    pub async fn ask_for<T>(&self, prompt: impl Into<String>) -> Result<Typed<T>, TypedError>
    where
        T: DeserializeOwned + JsonSchema,
    {
        self.complete_as(&Call::prompt(prompt), |_| Ok(())).await
    }

    /// Makes a call for a value of `T`, on which `check` finds no problem.
    ///
    /// An answer that does not fit, has fields that `T` does not have, or fails the check, goes back to the model with the
    /// exact problems, at most [`REPAIRS_MAX`](Self::REPAIRS_MAX) times. Each is a call of its own under the budget.
    ///
    /// # Errors
    ///
    /// [`TypedError`], with the answers that were paid for.
    pub async fn complete_as<T>(
        &self,
        call: &Call,
        check: impl Fn(&T) -> Result<(), Vec<String>>,
    ) -> Result<Typed<T>, TypedError>
    where
        T: DeserializeOwned + JsonSchema,
    {
        let (schema, wrapped) = schema::of::<T>();
        let mut call = call.clone();
        call.request.output = Some(schema);
        let first_key = call.key.clone();
        let mut answers = Vec::new();
        loop {
            let answer = match self.complete(&call).await {
                Ok(answer) => answer,
                Err(source) => return Err(TypedError::Call { source, answers }),
            };
            let (text, reason) = (answer.text(), answer.completion.finish_reason);
            answers.push(answer);
            if matches!(reason, FinishReason::Filtered | FinishReason::Refused) {
                return Err(TypedError::Declined { reason, answers });
            }
            let mut problems = match parse::parse::<T>(&text, wrapped).and_then(|value| {
                check(&value)?;
                Ok(value)
            }) {
                Ok(value) => return Ok(Typed { value, answers }),
                Err(problems) => problems,
            };
            if matches!(reason, FinishReason::Length | FinishReason::Context) {
                let limit = call.request.output_tokens_max;
                problems.insert(0, format!("the answer was cut at its limit of {limit} tokens: be shorter"));
            }
            if answers.len() > Self::REPAIRS_MAX {
                return Err(TypedError::Invalid { problems, answers });
            }
            call.key = first_key.as_ref().map(|key| repair_key(key, answers.len()));
            call.request.messages.extend([Message::assistant(shown(text.as_data())), repair(&problems)]);
        }
    }
}

/// The longest answer that goes back to the model, in characters.
const SHOWN_CHARS_MAX: usize = 20_000;

fn shown(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    // Some vendors refuse an empty turn.
    if shown.trim().is_empty() { "(empty)".to_owned() } else { shown }
}

/// The problems as a turn. A check can quote an answer of any size, so both the number and the length are bounded.
fn repair(problems: &[String]) -> Message {
    let shown = problems.iter().take(parse::PROBLEMS_MAX).map(|problem| parse::cut(problem));
    let list: String = shown.map(|problem| format!("- {problem}\n")).collect();
    Message::user(format!(
        "That answer can't be used:\n{list}Answer again with the whole corrected JSON, and nothing else."
    ))
}

fn repair_key(key: &IdempotencyKey, number: usize) -> IdempotencyKey {
    let of_call = RunId::from_digest(&Digest::of_bytes("ae-router/repair", key.as_str().as_bytes()));
    IdempotencyKey::derive(of_call, "repair", "complete", u32::try_from(number).unwrap_or(u32::MAX))
}

fn cost(answers: &[Answer]) -> Option<Money> {
    let mut costs = answers.iter().map(|answer| answer.cost);
    let first = costs.next()??;
    costs.try_fold(first, |sum, cost| sum.checked_add(cost?).ok())
}
