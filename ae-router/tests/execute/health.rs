//! Models and providers that rest, across calls.

use std::time::Duration;

use ae_core::{ErrorKind, Retry};
use ae_router::{CallLimits, RateState, RestLimits, Served};

use crate::bench::{Act, Bench, InOrder, Vendor, answer, call, error, fault, price, sum};

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// One try a call, so that each call shows which model it goes to.
fn single(bench: Bench) -> Bench {
    let router = bench.router.clone().with_limits(CallLimits::default().with_tries_max(1));
    Bench { router, ..bench }
}

#[tokio::test]
async fn a_model_that_fails_rests_and_a_probe_brings_it_back() {
    let down = fault(|| error(ErrorKind::Unavailable));
    let vendor = Vendor::default().fails("a", 4, &down);
    let mut bench = single(Bench::new(&vendor));
    bench.router = bench.router.with_rest_limits(RestLimits::default().with_failures_max(3));
    for _ in 0..3 {
        bench.router.complete(&call()).await.unwrap_err();
    }
    assert_eq!(bench.router.resting().keys().collect::<Vec<_>>(), ["a"]);
    bench.router.complete(&call()).await.unwrap();
    assert_eq!(vendor.models(), ["a", "a", "a", "b"]);
    let seen = bench.policy.asked.lock().unwrap().last().unwrap().state.resting.clone();
    assert!(seen["a"].contains("failed several times"), "{seen:?}");

    bench.clock.advance(s(30));
    bench.router.complete(&call()).await.unwrap_err();
    bench.router.complete(&call()).await.unwrap();
    assert_eq!(vendor.models()[4..], ["a", "b"], "the probe failed");
    bench.clock.advance(s(60));
    bench.router.complete(&call()).await.unwrap();
    assert_eq!(vendor.models()[6..], ["a"], "the probe was answered");
    assert!(bench.router.resting().is_empty());
}

#[tokio::test]
async fn a_provider_without_money_rests_for_long_with_all_its_models() {
    let broke = fault(|| error(ErrorKind::QuotaExceeded));
    let vendor = Vendor::default().fails("a", 1, &broke);
    let bench = Bench::new(&vendor);
    bench.router.complete(&call()).await.unwrap();
    bench.router.complete(&call()).await.unwrap();
    assert_eq!(vendor.models(), ["a", "c", "c"]);
    assert_eq!(bench.router.resting().keys().collect::<Vec<_>>(), ["a", "b"]);
    bench.clock.advance(s(3_600));
    bench.router.complete(&call()).await.unwrap();
    assert_eq!(vendor.models()[3..], ["a"]);
}

#[tokio::test]
async fn a_limit_that_is_used_up_sends_calls_elsewhere() {
    let rate = RateState::default().with_requests_left(Some(0)).with_requests_reset(Some(s(40)));
    let last = answer("a").with_served(Served::default().with_rate(rate));
    let vendor = Vendor::default().then("a", Act::Answer(Box::new(last)));
    let bench = Bench::new(&vendor);
    bench.router.complete(&call()).await.unwrap();
    bench.router.complete(&call()).await.unwrap();
    bench.clock.advance(s(40));
    bench.router.complete(&call()).await.unwrap();
    assert_eq!(vendor.models(), ["a", "b", "a"]);
}

#[tokio::test]
async fn a_short_rest_of_the_only_model_is_waited_for() {
    let rate = RateState::default().with_tokens_left(Some(5)).with_tokens_reset(Some(s(20)));
    let last = answer("a").with_served(Served::default().with_rate(rate));
    let vendor = Vendor::default().then("a", Act::Answer(Box::new(last)));
    let mut bench = Bench::new(&vendor);
    bench.router = bench.router.with_policy(InOrder::new(["a"]));
    bench.router.complete(&call()).await.unwrap();
    let before = bench.clock.clone();
    let start = ae_core::Clock::monotonic(&before);
    bench.router.complete(&call()).await.unwrap();
    assert_eq!(ae_core::Clock::monotonic(&before) - start, s(20));
    assert_eq!(vendor.models(), ["a", "a"]);
}

#[tokio::test]
async fn a_long_rest_of_every_model_is_an_error_that_says_when() {
    let limited = fault(|| error(ErrorKind::RateLimited).with_retry(Retry::After(s(600))));
    let vendor = Vendor::default().fails("a", 1, &limited);
    let mut bench = Bench::new(&vendor);
    bench.router = bench.router.with_policy(InOrder::new(["a"]));
    assert_eq!(bench.router.complete(&call()).await.unwrap_err().kind(), ErrorKind::RateLimited);
    let failed = bench.router.complete(&call()).await.unwrap_err();
    assert_eq!(failed.error().retry(), Retry::After(s(600)));
    assert_eq!(failed.kind(), ErrorKind::Unavailable);
    assert!(failed.tries().is_empty());
    assert_eq!(vendor.models(), ["a"]);
}

#[tokio::test]
async fn the_policy_sees_the_money_left() {
    let vendor = Vendor::default();
    let bench = Bench::new(&vendor);
    for _ in 0..2 {
        bench.router.complete(&call()).await.unwrap();
    }
    let asked = bench.policy.asked.lock().unwrap();
    let left: Vec<_> = asked.iter().map(|asked| asked.state.budget_left.unwrap()).collect();
    assert_eq!(sum([left[1], price("a")]), left[0]);
}
