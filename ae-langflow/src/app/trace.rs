//! Spans, when the feature `tracing` is on: `graph.run` around a call, in it `graph.step`, in it `graph.task`.

use std::future::Future;

use crate::TaskId;

#[cfg(feature = "tracing")]
pub(crate) fn run<F: Future>(thread: &str, graph: &str, work: F) -> impl Future<Output = F::Output> {
    tracing::Instrument::instrument(work, tracing::info_span!("graph.run", thread, graph))
}

#[cfg(feature = "tracing")]
pub(crate) fn step<F: Future>(step: u64, work: F) -> impl Future<Output = F::Output> {
    tracing::Instrument::instrument(work, tracing::info_span!("graph.step", step))
}

#[cfg(feature = "tracing")]
pub(crate) fn task<F: Future>(task: &TaskId, attempt: u32, work: F) -> impl Future<Output = F::Output> {
    let span = tracing::info_span!("graph.task", node = task.node(), send = task.send_index(), attempt);
    tracing::Instrument::instrument(work, span)
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn run<F: Future>(_: &str, _: &str, work: F) -> F {
    work
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn step<F: Future>(_: u64, work: F) -> F {
    work
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn task<F: Future>(_: &TaskId, _: u32, work: F) -> F {
    work
}
