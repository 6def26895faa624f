//! No request gets further than its session allows, and no key gets out.

use ae_core::{ErrorKind, Runtime, Secret};
use ae_harness::{MeterProxy, ProxyOptions, SessionPlan, wire::Api};

use crate::{
    answers::{messages, samples},
    client::{exchange, over, post},
    fixture::{REAL_KEY, key, meter, plan, setup, soon},
    vendor::{Answer, Vendor},
};

async fn answering() -> Vendor {
    Vendor::start([Answer::stream([messages().body.as_bytes()])]).await
}

#[tokio::test]
async fn a_wrong_key_is_refused_in_every_form() {
    for sample in samples() {
        let setup = setup("10", answering().await, ProxyOptions::new()).await;
        let good = setup.session.key().expose().clone();
        let short = &good[..good.len() - 1];
        for wrong in ["", "x", REAL_KEY, short, &format!("{good}0"), &good.to_uppercase()] {
            let request =
                post(&setup.path(sample.path), &format!("{}{wrong}\r\n", sample.key), sample.request);
            let refused = soon(exchange(setup.port(), &request)).await;
            assert_eq!(refused.status, 401, "{wrong:?} {}", refused.text());
            assert!(!refused.text().contains(&good[..8]));
        }
        let none = post(&setup.path(sample.path), "", sample.request);
        assert_eq!(soon(exchange(setup.port(), &none)).await.status, 401);
        assert!(setup.vendor.seen().is_empty());
        assert_eq!(setup.session.spend().refused, 7);
    }
}

#[tokio::test]
async fn another_sessions_address_or_key_does_not_help() {
    let setup = setup("10", answering().await, ProxyOptions::new()).await;
    let other = setup.proxy.open(&key(), &plan(&setup.meter, &setup.vendor)).unwrap();
    let headers = format!("x-api-key: {}\r\n", other.key().expose());
    let request = post(&setup.path("/v1/messages"), &headers, messages().request);
    assert_eq!(soon(exchange(setup.port(), &request)).await.status, 401);
    for path in ["/v1/messages", "/", "/r/", "/r//v1/messages", "/r/0/v1/messages", "/r"] {
        let request = post(path, &headers, messages().request);
        assert_eq!(soon(exchange(setup.port(), &request)).await.status, 404, "{path}");
    }
    assert!(setup.vendor.seen().is_empty());
}

#[tokio::test]
async fn only_calls_and_known_requests_go_to_the_one_vendor() {
    let elsewhere = answering().await;
    let setup = setup("10", answering().await, ProxyOptions::new()).await;
    let key = format!("x-api-key: {}\r\n", setup.session.key().expose());
    let body = messages().request;
    for path in [
        "/v1/files",
        "/v1/messages/batches",
        "/v1/embeddings",
        "/v1/organizations/usage",
        "/v1/messages/../files",
        "/v1/%2e%2e/files",
        "//evil.example/v1/messages",
        "/v1/messages;a",
        "/v1beta/models/model-a:streamGenerateContent?fields=candidates",
    ] {
        let refused = soon(exchange(setup.port(), &post(&setup.path(path), &key, body))).await;
        assert_eq!(refused.status, 400, "{path}");
    }
    // An absolute address is taken for its path alone.
    let absolute = format!("http://127.0.0.1:{}{}", elsewhere.port, setup.path("/v1/messages"));
    assert_eq!(soon(exchange(setup.port(), &post(&absolute, &key, body))).await.status, 200);
    assert_eq!((elsewhere.seen().len(), setup.vendor.seen().len()), (0, 1));
    let connect =
        format!("CONNECT 127.0.0.1:{} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{key}\r\n", elsewhere.port);
    assert_ne!(soon(exchange(setup.port(), connect.as_bytes())).await.status, 200);
    for method in ["HEAD", "DELETE", "OPTIONS", "PUT"] {
        let path = setup.path("/v1/messages");
        let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{key}\r\n");
        let refused = soon(exchange(setup.port(), request.as_bytes())).await;
        assert_eq!((refused.status, refused.body.is_empty()), (400, method == "HEAD"), "{method}");
    }
    let path = setup.path("/v1/responses");
    let socket = format!(
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{key}\r\n"
    );
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", setup.port())).await.unwrap();
    let mut upgrade = socket.replace("connection: upgrade", "connection: upgrade, close");
    upgrade.push('\0');
    assert_eq!(
        soon(over(stream, socket.replace("upgrade\r\nupgrade", "close\r\nupgrade").as_bytes())).await.status,
        400
    );
    assert_eq!(setup.vendor.seen().len(), 1);
}

