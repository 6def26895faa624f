//! Requests that are passed on, against a server of its own.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use ae_core::{BackendError, Effect, ErrorKind};
use ae_core_http::{Passed, Relay};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

const CONNECT: Duration = Duration::from_secs(5);

fn relay(base: &str) -> Relay {
    Relay::new("test", base, CONNECT).unwrap()
}

async fn whole(passed: &mut Passed) -> Result<Vec<u8>, BackendError> {
    let mut body = Vec::new();
    while let Some(piece) = passed.chunk().await? {
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

#[tokio::test]
async fn a_request_is_passed_on_as_it_is() {
    let server = MockServer::start().await;
    Mock::given(matchers::any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", HeaderValue::from_static("key"));
    headers.append("x-many", HeaderValue::from_static("one"));
    headers.append("x-many", HeaderValue::from_static("two"));
    headers.insert("accept-encoding", HeaderValue::from_static("identity"));
    let relay = relay(&format!("{}/base/", server.uri()));
    let body = Bytes::from_static(b"{}");
    let sent = relay.send(Method::POST, "/v1/models/a:b", Some("alt=sse&x=%20"), headers, body).await;
    assert_eq!(sent.unwrap().status(), 200);
    let seen = server.received_requests().await.unwrap().remove(0);
    assert_eq!(
        (seen.method.as_str(), seen.url.path(), seen.url.query()),
        ("POST", "/base/v1/models/a:b", Some("alt=sse&x=%20"))
    );
    let many: Vec<_> = seen.headers.get_all("x-many").iter().map(HeaderValue::as_bytes).collect();
    assert_eq!((many, seen.body.as_slice()), (vec![&b"one"[..], b"two"], &b"{}"[..]));
    assert_eq!(seen.headers.get("accept-encoding").unwrap(), "identity");
    assert!(seen.headers.get("user-agent").is_none());
}

#[tokio::test]
async fn an_answer_is_neither_decoded_nor_followed() {
    let server = MockServer::start().await;
    // Not gzip at all: decoding it would fail.
    let answer = ResponseTemplate::new(302)
        .insert_header("location", "http://127.0.0.1:9/elsewhere")
        .insert_header("content-encoding", "gzip")
        .set_body_bytes("plain");
    Mock::given(matchers::any()).respond_with(answer).mount(&server).await;
    let relay = relay(&server.uri());
    let mut passed = relay.send(Method::GET, "/a", None, HeaderMap::new(), Bytes::new()).await.unwrap();
    assert_eq!(passed.status(), 302);
    assert_eq!(passed.headers().get("content-encoding").unwrap(), "gzip");
    assert_eq!(whole(&mut passed).await.unwrap(), b"plain");
}

#[tokio::test]
async fn a_path_that_could_lead_elsewhere_is_not_sent() {
    let relay = relay("http://127.0.0.1:9/base");
    for path in
        ["/../x", "/a/%2e%2e/b", "//evil.example", "x", "@evil.example", "/a?b", "/a#b", "/a b", "/a\\b"]
    {
        let sent = relay.send(Method::GET, path, None, HeaderMap::new(), Bytes::new()).await;
        let error = sent.unwrap_err();
        let leads_below = path == "//evil.example";
        assert!(error.kind() == ErrorKind::InvalidInput || leads_below, "{path}: {error}");
        assert!(!error.message().contains("evil"), "{error}");
    }
    for base in ["ftp://x", "http://u:p@x", "http://x?a=b", "x"] {
        assert_eq!(Relay::new("test", base, CONNECT).unwrap_err().kind(), ErrorKind::InvalidInput, "{base}");
    }
}

#[tokio::test]
async fn no_connection_is_no_effect_and_a_cut_is_unknown() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let relay_to = |address| relay(&format!("http://{address}"));
    let send = |relay: Relay| async move {
        relay.send(Method::POST, "/a", None, HeaderMap::new(), Bytes::from_static(b"x")).await
    };
    let error = send(relay_to(free)).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::NotApplied));

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = [0; 1_024];
            let _ = stream.read(&mut read).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let error = send(relay_to(address)).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::Unknown));
    let mut passed = send(relay_to(address)).await.unwrap();
    let error = whole(&mut passed).await.unwrap_err();
    assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::Unknown));
    assert!(!format!("{passed:?} {error:?}").contains("127.0.0.1:"), "no address in full");
    serving.await.unwrap();
}
