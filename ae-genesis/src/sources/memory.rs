//! Signals that are already in memory.

use std::ops::ControlFlow;

use ae_core::{BackendError, Timestamp};
use async_trait::async_trait;

use crate::{NicheSource, Signal, SignalQuery, SignalSink, SourceReport, SourceStatus, sources::is_plain_id};

/// A source that hands out the signals it was made with, in order: for embedding signals that a program already
/// has, and for tests.
#[derive(Debug, Clone)]
pub struct MemorySource {
    name: String,
    signals: Vec<Signal>,
    fetched_at: Timestamp,
    sample: bool,
}

impl MemorySource {
    /// A source called `name`; each signal's `source` is set to it.
    #[must_use]
    pub fn new(name: impl Into<String>, mut signals: Vec<Signal>, fetched_at: Timestamp) -> Self {
        let name = name.into();
        for signal in &mut signals {
            signal.source.clone_from(&name);
        }
        Self { name, signals, fetched_at, sample: false }
    }

    /// Marks the signals as made up.
    #[must_use]
    pub fn with_sample(mut self) -> Self {
        self.sample = true;
        self
    }
}

#[async_trait]
impl NicheSource for MemorySource {
    fn name(&self) -> &str {
        &self.name
    }

    async fn collect(
        &self,
        query: &SignalQuery,
        sink: &mut dyn SignalSink,
    ) -> Result<SourceReport, BackendError> {
        let mut report = SourceReport::new(&self.name, self.fetched_at);
        report.sample = self.sample;
        let total = self.signals.len() as u64;
        for (position, signal) in (1..).zip(&self.signals) {
            if report.signals_read >= query.limits().signals_max {
                let reason = format!("stopped at the limit of {} signals", query.limits().signals_max);
                report.status = SourceStatus::Partial(reason);
                break;
            }
            if !is_plain_id(&signal.id) {
                report.skip_row(position, "the id is not a plain label of 1 to 128 visible ASCII characters");
                continue;
            }
            report.signals_read += 1;
            if sink.accept(signal.clone()) == ControlFlow::Break(()) {
                if position < total {
                    report.status = SourceStatus::Partial("the reader had enough".to_owned());
                }
                break;
            }
        }
        Ok(report)
    }
}
