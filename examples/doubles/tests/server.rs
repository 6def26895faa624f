//! The scaffolding: effects, faults and the log.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::{Arc, Mutex};

use ae_core::{Effect, ErrorKind, Runtime};
use ae_core_http::{Client, Limits, Request, RetryRule};
use async_trait::async_trait;
use doubles::server::{Fault, Handler, Reply, Seen, Server};

#[derive(Debug, Default)]
struct Counter(Arc<Mutex<u32>>);

#[async_trait]
impl Handler for Counter {
    async fn answer(&self, request: &Seen) -> Reply {
        *self.0.lock().unwrap() += 1;
        Reply::json(200, &serde_json::json!({ "form": request.form(), "segments": request.segments() }))
    }
}

fn started() -> (Server, Client, Arc<Mutex<u32>>) {
    let count = Arc::default();
    let server = Server::start(Counter(Arc::clone(&count))).unwrap();
    let client = Client::new("test", &server.url(), Limits::default()).unwrap();
    (server, client, count)
}

fn post() -> Request {
    Request::post("write", ["a b"]).with_body("application/x-www-form-urlencoded", "a[b]=c+d").unwrap()
}

#[tokio::test]
async fn each_fault_does_what_it_says() {
    let (server, client, count) = started();
    let faults = server.faults();
    let answer = client.send(&post()).await.unwrap();
    assert_eq!(
        answer.json::<serde_json::Value>().unwrap(),
        serde_json::json!({ "form": [["a[b]", "c d"]], "segments": ["a b"] })
    );
    faults.push(Fault::LoseRequest);
    assert!(client.send(&post()).await.is_err());
    assert_eq!(*count.lock().unwrap(), 1);
    faults.push(Fault::LoseAnswer);
    let lost = client.send(&post()).await.unwrap_err();
    assert_eq!((lost.effect(), *count.lock().unwrap()), (Effect::Unknown, 2));
    faults.push_on("GET", "", Fault::Answer(Reply::json(429, &serde_json::Value::Null)));
    assert_eq!(client.send(&post()).await.unwrap().status(), 200);
    assert_eq!(client.send(&Request::get("read", ["x"])).await.unwrap().status(), 429);
    faults.plan(|seen| {
        (seen.path == "/late").then(|| Fault::AnswerAfter(Reply::json(500, &serde_json::Value::Null)))
    });
    assert_eq!(client.send(&Request::get("read", ["late"])).await.unwrap().status(), 500);
    assert_eq!((*count.lock().unwrap(), server.seen().len(), faults.waiting()), (4, 6, 0));
}

#[tokio::test]
async fn a_write_is_sent_again_only_where_that_is_safe() {
    let (server, client, count) = started();
    let runtime = Runtime::manual(ae_core::Timestamp::UNIX_EPOCH, 1);
    server.faults().push(Fault::LoseAnswer);
    let lost = client.send_under(&post(), &RetryRule::default(), &runtime).await.unwrap_err();
    assert_eq!((lost.kind(), lost.effect()), (ErrorKind::Unavailable, Effect::Unknown));
    assert_eq!(*count.lock().unwrap(), 1);

    let rule = RetryRule::default().with_repeatable();
    server.faults().push(Fault::LoseAnswer);
    server.faults().push(Fault::Answer(Reply::json(400, &serde_json::Value::Null)));
    let doubtful = client.send_under(&post(), &rule, &runtime).await.unwrap();
    assert!(doubtful.is_doubtful() && doubtful.error().effect() == Effect::Unknown);

    let busy = || Reply::json(429, &serde_json::Value::Null).with_header("retry-after", "3600");
    server.faults().push(Fault::Answer(busy()));
    let before = runtime.now();
    let answer = client.send_under(&post(), &RetryRule::default(), &runtime).await.unwrap();
    assert_eq!((answer.status(), runtime.now().duration_since(before).as_secs()), (200, 60));

    server.faults().push(Fault::Answer(busy()));
    server.faults().push(Fault::Answer(busy()));
    let answer = client.send_under(&post(), &RetryRule::default(), &runtime).await.unwrap();
    assert_eq!(answer.status(), 429, "the second pause would pass the total time");
}
