//! Signals that are already in memory.

use ae_core::{BackendError, Timestamp};
use async_trait::async_trait;

use crate::{NicheSource, Signal, SignalQuery, SignalSink, SourceReport};

/// A source of signals in memory, in order: for signals that a program already has, and for tests.
#[derive(Debug, Clone)]
pub struct MemorySource {
    name: String,
    signals: Vec<Signal>,
    fetched_at: Timestamp,
    sample: bool,
}

impl MemorySource {
    /// A source called `name`; each signal gets it as its `source`.
    pub fn new(name: impl Into<String>, mut signals: Vec<Signal>, fetched_at: Timestamp) -> Self {
        let name = name.into();
        for signal in &mut signals {
            signal.source.clone_from(&name);
        }
        Self { name, signals, fetched_at, sample: false }
    }
}

ae_core::setters! { MemorySource {
    /// Marks the signals as made up.
    fn with_sample(sample = true);
} }

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
        for (position, signal) in (1..).zip(&self.signals) {
            if report.offer(position, signal.clone(), query, sink).is_break() {
                break;
            }
        }
        Ok(report)
    }
}
