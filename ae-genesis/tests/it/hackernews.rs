use std::time::Duration;

use ae_core::{BackendError, ErrorKind, RetryPolicy};
use ae_genesis::{HackerNewsSource, NicheSource, QueryLimits, Signal, SourceReport, SourceStatus};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path, query_param},
};

use crate::{query, runtime};

const HITS: &str = r#"{"hits":[{"objectID":"7","title":"Ask HN: Best CSV editor?","url":null,"points":42,"num_comments":31,
    "created_at_i":1714564800,"story_text":null},{"objectID":"8","title":"CSV &amp; tea","url":"https://example.com"}],"nbHits":2}"#;

async fn collect(server: &MockServer) -> Result<(Vec<Signal>, SourceReport), BackendError> {
    let source = HackerNewsSource::new(runtime())?.with_base_url(&server.uri())?;
    let mut signals: Vec<Signal> = Vec::new();
    let limits = QueryLimits::default().with_answer_bytes_max(10_000);
    let report =
        source.collect(&query("Build a $500 MRR CSV tool").with_limits(limits), &mut signals).await?;
    Ok((signals, report))
}

async fn answering(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET")).and(path("/api/v1/search")).respond_with(response).mount(&server).await;
    server
}

#[tokio::test]
async fn stories_are_read_once_each_over_several_searches() {
    let server = answering(ResponseTemplate::new(200).set_body_string(HITS)).await;
    let (signals, report) = collect(&server).await.unwrap();
    assert_eq!((signals.len(), report.signals_read, report.status), (2, 2, SourceStatus::Ok));
    assert_eq!(signals[0].url.as_deref(), Some("https://news.ycombinator.com/item?id=7"));
    assert_eq!(signals[1].title.as_data(), "CSV & tea");
    let requests = server.received_requests().await.unwrap();
    assert!((2..=6).contains(&requests.len()));
    for request in requests {
        let words = request.url.query_pairs().find(|(name, _)| name == "query").unwrap().1.into_owned();
        assert!(words.split(' ').count() <= 4 && !words.contains("500"), "{words}");
        assert!(
            request
                .headers
                .get("user-agent")
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("autonomous-enterprise/")
        );
    }
}

#[tokio::test]
async fn no_hits_are_no_error() {
    let server = answering(ResponseTemplate::new(200).set_body_string(r#"{"hits":[],"nbHits":0}"#)).await;
    let (signals, report) = collect(&server).await.unwrap();
    assert_eq!((signals.len(), report.status), (0, SourceStatus::Ok));
}

#[tokio::test]
async fn refusals_become_kinds() {
    for (response, kind, requests) in [
        (ResponseTemplate::new(403), ErrorKind::PermissionDenied, 1),
        (ResponseTemplate::new(429).insert_header("retry-after", "2"), ErrorKind::RateLimited, 3),
        (ResponseTemplate::new(429).insert_header("retry-after", "3600"), ErrorKind::RateLimited, 1),
        (ResponseTemplate::new(503), ErrorKind::Unavailable, 3),
        (ResponseTemplate::new(302).insert_header("location", "http://example.com/"), ErrorKind::Protocol, 1),
        (
            ResponseTemplate::new(200).set_body_string("{\"hits\":[{\"objectID\":\"1\","),
            ErrorKind::Protocol,
            1,
        ),
        (ResponseTemplate::new(200).set_body_string("<html>blocked</html>"), ErrorKind::Protocol, 1),
        (ResponseTemplate::new(200).set_body_string(" ".repeat(20_000)), ErrorKind::Protocol, 1),
    ] {
        let server = answering(response).await;
        let error = collect(&server).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(server.received_requests().await.unwrap().len(), requests, "{error}");
    }
}

#[tokio::test]
async fn a_busy_service_is_asked_again() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "1");
    Mock::given(method("GET")).respond_with(busy).up_to_n_times(1).mount(&server).await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_string(HITS))
        .mount(&server)
        .await;
    assert_eq!(collect(&server).await.unwrap().1.signals_read, 2);
}

#[tokio::test]
async fn a_later_failure_is_partial() {
    let server = MockServer::start().await;
    let good = ResponseTemplate::new(200).set_body_string(HITS);
    Mock::given(query_param("query", "Ask HN csv")).respond_with(good).mount(&server).await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(403)).mount(&server).await;
    let (signals, report) = collect(&server).await.unwrap();
    assert_eq!(signals.len(), 2);
    assert!(
        matches!(&report.status, SourceStatus::Partial(reason) if reason.contains("1 of")),
        "{}",
        report.status
    );
}

#[tokio::test]
async fn an_unreachable_service_is_unavailable() {
    let policy = RetryPolicy::new(1).with_pauses(Duration::ZERO, Duration::ZERO);
    // Port 1 of the loopback device: nothing listens there.
    let source = HackerNewsSource::new(runtime())
        .unwrap()
        .with_base_url("http://127.0.0.1:1")
        .unwrap()
        .with_retry(policy);
    let mut signals: Vec<Signal> = Vec::new();
    let error = source.collect(&query("CSV tool"), &mut signals).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("can't be reached"), "{error}");
    assert!(HackerNewsSource::new(runtime()).unwrap().with_base_url("ftp://example.com").is_err());
}

#[cfg(feature = "conformance")]
#[tokio::test]
async fn it_conforms() {
    let server = answering(ResponseTemplate::new(200).set_body_string(HITS)).await;
    let uri = server.uri();
    let factory = || -> Box<dyn NicheSource> {
        Box::new(HackerNewsSource::new(runtime()).unwrap().with_base_url(&uri).unwrap())
    };
    ae_genesis::conformance::source::run_all(&factory, false).await;
}
