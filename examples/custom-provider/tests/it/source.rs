use std::{fs, ops::ControlFlow};

use ae_core::{Currency, ErrorKind, Intent, Money};
use ae_genesis::{
    NicheSource, QueryLimits, Signal, SignalQuery, SignalSink, SourceReport, SourceStatus, conformance,
};
use custom_provider::RssSource;

use crate::{now, runtime};

const FEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/feed.xml");

fn query(limits: QueryLimits) -> SignalQuery {
    let intent = Intent::new("Build a CSV tool", Money::zero(Currency::USD)).unwrap();
    SignalQuery::from_intent(&intent).with_limits(limits)
}

async fn read(feed: &str, limits: QueryLimits) -> Result<(SourceReport, Vec<Signal>), ErrorKind> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), feed).unwrap();
    let mut signals = Vec::new();
    let report = RssSource::new(file.path(), runtime()).collect(&query(limits), &mut signals).await;
    report.map(|report| (report, signals)).map_err(|error| error.kind())
}

fn feed() -> String {
    fs::read_to_string(FEED).unwrap()
}

#[tokio::test]
async fn it_keeps_the_contract() {
    conformance::source::run_all(&|| Box::new(RssSource::new(FEED, runtime())), false).await;
}

#[tokio::test]
async fn items_become_signals_with_their_links_and_dates() {
    let (report, signals) = read(&feed(), QueryLimits::default()).await.unwrap();
    assert_eq!((report.signals_read, report.rows_skipped, signals.len()), (6, 0, 6));
    assert_eq!(report.status, SourceStatus::Ok);
    let first = &signals[0];
    assert_eq!(first.title.as_data(), "Is there a tool that merges CSV files with different columns?");
    assert_eq!(first.url.as_deref(), Some("https://forum.example/requests/101"));
    assert_eq!(first.posted_at.unwrap().to_string(), "2026-11-02T09:00:00Z");
    assert_eq!((first.source.as_str(), first.fetched_at), ("rss", now()));
    let mut ids: Vec<_> = signals.iter().map(|signal| &signal.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[tokio::test]
async fn the_limit_and_the_sink_stop_it() {
    let limits = QueryLimits::default().with_signals_max(2);
    let (report, signals) = read(&feed(), limits).await.unwrap();
    assert_eq!((report.signals_read, signals.len()), (2, 2));
    assert!(matches!(report.status, SourceStatus::Partial(_)));

    struct OneIsEnough(u64);
    impl SignalSink for OneIsEnough {
        fn accept(&mut self, _: Signal) -> ControlFlow<()> {
            self.0 += 1;
            ControlFlow::Break(())
        }
    }
    let mut sink = OneIsEnough(0);
    let report =
        RssSource::new(FEED, runtime()).collect(&query(QueryLimits::default()), &mut sink).await.unwrap();
    assert_eq!((report.signals_read, sink.0), (1, 1));
    assert!(matches!(report.status, SourceStatus::Partial(_)));
}

#[tokio::test]
async fn a_bad_item_is_skipped_and_a_bad_link_left_out() {
    let bad = "<rss><channel><item><link>https://x.example/1</link></item>\n\
               <item><title>Good</title><link>javascript:alert(1)</link><pubDate>someday</pubDate></item></channel></rss>";
    let (report, signals) = read(bad, QueryLimits::default()).await.unwrap();
    assert_eq!((report.signals_read, report.rows_skipped, report.problems[0].line), (1, 1, 1));
    assert_eq!((signals[0].url.as_ref(), signals[0].posted_at), (None, None));
}

#[tokio::test]
async fn what_is_no_feed_is_refused() {
    for bad in ["", "no xml", "<rss><channel>", "<!DOCTYPE x [<!ENTITY a 'b'>]><rss>&a;</rss>"] {
        assert_eq!(read(bad, QueryLimits::default()).await.unwrap_err(), ErrorKind::InvalidInput, "{bad}");
    }
    let limits = QueryLimits::default().with_answer_bytes_max(100);
    assert_eq!(read(&feed(), limits).await.unwrap_err(), ErrorKind::InvalidInput);
    let mut none: Vec<Signal> = Vec::new();
    let missing = RssSource::new("/nowhere/feed.xml", runtime());
    let error = missing.collect(&query(QueryLimits::default()), &mut none).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
