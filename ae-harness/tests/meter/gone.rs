//! Calls whose agent went away, or whose vendor did.

use std::{sync::Arc, time::Duration};

use ae_harness::{ModelCall, ProxyOptions};
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::Semaphore};

use crate::{
    answers::{messages, samples},
    fixture::{price, setup, soon, usd},
    vendor::{Answer, Vendor},
};

fn most(request: &str) -> ae_core::Money {
    let call = ModelCall::new("", "", u64::try_from(request.len()).unwrap());
    price().most(&call.with_output_tokens_max(1_000)).unwrap()
}

#[tokio::test]
async fn the_cost_of_a_killed_agent_is_exact_wherever_it_was_killed() {
    for sample in samples().into_iter().filter(|sample| sample.is_stream) {
        // Killed before the first byte, after one piece, and after most of it.
        for read in [0, 1, 3] {
            let leave = Arc::new(Semaphore::new(0));
            let pieces = sample.body.as_bytes().chunks(sample.body.len() / 5);
            let vendor = Vendor::start([Answer::stream(pieces).with_leave(&leave)]).await;
            let setup = setup("10", vendor, ProxyOptions::new()).await;
            let mut agent = TcpStream::connect(("127.0.0.1", setup.port())).await.unwrap();
            agent.write_all(&setup.request(&sample)).await.unwrap();
            soon(async {
                while setup.vendor.seen().is_empty() {
                    tokio::task::yield_now().await;
                }
            })
            .await;
            leave.add_permits(read);
            if read > 0 {
                soon(agent.readable()).await.unwrap();
            }
            drop(agent);
            // The session ends with the agent; the answer goes on behind it.
            let closing = tokio::spawn(async move {
                let spend = setup.session.close().await;
                (spend, setup)
            });
            leave.add_permits(1_000);
            let (spend, setup) = soon(closing).await.unwrap();
            assert_eq!((spend.calls, spend.in_flight, spend.unknown), (1, 0, 0), "{} {read}", sample.api);
            assert_eq!(spend.usage, sample.usage, "{} {read}", sample.api);
            assert_eq!((Some(setup.meter.spent()), setup.meter.set_aside()), (spend.cost, usd("0")));
            assert_eq!(soon(setup.call(&sample)).await.status, 404, "the session is closed");
        }
    }
}

