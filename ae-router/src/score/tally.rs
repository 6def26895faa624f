//! The points and the risk of a task, with the signals behind them.

use ae_core::{Task, TaskKind};

use super::{
    about::{self, Found},
    anchors::{ANCHORS, RISK_ANCHORS},
    manner::Manner,
    rules::{RISKS, SCORES},
    words::sentences,
};
use crate::Risk;

/// The phrases of some texts that belong to the task, and those that don't.
#[derive(Debug, Default)]
pub(super) struct Reading {
    found: Found,
    aside: Found,
    pub(super) manner: Manner,
}

impl Reading {
    /// Reads texts, or leaves them unread when they name no phrase.
    pub(super) fn of(texts: &[&str]) -> Self {
        if texts.iter().any(|text| ANCHORS.may_stand_in(text)) { Self::whole(texts) } else { Self::default() }
    }

    /// Reads a text, or leaves it unread when it names no phrase of a risk.
    pub(super) fn of_risk(text: &str) -> Self {
        if RISK_ANCHORS.may_stand_in(text) { Self::whole(&[text]) } else { Self::default() }
    }

    /// Reads texts for their manner, too.
    pub(super) fn whole(texts: &[&str]) -> Self {
        let mut reading = Self::default();
        for text in texts {
            sentences(text, |sentence| {
                about::find(sentence, &mut reading.found, &mut reading.aside);
                reading.manner.read(sentence);
            });
        }
        reading
    }
}

/// The points so far and the signals behind them.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) points: i32,
    pub(super) signals: Vec<String>,
}

/// Word rules move the score by no more than this, so that a text can't talk itself to the top.
const WORD_POINTS_MAX: i32 = 3;
const WORD_POINTS_MIN: i32 = -2;
/// About 400 and 2,000 words of English.
const LONG_BYTES: usize = 2_400;
const VERY_LONG_BYTES: usize = 12_000;

impl Tally {
    pub(super) fn of_kind(kind: TaskKind) -> Self {
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

    /// Rates a short prompt in plain words.
    pub(super) fn rate_plain(&mut self, reading: &Reading) {
        let (points, what) = reading.manner.kind();
        self.points = points;
        self.signals.push(format!("plain words, {what}: {points}"));
        self.read_words(reading);
    }

    fn add(&mut self, points: i32, why: &str) {
        self.points += points;
        self.signals.push(format!("{why}: {points:+}"));
    }

    pub(super) fn read_words(&mut self, reading: &Reading) {
        let mut moved = 0;
        for (rule, found) in SCORES.iter().zip(reading.found.scores) {
            let Some(found) = found else { continue };
            let points = (moved + rule.effect).clamp(WORD_POINTS_MIN, WORD_POINTS_MAX) - moved;
            if points != 0 {
                moved += points;
                self.add(points, &format!("{} ({found:?})", rule.name));
            }
        }
    }

    pub(super) fn read_shape(&mut self, task: &Task, prompt: &str) {
        match task.title.len() + task.description.len() + prompt.len() {
            0..LONG_BYTES => {}
            LONG_BYTES..VERY_LONG_BYTES => self.add(1, "long text"),
            _ => self.add(2, "very long text"),
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

    pub(super) fn read_risk_of_task(&mut self, task: &Task, reading: &Reading) -> Risk {
        let about_text = matches!(task.kind, TaskKind::Content | TaskKind::Formatting);
        let risk = self.read_risk(reading, about_text.then_some("text work"));
        if task.requires_security {
            self.signals.push("the task requires security: sensitive".to_owned());
            return Risk::Sensitive;
        }
        risk
    }

    pub(super) fn read_risk_of_prompt(&mut self, prompt: &str, reading: &Reading) -> Risk {
        let named = reading.found.risks.iter().any(Option::is_some);
        self.read_risk(reading, if named { reading.manner.subject(prompt) } else { None })
    }

    /// The gravest risk whose words belong to the task. In a text with a `subject`, sensitive words are that.
    fn read_risk(&mut self, reading: &Reading, subject: Option<&str>) -> Risk {
        let mut risk = Risk::Safe;
        let named = reading.found.risks.iter().zip(reading.aside.risks);
        for (rule, (found, aside)) in RISKS.iter().zip(named) {
            let sensitive = rule.effect == Risk::Sensitive;
            match (found, subject, aside) {
                (Some(found), Some(subject), _) if sensitive => {
                    self.signals.push(format!("{} ({found:?}) as a subject: {subject}", rule.name));
                }
                (Some(found), ..) => {
                    let name = if sensitive { "sensitive" } else { "moderate" };
                    self.signals.push(format!("{} ({found:?}): {name}", rule.name));
                    risk = risk.max(rule.effect);
                }
                (None, _, Some(aside)) => {
                    self.signals.push(format!("{} ({aside:?}) is named and left aside", rule.name));
                }
                (None, _, None) => {}
            }
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
