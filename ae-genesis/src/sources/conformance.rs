//! The contract of [`NicheSource`].
#![allow(clippy::panic, clippy::expect_used, reason = "a failed check panics by design")]

use std::ops::ControlFlow;

use crate::{
    NicheSource, QueryLimits, Signal, SignalQuery, SignalSink, SourceReport, SourceStatus,
    conformance::intent, sources::is_plain_id,
};

/// Makes a fresh source over the same, non-empty signals, for the intent "Build a $500 MRR CSV tool".
pub type Factory<'a> = &'a (dyn Fn() -> Box<dyn NicheSource> + Sync);

/// Every check. `sample` says whether the source's signals are made up.
pub async fn run_all(factory: Factory<'_>, sample: bool) {
    c1_the_name_is_constant_and_on_everything(factory).await;
    c2_the_count_is_what_the_sink_took(factory).await;
    c3_a_break_ends_the_reading(factory).await;
    c4_the_limit_holds(factory).await;
    c5_skipped_rows_are_counted_and_listed(factory).await;
    c6_made_up_signals_are_marked(factory, sample).await;
    c7_ids_can_be_printed(factory).await;
}

fn query() -> SignalQuery {
    SignalQuery::from_intent(&intent())
}

async fn all(source: &dyn NicheSource) -> Vec<Signal> {
    let mut signals: Vec<Signal> = Vec::new();
    source.collect(&query(), &mut signals).await.expect("C0: the source can be read");
    assert!(!signals.is_empty(), "C0: the checks need a source with signals");
    signals
}

/// C1.
pub async fn c1_the_name_is_constant_and_on_everything(factory: Factory<'_>) {
    let source = factory();
    let name = source.name().to_owned();
    assert!(!name.is_empty(), "C1: the name is empty");
    let mut signals: Vec<Signal> = Vec::new();
    let report = source.collect(&query(), &mut signals).await.expect("C1: the source can be read");
    assert_eq!(report.name, name, "C1: the report has another name");
    assert_eq!(source.name(), name, "C1: the name changed");
    assert!(signals.iter().all(|signal| signal.source == name), "C1: a signal has another name");
}

/// Counts, and declines every second title.
#[derive(Debug, Default)]
struct Picky {
    taken: u64,
    declined: u64,
    asked: u64,
}

impl SignalSink for Picky {
    fn accept(&mut self, _: Signal) -> ControlFlow<()> {
        self.taken += 1;
        ControlFlow::Continue(())
    }

    fn wants(&mut self, _: &str) -> bool {
        self.asked += 1;
        let wanted = self.asked % 2 == 0;
        self.declined += u64::from(!wanted);
        wanted
    }
}

/// C2.
pub async fn c2_the_count_is_what_the_sink_took(factory: Factory<'_>) {
    let mut sink = Picky::default();
    let report = factory().collect(&query(), &mut sink).await.expect("C2: the source can be read");
    assert_eq!(report.signals_read, sink.taken + sink.declined, "C2: signals_read is not what the sink took");
    let total = all(&*factory()).await.len() as u64;
    assert_eq!(report.signals_read, total, "C2: declining titles changed the count");
}

/// Breaks at the first signal, and counts what comes after.
#[derive(Debug, Default)]
struct Enough {
    taken: u64,
}

impl SignalSink for Enough {
    fn accept(&mut self, _: Signal) -> ControlFlow<()> {
        self.taken += 1;
        ControlFlow::Break(())
    }
}

/// C3.
pub async fn c3_a_break_ends_the_reading(factory: Factory<'_>) {
    let mut sink = Enough::default();
    let report = factory().collect(&query(), &mut sink).await.expect("C3: the source can be read");
    assert_eq!(sink.taken, 1, "C3: signals were passed after a break");
    let partial = matches!(report.status, SourceStatus::Partial(_));
    assert!(partial, "C3: not partial after a break: {}", report.status);
}

/// C4.
pub async fn c4_the_limit_holds(factory: Factory<'_>) {
    let total = all(&*factory()).await.len();
    let limits = QueryLimits::default().with_signals_max(1);
    let mut signals: Vec<Signal> = Vec::new();
    let query = query().with_limits(limits);
    let report = factory().collect(&query, &mut signals).await.expect("C4: the source can be read");
    assert!(signals.len() <= 1, "C4: {} signals, 1 allowed", signals.len());
    if total > 1 {
        let partial = matches!(report.status, SourceStatus::Partial(_));
        assert!(partial, "C4: not partial at the limit: {}", report.status);
    }
}

/// C5.
pub async fn c5_skipped_rows_are_counted_and_listed(factory: Factory<'_>) {
    let report = factory().collect(&query(), &mut Vec::new()).await.expect("C5: the source can be read");
    let expected = report.rows_skipped.min(SourceReport::PROBLEMS_MAX as u64);
    assert_eq!(report.problems.len() as u64, expected, "C5: {} rows skipped", report.rows_skipped);
}

/// C6.
pub async fn c6_made_up_signals_are_marked(factory: Factory<'_>, sample: bool) {
    let report = factory().collect(&query(), &mut Vec::new()).await.expect("C6: the source can be read");
    assert_eq!(report.sample, sample, "C6: sample is not marked as such");
}

/// C7.
pub async fn c7_ids_can_be_printed(factory: Factory<'_>) {
    for signal in all(&*factory()).await {
        assert!(is_plain_id(&signal.id), "C7: {:?} is not a plain id", signal.id);
    }
}
