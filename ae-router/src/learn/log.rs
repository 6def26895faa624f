//! The outcome log: which model did how well on which prompt, one JSON object a line.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::{BufRead, Read as _},
    sync::Arc,
};

use ae_core::{Currency, Money};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::LearnError;

/// The most bytes of a line.
const LINE_BYTES_MAX: u64 = 4 << 20;
/// The most bytes of a log, which is held in memory.
const LOG_BYTES_MAX: u64 = 1 << 30;
/// The lines that may be refused before the whole text is.
const REJECTED_MAX: usize = 1_000;
/// The most characters of a reason.
const REASON_CHARS_MAX: usize = 200;

/// A line as it stands in the log. Other fields are left alone.
#[derive(Deserialize)]
struct Line {
    prompt: Option<String>,
    model: String,
    outcome: f64,
    cost: Option<String>,
    id: Option<String>,
}

/// A line that is not an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectedLine {
    /// The line, from 1.
    pub line: u64,
    /// The reason.
    pub reason: String,
}

/// How one model did on one prompt, over every time that the log has it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ModelOutcome {
    /// The times that the log has it.
    pub trials: u32,
    /// The mean outcome, from 0 (failed) to 1 (solved).
    pub outcome: f64,
    /// The mean cost, rounded up to a pico-dollar; `None` when one of the trials has no cost.
    pub cost: Option<Money>,
}

/// A prompt and the outcomes of the models that were given it.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct LoggedPrompt {
    /// The identity that the log gives it.
    pub id: Option<String>,
    /// The text, which may be missing where an identity stands for it.
    pub text: Option<String>,
    outcomes: BTreeMap<Arc<str>, Sums>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Sums {
    trials: u32,
    outcome: f64,
    cost: Option<Money>,
}

impl LoggedPrompt {
    /// How `model` did; `None` when it was not given this prompt.
    #[must_use]
    pub fn outcome(&self, model: &str) -> Option<ModelOutcome> {
        let sums = self.outcomes.get(model)?;
        let trials = i128::from(sums.trials);
        let mean = |total: Money| {
            let rest = i128::from(total.pico() % trials != 0);
            Money::from_pico(total.pico() / trials + rest, total.currency()).ok()
        };
        Some(ModelOutcome {
            trials: sums.trials,
            outcome: sums.outcome / f64::from(sums.trials),
            cost: sums.cost.and_then(mean),
        })
    }
}

/// Outcomes by prompt, as a JSON-lines text states them.
///
/// A line is an object with these fields; others are left alone, and blank lines are passed over:
///
/// | field | type | meaning |
/// |---|---|---|
/// | `model` | string | the model that was called |
/// | `outcome` | number, 0 to 1 | 1: it did the task, 0: it failed; a grade in between |
/// | `prompt` | string | the text that was sent; may be left out when there is an `id`, and can't be learned from then |
/// | `id` | string, optional | the identity of the prompt; without it the text is the identity |
/// | `cost` | string, optional | US dollars as a plain decimal, at most 12 places: `"0.00031"`; missing means "not measured", never zero |
///
/// Lines of one prompt need not stand together. Several lines of one prompt and model are trials, of which the mean counts.
#[derive(Debug, Clone, Default)]
pub struct OutcomeLog {
    prompts: Vec<LoggedPrompt>,
    models: BTreeSet<Arc<str>>,
    rejected: Vec<RejectedLine>,
    by_key: HashMap<String, usize>,
}

