//! Everything that is passed on arrives as it was.

use ae_core::Money;
use ae_harness::{ModelPrice, ProxyOptions, wire::Api};
use proptest::prelude::*;

use crate::{
    answers::{Sample, messages, samples},
    client::exchange,
    fixture::{REAL_KEY, price, setup, soon, usd},
    vendor::{Answer, Vendor},
};

fn cost(price: &ModelPrice, sample: &Sample) -> Money {
    price.cost(&ae_harness::CallAnswer::new().with_usage(sample.usage)).unwrap().unwrap()
}

fn answer(sample: &Sample, size: usize) -> Answer {
    if sample.is_stream {
        Answer::stream(sample.body.as_bytes().chunks(size))
    } else {
        Answer::whole("200 OK", "application/json", sample.body.as_bytes())
    }
}

#[tokio::test]
async fn every_form_is_passed_on_byte_for_byte_and_booked_exactly() {
    for sample in samples() {
        for size in [1, 7, 64, 100_000] {
            let vendor = Vendor::start([answer(&sample, size)]).await;
            let setup = setup("10", vendor, ProxyOptions::new()).await;
            let got = soon(setup.call(&sample)).await;
            assert_eq!((got.status, got.is_whole), (200, true), "{sample:?}");
            assert_eq!(got.text(), sample.body, "{} {size}", sample.api);
            let spend = setup.settled().await;
            assert_eq!((spend.calls, spend.unknown, spend.failed), (1, 0, 0), "{sample:?}");
            assert_eq!(spend.usage, sample.usage, "{}", sample.path);
            assert_eq!(spend.cost, Some(cost(&price(), &sample)));
            assert_eq!((Some(setup.meter.spent()), setup.meter.set_aside()), (spend.cost, usd("0")));

            let seen = setup.vendor.seen().remove(0);
            let line = format!("POST {} HTTP/1.1", sample.path);
            assert_eq!(seen.head.lines().next().unwrap(), line);
            assert_eq!(String::from_utf8(seen.body.clone()).unwrap(), sample.request);
            assert_eq!(seen.header("accept-encoding"), Some("identity"));
            assert_eq!(seen.header("host"), Some(format!("127.0.0.1:{}", setup.vendor.port).as_str()));
            assert!(seen.head.contains(REAL_KEY), "{}", seen.head);
            assert!(!seen.head.contains(setup.session.key().expose().as_str()), "{}", seen.head);
        }
    }
}

#[tokio::test]
async fn a_key_in_the_query_does_not_leave() {
    let sample = samples().into_iter().rfind(|sample| sample.api == Api::Gemini && sample.is_stream).unwrap();
    let setup = setup("10", Vendor::start([answer(&sample, 9)]).await, ProxyOptions::new()).await;
    let path = setup.path(&format!("{}&key={}", sample.path, setup.session.key().expose()));
    let request = crate::client::post(&path, "", sample.request);
    assert_eq!(soon(exchange(setup.port(), &request)).await.text(), sample.body);
    let seen = setup.vendor.seen().remove(0);
    assert_eq!(seen.head.lines().next().unwrap(), format!("POST {} HTTP/1.1", sample.path));
    assert_eq!(seen.header("x-goog-api-key"), Some(REAL_KEY));
}

#[tokio::test]
async fn errors_of_the_vendor_are_passed_on_and_cost_nothing() {
    let sample = messages();
    let body = r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#;
    for status in
        ["400 Bad Request", "401 Unauthorized", "429 Too Many Requests", "500 Oops", "529 Overloaded"]
    {
        let mut limited = Answer::whole(status, "application/json", body.as_bytes());
        let head = String::from_utf8(limited.pieces[0].clone()).unwrap();
        limited.pieces[0] = head.replace("request-id", "retry-after: 3\r\nrequest-id").into_bytes();
        let setup = setup("10", Vendor::start([limited]).await, ProxyOptions::new()).await;
        let got = soon(setup.call(&sample)).await;
        assert!(status.starts_with(&got.status.to_string()));
        assert_eq!((got.text().as_str(), got.is_whole), (body, true));
        assert_eq!((got.header("retry-after"), got.header("request-id")), (Some("3"), Some("req_7")));
        let spend = setup.settled().await;
        assert_eq!((spend.calls, spend.failed, spend.cost), (1, 1, None), "{status}");
        assert_eq!((setup.meter.spent(), setup.meter.set_aside()), (usd("0"), usd("0")));
    }
}

