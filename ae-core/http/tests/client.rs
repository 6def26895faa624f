//! The client against a server of its own.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use ae_core::{BackendError, Effect, ErrorKind, Retry, Secret};
use ae_core_http::{Answer, Client, Limits, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, header, method, path, query_param},
};

async fn server(answer: ResponseTemplate) -> (MockServer, Client) {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&server).await;
    let client = Client::new("test", &format!("{}/v1/", server.uri()), Limits::default()).unwrap();
    (server, client)
}

async fn get(answer: ResponseTemplate) -> Result<Answer, BackendError> {
    let (_server, client) = server(answer).await;
    client.send(&Request::get("read", ["a"])).await?.success()
}

async fn post(answer: ResponseTemplate) -> Result<Answer, BackendError> {
    let (_server, client) = server(answer).await;
    client.send(&Request::post("write", ["a"]).with_body("text/plain", "x").unwrap()).await?.success()
}

#[tokio::test]
async fn a_request_arrives_as_it_was_built() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/a%20b/c%2F..%2Fd"))
        .and(query_param("q", "x&y=z"))
        .and(header("authorization", "Bearer key"))
        .and(header("content-type", "application/json"))
        .and(body_json(["one"]))
        .respond_with(ResponseTemplate::new(201).set_body_json(7).insert_header("x-more", "here"))
        .mount(&server)
        .await;
    let client = Client::new("test", "http://127.0.0.1:9", Limits::default()).unwrap();
    let client = client.with_base_url(&format!("{}/v1", server.uri())).unwrap();
    let request = Request::post("create", ["a b", "c/../d", ".."])
        .with_query("q", "x&y=z")
        .with_bearer(&Secret::new("key".to_owned()))
        .unwrap()
        .with_json(&["one"])
        .unwrap();
    let answer = client.send(&request).await.unwrap().success().unwrap();
    assert_eq!(
        (answer.status(), answer.json::<u32>().unwrap(), answer.header("x-more")),
        (201, 7, Some("here"))
    );
    assert_eq!(answer.json::<String>().unwrap_err().kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn a_status_becomes_a_kind_with_its_retry_and_effect() {
    use ErrorKind as K;
    for (status, kind) in [
        (302, K::Protocol),
        (400, K::InvalidInput),
        (401, K::Unauthenticated),
        (402, K::Declined),
        (403, K::PermissionDenied),
        (404, K::NotFound),
        (409, K::Conflict),
        (410, K::Expired),
        (422, K::InvalidInput),
        (429, K::RateLimited),
        (501, K::Unsupported),
        (503, K::Unavailable),
    ] {
        let answer = ResponseTemplate::new(status).insert_header("request-id", "req_1");
        let error = post(answer.clone()).await.unwrap_err();
        assert_eq!((error.kind(), error.status(), error.request_id()), (kind, Some(status), Some("req_1")));
        let refused = (400..500).contains(&status);
        let effect = if refused { Effect::NotApplied } else { Effect::Unknown };
        assert_eq!(error.effect(), effect, "{status}");
        let again = matches!(status, 429 | 503);
        assert_eq!(error.retry(), if again { Retry::Backoff } else { Retry::Never }, "{status}");
        assert_eq!(get(answer).await.unwrap_err().effect(), Effect::NotApplied, "a read has no effect");
    }
}

#[tokio::test]
async fn a_pause_is_seconds_or_a_date_and_has_a_bound() {
    let day = "Tue, 24 Nov 2026 10:00:00 GMT";
    for (value, seconds) in
        [("7", Some(7)), ("999999", Some(3600)), ("Tue, 24 Nov 2026 10:00:30 GMT", Some(30)), ("soon", None)]
    {
        let answer =
            ResponseTemplate::new(429).insert_header("retry-after", value).insert_header("date", day);
        let expected = seconds.map_or(Retry::Backoff, |seconds| Retry::After(Duration::from_secs(seconds)));
        assert_eq!(get(answer).await.unwrap_err().retry(), expected, "{value}");
    }
    let past = ResponseTemplate::new(503)
        .insert_header("retry-after", "Tue, 24 Nov 2026 09:00:00 GMT")
        .insert_header("date", day);
    assert_eq!(get(past).await.unwrap_err().retry(), Retry::After(Duration::ZERO));
}

#[tokio::test]
async fn an_answer_is_bounded() {
    let (_server, client) = server(ResponseTemplate::new(200).set_body_bytes([b'x'; 100])).await;
    let request = Request::get("read", ["a"]).with_body_bytes_max(100);
    assert_eq!(client.send(&request).await.unwrap().into_body().len(), 100);
    let error = client.send(&request.with_body_bytes_max(99)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn no_answer_is_a_timeout_or_unavailable() {
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(3600));
    let (server, _) = server(slow).await;
    let limits = Limits::default().with_answer(Duration::from_millis(50));
    let client = Client::new("test", &server.uri(), limits).unwrap();
    for (request, effect) in [
        (Request::get("read", ["a"]), Effect::NotApplied),
        (Request::delete("remove", ["a"]), Effect::Unknown),
    ] {
        let error = client.send(&request).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.retry(), error.effect()),
            (ErrorKind::Timeout, Retry::Backoff, effect)
        );
    }
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = client.with_base_url(&format!("http://{closed}")).unwrap();
    let error = client.send(&Request::post("write", ["a"])).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::NotApplied));
}

