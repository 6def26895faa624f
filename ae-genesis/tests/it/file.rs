use std::{
    io::Write,
    ops::ControlFlow,
    sync::atomic::{AtomicUsize, Ordering},
};

use ae_core::{BackendError, ErrorKind};
use ae_genesis::{
    FileSource, NicheSource, QueryLimits, Retriever, Signal, SignalSink, SourceReport, SourceStatus,
};
use flate2::{Compression, write::GzEncoder};

use crate::{query, runtime};

async fn read(bytes: impl Into<Vec<u8>>) -> Result<(Vec<Signal>, SourceReport), BackendError> {
    let source = FileSource::from_reader("input", std::io::Cursor::new(bytes.into()), runtime());
    let mut signals: Vec<Signal> = Vec::new();
    let report = source.collect(&query("CSV tool"), &mut signals).await?;
    Ok((signals, report))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const CSV: &str = "id,title,url,num_points,num_comments,created_at\n\
    12224879,\"Ask HN: CSV, anyone?\",,386,52,8/4/2016 11:52\n\
    10975351,Tea,http://example.com/tea,39,10,2016-01-26T19:30:00Z\n";

#[tokio::test]
async fn csv_and_json_lines_plain_and_gzipped_are_read_alike() {
    let json = r#"{"objectID":"12224879","title":"Ask HN: CSV, anyone?","url":null,"points":386,"num_comments":52,"created_at_i":1470311520}
{"id":10975351,"title":"Tea","url":"http://example.com/tea","num_points":39,"num_comments":10,"created_at":"1/26/2016 19:30"}
"#;
    let (expected, report) = read(CSV).await.unwrap();
    assert_eq!((report.status, report.signals_read, report.rows_skipped), (SourceStatus::Ok, 2, 0));
    assert_eq!((expected[0].points, expected[0].comments, &expected[0].url), (Some(386), Some(52), &None));
    assert_eq!(expected[0].posted_at.unwrap().to_string(), "2016-08-04T11:52:00Z");
    assert_eq!(expected[1].url.as_deref(), Some("http://example.com/tea"));
    for bytes in
        [json.into(), gzip(CSV.as_bytes()), gzip(json.as_bytes()), format!("\u{FEFF}{CSV}").into_bytes()]
    {
        assert_eq!(read(bytes).await.unwrap().0, expected);
    }
    let crlf = CSV.replace('\n', "\r\n");
    assert_eq!(read(crlf.trim_end()).await.unwrap().0, expected);
}

#[tokio::test]
async fn columns_may_stand_in_any_order_among_others() {
    let text = "author,created_at,TITLE,id\nme,1470311520,Hello,9\n";
    let (signals, _) = read(text).await.unwrap();
    assert_eq!((signals[0].id.as_str(), signals[0].title.as_data().as_str()), ("9", "Hello"));
    let (signals, _) = read("title\nHello\n").await.unwrap();
    assert_eq!(signals[0].id, "r2", "a row without an id is named after its line");
}

#[tokio::test]
async fn broken_rows_are_listed_with_their_line_and_cost_nothing_else() {
    let text = "id,title,num_points\n\
        1,good,1\n\
        2,\"never closed,2\n\
        3,good,3\n\
        4,\"also, good\",4\n\
        5,too,many,columns\n\
        6,good,many\n\
        7,,7\n\
        8 8,good,8\n\
        9,\"two\nlines\",9\n\
        10,good,10\n";
    let (signals, report) = read(text).await.unwrap();
    let ids: Vec<&str> = signals.iter().map(|signal| signal.id.as_str()).collect();
    assert_eq!(ids, ["1", "3", "4", "9", "10"]);
    let lines: Vec<u64> = report.problems.iter().map(|problem| problem.line).collect();
    assert_eq!((report.rows_skipped, lines), (5, vec![3, 6, 7, 8, 9]));
    assert!(report.problems[0].to_string().contains("line 3: a quote is opened"), "{}", report.problems[0]);
}

#[tokio::test]
async fn one_broken_line_among_many_good_ones_is_skipped() {
    let mut text = String::from("id,title\n");
    for number in 0..50_000 {
        text.push_str(&format!("{number},Ask HN: CSV number {number}?\n"));
        if number == 33_333 {
            text.push_str("broken\u{0}line\n");
        }
    }
    let query = query("CSV tool");
    let mut retriever = Retriever::new(&query).with_candidates_max(100);
    let source = FileSource::from_reader("input", std::io::Cursor::new(text), runtime());
    let report = source.collect(&query, &mut retriever).await.unwrap();
    assert_eq!((report.signals_read, report.rows_skipped, report.problems[0].line), (50_000, 1, 33_336));
    let ranking = retriever.finish(crate::now(), 10);
    assert_eq!((ranking.seen, ranking.matched), (50_000, 50_000));
    assert!(ranking.dropped > 49_000);
}

/// Counts what arrives between two turns of another task.
#[derive(Debug, Default)]
struct Turns {
    rows: AtomicUsize,
    rows_max: AtomicUsize,
}

impl SignalSink for &Turns {
    fn accept(&mut self, _: Signal) -> ControlFlow<()> {
        let rows = self.rows.fetch_add(1, Ordering::Relaxed) + 1;
        self.rows_max.fetch_max(rows, Ordering::Relaxed);
        ControlFlow::Continue(())
    }
}

impl Turns {
    fn next(&self) {
        self.rows.store(0, Ordering::Relaxed);
    }

    fn rows_max(&self) -> usize {
        self.rows_max.load(Ordering::Relaxed)
    }
}

/// The bytes that are understood in one turn.
const BATCH_BYTES: usize = 16 * 1024;

#[tokio::test]
async fn rows_that_never_close_their_quote_hold_nobody_up() {
    let group = format!("{}1,good\n", "a\",\"b\n".repeat(9));
    let text = format!("id,title\n{}", group.repeat(20_000));
    let source = FileSource::from_reader("input", std::io::Cursor::new(text), runtime());
    let (query, turns) = (query("CSV tool"), Turns::default());
    let mut sink = &turns;
    let other = async {
        loop {
            turns.next();
            tokio::task::yield_now().await;
        }
    };
    let report = tokio::select! {
        biased;
        report = source.collect(&query, &mut sink) => report.unwrap(),
        () = other => unreachable!(),
    };
    assert_eq!((report.signals_read, report.rows_skipped), (20_000, 180_000));
    // One batch, and the 500 lines that may have waited for the end of a quote.
    let most = BATCH_BYTES / group.len() + 500 / 10 + 2;
    assert!(turns.rows_max() <= most, "{} good rows in one turn, expected {most} at most", turns.rows_max());
}

#[tokio::test]
async fn a_dropped_collection_reads_no_further() {
    let text = format!("title\n{}", "good\n".repeat(1_000_000));
    let source = FileSource::from_reader("input", std::io::Cursor::new(text), runtime());
    let (query, turns) = (query("CSV tool"), Turns::default());
    let mut sink = &turns;
    let something = async {
        while turns.rows_max() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        _ = source.collect(&query, &mut sink) => panic!("a million rows in one turn"),
        () = something => {}
    }
    let most = BATCH_BYTES / "good\n".len();
    assert!(turns.rows_max() <= most, "{} rows in one turn, expected {most} at most", turns.rows_max());
}

#[tokio::test]
async fn broken_json_lines_are_skipped() {
    let text = "{\"id\":1,\"title\":\"a\"}\nnot json\n{\"id\":2}\n{\"id\":3,\"title\":7}\n\n[1]\n{\"id\":4,\"title\":\"b\",\"x\":{}}";
    let (signals, report) = read(text).await.unwrap();
    assert_eq!(signals.len(), 2);
    let lines: Vec<u64> = report.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [2, 3, 4, 6]);
}