#[tokio::test]
async fn known_requests_without_a_price_pass_without_the_meter() {
    let vendor = Vendor::start([Answer::whole("200 OK", "application/json", b"{\"data\":[]}")]).await;
    let setup = setup("0", vendor, ProxyOptions::new()).await;
    let key = format!("x-api-key: {}\r\n", setup.session.key().expose());
    let list = format!(
        "GET {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{key}\r\n",
        setup.path("/v1/models?beta=true")
    );
    assert_eq!(soon(exchange(setup.port(), list.as_bytes())).await.text(), "{\"data\":[]}");
    let count = crate::client::post(&setup.path("/v1/messages/count_tokens"), &key, "{}");
    assert_eq!(soon(exchange(setup.port(), &count)).await.status, 200);
    let spend = setup.settled().await;
    assert_eq!((spend.free, spend.calls, spend.cost), (2, 0, None));
    assert_eq!(spend.total(ae_core::Currency::USD), Some(usd("0")));
}

#[tokio::test]
async fn chunked_requests_and_those_that_ask_first_arrive_whole() {
    let sample = messages();
    let setup = setup("10", Vendor::start([answer(&sample, 50)]).await, ProxyOptions::new()).await;
    let key = setup.session.key();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: {}\r\nexpect: 100-continue\r\n\
         transfer-encoding: chunked\r\n\r\n",
        setup.path(sample.path),
        key.expose()
    );
    let mut request = head.into_bytes();
    for piece in sample.request.as_bytes().chunks(11) {
        request.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        request.extend_from_slice(piece);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", setup.port())).await.unwrap();
    let got = soon(crate::client::over(stream, &request)).await;
    // The interim answer comes first.
    assert_eq!(got.status, 100);
    assert_eq!(crate::client::parse(&got.body).text(), sample.body);
    let seen = setup.vendor.seen().remove(0);
    assert_eq!(seen.body, sample.request.as_bytes());
    assert_eq!((seen.header("expect"), seen.header("transfer-encoding")), (None, None));
}

#[tokio::test]
async fn one_connection_takes_many_requests() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let sample = samples().remove(1);
    let setup = setup("10", Vendor::start([answer(&sample, 1)]).await, ProxyOptions::new()).await;
    let request = String::from_utf8(setup.request(&sample)).unwrap().replace("connection: close\r\n", "");
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", setup.port())).await.unwrap();
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).await.unwrap();
        let (mut read, mut buffer) = (Vec::new(), [0; 4_096]);
        while !read.ends_with(sample.body.as_bytes()) {
            let count = soon(stream.read(&mut buffer)).await.unwrap();
            assert!(count > 0);
            read.extend_from_slice(&buffer[..count]);
        }
    }
    assert_eq!(setup.settled().await.calls, 3);
}

#[cfg(unix)]
#[tokio::test]
async fn a_socket_takes_the_calls_of_its_session_alone() {
    use std::os::unix::fs::PermissionsExt;

    let sample = messages();
    let setup = setup("10", Vendor::start([answer(&sample, 50)]).await, ProxyOptions::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proxy");
    setup.session.listen_unix(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(setup.session.listen_unix(&path).unwrap_err().kind(), ae_core::ErrorKind::Conflict);
    assert_eq!(setup.session.base_url_at(7), format!("http://127.0.0.1:7{}", setup.path("")));

    let open = || async { tokio::net::UnixStream::connect(&path).await.unwrap() };
    let got = soon(crate::client::over(open().await, &setup.request(&sample))).await;
    assert_eq!(got.text(), sample.body);
    let other = setup.proxy.open(&crate::fixture::key(), &crate::fixture::plan(&setup.meter, &setup.vendor));
    let other = other.unwrap();
    let base = other.base_url();
    let foreign = base.split_once("/r/").unwrap().1;
    let headers = format!("x-api-key: {}\r\n", other.key().expose());
    let request = crate::client::post(&format!("/r/{foreign}/v1/messages"), &headers, sample.request);
    assert_eq!(soon(crate::client::over(open().await, &request)).await.status, 404);

    soon(setup.session.close()).await;
    soon(async {
        while path.exists() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the cuts, the bytes and the cost are the same.
    #[test]
    fn any_chunking_gives_the_same_bytes_and_the_same_cost(
        which in 0_usize..7,
        cuts in proptest::collection::vec(1_usize..200, 1..40),
    ) {
        let sample = samples().remove(which);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (body, spend) = runtime.block_on(async {
            let (mut rest, mut pieces, mut sizes) = (sample.body.as_bytes(), Vec::new(), cuts.iter().cycle());
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
                pieces.push(piece);
                rest = after;
            }
            let setup = setup("10", Vendor::start([Answer::stream(pieces)]).await, ProxyOptions::new()).await;
            let got = soon(setup.call(&sample)).await;
            (got.text(), setup.settled().await)
        });
        prop_assert_eq!(body, sample.body);
        prop_assert_eq!((spend.usage, spend.cost), (sample.usage, Some(cost(&price(), &sample))));
    }
}
