//! The retry table, row by row: tries, keys, kinds.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ae_billing::{MemoryJournal, PaymentProvider};
use ae_core::{Effect, ErrorKind, ManualClock, ManualSleeper, Retry, Runtime, SeededIds, Timestamp};
use doubles::server::{Fault, Reply};
use serde_json::json;

use crate::world::{START, double, key, posts, product, provider_with};

fn error(status: u16, kind: &str, code: &str) -> Reply {
    Reply::json(status, &json!({ "error": { "type": kind, "code": code } }))
        .with_header("request-id", "req_1")
}

fn runtime() -> (Runtime, ManualSleeper) {
    let clock = ManualClock::at(Timestamp::from_second(START).unwrap());
    let sleeper = ManualSleeper::new(clock.clone());
    (Runtime::new(clock, sleeper.clone(), SeededIds::new(7)), sleeper)
}

/// Answers every POST of a product with `fault`; the tries, the pauses and the error.
async fn tried(fault: Fault) -> (usize, Vec<Duration>, ae_core::BackendError) {
    let double = double();
    let (runtime, sleeper) = runtime();
    let stripe = provider_with(&double, MemoryJournal::new(), runtime);
    double.faults().plan(move |seen| (seen.method == "POST").then(|| fault.clone()));
    let error = stripe.ensure_product(&key("product"), &product()).await.unwrap_err();
    let posts = posts(&double);
    for post in &posts {
        assert_eq!(post.header("idempotency-key"), key("product").as_str(), "one key for all tries");
        assert_eq!(post.body, posts[0].body, "one body for all tries");
    }
    (posts.len(), sleeper.pauses(), error)
}

#[tokio::test]
async fn the_table() {
    use ErrorKind as K;
    let invalid = "invalid_request_error";
    let rows: [(&str, Reply, usize, ErrorKind); 20] = [
        ("400", error(400, invalid, "parameter_missing"), 1, K::InvalidInput),
        ("401", error(401, invalid, ""), 1, K::Unauthenticated),
        ("402", error(402, "card_error", "card_declined"), 1, K::Declined),
        ("403", error(403, invalid, ""), 1, K::PermissionDenied),
        ("404", error(404, invalid, "resource_missing"), 1, K::NotFound),
        ("400 of a reference", error(400, invalid, "resource_missing"), 1, K::NotFound),
        ("idempotency", error(400, "idempotency_error", ""), 1, K::Conflict),
        ("409", error(409, "api_error", "lock_timeout"), 3, K::Conflict),
        (
            "409 false",
            error(409, "api_error", "").with_header("stripe-should-retry", "false"),
            1,
            K::Conflict,
        ),
        // Stripe's clients try a 429 once; here it is tried again with a pause and the same key.
        ("429", error(429, invalid, "rate_limit"), 3, K::RateLimited),
        ("429 true", error(429, invalid, "").with_header("stripe-should-retry", "true"), 3, K::RateLimited),
        ("429 false", error(429, invalid, "").with_header("stripe-should-retry", "false"), 1, K::RateLimited),
        ("500", error(500, "api_error", ""), 3, K::Unavailable),
        ("503", error(503, "api_error", ""), 3, K::Unavailable),
        (
            "500 false",
            error(500, "api_error", "").with_header("stripe-should-retry", "false"),
            1,
            K::Unavailable,
        ),
        (
            "503 false",
            error(503, "api_error", "").with_header("stripe-should-retry", "false"),
            1,
            K::Unavailable,
        ),
        ("400 true", error(400, invalid, "").with_header("stripe-should-retry", "true"), 3, K::InvalidInput),
        ("402 true", error(402, "card_error", "").with_header("stripe-should-retry", "true"), 3, K::Declined),
        ("no JSON", Reply::new(502, "text/html", "<html>"), 3, K::Unavailable),
        ("redirect", Reply::see_other("https://example.com"), 1, K::Protocol),
    ];
    for (name, reply, tries, kind) in rows {
        let status = reply.status;
        let (seen, pauses, error) = tried(Fault::Answer(reply)).await;
        assert_eq!((seen, error.kind(), error.status()), (tries, kind, Some(status)), "{name}: {error}");
        assert_eq!(pauses.len(), tries - 1, "{name}");
        if status >= 500 {
            assert_eq!(error.effect(), Effect::Unknown, "{name}");
        } else if status != 303 {
            assert_eq!(error.effect(), Effect::NotApplied, "{name}");
        }
    }
}