#[tokio::test]
async fn errors_and_debug_texts_hold_no_secret() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = Client::new("test", &format!("http://{closed}/hidden-a"), Limits::default()).unwrap();
    let request = Request::post("write", ["hidden-b"])
        .with_query("key", "hidden-c")
        .with_header("x-key", "hidden-d")
        .unwrap()
        .with_body("text/plain", "hidden-e")
        .unwrap();
    let error = client.send(&request).await.unwrap_err();
    let (_server, client) =
        server(ResponseTemplate::new(500).set_body_string("hidden-f").insert_header("x-key", "hidden-g"))
            .await;
    let answer = client.send(&request).await.unwrap();
    let texts =
        format!("{error} {error:?} {request:?} {answer:?} {:?} {:?}", answer.error(), answer.json::<u32>());
    assert!(!texts.contains("hidden"), "{texts}");
    assert!(request.with_header("x-key", "two\nlines").unwrap_err().to_string().contains("x-key"));
    for bad in [
        "ftp://host",
        "not an address",
        "https://user:hunter2@host",
        "https://user@host",
        "https://host?key=1",
    ] {
        let error = Client::new("test", bad, Limits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn an_answer_of_any_status_can_be_read_piece_by_piece() {
    let answer = ResponseTemplate::new(429)
        .insert_header("date", "Tue, 24 Nov 2026 12:00:00 GMT")
        .insert_header("retry-after", "Tue, 24 Nov 2026 12:00:09 GMT")
        .set_body_string("why");
    let (_server, client) = server(answer).await;
    let within = Duration::from_secs(30);
    let mut passed = client.open_any(&Request::post("ask", ["a"]), within).await.unwrap();
    assert_eq!((passed.status().as_u16(), passed.header("x-none")), (429, None));
    assert_eq!(passed.date().map(|date| date.to_string()).as_deref(), Some("2026-11-24T12:00:00Z"));
    assert_eq!(passed.pause(), Some(Duration::from_secs(9)));
    assert_eq!(passed.chunk().await.unwrap().as_deref(), Some(&b"why"[..]));
    assert_eq!(passed.chunk().await.unwrap(), None);
    // The status alone decides where the body does not count.
    let error = client.open(&Request::post("ask", ["a"]), within).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::RateLimited, Retry::After(Duration::from_secs(9))));
}

#[tokio::test]
async fn the_time_for_an_exchange_includes_its_body() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 1_024]).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
        // Until the client has gone.
        let _ = stream.read(&mut [0; 1]).await;
    });
    let name = String::from("named-at-run-time");
    let client = Client::new(name, &format!("http://{address}"), Limits::default()).unwrap();
    let opened = client.open_any(&Request::post("ask", ["a"]), Duration::from_millis(300)).await;
    let mut passed = opened.unwrap();
    assert_eq!(passed.chunk().await.unwrap().as_deref(), Some(&b"half"[..]));
    let error = passed.chunk().await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Timeout, Effect::Unknown), "{error:?}");
    assert_eq!((error.backend(), error.operation()), ("named-at-run-time", "ask"));
    drop(passed);
    serving.await.unwrap();
}