#[tokio::test]
async fn what_is_no_file_of_signals_is_refused_with_what_is_expected() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let cut = gzip(CSV.repeat(50).as_bytes());
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("is empty", Vec::new()),
        ("is empty", b" \n\n".to_vec()),
        ("not UTF-8", png.to_vec()),
        ("no column \"title\"", b"a,b,c\n1,2,3\n".to_vec()),
        ("JSON array", b"[{\"title\":\"x\"}]".to_vec()),
        ("no row of input could be read", b"id,title\n1\n".to_vec()),
        ("gzip", b"\x1f\x8bnot gzip at all".to_vec()),
        ("gzip", cut[..12].to_vec()),
    ];
    for (expected, bytes) in cases {
        let error = read(bytes).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let message = error.to_string();
        assert!(
            message.contains(expected) && message.contains("input") && message.contains("expected CSV"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn paths_are_checked_when_they_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let error = FileSource::open(folder.path().join("missing.csv"), runtime()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("missing.csv"), "{error}");
    assert_eq!(FileSource::open(folder.path(), runtime()).unwrap_err().kind(), ErrorKind::InvalidInput);

    let path = folder.path().join("named.txt");
    std::fs::write(&path, gzip(CSV.as_bytes())).unwrap();
    let source = FileSource::open(&path, runtime()).unwrap();
    for _ in 0..2 {
        let mut signals: Vec<Signal> = Vec::new();
        assert_eq!(
            source.collect(&query("CSV tool"), &mut signals).await.unwrap().signals_read,
            2,
            "read again each time"
        );
    }
}

#[tokio::test]
async fn a_stream_is_read_once() {
    let source = FileSource::from_reader("standard input", CSV.as_bytes(), runtime());
    let mut signals: Vec<Signal> = Vec::new();
    source.collect(&query("CSV tool"), &mut signals).await.unwrap();
    let error = source.collect(&query("CSV tool"), &mut signals).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_damaged_end_is_an_error() {
    let mut whole = gzip(CSV.as_bytes());
    let mut rest = gzip("11,Tea,,,,\n".repeat(20_000).as_bytes());
    rest.truncate(rest.len() / 2);
    whole.extend(rest);
    let error = read(whole).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.message().contains("not a complete gzip file"), "{error}");
}

#[tokio::test]
async fn long_rows_do_not_fill_the_memory() {
    let text = format!("id,title\n1,good\n2,{}\n3,\"{}\n4,good\n", "x".repeat(5_000), "y\n".repeat(2_000));
    let limits = QueryLimits::default().with_answer_bytes_max(1_000);
    let source = FileSource::from_reader("input", std::io::Cursor::new(text), runtime());
    let mut signals: Vec<Signal> = Vec::new();
    let report = source.collect(&query("CSV tool").with_limits(limits), &mut signals).await.unwrap();
    assert_eq!(signals.iter().map(|signal| signal.id.as_str()).collect::<Vec<_>>(), ["1", "4"]);
    assert_eq!(report.problems[0].line, 3);
    assert!(
        report.problems[0].what.contains("1000 bytes") && report.problems.len() == SourceReport::PROBLEMS_MAX
    );
}
