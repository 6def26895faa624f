//! The report of a run: the agent's words, corrected by what the supervisor knows.

use std::mem;

use ae_core::{Isolation, Money, TokenUsage};

use crate::{
    agent::{AgentFailure, AgentLimits, AgentReport, FailureKind, StopReason, Timer},
    dialect::SessionTotals,
    supervise::{Cause, Finished},
};

/// The report, without the facts of the workspace.
pub(super) fn report(
    finished: Finished,
    limits: &AgentLimits,
    isolation: Isolation,
    before: &SessionTotals,
) -> AgentReport {
    let exit = finished.exit;
    let mut report = finished.decoder.finish(&exit);
    report.summary = finished.redactor.text(report.summary);
    if let Some(failure) = &mut report.failure {
        failure.message = finished.redactor.text(mem::take(&mut failure.message));
    }
    report.unknown_events = report.unknown_events.saturating_add(finished.lines_skipped);
    report.survivors_killed = finished.survivors.killed;
    report.isolation = Some(isolation);
    // An agent that counts by the run leaves the sum to be made.
    report.session_usage = report.session_usage.or(sum(before.usage, report.usage, TokenUsage::checked_add));
    report.session_cost =
        report.session_cost.or(sum(before.cost, report.cost, |a: Money, b| a.checked_add(b).ok()));
    match (finished.cause, exit.code) {
        (Some(cause), _) => stopped(&mut report, cause, limits),
        // The exit codes of the launcher: no walls, no program that can be started, no program at all.
        (None, Some(125..=127)) if isolation.is_sandbox() && !finished.has_begun => {
            report.stop = StopReason::Failed;
            let message =
                format!("the sandbox could not start the agent: {}: probe the sandbox again", exit.stderr);
            report.failure = Some(AgentFailure::new(FailureKind::Config, message));
        }
        (None, _) => {}
    }
    report
}

fn sum<T>(before: Option<T>, run: Option<T>, add: impl Fn(T, T) -> Option<T>) -> Option<T> {
    match (before, run) {
        (Some(before), Some(run)) => add(before, run),
        (None, run) => run,
        (Some(_), None) => None,
    }
}

/// Whether a failure may be the cause of a time-out: an agent that waits for its vendor in vain. The other kinds are what
/// an agent makes of being stopped.
fn is_cause(kind: FailureKind) -> bool {
    use FailureKind::{Auth, Billing, ContextTooLong, ModelNotFound, Network, Overloaded, RateLimited};
    matches!(kind, Auth | Billing | ContextTooLong | ModelNotFound | Network | Overloaded | RateLimited)
}

/// Puts the supervisor's reason in the place of what the agent made of being stopped.
fn stopped(report: &mut AgentReport, cause: Cause, limits: &AgentLimits) {
    let (stop, failure) = match cause {
        Cause::Cancelled => (StopReason::Cancelled, None),
        Cause::TimedOut(timer) => {
            report.timer = Some(timer);
            let message = match timer {
                Timer::Wall => {
                    format!(
                        "stopped after {} s in all: ask for less, or raise the limit `wall`",
                        limits.wall.as_secs()
                    )
                }
                Timer::Idle => format!(
                    "stopped after {} s without progress: it may have waited for its model or for an answer; raise the \
                     limit `idle` if its work is quiet for longer",
                    limits.idle.as_secs()
                ),
                Timer::FirstEvent => format!(
                    "stopped after {} s without a first event: see that it is logged in and reaches its model, or raise \
                     the limit `first_event`",
                    limits.first_event.as_secs()
                ),
            };
            let failure = match report.failure.take().filter(|failure| is_cause(failure.kind)) {
                Some(cause) => {
                    AgentFailure { message: format!("{message}; before that: {}", cause.message), ..cause }
                }
                None => AgentFailure::new(FailureKind::Other, message),
            };
            (StopReason::TimedOut, Some(failure))
        }
        Cause::TooMuchOutput => {
            let message = format!(
                "killed after {} bytes of output: ask for less, or raise the limit `output_bytes`",
                limits.output_bytes
            );
            (StopReason::Failed, Some(AgentFailure::new(FailureKind::TooMuchOutput, message)))
        }
    };
    report.stop = stop;
    report.failure = failure;
    if report.summary.is_empty() {
        report.summary = report
            .failure
            .as_ref()
            .map_or_else(|| "cancelled by the caller".to_owned(), |why| why.message.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_out_keeps_the_cause_that_the_agent_knows() {
        let after = |kind| {
            let failure = AgentFailure::new(kind, "words").with_retry_after(Some(Duration::from_secs(9)));
            let mut report = AgentReport::new(StopReason::Incomplete, "").with_failure(failure);
            stopped(&mut report, Cause::TimedOut(Timer::Idle), &AgentLimits::new());
            assert_eq!((report.stop, report.timer), (StopReason::TimedOut, Some(Timer::Idle)));
            report.failure.unwrap()
        };
        let limited = after(FailureKind::RateLimited);
        assert_eq!(
            (limited.kind, limited.retry_after),
            (FailureKind::RateLimited, Some(Duration::from_secs(9)))
        );
        assert!(limited.message.starts_with("stopped after ") && limited.message.ends_with(": words"));
        let crashed = after(FailureKind::Crashed);
        assert_eq!((crashed.kind, crashed.retry_after), (FailureKind::Other, None));
    }

    #[test]
    fn totals_are_unknown_once_a_run_is_not_measured() {
        let add = |a: u64, b| a.checked_add(b);
        assert_eq!(sum(Some(1), Some(2), add), Some(3));
        assert_eq!(sum(None, Some(2), add), Some(2));
        assert_eq!((sum(Some(1), None, add), sum(None, None, add)), (None, None));
    }
}
