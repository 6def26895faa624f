//! The port that reads demand signals.

use std::{fmt, sync::Arc};

use ae_core::BackendError;
use async_trait::async_trait;

use crate::{SignalQuery, SignalSink, SourceReport};

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
