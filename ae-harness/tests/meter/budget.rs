//! No call is made without money for it.

use std::sync::Arc;

use ae_core::{Currency, ErrorKind, Runtime};
use ae_harness::{BudgetMeter, MeterProxy, ProxyOptions, wire};

use crate::{
    answers::{messages, samples},
    client::{exchange, post},
    fixture::{key, meter, plan, price, setup, soon, usd},
    vendor::{Answer, Vendor},
};

/// The most that [`messages`] can cost: (bytes + 1,024) × 3 + 1,000 × 15 micro-dollars.
fn most() -> ae_core::Money {
    let call = ae_harness::ModelCall::new("", "", u64::try_from(messages().request.len()).unwrap());
    price().most(&call.with_output_tokens_max(1_000)).unwrap()
}

fn stream() -> Answer {
    Answer::stream([messages().body.as_bytes()])
}

#[tokio::test]
async fn the_call_after_the_last_money_is_refused_and_not_made() {
    for sample in samples() {
        let answer = if sample.is_stream {
            Answer::stream([sample.body.as_bytes()])
        } else {
            Answer::whole("200 OK", "application/json", sample.body.as_bytes())
        };
        // Enough for one call at its most, and not for another after it.
        let setup = setup("0.0188", Vendor::start([answer]).await, ProxyOptions::new()).await;
        assert_eq!(soon(setup.call(&sample)).await.status, 200, "{}", sample.api);
        setup.settled().await;
        let refused = soon(setup.call(&sample)).await;
        assert_eq!((refused.status, setup.vendor.seen().len()), (400, 1), "{}", refused.text());
        assert_eq!(refused.header("x-should-retry"), Some("false"));
        assert!(refused.text().contains("the budget of $0.0188 is used up"), "{}", refused.text());
        let read = wire::classify(sample.api, refused.status, |name| refused.header(name), &refused.body);
        assert_eq!(read.retry(), ae_core::Retry::Never);
        let spend = setup.session.spend();
        assert_eq!((spend.calls, spend.over_budget, spend.refused), (1, 1, 0));
    }
}

#[tokio::test]
async fn a_budget_of_zero_makes_no_call() {
    let setup = setup("0", Vendor::start([stream()]).await, ProxyOptions::new()).await;
    assert_eq!(soon(setup.call(&messages())).await.status, 400);
    assert!(setup.vendor.seen().is_empty());
}