#[tokio::test]
async fn a_dropped_connection_is_tried_again_under_the_same_key() {
    for fault in [Fault::LoseRequest, Fault::LoseAnswer] {
        let (tries, pauses, error) = tried(fault).await;
        assert_eq!((tries, error.kind(), error.effect()), (3, ErrorKind::Unavailable, Effect::Unknown));
        // 0.5·2^(n−1) s times 0.5 to 1, at least 0.5 s.
        assert_eq!(pauses[0], Duration::from_millis(500));
        assert!((Duration::from_millis(500)..=Duration::from_secs(1)).contains(&pauses[1]), "{pauses:?}");
    }
}

#[tokio::test]
async fn retry_after_is_a_lower_bound_of_at_most_a_minute() {
    for (asked, waited) in [("7", 7), ("3600", 60)] {
        let busy = error(429, "invalid_request_error", "rate_limit").with_header("retry-after", asked);
        let double = double();
        let (runtime, sleeper) = runtime();
        let stripe = provider_with(&double, MemoryJournal::new(), runtime);
        double.faults().push_on("POST", "", Fault::Answer(busy));
        assert!(stripe.ensure_product(&key("product"), &product()).await.unwrap().is_created());
        assert_eq!(sleeper.pauses(), [Duration::from_secs(waited)]);
    }
    // Two such pauses do not fit into the time for everything.
    let busy = error(503, "api_error", "").with_header("retry-after", "3600");
    let (tries, pauses, error) = tried(Fault::Answer(busy)).await;
    assert_eq!((tries, pauses.len()), (2, 1));
    assert!(matches!(error.retry(), Retry::After(_)));
}

#[tokio::test]
async fn errors_name_code_parameter_and_request() {
    let reply = json!({ "error": { "type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds",
        "param": "line_items[0][price]", "message": "secret" } });
    let reply = Reply::json(402, &reply).with_header("request-id", "req_7");
    let (_, _, error) = tried(Fault::Answer(reply)).await;
    assert_eq!((error.code(), error.request_id()), (Some("card_declined"), Some("req_7")));
    let context =
        [("param", "line_items[0][price]".to_owned()), ("decline_code", "insufficient_funds".to_owned())];
    assert_eq!(error.context(), context);
    assert!(error.message().contains("card_declined") && !error.message().contains("secret"), "{error}");
}

#[tokio::test]
async fn a_stored_failure_is_looked_up_and_not_asked_again() {
    for with_effect in [true, false] {
        let double = double();
        let stripe = provider_with(&double, MemoryJournal::new(), runtime().0);
        double.fail_next_post(with_effect);
        let made = stripe.ensure_product(&key("product"), &product()).await;
        assert_eq!(double.objects("product").len(), usize::from(with_effect));
        match made {
            Ok(found) => assert!(with_effect && !found.is_created()),
            Err(error) => {
                assert!(!with_effect);
                assert_eq!((error.code(), error.retry()), (Some("stored_failure"), Retry::Never));
            }
        }
    }
}

#[tokio::test]
async fn reads_are_tried_again_too() {
    let double = double();
    let stripe = provider_with(&double, MemoryJournal::new(), runtime().0);
    let count = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&count);
    double.faults().plan(move |_| {
        let mut count = seen.lock().unwrap();
        *count += 1;
        (*count < 3).then_some(Fault::LoseAnswer)
    });
    stripe.check().await.unwrap();
    assert_eq!(*count.lock().unwrap(), 3);
    assert!(double.seen().iter().all(|seen| seen.header("idempotency-key").is_empty()));
}
