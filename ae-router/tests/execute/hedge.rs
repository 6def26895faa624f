//! A second model is asked when the first is late.

use std::time::Duration;

use ae_core::ErrorKind;
use ae_router::{CallLimits, TryOutcome};

use crate::bench::{Act, Bench, Vendor, call, error, fault, most, price, slow_time, sum};

const LATE: Duration = Duration::from_secs(2);

fn bench(vendor: &Vendor, dollars: &str) -> Bench {
    let mut bench = Bench::with_dollars(vendor, dollars);
    let limits = CallLimits::default().with_hedge_after(LATE);
    // Time-outs of tries never come, the hedge does.
    bench.router = bench.router.with_limits(limits).with_runtime(slow_time(LATE));
    bench
}

#[tokio::test]
async fn the_faster_model_answers_and_both_are_paid() {
    for streamed in [false, true] {
        let vendor = Vendor::default().then("a", Act::Hang);
        let bench = bench(&vendor, "1");
        let answer = if streamed {
            bench.router.stream(&call()).await.unwrap().finish().await.unwrap()
        } else {
            bench.router.complete(&call()).await.unwrap()
        };
        assert_eq!(answer.completion.model, "b");
        let ends: Vec<_> =
            answer.tries.iter().map(|try_| (&*try_.model.id, try_.hedge, try_.outcome)).collect();
        assert_eq!(ends, [("a", false, TryOutcome::Outrun), ("b", true, TryOutcome::Answered)]);
        assert_eq!(vendor.dropped(), 1);
        assert_eq!(answer.cost, None, "the cost of the loser is not known");
        assert_eq!(bench.budget.spent(), sum([most("a"), price("b")]));
    }
}

#[tokio::test]
async fn a_hedge_has_money_of_its_own_or_is_not_made() {
    let vendor = Vendor::default().then("a", Act::Hang);
    let enough_for_one = most("a").to_decimal().to_string();
    let mut bench = bench(&vendor, &enough_for_one);
    let limits = CallLimits::default().with_hedge_after(LATE).with_per_try(Duration::from_secs(3));
    bench.router = bench.router.with_limits(limits).with_runtime(slow_time(Duration::from_secs(3)));
    let failed = bench.router.complete(&call()).await.unwrap_err();
    assert_eq!(vendor.models(), ["a"], "nothing is left for another model");
    assert_eq!(failed.kind(), ErrorKind::QuotaExceeded);
    assert_eq!(bench.budget.spent(), most("a"));
}

#[tokio::test]
async fn a_hedge_that_fails_leaves_the_first_try() {
    let vendor = Vendor::default().then("a", Act::Hang).fails("b", 1, &fault(|| error(ErrorKind::Declined)));
    let bench = bench(&vendor, "1");
    let asked = call();
    let mut asked = Box::pin(bench.router.complete(&asked));
    for _ in 0..50 {
        let polled =
            std::future::poll_fn(|context| std::task::Poll::Ready(asked.as_mut().poll(context))).await;
        assert!(polled.is_pending());
        tokio::task::yield_now().await;
    }
    assert_eq!(vendor.models(), ["a", "b"], "one hedge a try");
    assert_eq!(bench.budget.reserved(), most("a"));
    drop(asked);
    bench.settled().await;
    assert_eq!(bench.budget.spent(), most("a"));
}
