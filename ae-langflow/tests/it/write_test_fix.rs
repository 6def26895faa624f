//! The write-test-fix graph.

use std::sync::Arc;

use ae_core::Outcome;
use ae_langflow::{
    Cx, Input, MemoryCheckpointer, RunConfig, Stop,
    write_test_fix::{
        CheckResult, Diagnosis, FixInput, LoopLimits, LoopNodes, LoopState, Proof, TestInput, TestReport,
        Verdict as _, WriteInput, Written, graph,
    },
};
use async_trait::async_trait;

use crate::support::{Trace, again, done};

/// Writes numbers: attempt n writes n, or always `stuck`. Two checks: even, and at least `enough`.
#[derive(Debug)]
struct Numbers {
    enough: u32,
    stuck: Option<u32>,
    breaks_in: Option<u32>,
    ends_in: Option<(u32, Outcome)>,
    trace: Trace,
}

#[async_trait]
impl LoopNodes<u32> for Numbers {
    async fn write(&self, input: WriteInput<u32>, cx: &Cx) -> Result<Written<u32>, Stop> {
        self.trace.add(format!("write {} {}", input.attempt, cx.step()));
        assert_eq!(input.previous.is_some(), input.attempt > 1);
        assert_eq!(input.diagnosis.is_some(), input.attempt > 1);
        match self.ends_in {
            Some((attempt, outcome)) if attempt == input.attempt => {
                Ok(Written::Ended { outcome, reason: "no money left".into() })
            }
            _ => Ok(Written::Made(self.stuck.unwrap_or(input.attempt))),
        }
    }

    async fn test(&self, input: TestInput<u32>, _: &Cx) -> Result<TestReport, Stop> {
        if self.breaks_in == Some(input.attempt) {
            return Err(Stop::failed("no tests today"));
        }
        let check = |id: &str, passed: bool| CheckResult::new(id, passed, input.artifact.to_string());
        Ok(TestReport::new(vec![
            check("even", input.artifact % 2 == 0),
            check("enough", input.artifact >= self.enough),
        ]))
    }

    async fn fix(&self, input: FixInput<u32>, _: &Cx) -> Result<Diagnosis, Stop> {
        self.trace.add(format!("fix {}", input.attempt));
        Ok(Diagnosis::new(input.report.failing(), "too small or odd")
            .with_excerpt(input.artifact.to_string()))
    }
}

fn numbers(enough: u32, stuck: Option<u32>) -> Numbers {
    Numbers { enough, stuck, breaks_in: None, ends_in: None, trace: Trace::default() }
}

async fn end(nodes: Numbers, limits: LoopLimits) -> LoopState<u32> {
    let graph = graph("loop", Arc::new(nodes), limits).unwrap();
    let app = again(&graph, &Arc::new(MemoryCheckpointer::new()));
    done(app.invoke(Input::start(LoopState::update()), &RunConfig::thread("t")).await.unwrap())
}

#[tokio::test]
async fn it_is_verified_with_evidence_of_what_was_fixed() {
    let state = end(numbers(4, None), LoopLimits::default()).await;
    assert_eq!((state.outcome, state.artifact), (Some(Outcome::Verified), Some(4)));
    let failing: Vec<_> =
        state.attempts.iter().map(|attempt| (attempt.attempt, attempt.failing.join(" "))).collect();
    let expected = [(1, "enough even"), (2, "enough"), (3, "enough even"), (4, "")];
    assert_eq!(failing, expected.map(|(attempt, failing)| (attempt, failing.to_owned())));
    let proofs: Vec<_> = state
        .evidence
        .iter()
        .map(|Proof { check, failed_in, passed_in, .. }| (check.as_str(), *failed_in, *passed_in))
        .collect();
    assert_eq!(proofs, [("enough", 3, 4), ("even", 3, 4)]);
}

#[tokio::test]
async fn it_stalls_at_the_third_identical_failure() {
    let state = end(numbers(4, Some(1)), LoopLimits::default()).await;
    assert_eq!((state.outcome, state.attempts.len()), (Some(Outcome::Stalled), 3));
}

#[tokio::test]
async fn it_is_exhausted_at_the_limit() {
    let state = end(numbers(100, None), LoopLimits::default()).await;
    assert_eq!((state.outcome, state.attempts.len()), (Some(Outcome::Exhausted), 5));
    let state = end(numbers(100, None), LoopLimits::default().with_iterations_max(2)).await;
    assert_eq!((state.outcome, state.attempts.len()), (Some(Outcome::Exhausted), 2));
}

#[tokio::test]
async fn write_ends_it_by_name_and_can_not_say_that_it_is_verified() {
    let ends = Numbers { ends_in: Some((2, Outcome::BudgetStop)), ..numbers(4, None) };
    let state = end(ends, LoopLimits::default()).await;
    assert_eq!((state.outcome, state.reason.as_deref()), (Some(Outcome::BudgetStop), Some("no money left")));
    assert_eq!((state.attempts.len(), state.artifact), (1, Some(1)), "what was tested before is kept");

    let claims = Numbers { ends_in: Some((1, Outcome::Verified)), ..numbers(4, None) };
    let graph = graph("loop", Arc::new(claims), LoopLimits::default()).unwrap();
    let app = again(&graph, &Arc::new(MemoryCheckpointer::new()));
    app.invoke(Input::start(LoopState::update()), &RunConfig::thread("t")).await.unwrap_err();
}

#[tokio::test]
async fn it_goes_on_where_it_broke() {
    let store = Arc::new(MemoryCheckpointer::new());
    let config = RunConfig::thread("t");
    let trace = Trace::default();
    let broken = Numbers { breaks_in: Some(2), trace: trace.clone(), ..numbers(2, None) };
    let broken = graph("loop", Arc::new(broken), LoopLimits::default()).unwrap();
    again(&broken, &store).invoke(Input::start(LoopState::update()), &config).await.unwrap_err();
    assert_eq!(trace.take(), ["write 1 1", "fix 1", "write 2 4"]);
    let whole = Numbers { trace: trace.clone(), ..numbers(2, None) };
    let whole = graph("loop", Arc::new(whole), LoopLimits::default()).unwrap();
    let state = done(again(&whole, &store).invoke(Input::Continue, &config).await.unwrap());
    assert_eq!(state.outcome, Some(Outcome::Verified));
    assert!(trace.take().is_empty(), "nothing was written twice");
    assert_eq!(state.attempts.len(), 2);
}
