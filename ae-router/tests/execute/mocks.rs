//! The mock of `Budget`.

use ae_core::{BackendError, ErrorKind, Retry};
use ae_router::MockBudget;

use crate::bench::{Bench, Vendor, call, most, usd};

#[tokio::test]
async fn an_end_that_the_budget_does_not_take_stays_set_aside() {
    let vendor = Vendor::default();
    let bench = Bench::new(&vendor);
    let mut budget = MockBudget::new();
    budget.expect_left().returning(|| Ok(Some(usd("1"))));
    budget.expect_reserve().times(1).returning(|_, _| Ok(()));
    budget.expect_settle().times(3).returning(|_, _| {
        Err(BackendError::new(ErrorKind::Unavailable, "ledger", "settle", "down").with_retry(Retry::Backoff))
    });
    let runtime = ae_core::Runtime::manual(crate::bench::now(), 7);
    let router = ae_router::Router::new(budget)
        .with_client_for(vendor.clone(), ["a"])
        .with_policy(bench.policy.clone())
        .with_prices(crate::bench::prices())
        .with_runtime(runtime);
    let answer = router.complete(&call()).await.unwrap();
    assert!(answer.tries[0].unsettled, "the answer is there, and its money stays set aside");
    assert_eq!(answer.tries[0].booked, most("a"));
}

#[tokio::test]
async fn books_that_are_not_to_be_had_stop_the_call() {
    let vendor = Vendor::default();
    let mut budget = MockBudget::new();
    budget.expect_left().returning(|| Ok(Some(usd("1"))));
    budget
        .expect_reserve()
        .times(1)
        .returning(|_, _| Err(BackendError::new(ErrorKind::StorageFull, "ledger", "reserve", "full")));
    let router = ae_router::Router::new(budget)
        .with_client_for(vendor.clone(), ["a", "b"])
        .with_policy(crate::bench::InOrder::new(["a", "b"]))
        .with_prices(crate::bench::prices());
    let failed = router.complete(&call()).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::StorageFull);
    assert!(vendor.models().is_empty());
}