impl OutcomeLog {
    /// Reads a log. A line that is not an outcome costs no other line: it is listed in [`rejected`](Self::rejected), and
    /// the caller decides.
    ///
    /// A line has at most 4 MiB and a log at most 1 GiB.
    ///
    /// # Errors
    ///
    /// [`LearnError::Read`], [`LearnError::TooLarge`], and [`LearnError::TooManyRejected`] after 1,000 rejected lines
    /// or when no line at all is an outcome.
    pub fn read(source: impl BufRead) -> Result<Self, LearnError> {
        let mut source = source.take(LOG_BYTES_MAX + 1);
        let mut log = Self::default();
        let (mut line, mut number, mut total) = (Vec::new(), 0_u64, 0_u64);
        loop {
            number += 1;
            line.clear();
            let failed = |source| LearnError::Read { line: number, source };
            let mut length =
                source.by_ref().take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut line).map_err(failed)?;
            if length == 0 {
                break;
            }
            let too_long = line.len() as u64 > LINE_BYTES_MAX;
            if too_long && line.last() != Some(&b'\n') {
                length += source.skip_until(b'\n').map_err(failed)?;
            }
            total = total.saturating_add(length as u64);
            if total > LOG_BYTES_MAX {
                return Err(LearnError::TooLarge { limit: LOG_BYTES_MAX });
            }
            let added = if too_long {
                Err(format!("it has more than {LINE_BYTES_MAX} bytes"))
            } else if line.trim_ascii().is_empty() {
                Ok(())
            } else {
                serde_json::from_slice(&line)
                    .map_err(|error| error.to_string())
                    .and_then(|line| log.add(line))
            };
            if let Err(mut reason) = added {
                // The reader of JSON quotes the value that it could not use.
                reason = reason.chars().take(REASON_CHARS_MAX).collect();
                log.rejected.push(RejectedLine { line: number, reason });
            }
            if log.rejected.len() >= REJECTED_MAX {
                return Err(log.refusal());
            }
        }
        if log.prompts.is_empty() && !log.rejected.is_empty() {
            return Err(log.refusal());
        }
        log.by_key = HashMap::new();
        Ok(log)
    }

    fn refusal(&self) -> LearnError {
        let (line, reason) =
            self.rejected.first().map(|first| (first.line, first.reason.clone())).unwrap_or_default();
        LearnError::TooManyRejected { count: self.rejected.len(), line, reason }
    }

    /// Adds a line; the whole of it or nothing.
    fn add(&mut self, line: Line) -> Result<(), String> {
        if line.model.is_empty() {
            return Err("the model has no name".to_owned());
        }
        if !(0.0..=1.0).contains(&line.outcome) {
            return Err(format!(
                "the outcome is {}, and must be from 0 (failed) to 1 (solved)",
                line.outcome
            ));
        }
        let cost = line.cost.as_deref().map(cost).transpose()?;
        let key = match (&line.id, &line.prompt) {
            (Some(id), _) => format!("i{id}"),
            (None, Some(prompt)) => format!("p{prompt}"),
            (None, None) => return Err("it has neither a prompt nor an id".to_owned()),
        };
        let at = self.by_key.get(&key).copied().unwrap_or(self.prompts.len());
        let fresh = LoggedPrompt { id: line.id, ..LoggedPrompt::default() };
        let mut other = None;
        let prompt = self.prompts.get_mut(at).unwrap_or_else(|| other.insert(fresh));
        if let (Some(known), Some(text)) = (&prompt.text, &line.prompt) {
            if known != text {
                return Err("its id stands for another prompt on an earlier line".to_owned());
            }
        }
        let model = self.models.get(line.model.as_str()).cloned().unwrap_or_else(|| line.model.into());
        let sums = prompt.outcomes.get(&model).map_or(
            Ok(Sums { trials: 1, outcome: line.outcome, cost }),
            |sums| {
                let both = sums.cost.zip(cost).map(|(all, one)| all.checked_add(one)).transpose();
                Ok::<_, String>(Sums {
                    trials: sums.trials.saturating_add(1),
                    outcome: sums.outcome + line.outcome,
                    cost: both.map_err(|error| error.to_string())?,
                })
            },
        )?;
        prompt.outcomes.insert(Arc::clone(&model), sums);
        prompt.text = prompt.text.take().or(line.prompt);
        self.models.insert(model);
        if let Some(fresh) = other {
            self.by_key.insert(key, self.prompts.len());
            self.prompts.push(fresh);
        }
        Ok(())
    }

    /// The prompts, in the order of their first lines.
    #[must_use]
    pub fn prompts(&self) -> &[LoggedPrompt] {
        &self.prompts
    }

    /// The models, by name.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.models.iter().map(AsRef::as_ref)
    }

    /// The models with the mean of their outcomes on the prompts that they were given, the weakest first.
    #[must_use]
    pub fn ranked(&self) -> Vec<(&str, f64)> {
        let mean = |model: &str| {
            let outcomes: Vec<_> = self.prompts.iter().filter_map(|prompt| prompt.outcome(model)).collect();
            outcomes.iter().map(|found| found.outcome).sum::<f64>() / outcomes.len() as f64
        };
        let mut found: Vec<_> = self.models().map(|model| (model, mean(model))).collect();
        found.sort_by(|a, b| a.1.total_cmp(&b.1));
        found
    }

    /// The lines that are not outcomes.
    #[must_use]
    pub fn rejected(&self) -> &[RejectedLine] {
        &self.rejected
    }

    /// Checks that the log has an outcome of `model`.
    pub(super) fn knows(&self, model: &str) -> Result<(), LearnError> {
        if self.models.contains(model) {
            return Ok(());
        }
        Err(LearnError::UnknownModel { model: model.to_owned(), known: self.first_models() })
    }

    /// A few names, for messages.
    pub(super) fn first_models(&self) -> Vec<String> {
        self.models().take(30).map(str::to_owned).collect()
    }
}

fn cost(text: &str) -> Result<Money, String> {
    let plain = text.len() <= 40 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let dollars = Decimal::from_str_exact(text).ok().filter(|_| plain);
    dollars.and_then(|dollars| Money::from_decimal(dollars, Currency::USD).ok()).ok_or_else(|| {
        let shown = text.chars().take(40).collect::<String>();
        format!("the cost {shown:?} is not a plain decimal of dollars such as \"0.0123\", zero or more, at most 12 places")
    })
}
