//! Signals to a run: answers that wait for their question, and a note of what was dropped.
//!
//! A signal can't be refused: the server has taken it, and each of its errors would block the run. So whatever comes is
//! read here, what is not an answer to a question of this run is dropped, and why is kept for those who look.

use serde::{Deserialize, Serialize};

use super::wire::{DEPTH_MAX, is_too_deep, json_bytes};
use crate::{Answer, Question, RunError};

/// Larger answers are dropped when signalled and refused when updated.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// More early answers than this are dropped, …
const EARLY_MAX: usize = 256;

/// … and more bytes of them: a sender that floods a run must not break it.
const EARLY_BYTES_MAX: u64 = 64 * 1024;

/// The number of answered questions that are remembered.
const ANSWERED_MAX: usize = 1024;

/// The number of reasons that are kept, …
const REASONS_MAX: usize = 8;

/// … and their length in characters.
const REASON_CHARS_MAX: usize = 200;

/// The answers that a run has not taken yet.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Inbox {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    answers: Vec<Answer>,
    /// The ids of questions that were answered, the latest last: a signal that is sent twice must not answer the next
    /// question of that id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    answered: Vec<String>,
    #[serde(default, skip_serializing_if = "DroppedSignals::is_empty")]
    dropped: DroppedSignals,
}

/// Signals that a run got and did not use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DroppedSignals {
    /// How many there were.
    pub count: u64,
    /// Why the last eight of them were dropped, the latest last, in at most 200 characters each.
    pub reasons: Vec<String>,
}

impl DroppedSignals {
    /// Whether none was dropped.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn add(&mut self, reason: &str) {
        self.count = self.count.saturating_add(1);
        self.reasons.push(reason.chars().take(REASON_CHARS_MAX).collect());
        let older = self.reasons.len().saturating_sub(REASONS_MAX);
        self.reasons.drain(..older);
    }
}

impl Inbox {
    pub(crate) fn dropped(&self) -> &DroppedSignals {
        &self.dropped
    }

    /// Takes a signal in: the answer, or the reason why it is none.
    pub(crate) fn receive(&mut self, signal: Result<Answer, String>, open: &[Question], cancelled: bool) {
        let kept = signal.and_then(|answer| {
            self.judge(&answer, open, cancelled).map_err(|why| format!("{:?} {why}", answer.id))?;
            self.answers.push(answer);
            Ok(())
        });
        if let Err(reason) = kept {
            self.dropped.add(&reason);
        }
    }

    fn judge(&self, answer: &Answer, open: &[Question], cancelled: bool) -> Result<(), String> {
        if cancelled {
            return Err("is not taken any more: the run is cancelled".to_owned());
        }
        let bytes = size(answer)?;
        let answered = self.answered.contains(&answer.id);
        let Some(question) = open.iter().find(|question| question.id == answer.id) else {
            if answered {
                return Err("was answered already and is not open".to_owned());
            }
            if self.answers.iter().any(|kept| kept.id == answer.id) {
                return Err("has an answer that came earlier".to_owned());
            }
            let early: u64 = self.answers.iter().map(|kept| json_bytes(kept).unwrap_or(u64::MAX)).sum();
            if self.answers.len() >= EARLY_MAX || early.saturating_add(bytes) > EARLY_BYTES_MAX {
                return Err("is not open, and there is no room for more early answers".to_owned());
            }
            return Ok(());
        };
        if !question.takes(answer) {
            return Err("was asked again since".to_owned());
        }
        if self.answers.iter().any(|kept| question.takes(kept)) {
            return Err("has an answer that came earlier".to_owned());
        }
        if answered && answer.token.is_none() && question.problem.is_none() {
            return Err(
                "was answered once and asked again: name the asking with the question's token".to_owned()
            );
        }
        Ok(())
    }

    /// Whether all of `answers` can be taken: the error says why not.
    pub(crate) fn check(&self, answers: &[Answer], questions: &[Question]) -> Result<(), Refused> {
        let mut open: Vec<_> = questions.iter().collect();
        open.retain(|question| !self.answers.iter().any(|kept| question.takes(kept)));
        for answer in answers {
            let Some(index) = open.iter().position(|question| question.id == answer.id) else {
                let open = open.iter().map(|question| question.id.clone()).collect();
                return Err(RunError::UnknownQuestion { id: answer.id.clone(), open }.into());
            };
            if !open.remove(index).takes(answer) {
                return Err(RunError::StaleAnswer { id: answer.id.clone() }.into());
            }
            size(answer).map_err(|why| format!("{:?} {why}", answer.id))?;
        }
        Ok(())
    }

    /// Takes answers in that were [checked](Self::check).
    pub(crate) fn accept(&mut self, answers: Vec<Answer>) {
        self.answers.extend(answers);
    }

    /// Takes in what came before the run was opened, and before what `later` holds.
    pub(crate) fn open(&mut self, later: Self, questions: &[Question]) {
        for answer in later.answers {
            self.receive(Ok(answer), questions, false);
        }
        let unnamed = later.dropped.count.saturating_sub(later.dropped.reasons.len() as u64);
        self.dropped.count = self.dropped.count.saturating_add(unnamed);
        later.dropped.reasons.iter().for_each(|reason| self.dropped.add(reason));
    }

    /// Whether an answer to one of `questions` is here.
    pub(crate) fn answers_any(&self, questions: &[Question]) -> bool {
        questions.iter().any(|question| self.answers.iter().any(|kept| question.takes(kept)))
    }

    /// Gives out the answers to `questions`, one for each at most. What can't be an answer to anything any more goes.
    pub(crate) fn take(&mut self, questions: &[Question]) -> Vec<Answer> {
        let mut fitting: Vec<Answer> = Vec::new();
        for answer in std::mem::take(&mut self.answers) {
            let Some(question) = questions.iter().find(|question| question.id == answer.id) else {
                self.answers.push(answer);
                continue;
            };
            if question.takes(&answer) && !fitting.iter().any(|taken| taken.id == answer.id) {
                self.answered.retain(|id| *id != answer.id);
                self.answered.push(answer.id.clone());
                fitting.push(answer);
            } else {
                self.dropped.add(&format!("{:?} is not for the question that is open", answer.id));
            }
        }
        let older = self.answered.len().saturating_sub(ANSWERED_MAX);
        self.answered.drain(..older);
        fitting
    }
}

/// How many bytes an answer has, unless it is too large or too deep.
fn size(answer: &Answer) -> Result<u64, String> {
    let bytes = json_bytes(answer).unwrap_or(u64::MAX);
    if bytes > ANSWER_BYTES_MAX {
        let limit = format!("{ANSWER_BYTES_MAX} are allowed: store it and answer with its name");
        return Err(format!("has an answer of {bytes} bytes, {limit}"));
    }
    if is_too_deep(&answer.value) {
        return Err(format!("has an answer that is nested more than {DEPTH_MAX} deep"));
    }
    Ok(bytes)
}

/// Why an update was refused.
pub(crate) type Refused = Box<dyn std::error::Error + Send + Sync>;

#[cfg(test)]
mod tests;
