//! The end of a run: its report, from what the agent said and how its process ended.

use ae_core::{Origin, TokenUsage, Untrusted};

use super::{FailureText, kind_of_words};
use crate::{
    agent::{AgentFailure, AgentReport, AgentSession, FailureKind, StopReason},
    dialect::{AgentExit, Outbox},
};

/// The longest output of a tool that an event shows, in bytes.
const SHOWN_MAX: usize = 4096;

/// The last word of an agent on its run.
#[derive(Debug, Default)]
pub(crate) enum Said {
    /// None: its output ended before.
    #[default]
    Nothing,
    /// None as yet, but it was in these difficulties with its model.
    Trouble(String),
    /// It ended well.
    Success,
    /// It gave up.
    Failure(AgentFailure),
    /// It stopped at its own limit of cost.
    Budget,
}

/// The lines that were not understood. They are no progress.
#[derive(Debug, Default)]
pub(crate) struct Unknown(u64);

impl Unknown {
    /// Counts the line that `out` answers.
    pub(crate) fn count(&mut self, out: &mut Outbox) {
        self.0 += 1;
        out.is_unknown = true;
    }

    pub(crate) fn total(&self) -> u64 {
        self.0
    }
}

/// The agent by name, as the origin of its texts.
#[derive(Debug, Clone)]
pub(crate) struct Speaker(String);

impl Speaker {
    pub(crate) fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// Marks `value` as the agent's.
    pub(crate) fn says<T>(&self, value: T) -> Untrusted<T> {
        Untrusted::new(Origin::Agent(self.0.clone()), value)
    }

    /// Marks `text` as the agent's, cut to what is fit to be shown.
    pub(crate) fn shows(&self, text: &str) -> Untrusted<String> {
        if text.len() <= SHOWN_MAX {
            return self.says(text.to_owned());
        }
        let end = (0..=SHOWN_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let (kept, cut) = text.split_at(end);
        self.says(format!("{kept}… ({} bytes more)", cut.len()))
    }
}

/// Sets how `report` stopped. A run succeeded only if the agent said so and its process ended with exit code 0: no
/// agent's exit code tells the truth alone.
pub(crate) fn settle(report: AgentReport, said: Said, exit: &AgentExit) -> AgentReport {
    let (stop, failure) = match said {
        Said::Success if exit.code == Some(0) => (StopReason::Succeeded, None),
        Said::Success => {
            let words = format!("it reported success, then ended with {}", how(exit));
            (StopReason::Failed, Some(AgentFailure::new(FailureKind::Crashed, words)))
        }
        Said::Failure(failure) => (StopReason::Failed, Some(failure)),
        Said::Budget => (StopReason::BudgetStop, None),
        Said::Nothing => (StopReason::Incomplete, Some(unfinished(exit))),
        Said::Trouble(words) => {
            let kind = kind_of_words(&words).unwrap_or(FailureKind::Other);
            let words = format!("it ended with {} and without a result, after {words}", how(exit));
            (StopReason::Incomplete, Some(FailureText(&words).failure(Some(kind))))
        }
    };
    AgentReport { stop, failure, ..report }
}

/// The failure of an agent that ended without a last word: its error output says more than its exit code.
fn unfinished(exit: &AgentExit) -> AgentFailure {
    let last = exit.stderr.trim();
    // The reason stands at the end, after warnings of the start.
    let begin = last.len().saturating_sub(2000);
    let begin = (begin..=last.len()).find(|at| last.is_char_boundary(*at)).unwrap_or(0);
    let words =
        format!("it ended with {} and without a result: {}", how(exit), last.get(begin..).unwrap_or(last));
    let kind = match exit.code {
        Some(0) => FailureKind::Other,
        Some(_) => kind_of_words(last).unwrap_or(FailureKind::Crashed),
        None => FailureKind::Crashed,
    };
    FailureText(words.trim_end_matches([' ', ':'])).failure(Some(kind))
}

fn how(exit: &AgentExit) -> String {
    match (exit.code, exit.signal) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "an unknown exit code".to_owned(),
    }
}

/// The tokens of this run, from the `total` of a session that had used `before`. `None` if what went before is not
/// known.
pub(crate) fn since(
    session: &AgentSession,
    before: Option<TokenUsage>,
    total: TokenUsage,
) -> Option<TokenUsage> {
    if *session == AgentSession::New {
        return Some(total);
    }
    let before = before?;
    let mut run =
        TokenUsage::new(total.input.checked_sub(before.input)?, total.output.checked_sub(before.output)?)
            .with_cache_writes(
                total.cache_write_5m.checked_sub(before.cache_write_5m)?,
                total.cache_write_1h.checked_sub(before.cache_write_1h)?,
            );
    run.cache_read = total.cache_read.checked_sub(before.cache_read)?;
    run.reasoning = total.reasoning.checked_sub(before.reasoning)?;
    Some(run)
}
