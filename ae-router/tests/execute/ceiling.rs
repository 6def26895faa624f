//! Reservations: no call without a ceiling, and no try without its own.

use ae_core::{Digest, ErrorKind, IdempotencyKey, RunId, TokenUsage};
use ae_router::{
    Budget, Call, CallLimits, Completion, CompletionRequest, MemoryBudget, Message, ModelFacts, Part, Rate,
    Rates, Router,
};

use crate::bench::{Act, Bench, InOrder, Vendor, answer, call, most, price, prices, usd};

#[tokio::test]
async fn a_call_without_a_ceiling_is_refused_not_free() {
    let vendor = Vendor::default();
    let bench = Bench::new(&vendor);
    let unlimited = Call::new(CompletionRequest::new("", "hello", 0));
    let strict = bench.router.clone().with_limits(CallLimits::default().with_output_tokens_max(None));
    let image = Message::user("look").with_part(Part::Image("https://example.com/a.png".into()));
    let with_image = Call::new(CompletionRequest::new("", "", 10).with_messages(vec![image]));
    let no_price = bench.router.clone().with_policy(InOrder::new(["unlisted"]));
    let no_price = no_price.with_client_for(vendor.clone(), ["unlisted"]);
    for (router, call, says) in [
        (&strict, &unlimited, "no ceiling"),
        (&bench.router, &with_image, "with_image_tokens_max"),
        (&no_price, &call(), "no price is known for model \"unlisted\""),
    ] {
        let failed = router.complete(call).await.unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::InvalidInput, "{failed}");
        assert!(failed.to_string().contains(says), "{failed}");
        assert!(failed.tries().is_empty());
    }
    assert!(vendor.models().is_empty());
    assert_eq!(bench.budget.spent(), usd("0"));
}

#[tokio::test]
async fn limits_of_the_router_hold_where_the_call_sets_none() {
    let vendor = Vendor::default();
    let bench = Bench::new(&vendor);
    bench.router.ask("Name a colour.").await.unwrap();
    assert_eq!(vendor.requests()[0].output_tokens_max, 4_096);
    let small = prices().with_model(
        ModelFacts::new("a", "x", Rates::new(rate(10), rate(100))).with_limits(Some(10_000), Some(50)),
    );
    bench.router.clone().with_prices(small).complete(&call()).await.unwrap();
    assert_eq!(vendor.requests()[1].output_tokens_max, 50, "never more than the model gives");
}

fn rate(dollars: i64) -> Rate {
    Rate::per_million(dollars.into()).unwrap()
}

#[tokio::test]
async fn a_local_model_costs_nothing_when_its_price_says_so() {
    let vendor = Vendor::default();
    let free = prices().with_model(ModelFacts::new("a", "x", Rates::new(rate(0), rate(0))));
    let bench = Bench::with_dollars(&vendor, "0");
    let answer = bench.router.clone().with_prices(free).complete(&call()).await.unwrap();
    assert_eq!((answer.completion.model.as_str(), answer.cost), ("a", Some(usd("0"))));
}

#[tokio::test]
async fn a_model_that_does_not_fit_the_budget_is_passed_over() {
    let vendor = Vendor::default();
    let bench = Bench::with_dollars(&vendor, &most("b").to_decimal().to_string());
    let answer = bench.router.complete(&call()).await.unwrap();
    assert_eq!(answer.completion.model, "b");
    assert_eq!(answer.tries.len(), 1, "a reservation that was refused is not a try");

    let failed = bench.router.complete(&call()).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::QuotaExceeded);
    assert!(failed.to_string().contains("does not fit"), "{failed}");
    assert_eq!(vendor.models(), ["b"]);
}

#[tokio::test]
async fn an_answer_is_billed_as_it_was_served() {
    let zero = usd("0");
    let unknown = Completion::text_of("a", "red");
    let cheaper = Completion::text_of("b", "red").with_usage(TokenUsage::new(1_000, 100));
    let mut cached = answer("a").with_usage(TokenUsage::new(0, 0));
    cached.served.cached = true;
    cached.served.web_searches = Some(3);
    let more = answer("a").with_usage(TokenUsage::new(1_000, 10_000));
    for (served, cost, booked, over) in [
        (answer("a"), Some(price("a")), price("a"), None),
        (cheaper, Some(price("b")), price("b"), None),
        (unknown, None, most("a"), None),
        (cached, Some(zero), zero, None),
        (more, Some(usd("1.01")), usd("1.01"), usd("1.01").checked_sub(most("a")).ok()),
    ] {
        let vendor = Vendor::default().then("a", Act::Answer(Box::new(served)));
        let bench = Bench::new(&vendor);
        let answer = bench.router.complete(&call()).await.unwrap();
        assert_eq!((answer.cost, answer.booked()), (cost, Some(booked)));
        assert_eq!(answer.tries[0].overshoot(), over);
        assert_eq!(bench.budget.spent(), booked);
    }
}