#[tokio::test]
async fn a_form_that_is_not_of_the_session_and_what_can_not_be_read_are_refused() {
    let vendor = answering().await;
    let meter = meter("10");
    let proxy = MeterProxy::start(&Runtime::system(), ProxyOptions::new()).await.unwrap();
    let plan = SessionPlan::new(
        meter.clone(),
        [Api::AnthropicMessages],
        vendor.url(),
        Secret::new(REAL_KEY.to_owned()),
    );
    let session = proxy.open(&key(), &plan).unwrap();
    let setup = crate::fixture::Setup { proxy, session, meter, vendor };
    let chat = samples().into_iter().find(|sample| sample.api == Api::OpenAiChat).unwrap();
    assert_eq!(soon(setup.call(&chat)).await.status, 400);
    let key = format!("x-api-key: {}\r\n", setup.session.key().expose());
    let path = setup.path("/v1/messages");
    let open = messages().request.replace("\"max_tokens\":1000,", "");
    let twice = messages().request.replace("\"stream\"", "\"model\":\"model-b\",\"stream\"");
    for body in ["", "{}", "[1]", "{\"model\":\"model-a\"", &open, &twice] {
        assert_eq!(soon(exchange(setup.port(), &post(&path, &key, body))).await.status, 400, "{body}");
    }
    let packed = format!("{key}content-encoding: gzip\r\n");
    let refused = soon(exchange(setup.port(), &post(&path, &packed, messages().request))).await;
    assert!(refused.text().contains("compressed"), "{}", refused.text());
    assert!(setup.vendor.seen().is_empty());
    assert!(setup.meter.set_aside().is_zero());
}

#[tokio::test]
async fn no_key_shows_in_what_can_be_printed() {
    let setup = setup("0.019", answering().await, ProxyOptions::new()).await;
    let stand_in = setup.session.key().expose().clone();
    let first = soon(setup.call(&messages())).await;
    setup.settled().await;
    let refused = soon(setup.call(&messages())).await;
    let debug = format!("{:?} {:?} {:?}", setup.proxy, setup.session, plan(&setup.meter, &setup.vendor));
    for text in [debug, format!("{first:?}{refused:?}{}{}", first.text(), refused.text())] {
        assert!(!text.contains(REAL_KEY) && !text.contains(&stand_in), "{text}");
    }
    assert!(!setup.session.base_url().contains(&stand_in[3..]));
}

#[tokio::test]
async fn wrong_plans_and_taken_ports_are_refused() {
    let vendor = answering().await;
    let meter = meter("10");
    let runtime = Runtime::system();
    let proxy = MeterProxy::start(&runtime, ProxyOptions::new()).await.unwrap();
    let good = plan(&meter, &vendor);
    for (base, key_text) in
        [("ftp://x", "k"), ("http://u:p@x", "k"), ("x", "k"), ("http://x", ""), ("http://x", "a\nb")]
    {
        let mut plan = good.clone();
        plan.base_url = base.to_owned();
        plan.key = Secret::new(key_text.to_owned());
        assert_eq!(
            proxy.open(&key(), &plan).unwrap_err().kind(),
            ErrorKind::InvalidInput,
            "{base} {key_text:?}"
        );
    }
    let mut formless = good.clone();
    formless.apis.clear();
    assert_eq!(proxy.open(&key(), &formless).unwrap_err().kind(), ErrorKind::InvalidInput);
    let taken = ProxyOptions::new().with_port(proxy.address().port());
    assert_eq!(MeterProxy::start(&runtime, taken).await.unwrap_err().kind(), ErrorKind::Conflict);
    soon(proxy.close()).await;
    assert_eq!(proxy.open(&key(), &good).unwrap_err().kind(), ErrorKind::Expired);
}
