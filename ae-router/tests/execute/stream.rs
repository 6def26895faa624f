//! Pieces: their order, their pace, and the end of replays.

use ae_core::{Effect, ErrorKind, Retry, TokenUsage};
use ae_router::{Completion, Delta, TryOutcome};

use crate::bench::{Act, Bench, Piece, Vendor, answer, call, error, fault, most, price, sum, text, usd};

fn finished(completion: Completion) -> Piece {
    Piece::Is(Delta::Finished(Box::new(completion)))
}

fn usage(input: u64, output: u64) -> Piece {
    Piece::Is(Delta::Usage(TokenUsage::new(input, output)))
}

fn overloaded() -> Piece {
    Piece::Fail(fault(|| error(ErrorKind::Unavailable).with_retry(Retry::Backoff)))
}

#[tokio::test]
async fn the_pieces_come_in_order_and_the_answer_follows() {
    let pieces: Vec<_> = (0..100).map(|number| text(&format!("{number} "))).collect();
    let whole: String = (0..100).map(|number| format!("{number} ")).collect();
    let last = finished(Completion::text_of("a", &whole).with_usage(TokenUsage::new(1_000, 100)));
    let vendor = Vendor::default().then("a", Act::Pieces(pieces.into_iter().chain([last]).collect()));
    let bench = Bench::new(&vendor);
    let mut stream = bench.router.stream(&call()).await.unwrap();
    assert_eq!((stream.model().id.as_str(), stream.decision().policy.as_str()), ("a", "in-order"));
    let (mut read, mut end) = (String::new(), None);
    while let Some(piece) = stream.next().await.unwrap() {
        match piece {
            Delta::Text(text) => read.push_str(&text),
            Delta::Finished(completion) => end = Some(completion),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(read, whole);
    assert_eq!(end.unwrap().text().as_data(), &whole);
    assert_eq!(stream.next().await.unwrap(), None, "the end stays");
    let answer = stream.finish().await.unwrap();
    assert_eq!((answer.cost, bench.budget.spent()), (Some(price("a")), price("a")));
}

#[tokio::test]
async fn after_a_piece_there_is_no_other_try() {
    let call_of_tool = Delta::ToolCall { index: 0, id: "1".into(), name: "look".into() };
    for piece in [text("red"), Piece::Is(call_of_tool), Piece::Is(Delta::Reasoning("hm".into()))] {
        let vendor = Vendor::default().then("a", Act::Pieces(vec![piece, overloaded()]));
        let bench = Bench::new(&vendor);
        let mut stream = bench.router.stream(&call()).await.unwrap();
        assert!(stream.next().await.unwrap().is_some());
        let failed = stream.next().await.unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::Unavailable);
        assert_eq!(vendor.models(), ["a"]);
        assert_eq!(bench.budget.spent(), most("a"), "it was heard, and its usage is not known");
        assert_eq!(failed.tries()[0].outcome, TryOutcome::Failed);
    }
}

#[tokio::test]
async fn a_total_alone_is_no_piece() {
    let vendor = Vendor::default().then("a", Act::Pieces(vec![usage(10, 1), overloaded()]));
    let bench = Bench::new(&vendor);
    let answer = bench.router.stream(&call()).await.unwrap().finish().await.unwrap();
    assert_eq!(vendor.models(), ["a", "a"], "the second try of the same model answers");
    // 10 tokens in, 1 out of the first try.
    assert_eq!(answer.cost, Some(sum([usd("0.0002"), price("a")])));
}

#[tokio::test]
async fn a_broken_stream_is_paid_as_far_as_it_came() {
    let pieces = vec![usage(10, 1), text("red, "), usage(10, 3), text("blue"), overloaded()];
    let vendor = Vendor::default().then("a", Act::Pieces(pieces));
    let bench = Bench::new(&vendor);
    let failed = bench.router.stream(&call()).await.unwrap().finish().await.unwrap_err();
    // 10 in; 3 out as stated, and a token for each byte that came after.
    assert_eq!(failed.tries()[0].usage, Some(TokenUsage::new(10, 3 + 4)));
    assert_eq!(bench.budget.spent(), usd("0.0008"));
}

#[tokio::test]
async fn an_answer_without_an_end_is_an_error() {
    let vendor = Vendor::default().then("a", Act::Pieces(vec![text("red"), Piece::End]));
    let bench = Bench::new(&vendor);
    let failed = bench.router.stream(&call()).await.unwrap().finish().await.unwrap_err();
    assert_eq!((failed.kind(), failed.error().effect()), (ErrorKind::Protocol, Effect::Unknown));
    assert_eq!(bench.budget.spent(), most("a"));
}

#[tokio::test]
async fn a_panic_in_the_middle_is_settled() {
    let vendor = Vendor::default().then("a", Act::Pieces(vec![text("red"), Piece::Panic]));
    let bench = Bench::new(&vendor);
    let failed = bench.router.stream(&call()).await.unwrap().finish().await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Internal);
    assert_eq!(bench.budget.spent(), most("a"));
}

#[tokio::test]
async fn the_last_total_counts_when_the_end_states_none() {
    let pieces = vec![text("red"), usage(1_000, 100), finished(Completion::text_of("a", "red"))];
    let vendor = Vendor::default().then("a", Act::Pieces(pieces));
    let answer = Bench::new(&vendor).router.stream(&call()).await.unwrap().finish().await.unwrap();
    assert_eq!((answer.cost, answer.completion.usage), (Some(price("a")), Some(TokenUsage::new(1_000, 100))));
}

#[tokio::test]
async fn an_empty_answer_is_an_answer() {
    let vendor = Vendor::default().then("a", Act::Pieces(vec![finished(Completion::new("a", vec![]))]));
    let bench = Bench::new(&vendor);
    let answer = bench.router.stream(&call()).await.unwrap().finish().await.unwrap();
    assert!(answer.text().as_data().is_empty());
    assert_eq!((answer.cost, bench.budget.spent()), (None, most("a")), "no usage: all that was set aside");
}

#[tokio::test]
async fn what_is_not_read_is_not_fetched() {
    let mut pieces: Vec<_> = (0..1_000).map(|_| text("x")).collect();
    pieces.push(finished(answer("a")));
    let vendor = Vendor::default().then("a", Act::Pieces(pieces));
    let bench = Bench::new(&vendor);
    let stream = bench.router.stream(&call()).await.unwrap();
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.budget.reserved(), most("a"), "the call waits for its reader");
    let answer = stream.finish().await.unwrap();
    assert_eq!(answer.cost, Some(price("a")));
}
