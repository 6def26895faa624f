//! A caller that goes: the vendor's call ends, and what it used is settled.

use std::time::Duration;

use ae_core::{ErrorKind, Retry, TokenUsage};
use ae_router::{Delta, TryOutcome};
use std::sync::{Arc, Mutex};

use crate::bench::{Act, Bench, Piece, Vendor, call, error, fault, most, slow_time, text, usd};

/// Runs `future` for some turns, then drops it.
async fn drop_after<T>(turns: usize, future: impl Future<Output = T>) {
    let mut future = Box::pin(future);
    for _ in 0..turns {
        let polled =
            std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context))).await;
        assert!(polled.is_pending(), "the call ended before it was dropped");
        tokio::task::yield_now().await;
    }
}

fn bench(vendor: &Vendor) -> (Bench, Arc<Mutex<Vec<TryOutcome>>>) {
    let outcomes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&outcomes);
    let mut bench = Bench::new(vendor);
    bench.router = bench
        .router
        .with_runtime(slow_time(Duration::ZERO))
        .with_observer(move |try_| seen.lock().unwrap().push(try_.outcome));
    (bench, outcomes)
}

#[tokio::test]
async fn a_dropped_call_is_paid_in_full() {
    for streamed in [false, true] {
        let vendor = Vendor::default().then("a", Act::Hang);
        let (bench, outcomes) = bench(&vendor);
        if streamed {
            drop_after(20, bench.router.stream(&call())).await;
        } else {
            drop_after(20, bench.router.complete(&call())).await;
        }
        bench.settled().await;
        assert_eq!(vendor.dropped(), 1, "the vendor's call has ended");
        assert_eq!(bench.budget.spent(), most("a"));
        assert_eq!(*outcomes.lock().unwrap(), [TryOutcome::Cancelled]);
        assert_eq!(vendor.models(), ["a"]);
    }
}

#[tokio::test]
async fn a_dropped_stream_is_paid_as_far_as_it_came() {
    let pieces =
        vec![Piece::Is(Delta::Usage(TokenUsage::new(10, 1))), text("red"), text("blue"), Piece::Hang];
    let vendor = Vendor::default().then("a", Act::Pieces(pieces));
    let (bench, outcomes) = bench(&vendor);
    let mut stream = bench.router.stream(&call()).await.unwrap();
    assert_eq!(stream.next().await.unwrap(), Some(Delta::Text("red".to_owned())));
    assert_eq!(stream.next().await.unwrap(), Some(Delta::Text("blue".to_owned())));
    drop(stream);
    bench.settled().await;
    assert_eq!(vendor.dropped(), 1);
    // 10 in; 1 out as stated and 7 bytes since.
    assert_eq!(bench.budget.spent(), usd("0.0009"));
    assert_eq!(*outcomes.lock().unwrap(), [TryOutcome::Cancelled]);
}

#[tokio::test]
async fn a_stream_that_states_nothing_is_paid_in_full() {
    let vendor = Vendor::default().then("a", Act::Pieces(vec![text("red"), Piece::Hang]));
    let (bench, _) = bench(&vendor);
    let mut stream = bench.router.stream(&call()).await.unwrap();
    assert!(stream.next().await.unwrap().is_some());
    drop(stream);
    bench.settled().await;
    assert_eq!(bench.budget.spent(), most("a"));
}

#[tokio::test]
async fn a_reader_that_goes_while_pieces_wait_ends_the_call() {
    let pieces = (0..1_000).map(|_| text("x")).collect();
    let vendor = Vendor::default().then("a", Act::Pieces(pieces));
    let (bench, outcomes) = bench(&vendor);
    let stream = bench.router.stream(&call()).await.unwrap();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    drop(stream);
    bench.settled().await;
    assert_eq!(*outcomes.lock().unwrap(), [TryOutcome::Cancelled]);
}

#[tokio::test]
async fn a_call_dropped_in_a_pause_makes_no_other_try() {
    let down = fault(|| error(ErrorKind::Unavailable).with_retry(Retry::Backoff));
    let vendor = Vendor::default().fails("a", 9, &down);
    let (bench, outcomes) = bench(&vendor);
    drop_after(50, bench.router.complete(&call())).await;
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    assert_eq!((vendor.models(), bench.budget.spent()), (vec!["a".to_owned()], usd("0")));
    assert_eq!(*outcomes.lock().unwrap(), [TryOutcome::Failed]);
}

#[tokio::test]
async fn a_call_that_is_never_waited_for_is_not_made() {
    let vendor = Vendor::default();
    let (bench, _) = bench(&vendor);
    drop(bench.router.complete(&call()));
    tokio::task::yield_now().await;
    assert!(vendor.models().is_empty());
}

#[test]
fn outside_of_a_runtime_a_call_is_an_error() {
    let vendor = Vendor::default();
    let (bench, _) = bench(&vendor);
    let mut call = Box::pin(async { bench.router.ask("hello").await });
    let polled = call.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    match polled {
        std::task::Poll::Ready(Err(error)) => assert_eq!(error.kind(), ErrorKind::Unsupported),
        other => panic!("{other:?}"),
    }
}
