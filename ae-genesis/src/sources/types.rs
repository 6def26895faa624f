//! Demand signals, the sink that takes them in, and the report on a source.

use std::{fmt, ops::ControlFlow};

use ae_core::{SourceNote, Timestamp, Untrusted};
use serde::{Deserialize, Serialize};

use crate::{QueryLimits, SignalQuery};

/// The outcome of reading a source, short of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status", content = "reason")]
#[non_exhaustive]
pub enum SourceStatus {
    /// Everything that was asked for was read.
    Ok,
    /// Some of it was read; the text gives the reason.
    Partial(String),
    /// It was not read, on purpose; the text gives the reason.
    Skipped(String),
}

impl fmt::Display for SourceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::Partial(reason) => write!(f, "partial: {reason}"),
            Self::Skipped(reason) => write!(f, "skipped: {reason}"),
        }
    }
}

/// One row of a source that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RowProblem {
    /// The line it starts on, from 1; for a source without lines, the position of the item in its answer.
    pub line: u64,
    /// The problem. Never holds the row's own text.
    pub what: String,
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// The report on reading a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SourceReport {
    /// The source's name.
    pub name: String,
    /// The outcome.
    pub status: SourceStatus,
    /// Signals that were read and offered to the sink.
    pub signals_read: u64,
    /// Rows that were skipped because they could not be understood.
    pub rows_skipped: u64,
    /// The first [`SourceReport::PROBLEMS_MAX`] of them.
    pub problems: Vec<RowProblem>,
    /// Whether the signals are made up, for demonstration: no evidence of anything.
    pub sample: bool,
    /// The time of reading.
    pub fetched_at: Timestamp,
}

impl SourceReport {
    /// The number of problems that a report lists; [`rows_skipped`](Self::rows_skipped) counts all.
    pub const PROBLEMS_MAX: usize = 20;

    /// A report on a source before anything is read.
    pub fn new(name: impl Into<String>, fetched_at: Timestamp) -> Self {
        Self {
            name: name.into(),
            status: SourceStatus::Ok,
            signals_read: 0,
            rows_skipped: 0,
            problems: Vec::new(),
            sample: false,
            fetched_at,
        }
    }

    /// Passes one signal on and counts it, within the query's limits. [`ControlFlow::Break`] ends the reading, and the
    /// status gives the reason. A signal whose id can't be printed is skipped as the row at `position`.
    pub fn offer(
        &mut self,
        position: u64,
        signal: Signal,
        query: &SignalQuery,
        sink: &mut dyn SignalSink,
    ) -> ControlFlow<()> {
        if !is_plain_id(&signal.id) {
            self.skip_row(position, UNPLAIN_ID);
            return ControlFlow::Continue(());
        }
        self.count(&query.limits)?;
        self.accepted(sink.accept(signal))
    }

    /// Counts a signal, unless that would exceed the limit.
    pub(crate) fn count(&mut self, limits: &QueryLimits) -> ControlFlow<()> {
        if self.signals_read >= limits.signals_max {
            let reason = format!("stopped at the limit of {} signals", limits.signals_max);
            self.status = SourceStatus::Partial(reason);
            return ControlFlow::Break(());
        }
        self.signals_read += 1;
        ControlFlow::Continue(())
    }

    /// Notes in the status when the sink asks to stop.
    pub(crate) fn accepted(&mut self, flow: ControlFlow<()>) -> ControlFlow<()> {
        if flow.is_break() {
            self.status = SourceStatus::Partial("the reader had enough".to_owned());
        }
        flow
    }

    /// Counts a row that could not be used, and lists it if there is room.
    pub fn skip_row(&mut self, line: u64, what: impl Into<String>) {
        self.rows_skipped += 1;
        if self.problems.len() < Self::PROBLEMS_MAX {
            self.problems.push(RowProblem { line, what: what.into() });
        }
    }

    /// The line that a spec prints for this source.
    pub fn note(&self) -> SourceNote {
        let sample = if self.sample { ", made-up sample" } else { "" };
        let skipped = match self.rows_skipped {
            0 => String::new(),
            1 => ", 1 row skipped".to_owned(),
            n => format!(", {n} rows skipped"),
        };
        let outcome = match &self.status {
            SourceStatus::Ok => format!("ok ({} signals read{skipped}{sample})", self.signals_read),
            SourceStatus::Partial(reason) => {
                format!("partial: {reason} ({} signals read{skipped}{sample})", self.signals_read)
            }
            SourceStatus::Skipped(reason) => format!("skipped: {reason}"),
        };
        SourceNote::new(&self.name, outcome)
    }
}