#[tokio::test]
async fn a_session_has_a_limit_of_its_own() {
    let vendor = Vendor::start([stream()]).await;
    let meter = meter("10");
    let proxy = MeterProxy::start(&Runtime::system(), ProxyOptions::new()).await.unwrap();
    let plan = plan(&meter, &vendor).with_cost_max(Some(most()));
    let session = proxy.open(&key(), &plan).unwrap();
    let path = format!("{}/v1/messages", session.base_url().split_once("/r/").unwrap().1);
    let headers = format!("x-api-key: {}\r\n", session.key().expose());
    let request = post(&format!("/r/{path}"), &headers, messages().request);
    let port = proxy.address().port();
    assert_eq!(soon(exchange(port, &request)).await.status, 200);
    let refused = soon(exchange(port, &request)).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("the limit of"), "{}", refused.text());
    let spend = soon(session.close()).await;
    assert_eq!((spend.calls, spend.over_budget), (1, 1));
    assert_eq!((meter.set_aside(), Some(meter.spent())), (usd("0"), spend.cost));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_at_once_never_go_beyond_the_limit() {
    let calls = 24;
    let fits = 5;
    let leave = Arc::new(tokio::sync::Semaphore::new(0));
    let vendor = Vendor::start([stream().with_leave(&leave)]).await;
    let limit = most().checked_mul(fits).unwrap();
    let meter = Arc::new(BudgetMeter::new(limit).with_price("model-a", price()));
    let proxy = MeterProxy::start(&Runtime::system(), ProxyOptions::new()).await.unwrap();
    let session = proxy.open(&key(), &plan(&meter, &vendor)).unwrap();
    let setup = crate::fixture::Setup { proxy, session, meter, vendor };
    let request = setup.request(&messages());
    let port = setup.port();
    let running: Vec<_> = (0..calls)
        .map(|_| {
            let request = request.clone();
            tokio::spawn(async move { exchange(port, &request).await.status })
        })
        .collect();
    // The vendor holds its answers back until every call was decided.
    soon(async {
        loop {
            let spend = setup.session.spend();
            assert!(!setup.meter.set_aside().exceeds(limit).unwrap());
            if spend.calls + spend.over_budget == calls {
                break assert_eq!((spend.calls, spend.in_flight), (fits, fits));
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    leave.add_permits(1_000);
    let mut statuses = Vec::new();
    for call in running {
        statuses.push(soon(call).await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), usize::try_from(fits).unwrap());
    assert_eq!(u64::try_from(setup.vendor.seen().len()).unwrap(), fits);
    let spend = setup.settled().await;
    assert_eq!((Some(setup.meter.spent()), setup.meter.set_aside()), (spend.cost, usd("0")));
    assert!(!setup.meter.spent().exceeds(limit).unwrap());
}

#[tokio::test]
async fn models_without_a_price_or_leave_are_not_called() {
    let vendor = Vendor::start([stream()]).await;
    let meter = meter("10");
    let proxy = MeterProxy::start(&Runtime::system(), ProxyOptions::new()).await.unwrap();
    let any = proxy.open(&key(), &plan(&meter, &vendor)).unwrap();
    let plan = plan(&meter, &vendor).with_models(vec!["model-b".to_owned()]);
    let only_b = proxy.open(&key(), &plan).unwrap();
    for (session, model, says) in [
        (&any, "model-c", "model-c has no price"),
        (&only_b, "model-a", "model-a is not allowed here: use one of model-b"),
    ] {
        let path = format!("/r/{}/v1/messages", session.base_url().split_once("/r/").unwrap().1);
        let headers = format!("x-api-key: {}\r\n", session.key().expose());
        let request = post(&path, &headers, &messages().request.replace("model-a", model));
        let refused = soon(exchange(proxy.address().port(), &request)).await;
        assert_eq!(refused.status, 404);
        assert!(refused.text().contains(says), "{}", refused.text());
        assert_eq!(session.spend().refused, 1);
    }
    assert!(vendor.seen().is_empty());
}

#[tokio::test]
async fn models_without_a_price_pass_where_that_was_said_and_are_not_measured() {
    let vendor = Vendor::start([stream()]).await;
    let meter = Arc::new(BudgetMeter::new(usd("0")).with_unpriced_models());
    let proxy = MeterProxy::start(&Runtime::system(), ProxyOptions::new()).await.unwrap();
    let session = proxy.open(&key(), &plan(&meter, &vendor)).unwrap();
    let setup = crate::fixture::Setup { proxy, session, meter, vendor };
    assert_eq!(soon(setup.call(&messages())).await.status, 200);
    let spend = setup.settled().await;
    assert_eq!((spend.unpriced, spend.cost, spend.usage), (1, None, messages().usage));
    assert_eq!(spend.total(Currency::USD), None);
}

#[tokio::test]
async fn books_that_are_down_stop_the_call() {
    #[derive(Debug)]
    struct Down;

    #[async_trait::async_trait]
    impl ae_harness::Meter for Down {
        async fn reserve(
            &self,
            _: &ae_core::IdempotencyKey,
            _: &ae_harness::ModelCall,
        ) -> Result<Option<ae_core::Money>, ae_core::BackendError> {
            Err(ae_core::BackendError::new(
                ErrorKind::Unavailable,
                "books",
                "reserve",
                "the books are locked",
            ))
        }

        async fn settle(
            &self,
            _: &ae_core::IdempotencyKey,
            _: &ae_harness::CallAnswer,
        ) -> Result<Option<ae_core::Money>, ae_core::BackendError> {
            unreachable!()
        }

        async fn void(&self, _: &ae_core::IdempotencyKey) -> Result<(), ae_core::BackendError> {
            unreachable!()
        }
    }

    let vendor = Vendor::start([stream()]).await;
    let proxy = MeterProxy::start(&Runtime::system(), ProxyOptions::new()).await.unwrap();
    let mut plan = plan(&meter("1"), &vendor);
    plan.meter = Arc::new(Down);
    let session = proxy.open(&key(), &plan).unwrap();
    let setup = crate::fixture::Setup { proxy, session, meter: meter("1"), vendor };
    let refused = soon(setup.call(&messages())).await;
    assert_eq!((refused.status, refused.header("x-should-retry")), (502, Some("true")));
    assert!(refused.text().contains("the books are locked"));
    assert!(setup.vendor.seen().is_empty());
}
