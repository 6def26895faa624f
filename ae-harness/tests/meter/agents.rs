//! Agents whose calls go through the proxy.

use std::{fs, sync::Arc};

use ae_core::Cancel;
use ae_harness::{AgentSession, CliProvider as _, StopReason};
use tokio::sync::Semaphore;

use crate::{
    answers::messages,
    fixture::{REAL_KEY, price, soon, usd},
    scripted::{Stage, key},
    vendor::{Answer, Vendor},
};

fn stream() -> Answer {
    Answer::stream(messages().body.as_bytes().chunks(200))
}

fn cost(calls: u64) -> ae_core::Money {
    let answer = ae_harness::CallAnswer::new().with_usage(messages().usage);
    price().cost(&answer).unwrap().unwrap().checked_mul(calls).unwrap()
}

#[tokio::test]
async fn usage_and_cost_are_what_the_proxy_has_seen() {
    let vendor = Vendor::start([stream()]).await;
    let stage = Stage::new("10", &vendor).await;
    let report = stage.run(0, &stage.request("call; call; cat answer; env; echo done")).await;
    assert_eq!((report.stop, report.cost), (StopReason::Succeeded, Some(cost(2))), "{report:?}");
    let one = messages().usage;
    assert_eq!(report.usage, one.checked_add(one));
    assert_eq!((report.session_cost, report.session_usage), (report.cost, report.usage));
    assert!(report.summary.contains("message_stop"), "{}", report.summary);
    assert!(!report.summary.contains(REAL_KEY), "the agent sees a stand-in alone");
    assert_eq!((stage.meter.spent(), stage.meter.set_aside()), (cost(2), usd("0")));

    let again = stage.request("call; echo done").with_session(AgentSession::Resume("s".to_owned()));
    let report = stage.run(1, &again).await;
    assert_eq!((report.cost, report.session_cost), (Some(cost(1)), Some(cost(3))));
}

#[tokio::test]
async fn a_run_without_calls_costs_nothing() {
    let vendor = Vendor::start([]).await;
    let stage = Stage::new("10", &vendor).await;
    let report = stage.run(0, &stage.request("echo done")).await;
    assert_eq!((report.cost, report.usage), (Some(usd("0")), Some(ae_core::TokenUsage::new(0, 0))));
}

#[tokio::test]
async fn the_limit_of_a_request_stops_it_before_the_next_call() {
    let vendor = Vendor::start([stream()]).await;
    let stage = Stage::new("10", &vendor).await;
    let mut request = stage.request("call; call; echo gave up");
    request.limits = request.limits.with_cost(usd("0.0188"));
    let report = stage.run(0, &request).await;
    assert_eq!((report.stop, report.cost), (StopReason::BudgetStop, Some(cost(1))), "{report:?}");
    assert_eq!(vendor.seen().len(), 1);
    assert!(report.failure.unwrap().message.contains("1 refused"));
    let answer = fs::read_to_string(stage.workspace().join("answer")).unwrap();
    assert!(answer.contains("billing_error") && answer.contains("the limit of $0.0188"), "{answer}");
}

#[tokio::test]
async fn the_cost_of_a_cancelled_run_is_exact() {
    let leave = Arc::new(Semaphore::new(0));
    let vendor = Vendor::start([stream().with_leave(&leave)]).await;
    let stage = Stage::new("10", &vendor).await;
    let (key, request, cancel) = (key(0), stage.request("call; echo done"), Cancel::new());
    let running = stage.agent.execute(&key, &request, &(), &cancel);
    let cancelling = async {
        while vendor.seen().is_empty() {
            tokio::task::yield_now().await;
        }
        leave.add_permits(2);
        cancel.cancel();
        leave.add_permits(1_000);
    };
    let (report, ()) = soon(async { tokio::join!(running, cancelling) }).await;
    let report = report.unwrap();
    assert_eq!((report.stop, report.cost), (StopReason::Cancelled, Some(cost(1))), "{report:?}");
    assert_eq!(report.usage, Some(messages().usage));
}
