//! Where demand signals come from.

use std::{fmt, sync::Arc};

use ae_core::{BackendError, SourceNote, Timestamp};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{SignalQuery, SignalSink};

/// How reading a source ended, short of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status", content = "reason")]
#[non_exhaustive]
pub enum SourceStatus {
    /// Everything that was asked for was read.
    Ok,
    /// Some of it was read; the text says what stopped it.
    Partial(String),
    /// It was not read, on purpose; the text says why.
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
pub struct RowProblem {
    /// The line it starts on, from 1; for a source without lines, the position of the item in its answer.
    pub line: u64,
    /// What is wrong with it. Never holds the row's own text.
    pub what: String,
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// What a source read, and what it could not use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceReport {
    /// The source's name.
    pub name: String,
    /// How it ended.
    pub status: SourceStatus,
    /// Signals that were read and offered to the sink.
    pub signals_read: u64,
    /// Rows that were skipped because they could not be understood.
    pub rows_skipped: u64,
    /// The first [`SourceReport::PROBLEMS_MAX`] of them.
    pub problems: Vec<RowProblem>,
    /// Whether the signals are made up, for demonstration: no evidence of anything.
    pub sample: bool,
    /// When it was read.
    pub fetched_at: Timestamp,
}

impl SourceReport {
    /// How many problems a report lists; [`rows_skipped`](Self::rows_skipped) counts all.
    pub const PROBLEMS_MAX: usize = 20;

    /// A report on a source of which nothing was read yet.
    #[must_use]
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

    /// Sets how it ended.
    #[must_use]
    pub fn with_status(mut self, status: SourceStatus) -> Self {
        self.status = status;
        self
    }

    /// Marks the signals as made up.
    #[must_use]
    pub fn with_sample(mut self) -> Self {
        self.sample = true;
        self
    }

    /// Counts a row that could not be used, and lists it if there is room.
    pub fn skip_row(&mut self, line: u64, what: impl Into<String>) {
        self.rows_skipped += 1;
        if self.problems.len() < Self::PROBLEMS_MAX {
            self.problems.push(RowProblem { line, what: what.into() });
        }
    }

    /// The line a spec prints for this source.
    #[must_use]
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
        SourceNote { name: self.name.clone(), outcome }
    }
}

/// A place that demand signals come from: a file, a search API, a bundled sample.
///
/// ```
/// use ae_core::{Currency, Intent, Money, Origin, Timestamp, Untrusted};
/// use ae_genesis::{MemorySource, NicheSource, Signal, SignalQuery};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let now: Timestamp = "2026-11-24T00:00:00Z".parse()?;
/// let title = Untrusted::new(Origin::Signals("notes".into()), "Is there a tool that merges CSV files?".to_owned());
/// let source = MemorySource::new("notes", vec![Signal::new("notes", "1", title, now)], now);
///
/// let intent = Intent::new("Build a $500 MRR CSV tool", Money::zero(Currency::USD))?;
/// let mut signals: Vec<Signal> = Vec::new();
/// let report = source.collect(&SignalQuery::from_intent(&intent), &mut signals).await?;
/// assert_eq!((report.signals_read, signals.len()), (1, 1));
/// # Ok(()) }
/// ```
///
/// # Contract
///
/// - C1. [`name`](Self::name) is constant, not empty, and every signal and report carries it.
/// - C2. `signals_read` counts exactly what the sink took: each signal passed to [`SignalSink::accept`] and each
///   title that [`SignalSink::wants`] declined.
/// - C3. After [`ControlFlow::Break`](std::ops::ControlFlow::Break) nothing more is passed, and the status is
///   [`SourceStatus::Partial`] unless nothing was left.
/// - C4. The query's limits hold: never more than
///   [`signals_max`](crate::QueryLimits::signals_max) signals; stopping there is [`SourceStatus::Partial`].
/// - C5. A row that can't be understood is counted, listed and skipped; it never ends the reading.
/// - C6. Made-up signals are reported with [`sample`](SourceReport::sample).
/// - C7. Ids can be printed: 1 to 128 visible ASCII characters, no quotes, brackets, commas, semicolons, bars or
///   back-slashes.
///
/// # Errors
///
/// Reading has no effect, so [`Effect`](ae_core::Effect) is always `NotApplied`. `NotFound` and `InvalidInput` for a
/// source that is not what it was said to be, `Unavailable`, `Timeout`, `RateLimited`, `PermissionDenied` and
/// `Protocol` for a service. An error after some signals were passed is reported as `Partial` instead.
///
/// # Cancel safety
///
/// Dropping the future stops the reading; the sink keeps what it has taken.
#[async_trait]
pub trait NicheSource: fmt::Debug + Send + Sync + 'static {
    /// What reports and evidence call it: `file`, `hackernews`, `sample`, ….
    fn name(&self) -> &str;

    /// Reads what fits `query` into `sink`.
    async fn collect(
        &self,
        query: &SignalQuery,
        sink: &mut dyn SignalSink,
    ) -> Result<SourceReport, BackendError>;
}

macro_rules! forward {
    ($pointer:ident) => {
        #[async_trait]
        impl<T: NicheSource + ?Sized> NicheSource for $pointer<T> {
            fn name(&self) -> &str {
                (**self).name()
            }

            async fn collect(
                &self,
                query: &SignalQuery,
                sink: &mut dyn SignalSink,
            ) -> Result<SourceReport, BackendError> {
                (**self).collect(query, sink).await
            }
        }
    };
}

forward!(Arc);
forward!(Box);

const _: Option<&dyn NicheSource> = None;
