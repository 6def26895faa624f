//! The loop as a graph.

use std::{fmt, sync::Arc};

use ae_core::Outcome;
use async_trait::async_trait;

use super::{
    judge::{evidence, judge},
    types::{
        Artifact, Attempt, Diagnosis, FixInput, LoopLimits, LoopState, LoopStateUpdate, TestInput,
        TestReport, Verdict, WriteInput, Written,
    },
};
use crate::{CompileError, Cx, END, Graph, START, StateGraph, Stop};

/// The three parts of the loop. Each may run again after a crash: what must not happen twice goes through
/// [`Cx::once`].
#[async_trait]
pub trait LoopNodes<A: Artifact, V: Verdict = TestReport>: fmt::Debug + Send + Sync + 'static {
    /// Writes an artifact, from nothing or from the last one and its diagnosis, or [ends](Written::Ended) the loop.
    ///
    /// # Errors
    ///
    /// When it breaks; the attempt is made again when the thread continues.
    async fn write(&self, input: WriteInput<A>, cx: &Cx) -> Result<Written<A>, Stop>;

    /// Tests the artifact. A check that fails is not an error.
    ///
    /// # Errors
    ///
    /// When the tests can't be run.
    async fn test(&self, input: TestInput<A>, cx: &Cx) -> Result<V, Stop>;

    /// Finds out what is wrong.
    ///
    /// # Errors
    ///
    /// When it breaks.
    async fn fix(&self, input: FixInput<A, V>, cx: &Cx) -> Result<Diagnosis, Stop>;
}

/// The write-test-fix graph over these parts. Start it with `Input::start(LoopState::update())`.
///
/// # Errors
///
/// Never for the graph as it is; the type is that of [`StateGraph::compile`].
pub fn graph<A: Artifact, V: Verdict>(
    name: impl Into<String>,
    nodes: Arc<dyn LoopNodes<A, V>>,
    limits: LoopLimits,
) -> Result<Graph<LoopState<A, V>>, CompileError> {
    let (write, test, fix) = (Arc::clone(&nodes), Arc::clone(&nodes), nodes);
    StateGraph::new(name)
        .add_node("write", move |state: Arc<LoopState<A, V>>, cx: Cx| {
            run_write(Arc::clone(&write), state, cx)
        })
        .add_node("test", move |state: Arc<LoopState<A, V>>, cx: Cx| {
            run_test(Arc::clone(&test), state, cx, limits)
        })
        .add_node("fix", move |state: Arc<LoopState<A, V>>, cx: Cx| run_fix(Arc::clone(&fix), state, cx))
        .add_edge(START, "write")
        .add_edge("fix", "write")
        .add_conditional_edges(
            "write",
            |state: &LoopState<A, V>| state.outcome.is_some(),
            [(true, END), (false, "test")],
        )
        .add_conditional_edges(
            "test",
            |state: &LoopState<A, V>| state.outcome.map_or("failed", Outcome::as_str),
            [
                ("failed", "fix"),
                (Outcome::Verified.as_str(), END),
                (Outcome::Stalled.as_str(), END),
                (Outcome::Exhausted.as_str(), END),
            ],
        )
        .compile()
}

async fn run_write<A: Artifact, V: Verdict>(
    nodes: Arc<dyn LoopNodes<A, V>>,
    state: Arc<LoopState<A, V>>,
    cx: Cx,
) -> Result<LoopStateUpdate<A, V>, Stop> {
    let input = WriteInput {
        attempt: attempt_after(&state),
        previous: state.artifact.clone(),
        diagnosis: state.diagnosis.clone(),
    };
    match nodes.write(input, &cx).await? {
        Written::Made(artifact) => Ok(LoopState::update().artifact(artifact)),
        Written::Ended { outcome: Outcome::Verified, .. } => {
            Err(Stop::failed("only tests can say that the artifact is verified"))
        }
        Written::Ended { outcome, reason } => Ok(LoopState::update().outcome(outcome).reason(reason)),
    }
}

async fn run_test<A: Artifact, V: Verdict>(
    nodes: Arc<dyn LoopNodes<A, V>>,
    state: Arc<LoopState<A, V>>,
    cx: Cx,
    limits: LoopLimits,
) -> Result<LoopStateUpdate<A, V>, Stop> {
    let attempt = attempt_after(&state);
    let report = nodes.test(TestInput { attempt, artifact: written(&state)? }, &cx).await?;
    let new = Attempt::new(attempt, &report);
    let mut attempts = state.attempts.clone();
    attempts.push(new.clone());
    let outcome = judge(&attempts, &report, &limits);
    let evidence = evidence(&state.attempts, &report, attempt);
    Ok(LoopState::update().attempts(vec![new]).report(report).outcome(outcome).evidence(evidence))
}

async fn run_fix<A: Artifact, V: Verdict>(
    nodes: Arc<dyn LoopNodes<A, V>>,
    state: Arc<LoopState<A, V>>,
    cx: Cx,
) -> Result<LoopStateUpdate<A, V>, Stop> {
    let report = state.report.clone().ok_or_else(|| Stop::failed("there is no report to find a cause in"))?;
    let attempt = attempt_after(&state).saturating_sub(1);
    let diagnosis = nodes.fix(FixInput { artifact: written(&state)?, report, attempt }, &cx).await?;
    Ok(LoopState::update().diagnosis(diagnosis))
}

/// The number of the attempt under way: one more than were tested.
fn attempt_after<A: Artifact, V: Verdict>(state: &LoopState<A, V>) -> u32 {
    u32::try_from(state.attempts.len()).unwrap_or(u32::MAX).saturating_add(1)
}

fn written<A: Artifact, V: Verdict>(state: &LoopState<A, V>) -> Result<A, Stop> {
    state.artifact.clone().ok_or_else(|| Stop::failed("nothing was written yet"))
}