#[tokio::test]
async fn a_cost_is_rounded_up_once_in_the_books_alone() {
    let small = answer("b").with_usage(TokenUsage::new(1, 0).with_reasoning(0));
    let prices = prices().with_model(ModelFacts::new(
        "b",
        "x",
        Rates::new(Rate::per_million("0.05".parse().unwrap()).unwrap(), rate(10)),
    ));
    let vendor = Vendor::default().then("b", Act::Answer(Box::new(small)));
    let mut bench = Bench::new(&vendor);
    bench.router = bench.router.with_prices(prices).with_policy(InOrder::new(["b"]));
    let answer = bench.router.complete(&call()).await.unwrap();
    assert_eq!(answer.cost.unwrap().pico(), 50_000);
    assert_eq!(bench.budget.spent(), usd("0.000001"));
}

#[tokio::test]
async fn fewer_tokens_a_byte_set_less_aside_and_report_what_is_over() {
    let long = Call::new(CompletionRequest::new("", "x".repeat(40_000), 10));
    let used = answer("a").with_usage(TokenUsage::new(30_000, 10));
    let vendor = Vendor::default().then("a", Act::Answer(Box::new(used)));
    let mut bench = Bench::new(&vendor);
    bench.router = bench.router.with_limits(CallLimits::default().with_bytes_per_token(4));
    let answer = bench.router.complete(&long).await.unwrap();
    assert_eq!(answer.tries[0].reserved, usd("0.10388"), "10,288 in, 10 out");
    assert_eq!(answer.tries[0].overshoot(), usd("0.301").checked_sub(usd("0.10388")).ok());
    assert_eq!(bench.budget.spent(), usd("0.301"));
}

#[tokio::test]
async fn each_try_has_keys_that_follow_from_the_call() {
    let run = RunId::from_digest(&Digest::of_bytes("test", b"keys"));
    let key = IdempotencyKey::derive(run, "test", "call", 0);
    let vendor = Vendor::default();
    let bench = Bench::new(&vendor);
    let keyed = call().with_key(key);
    let first = bench.router.complete(&keyed).await.unwrap();
    let again = bench.router.complete(&keyed).await.unwrap();
    let other = bench.router.complete(&call()).await.unwrap();
    let keys = vendor.keys();
    assert_eq!(keys[0], keys[1], "a client that repeats can repeat");
    assert_ne!(keys[0], keys[2]);
    assert_ne!(first.tries[0].key, again.tries[0].key, "each call that is made has money of its own");
    assert_ne!(first.tries[0].key, other.tries[0].key);
}

#[tokio::test]
async fn the_policy_of_tiers_takes_a_pin_and_says_when_the_money_is_gone() {
    let vendor = Vendor::default();
    let budget = std::sync::Arc::new(MemoryBudget::new(usd("1")));
    let router = Router::new(std::sync::Arc::clone(&budget))
        .with_client_for(vendor.clone(), ["a", "gpt-5.2"])
        .with_prices(prices());
    let pinned = Call::new(CompletionRequest::new("a", "Name a colour.", 200));
    assert_eq!(router.complete(&pinned).await.unwrap().completion.model, "a");
    let other = Call::new(CompletionRequest::new("b", "Name a colour.", 200));
    assert_eq!(router.complete(&other).await.unwrap_err().kind(), ErrorKind::NotFound, "no client");

    let run = RunId::from_digest(&Digest::of_bytes("test", b"others"));
    budget.reserve(&IdempotencyKey::derive(run, "test", "others", 0), usd("0.97")).await.unwrap();
    let long = Call::new(CompletionRequest::new("a", "word ".repeat(1_500), 200));
    let failed = router.complete(&long).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::QuotaExceeded, "{failed}");
    assert!(failed.tries().is_empty() && failed.to_string().contains("are left"), "{failed}");
}

#[tokio::test]
async fn a_decision_without_a_client_or_a_model_says_so() {
    let vendor = Vendor::default();
    let bench = Bench::new(&vendor);
    let bare = Router::new(std::sync::Arc::clone(&bench.budget)).with_policy(bench.policy.clone());
    let failed = bare.with_prices(prices()).complete(&call()).await.unwrap_err();
    assert!(failed.to_string().contains("no client was given"), "{failed}");
    let none = bench.router.clone().with_policy(InOrder::new([]));
    let failed = none.complete(&call()).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::NotFound);
}