ae_core::setters! { SourceReport {
    /// Sets the outcome.
    fn with_status(status: SourceStatus);
    /// Marks the signals as made up.
    fn with_sample(sample = true);
} }

/// One post that may show demand: outside text with its counts, never an instruction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Signal {
    /// The item's id at its source.
    pub id: String,
    /// The source's name, as [`NicheSource::name`](crate::NicheSource::name) gives it.
    pub source: String,
    /// The title.
    pub title: Untrusted<String>,
    /// The text below the title, if there is some.
    pub body: Option<Untrusted<String>>,
    /// The address for a person.
    pub url: Option<String>,
    /// Votes, if the source counts them.
    pub points: Option<u64>,
    /// Comments, if the source counts them.
    pub comments: Option<u64>,
    /// The time of posting.
    pub posted_at: Option<Timestamp>,
    /// The time of reading.
    pub fetched_at: Timestamp,
}

impl Signal {
    /// A signal with a title and nothing else.
    pub fn new(
        source: impl Into<String>,
        id: impl Into<String>,
        title: Untrusted<String>,
        fetched_at: Timestamp,
    ) -> Self {
        Self {
            id: id.into(),
            source: source.into(),
            title,
            body: None,
            url: None,
            points: None,
            comments: None,
            posted_at: None,
            fetched_at,
        }
    }
}

/// A consumer that takes signals one at a time, so that a source of any size needs no memory for all of them.
pub trait SignalSink: Send {
    /// Takes one signal. [`ControlFlow::Break`] asks the source to stop: what follows will not be used.
    fn accept(&mut self, signal: Signal) -> ControlFlow<()>;

    /// Whether a signal with only this title is worth building.
    ///
    /// A source that reads many rows may ask first. After `false` the row counts as taken and must not be passed to
    /// [`accept`](Self::accept); the sink has already counted it. A source that has a body text passes the signal
    /// without asking. The default wants everything.
    fn wants(&mut self, title: &str) -> bool {
        let _ = title;
        true
    }
}

impl<T: SignalSink + ?Sized> SignalSink for &mut T {
    fn accept(&mut self, signal: Signal) -> ControlFlow<()> {
        (**self).accept(signal)
    }

    fn wants(&mut self, title: &str) -> bool {
        (**self).wants(title)
    }
}

/// Keeps every signal, in order: for small sources and for tests.
impl SignalSink for Vec<Signal> {
    fn accept(&mut self, signal: Signal) -> ControlFlow<()> {
        self.push(signal);
        ControlFlow::Continue(())
    }
}

/// The problem of a signal whose id is not plain.
pub(crate) const UNPLAIN_ID: &str = "the id is not a plain label of 1 to 128 visible ASCII characters";

/// Whether `id` may be printed and cited: 1 to 128 visible ASCII characters, none of them a quote, bracket or back-slash.
pub(crate) fn is_plain_id(id: &str) -> bool {
    let plain = |byte: u8| {
        let special = matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'[' | b']' | b'{' | b'}')
            || matches!(byte, b'(' | b')' | b'\\' | b'|' | b',' | b';');
        byte.is_ascii_graphic() && !special
    };
    (1..=128).contains(&id.len()) && id.bytes().all(plain)
}

/// An address that a person may open: http or https, no white space or control characters, at most 2,000 bytes.
#[cfg(feature = "file")]
pub(crate) fn web_address(text: &str) -> Option<String> {
    let text = text.trim();
    let web = text.starts_with("https://") || text.starts_with("http://");
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>'));
    (web && plain && text.len() <= 2_000).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_could_break_a_line_are_not_plain() {
        for id in ["12224879", "s001", "a:b/c_d.e-f"] {
            assert!(is_plain_id(id), "{id}");
        }
        for id in ["", "a b", "<b>", "a]", "a\nb", "é", &"x".repeat(129)] {
            assert!(!is_plain_id(id), "{id}");
        }
    }
}