#[tokio::test]
async fn a_session_that_is_dropped_books_its_calls_all_the_same() {
    let (sample, leave) = (messages(), Arc::new(Semaphore::new(0)));
    let vendor = Vendor::start([Answer::stream([sample.body.as_bytes()]).with_leave(&leave)]).await;
    let setup = setup("10", vendor, ProxyOptions::new()).await;
    let mut agent = TcpStream::connect(("127.0.0.1", setup.port())).await.unwrap();
    agent.write_all(&setup.request(&sample)).await.unwrap();
    soon(agent.readable()).await.unwrap();
    let (proxy, meter) = (setup.proxy, setup.meter);
    drop((agent, setup.session));
    leave.add_permits(1_000);
    soon(async {
        while !meter.set_aside().is_zero() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let cost = price().cost(&ae_harness::CallAnswer::new().with_usage(sample.usage)).unwrap();
    assert_eq!(Some(meter.spent()), cost);
    soon(proxy.close()).await;
}

#[tokio::test]
async fn an_answer_that_the_vendor_cuts_costs_what_was_set_aside() {
    let sample = messages();
    let answer = Answer::stream(sample.body.as_bytes().chunks(100)).cut(4);
    let setup = setup("10", Vendor::start([answer]).await, ProxyOptions::new()).await;
    let got = soon(setup.call(&sample)).await;
    assert_eq!((got.status, got.is_whole), (200, false), "the agent sees the cut");
    assert_eq!(got.body, &sample.body.as_bytes()[..300]);
    let spend = setup.settled().await;
    assert_eq!((spend.unknown, spend.cost), (1, Some(most(sample.request))));
    assert_eq!(setup.meter.spent(), most(sample.request));
}

#[tokio::test]
async fn a_vendor_that_is_silent_is_given_up_and_the_call_counted() {
    let sample = messages();
    let short = Duration::from_millis(150);
    let options = ProxyOptions::new().with_first_byte(short).with_idle(short);
    let whole = || Answer::stream(sample.body.as_bytes().chunks(100));
    for (answer, status) in [(whole().hanging(0), 504), (whole().hanging(3), 200)] {
        let setup = setup("10", Vendor::start([answer]).await, options.clone()).await;
        let got = soon(setup.call(&sample)).await;
        assert_eq!((got.status, got.is_whole), (status, status == 504));
        let spend = setup.settled().await;
        assert_eq!((spend.unknown, spend.cost), (1, Some(most(sample.request))));
    }
}

#[tokio::test]
async fn a_vendor_that_is_not_there_costs_nothing() {
    let sample = messages();
    let mut vendor = Vendor::start([]).await;
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    vendor.port = nowhere;
    let setup = setup("10", vendor, ProxyOptions::new()).await;
    let got = soon(setup.call(&sample)).await;
    assert_eq!((got.status, got.header("x-should-retry")), (502, Some("true")));
    assert!(got.text().contains("\"type\":\"error\""), "{}", got.text());
    let spend = setup.settled().await;
    assert_eq!((spend.calls, spend.failed, spend.cost), (1, 1, None));
    assert_eq!((setup.meter.spent(), setup.meter.set_aside()), (usd("0"), usd("0")));
}

#[tokio::test]
async fn a_status_of_time_used_up_on_the_way_is_counted() {
    let sample = messages();
    let answer = Answer::whole("504 Gateway Timeout", "text/html", b"<html>");
    let setup = setup("10", Vendor::start([answer]).await, ProxyOptions::new()).await;
    assert_eq!(soon(setup.call(&sample)).await.status, 504);
    assert_eq!(setup.settled().await.cost, Some(most(sample.request)));
}

#[tokio::test]
async fn a_reader_that_stands_still_holds_the_vendor_back_and_not_the_books() {
    let sample = messages();
    // More than the buffers on the way take up.
    let filling = format!(": {}\n\n", "x".repeat(60_000)).repeat(600);
    let (start, end) = sample.body.split_once("event: ping").unwrap();
    let body = format!("{start}{filling}event: ping{end}");
    let answer = Answer::stream(body.as_bytes().chunks(50_000));
    let options = ProxyOptions::new().with_delivery(Duration::from_millis(300));
    let setup = setup("10", Vendor::start([answer]).await, options).await;
    let mut agent = TcpStream::connect(("127.0.0.1", setup.port())).await.unwrap();
    agent.write_all(&setup.request(&sample)).await.unwrap();
    // It never reads; its time is used up, and the answer is read to its end without it.
    let spend = soon(async {
        while setup.session.spend().usage.output == 0 {
            tokio::task::yield_now().await;
        }
        setup.session.spend()
    })
    .await;
    assert_eq!((spend.unknown, spend.usage), (0, sample.usage));
}

#[tokio::test]
async fn an_answer_that_outlives_the_drain_counts_as_a_whole() {
    let (sample, leave) = (messages(), Arc::new(Semaphore::new(0)));
    let answer = Answer::stream(sample.body.as_bytes().chunks(100)).with_leave(&leave);
    let options = ProxyOptions::new().with_drain(Duration::from_millis(100));
    let setup = setup("10", Vendor::start([answer]).await, options).await;
    let mut agent = TcpStream::connect(("127.0.0.1", setup.port())).await.unwrap();
    agent.write_all(&setup.request(&sample)).await.unwrap();
    soon(agent.readable()).await.unwrap();
    drop(agent);
    let spend = soon(setup.session.close()).await;
    assert_eq!((spend.unknown, spend.cost), (1, Some(most(sample.request))));
}
