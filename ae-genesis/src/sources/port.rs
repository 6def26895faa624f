//! The port that reads demand signals.

use std::fmt;

use ae_core::BackendError;
use async_trait::async_trait;

use crate::{SignalQuery, SignalSink, SourceReport};

/// A place that demand signals come from: a file, a search API, a bundled sample.
///
/// ```
/// use ae_genesis::core::{Currency, Intent, Money, Origin, Timestamp, Untrusted};
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
///   [`SourceStatus::Partial`](crate::SourceStatus::Partial).
/// - C4. The query's limits hold: never more than
///   [`signals_max`](crate::QueryLimits::signals_max) signals; stopping there is `Partial`.
/// - C5. Skipped rows are counted, and the first [`PROBLEMS_MAX`](SourceReport::PROBLEMS_MAX) of them are listed.
/// - C6. Made-up signals are reported with [`sample`](SourceReport::sample).
/// - C7. Ids can be printed: 1 to 128 visible ASCII characters, no quotes, brackets, commas, semicolons, bars or
///   back-slashes.
///
/// # Notes
///
/// A row that can't be understood is skipped; it never ends the reading. [`SourceReport::offer`] keeps C2 to C5 and C7.
///
/// # Errors
///
/// Reading has no effect, so [`Effect`](ae_core::Effect) is always `NotApplied`. `NotFound` and `InvalidInput` for a
/// source that is missing or damaged, such as a truncated archive; `Unavailable`, `Timeout`, `RateLimited`,
/// `PermissionDenied` and `Protocol` for a service. A service that fails after some signals were passed is reported as
/// `Partial` instead; a damaged input stays an error.
///
/// # Cancel safety
///
/// Dropping the future stops the reading; the sink keeps what it has taken.
#[async_trait]
pub trait NicheSource: fmt::Debug + Send + Sync + 'static {
    /// The name in reports and evidence: `file`, `hackernews`, `sample`, ….
    fn name(&self) -> &str;

    /// Reads what fits `query` into `sink`.
    async fn collect(
        &self,
        query: &SignalQuery,
        sink: &mut dyn SignalSink,
    ) -> Result<SourceReport, BackendError>;
}

ae_core::forward! { NicheSource {
    fn name(&self) -> &str;
    async fn collect(&self, query: &SignalQuery, sink: &mut dyn SignalSink) -> Result<SourceReport, BackendError>;
} }

#[cfg(feature = "mock")]
mockall::mock! {
    /// A mock of [`NicheSource`]: `read` gives the signals that `collect` passes on, and its report.
    ///
    /// Written out, since `automock` can't name the lifetime of the sink.
    #[derive(Debug)]
    pub NicheSource {
        /// The name in reports and evidence.
        pub fn name(&self) -> &str;

        /// Reads the signals that `collect` passes on.
        pub fn read(&self, query: &SignalQuery) -> Result<(Vec<crate::Signal>, SourceReport), BackendError>;
    }
}

#[cfg(feature = "mock")]
#[async_trait]
impl NicheSource for MockNicheSource {
    fn name(&self) -> &str {
        self.name()
    }

    async fn collect(
        &self,
        query: &SignalQuery,
        sink: &mut dyn SignalSink,
    ) -> Result<SourceReport, BackendError> {
        let (signals, report) = self.read(query)?;
        let _ = signals.into_iter().try_for_each(|signal| sink.accept(signal));
        Ok(report)
    }
}
