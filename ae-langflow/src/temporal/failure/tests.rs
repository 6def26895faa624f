use ae_core::{BackendError, ErrorKind, Retry, RetryPolicy};

use super::*;
use crate::TaskId;

fn verdict(error: &(dyn StdError + Send + Sync + 'static), attempt: u32) -> (&'static str, Option<Duration>) {
    let mut policy = NodePolicy::default();
    policy.set_retry(RetryPolicy::new(3).with_pauses(Duration::from_secs(2), Duration::from_secs(60)));
    let cx = Cx::new("t", 1, TaskId::of_node("a")).with_attempt(attempt);
    let Verdict { kind, pause, .. } = Verdict::of(error, &policy, &cx);
    (kind, pause)
}

#[test]
fn a_backend_error_says_whether_and_when_it_is_tried_again() {
    let error = || BackendError::new(ErrorKind::RateLimited, "model", "complete", "slow down");
    assert_eq!(verdict(&error(), 1), ("rate_limited", None));
    let minute = Duration::from_secs(60);
    assert_eq!(verdict(&error().with_retry(Retry::After(minute)), 1), ("rate_limited", Some(minute)));
    let backoff = error().with_retry(Retry::Backoff);
    assert_eq!(verdict(&backoff, 2), ("rate_limited", Some(Duration::from_secs(2))), "without jitter");
    assert_eq!(verdict(&backoff, 3), ("rate_limited", None), "its tries are used up");
    assert_eq!(verdict(&std::io::Error::other("broken"), 1), (NODE_FAILED, Some(Duration::from_secs(1))));
    assert_eq!(verdict(&NodeTimeout::Run(minute), 3), ("timeout", None));
    assert_eq!(verdict(&Fatal::new(NodeTimeout::Run(minute)), 1), ("timeout", None));
}

#[test]
fn an_unknown_effect_is_never_tried_again_wherever_in_the_chain_it_is() {
    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] BackendError);
    let inner = BackendError::new(ErrorKind::Timeout, "payments", "pay", "no answer")
        .with_retry(Retry::Backoff)
        .with_effect(Effect::Unknown);
    assert_eq!(verdict(&Outer(inner), 1), (EFFECT_UNKNOWN, None));
}

#[test]
fn a_failure_carries_its_pause_and_the_records() {
    let verdict =
        Verdict { kind: "timeout", message: "late".to_owned(), pause: Some(Duration::from_secs(7)) };
    let ActivityError::Application(failure) = verdict.into_error(1, Records::new()) else { panic!() };
    assert_eq!(
        (failure.is_non_retryable(), failure.next_retry_delay()),
        (false, Some(Duration::from_secs(7)))
    );
}
