//! The contract of [`NicheSource`].

use std::ops::ControlFlow;

use ae_core::conformance::{Ran, held, holds, same};

use crate::{
    NicheSource, QueryLimits, Signal, SignalQuery, SignalSink, SourceReport, SourceStatus,
    conformance::intent, sources::is_plain_id,
};

/// Makes a fresh source over the same two or more signals, for the intent "Build a $500 MRR CSV tool".
pub type Factory<'a> = &'a (dyn Fn() -> Box<dyn NicheSource> + Sync);

/// Runs every check. `sample` says whether the source's signals are made up.
///
/// # Panics
///
/// With the number of the first clause that does not hold.
pub async fn run_all(factory: Factory<'_>, sample: bool) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", c1_the_name_is_constant_and_on_everything(factory)).await;
    ran.clause("C2", c2_the_count_is_what_the_sink_took(factory)).await;
    ran.clause("C3", c3_a_break_ends_the_reading(factory)).await;
    ran.clause("C4", c4_the_limit_holds(factory)).await;
    ran.clause("C5", c5_skipped_rows_are_counted_and_listed(factory)).await;
    ran.clause("C6", c6_made_up_signals_are_marked(factory, sample)).await;
    ran.clause("C7", c7_ids_can_be_printed(factory)).await;
    ran
}

fn query() -> SignalQuery {
    SignalQuery::from_intent(&intent())
}

async fn collect(clause: &str, factory: Factory<'_>, sink: &mut dyn SignalSink) -> SourceReport {
    held(clause, factory().collect(&query(), sink).await)
}

fn is_partial(report: &SourceReport) -> bool {
    matches!(report.status, SourceStatus::Partial(_))
}

async fn c1_the_name_is_constant_and_on_everything(factory: Factory<'_>) {
    let source = factory();
    let name = source.name().to_owned();
    holds("C1", !name.is_empty(), "the name is empty");
    let mut signals: Vec<Signal> = Vec::new();
    let report = held("C1", source.collect(&query(), &mut signals).await);
    same("C1", &report.name, &name);
    same("C1", source.name(), &*name);
    holds("C1", signals.len() > 1, "the checks need a source with two signals");
    holds("C1", signals.iter().all(|signal| signal.source == name), "a signal has another name");
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

async fn c2_the_count_is_what_the_sink_took(factory: Factory<'_>) {
    let mut sink = Picky::default();
    let report = collect("C2", factory, &mut sink).await;
    same("C2", &report.signals_read, &(sink.taken + sink.declined));
    let mut all: Vec<Signal> = Vec::new();
    collect("C2", factory, &mut all).await;
    holds("C2", report.signals_read == all.len() as u64, "declining titles changed the count");
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

async fn c3_a_break_ends_the_reading(factory: Factory<'_>) {
    let mut sink = Enough::default();
    let report = collect("C3", factory, &mut sink).await;
    holds("C3", sink.taken == 1, "signals were passed after a break");
    holds("C3", is_partial(&report), "the status is not partial after a break");
}

async fn c4_the_limit_holds(factory: Factory<'_>) {
    let mut signals: Vec<Signal> = Vec::new();
    let query = query().with_limits(QueryLimits::default().with_signals_max(1));
    let report = held("C4", factory().collect(&query, &mut signals).await);
    holds("C4", signals.len() == 1, "the limit of 1 signal does not hold");
    holds("C4", is_partial(&report), "the status is not partial at the limit");
}

async fn c5_skipped_rows_are_counted_and_listed(factory: Factory<'_>) {
    let report = collect("C5", factory, &mut Vec::new()).await;
    let expected = report.rows_skipped.min(SourceReport::PROBLEMS_MAX as u64);
    same("C5", &(report.problems.len() as u64), &expected);
}

async fn c6_made_up_signals_are_marked(factory: Factory<'_>, sample: bool) {
    same("C6", &collect("C6", factory, &mut Vec::new()).await.sample, &sample);
}

async fn c7_ids_can_be_printed(factory: Factory<'_>) {
    let mut signals: Vec<Signal> = Vec::new();
    collect("C7", factory, &mut signals).await;
    for signal in signals {
        holds("C7", is_plain_id(&signal.id), "an id is not plain");
    }
}
