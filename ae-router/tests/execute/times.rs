//! Time-outs and pauses.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ae_core::{Clock, ErrorKind, ManualClock, ManualSleeper, Retry, Runtime, SeededIds};
use ae_router::{CallLimits, TryOutcome};

use crate::bench::{Act, Bench, Piece, Vendor, call, error, fault, most, now, price, sum, text};

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A bench whose pauses are kept.
fn bench(vendor: &Vendor, limits: CallLimits) -> (Bench, ManualSleeper) {
    let mut bench = Bench::new(vendor);
    let clock = ManualClock::at(now());
    let sleeper = ManualSleeper::new(clock.clone());
    let runtime = Runtime::new(clock.clone(), sleeper.clone(), SeededIds::new(7));
    bench.router = bench.router.with_runtime(runtime).with_limits(limits);
    bench.clock = clock;
    (bench, sleeper)
}

#[tokio::test]
async fn a_call_that_hangs_is_given_up_paid_and_tried_again() {
    let vendor = Vendor::default().then("a", Act::Hang);
    let (bench, sleeper) = bench(&vendor, CallLimits::default().with_per_try(s(20)));
    let answer = bench.router.complete(&call()).await.unwrap();
    assert_eq!(vendor.models(), ["a", "a"]);
    assert_eq!(vendor.dropped(), 1);
    assert_eq!(sleeper.pauses()[0], s(20));
    assert_eq!(bench.budget.spent(), sum([most("a"), price("a")]));
    assert_eq!(answer.tries[0].took, s(20));
    assert_eq!(answer.tries[0].error.as_ref().unwrap().kind, ErrorKind::Timeout);
}

#[tokio::test]
async fn a_stream_has_a_time_for_its_first_piece() {
    for hangs in [Act::Hang, Act::Pieces(vec![Piece::Hang])] {
        let vendor = Vendor::default().then("a", hangs);
        let (bench, sleeper) = bench(&vendor, CallLimits::default().with_first_piece(s(3)));
        let answer = bench.router.stream(&call()).await.unwrap().finish().await.unwrap();
        assert_eq!((vendor.models().len(), sleeper.pauses()[0]), (2, s(3)));
        assert_eq!(answer.tries[0].outcome, TryOutcome::Failed);
    }
}

#[tokio::test]
async fn a_stream_has_a_time_between_pieces() {
    let vendor = Vendor::default().then("a", Act::Pieces(vec![text("red"), Piece::Hang]));
    let (bench, sleeper) = bench(&vendor, CallLimits::default().with_between_pieces(s(4)));
    let failed = bench.router.stream(&call()).await.unwrap().finish().await.unwrap_err();
    assert_eq!((failed.kind(), sleeper.pauses()), (ErrorKind::Timeout, vec![s(4)]));
    assert_eq!(bench.budget.spent(), most("a"));
}

#[tokio::test]
async fn the_whole_call_has_its_time() {
    let vendor = Vendor::default().then("a", Act::Hang).then("a", Act::Hang).then("b", Act::Hang);
    let limits = CallLimits::default().with_per_try(s(40)).with_total(s(60));
    let (bench, _) = bench(&vendor, limits);
    let failed = bench.router.complete(&call()).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Timeout);
    assert_eq!(vendor.models(), ["a", "a"], "40 s, a pause, and what is left");
    assert!(bench.clock.monotonic() <= s(60), "{:?}", bench.clock.monotonic());
}

#[tokio::test]
async fn a_vendors_pause_is_the_least_and_too_long_a_one_is_not_waited_for() {
    for (seconds, tried) in [(7, vec!["a", "a"]), (30, vec!["a", "a"]), (31, vec!["a", "b"])] {
        let limited = fault(move || error(ErrorKind::RateLimited).with_retry(Retry::After(s(seconds))));
        let vendor = Vendor::default().fails("a", 1, &limited);
        let (bench, sleeper) = bench(&vendor, CallLimits::default());
        bench.router.complete(&call()).await.unwrap();
        assert_eq!(vendor.models(), tried, "{seconds} s");
        let waited: Vec<_> = sleeper.pauses();
        assert_eq!(waited, if tried[1] == "a" { vec![s(seconds)] } else { vec![] });
    }
}

#[tokio::test]
async fn pauses_grow_with_jitter_and_none_follows_the_last_try() {
    let down = fault(|| error(ErrorKind::Unavailable).with_retry(Retry::Backoff));
    let vendor = Vendor::default().fails("a", 9, &down).fails("b", 9, &down).fails("c", 9, &down);
    let limits = CallLimits::default().with_tries_max(9).with_tries_per_model_max(3);
    let (bench, sleeper) = bench(&vendor, limits);
    bench.router.complete(&call()).await.unwrap_err();
    let ms: Vec<_> = sleeper.pauses().iter().map(Duration::as_millis).collect();
    assert_eq!(ms.len(), 6, "two pauses a model, none between models: {ms:?}");
    for pair in ms.chunks(2) {
        assert!((250..=500).contains(&pair[0]) && (500..=1_000).contains(&pair[1]), "{ms:?}");
    }
    assert_ne!(ms[0], ms[2], "jitter");
}

#[tokio::test]
async fn the_record_has_its_times() {
    let vendor = Vendor::default();
    let (bench, _) = bench(&vendor, CallLimits::default());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let router = bench.router.with_observer(move |try_| kept.lock().unwrap().push(try_.clone()));
    let answer = router.stream(&call()).await.unwrap().finish().await.unwrap();
    assert_eq!(*seen.lock().unwrap(), answer.tries);
    assert_eq!((answer.tries[0].started, answer.tries[0].first_piece), (now(), Some(Duration::ZERO)));
}
