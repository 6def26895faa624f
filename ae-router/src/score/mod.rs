//! The difficulty and risk of a task: pure, offline, explained.

mod rules;
mod words;

use ae_core::{Task, TaskKind};
use serde::{Deserialize, Serialize};

use self::{
    rules::{PHRASES, RISKS, SCORES},
    words::Words,
};

/// The difficulty in three steps, a closed scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A score of 1 to 3.
    Low,
    /// A score of 4 to 7.
    Medium,
    /// A score of 8 to 10.
    High,
}

/// The damage that a mistake can do, a closed scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// None that another attempt does not repair.
    Safe,
    /// Data, uptime or a release.
    Moderate,
    /// Secrets, accounts, payments: always the strongest tier.
    Sensitive,
}

/// The difficulty and risk of a task, and the signals behind them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Complexity {
    /// 1 (trivial) to 10.
    pub score: u8,
    /// The score in three steps.
    pub level: Level,
    /// The damage that a mistake can do.
    pub risk: Risk,
    /// The signals, one line each: the finding and the points it added.
    pub signals: Vec<String>,
}

impl Complexity {
    /// A score, held within 1 to 10, and a risk.
    pub fn new(score: u8, risk: Risk) -> Self {
        let score = score.clamp(1, 10);
        let level = match score {
            ..=3 => Level::Low,
            4..=7 => Level::Medium,
            _ => Level::High,
        };
        Self { score, level, risk, signals: Vec::new() }
    }

    /// Scores `task` and the prompt that goes with it.
    ///
    /// The kind of task sets a base; whole words and phrases, length, code and the number of criteria and
    /// dependencies move it. A word counts once, in whole (`product` does not match `prod`), and not when it is negated
    /// (`without authentication`). In tasks that write text, a sensitive word is a subject and does not put a secret at risk.
    /// Texts from outside can raise a score or, by negation, leave a risk out; [`Task::requires_security`] stands
    /// whatever the words say.
    ///
    /// The base and weights are this crate's judgement, not a fit to measured outcomes.
    pub fn of(task: &Task, prompt: &str) -> Self {
        let words = Words::of(&[&task.title, &task.description, prompt], &PHRASES);
        let mut tally = Tally::of_kind(task.kind);
        tally.read_words(&words);
        tally.read_shape(task, prompt, &words);
        let risk = tally.read_risk(task, &words);
        // The sum is between -3 and 15: it fits after the clamp.
        let score = u8::try_from(tally.points.clamp(1, 10)).unwrap_or(10);
        Self::new(score, risk).with_signals(tally.signals)
    }
}

ae_core::setters! { Complexity {
    /// Sets the signals.
    fn with_signals(signals: Vec<String>);
} }

/// The points so far and the signals behind them.
#[derive(Debug)]
struct Tally {
    points: i32,
    signals: Vec<String>,
}

/// Word rules move the score by no more than this, so that a text can't talk itself to the top.
const WORD_POINTS_MAX: i32 = 3;
const WORD_POINTS_MIN: i32 = -2;

impl Tally {
    fn of_kind(kind: TaskKind) -> Self {
        let (points, name) = match kind {
            TaskKind::Architecture => (9, "architecture"),
            TaskKind::Debugging => (8, "debugging"),
            TaskKind::Implementation => (5, "implementation"),
            TaskKind::Testing => (4, "testing"),
            TaskKind::Content => (4, "content"),
            TaskKind::Operations => (4, "operations"),
            TaskKind::Formatting => (2, "formatting"),
            _ => (5, "unknown to this version"),
        };
        Self { points, signals: vec![format!("kind {name}: {points}")] }
    }

    fn add(&mut self, points: i32, why: &str) {
        self.points += points;
        self.signals.push(format!("{why}: {points:+}"));
    }

    fn read_words(&mut self, words: &Words) {
        let mut moved = 0;
        for rule in SCORES {
            let Some(found) = words.find_any(rule.phrases()) else { continue };
            let points = (moved + rule.effect).clamp(WORD_POINTS_MIN, WORD_POINTS_MAX) - moved;
            if points != 0 {
                moved += points;
                self.add(points, &format!("{} ({found:?})", rule.name));
            }
        }
    }

    fn read_shape(&mut self, task: &Task, prompt: &str, words: &Words) {
        match words.len() {
            0..400 => {}
            400..2_000 => self.add(1, "text of 400 words or more"),
            _ => self.add(2, "text of 2,000 words or more"),
        }
        if has_code(&task.description) || has_code(prompt) {
            self.add(1, "code or a stack trace in the text");
        }
        if task.depends_on.len() > 3 {
            self.add(1, "more than 3 dependencies");
        }
        if task.criteria.len() > 8 {
            self.add(1, "more than 8 acceptance criteria");
        }
    }

    fn read_risk(&mut self, task: &Task, words: &Words) -> Risk {
        let mut risk = Risk::Safe;
        if task.requires_security {
            self.signals.push("the task requires security: sensitive".to_owned());
            risk = Risk::Sensitive;
        }
        let about_text = matches!(task.kind, TaskKind::Content | TaskKind::Formatting);
        for rule in RISKS {
            let Some(found) = words.find_any(rule.phrases()) else { continue };
            if about_text && rule.effect == Risk::Sensitive {
                self.signals.push(format!("{} ({found:?}) as a subject of text work", rule.name));
                continue;
            }
            let name = if rule.effect == Risk::Sensitive { "sensitive" } else { "moderate" };
            self.signals.push(format!("{} ({found:?}): {name}", rule.name));
            risk = risk.max(rule.effect);
        }
        risk
    }
}

/// Whether the text holds a fenced block, or lines that look like a Python, Rust or JavaScript stack trace.
fn has_code(text: &str) -> bool {
    text.lines().map(str::trim_start).any(|line| {
        line.starts_with("```")
            || line.starts_with("Traceback (most recent call last)")
            || line.starts_with("stack backtrace:")
            || (line.starts_with("at ") && line.ends_with(')') && line.contains(':'))
    })
}
