//! Every class of error, whole and streamed: the models that are tried, the cost, the budget that is left.

use std::{sync::Arc, time::Duration};

use ae_core::{BackendError, Effect, ErrorKind, Retry};
use ae_router::{Answer, CallError, TryOutcome};

use crate::bench::{Act, Bench, Fault, Piece, Vendor, call, error, fault, most, price, sum, usd};

/// An error of the model `a`, and what follows.
struct Row {
    name: &'static str,
    fault: Fault,
    /// The models that are called, in order.
    tried: &'static [&'static str],
    /// Whether the failed tries are paid in full, as their cost is not known.
    paid: bool,
    /// The kind of the error, or `None` if the last model that was tried answers.
    fails: Option<ErrorKind>,
}

fn row(
    name: &'static str,
    tried: &'static [&'static str],
    make: impl Fn() -> BackendError + Send + Sync + 'static,
) -> Row {
    Row { name, fault: fault(make), tried, paid: false, fails: None }
}

impl Row {
    fn paid(mut self) -> Self {
        self.paid = true;
        self
    }

    fn fails(mut self, kind: ErrorKind) -> Self {
        self.fails = Some(kind);
        self
    }
}

fn rows() -> Vec<Row> {
    use ErrorKind::{
        Conflict, Declined, Internal, InvalidInput, NotFound, PermissionDenied, Protocol, QuotaExceeded,
        RateLimited, Timeout, Unauthenticated, Unavailable, Unsupported,
    };
    let after = |seconds| Retry::After(Duration::from_secs(seconds));
    vec![
        row("rate limit", &["a", "a", "b"], || error(RateLimited).with_retry(Retry::Backoff)),
        row("rate limit with a pause", &["a", "a", "b"], move || error(RateLimited).with_retry(after(2))),
        row("rate limit with a long pause", &["a", "b"], move || error(RateLimited).with_retry(after(3_600))),
        row("final rate limit", &["a", "b"], || error(RateLimited).with_status(429)),
        row("out of money", &["a", "c"], || error(QuotaExceeded).with_status(429)),
        row("wrong key", &["a", "c"], || error(Unauthenticated)),
        row("key without the model", &["a", "b"], || error(PermissionDenied)),
        row("no such model", &["a", "b"], || error(NotFound)),
        row("overloaded", &["a", "a", "b"], || error(Unavailable).with_retry(Retry::Backoff)),
        row("overloaded for good", &["a", "b"], || error(Unavailable)),
        row("server error", &["a", "a", "b"], || {
            error(Unavailable).with_retry(Retry::Backoff).with_effect(Effect::Unknown)
        })
        .paid(),
        row("time-out", &["a", "a", "b"], || {
            error(Timeout).with_retry(Retry::Backoff).with_effect(Effect::Unknown)
        })
        .paid(),
        row("an answer that can't be read", &["a", "b"], || error(Protocol).with_effect(Effect::Unknown))
            .paid(),
        row("a defect of the client", &["a", "b"], || error(Internal).with_effect(Effect::Unknown)).paid(),
        row("too long", &["a", "c"], || error(InvalidInput).with_context("class", "context_too_long")),
        row("refused content", &["a", "b"], || error(Declined)),
        row("no place in the wire form", &["a", "b"], || error(Unsupported)),
        row("bad request", &["a"], || error(InvalidInput)).fails(InvalidInput),
        row("a key of another request", &["a"], || error(Conflict)).fails(Conflict),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Whole,
    StreamThatDoesNotOpen,
    StreamThatBreaksFirst,
}

async fn ask(bench: &Bench, form: Form) -> Result<Answer, CallError> {
    if form == Form::Whole {
        return bench.router.complete(&call()).await;
    }
    bench.router.stream(&call()).await?.finish().await
}

#[tokio::test]
async fn every_error_has_its_tries_and_its_cost() {
    for form in [Form::Whole, Form::StreamThatDoesNotOpen, Form::StreamThatBreaksFirst] {
        for row in rows() {
            let act = match form {
                Form::StreamThatBreaksFirst => Act::Pieces(vec![Piece::Fail(Arc::clone(&row.fault))]),
                _ => Act::Fail(Arc::clone(&row.fault)),
            };
            let vendor = (0..5).fold(Vendor::default(), |vendor, _| vendor.then("a", act.clone()));
            let bench = Bench::new(&vendor);
            check(&row, form, &vendor, &bench, ask(&bench, form).await).await;
        }
    }
}

async fn check(row: &Row, form: Form, vendor: &Vendor, bench: &Bench, result: Result<Answer, CallError>) {
    let place = format!("{}, {form:?}", row.name);
    assert_eq!(vendor.models(), row.tried, "{place}");
    let failures = row.tried.len() - usize::from(row.fails.is_none());
    let mut booked: Vec<_> = row.tried[..failures].iter().filter(|_| row.paid).map(|id| most(id)).collect();
    let tries = match (&result, row.fails) {
        (Ok(answer), None) => {
            let last = row.tried.last().unwrap();
            assert_eq!(answer.text().as_data(), &format!("from {last}"), "{place}");
            booked.push(price(last));
            assert_eq!(answer.cost, (!row.paid).then(|| price(last)), "{place}");
            assert_eq!(answer.booked(), Some(sum(booked.clone())), "{place}");
            &answer.tries[..]
        }
        (Err(error), Some(kind)) => {
            assert_eq!(error.kind(), kind, "{place}");
            assert!(error.decision().is_some(), "{place}");
            assert_eq!(error.cost(), (!row.paid).then(|| usd("0")), "{place}");
            error.tries()
        }
        (other, _) => panic!("{place}: {other:?}"),
    };
    let tried: Vec<_> = tries.iter().map(|try_| &*try_.model.id).collect();
    assert_eq!(tried, row.tried, "{place}");
    let failed = tries.iter().filter(|try_| try_.outcome == TryOutcome::Failed).count();
    assert_eq!(failed, failures, "{place}");
    let spent = sum(booked);
    assert_eq!(bench.budget.spent(), spent, "{place}");
    assert_eq!(bench.budget.reserved(), usd("0"), "{place}");
}

#[tokio::test]
async fn an_error_states_its_own_cost() {
    let vendor = Vendor::default().fails(
        "a",
        1,
        &fault(|| error(ErrorKind::Declined).with_cost(usd("0.0011")).with_effect(Effect::Unknown)),
    );
    let bench = Bench::new(&vendor);
    let answer = bench.router.complete(&call()).await.unwrap();
    assert_eq!(answer.cost, Some(sum([usd("0.0011"), price("b")])));
    assert_eq!(bench.budget.spent(), sum([usd("0.0011"), price("b")]));
}

#[tokio::test]
async fn every_model_fails_and_the_last_error_comes_out() {
    let down = fault(|| error(ErrorKind::Unavailable).with_retry(Retry::Backoff));
    let vendor = Vendor::default().fails("a", 9, &down).fails("b", 9, &down).fails("c", 9, &down);
    let bench = Bench::new(&vendor);
    let failed = bench.router.complete(&call()).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Unavailable);
    assert_eq!(vendor.models(), ["a", "a", "b", "b"], "four tries in all");
    assert!(failed.to_string().ends_with("(tried: a, a, b, b)"), "{failed}");
    assert_eq!(failed.booked(), Some(usd("0")));
}

#[tokio::test]
async fn a_panic_is_settled_and_the_next_model_answers() {
    for streamed in [false, true] {
        let vendor = Vendor::default().then("a", Act::Panic);
        let bench = Bench::new(&vendor);
        let form = if streamed { Form::StreamThatDoesNotOpen } else { Form::Whole };
        let answer = ask(&bench, form).await.unwrap();
        assert_eq!(answer.completion.model, "b");
        assert_eq!(bench.budget.spent(), sum([most("a"), price("b")]));
    }
}

#[tokio::test]
async fn an_error_names_no_text_of_the_vendor_in_the_record() {
    let vendor = Vendor::default().fails(
        "a",
        1,
        &fault(|| {
            error(ErrorKind::Declined).with_status(400).with_code("content_filter").with_request_id("req-1")
        }),
    );
    let answer = Bench::new(&vendor).router.complete(&call()).await.unwrap();
    let record = serde_json::to_value(&answer.tries[0]).unwrap();
    assert_eq!(record["error"]["code"], "content_filter");
    assert_eq!(record["error"]["request_id"], "req-1");
    assert!(!record.to_string().contains("as the script says"), "{record}");
}
