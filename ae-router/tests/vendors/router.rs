//! Calls of vendors under a budget: the same cost whole and streamed, and the tries that each error is worth.

use std::{future::pending, sync::Arc, time::Duration};

use ae_router::{
    Answer, Call, CallError, CallLimits, LevelRates, MemoryBudget, ModelFacts, PricePeriod, PriceTable, Rate,
    Rates, Router,
    core::{
        Currency, Effect, ManualClock, Money, Retry, Runtime, SeededIds, Sleep, Sleeper, Timestamp,
        TokenUsage,
    },
};

use crate::{
    forms::{self, Form},
    server::{Reply, Server},
};

/// Pauses pass at once; the time-outs of real calls never come.
#[derive(Debug)]
struct Pauses(ManualClock);

impl Sleeper for Pauses {
    fn sleep(&self, pause: Duration) -> Sleep {
        let clock = self.0.clone();
        Box::pin(async move {
            if pause > CallLimits::default().retry_after_max {
                pending::<()>().await;
            }
            clock.advance(pause);
        })
    }
}

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

/// The model of a form alone, at the same price at every level of service.
fn prices(form: &Form) -> PriceTable {
    let rate = |dollars: i64| Rate::per_million(dollars.into()).unwrap();
    let rates = Rates::new(rate(3), rate(15)).with_cache(rate(1), Some(rate(4)), Some(rate(6)));
    let level = LevelRates::new(rates);
    let period =
        PricePeriod::new(rates).with_flex(level.clone()).with_priority(level.clone()).with_batch(level);
    let mut facts = ModelFacts::new(form.model, form.name, rates);
    facts.periods = vec![period];
    PriceTable::empty(now()).with_model(facts)
}

fn router(form: &Form, url: &str) -> (Router, Arc<MemoryBudget>) {
    let clock = ManualClock::at(now());
    let budget = Arc::new(MemoryBudget::new(Money::parse("10", Currency::USD).unwrap()));
    let router = Router::new(Arc::clone(&budget))
        .with_client(form.client(url))
        .with_prices(prices(form))
        .with_runtime(Runtime::new(clock.clone(), Pauses(clock), SeededIds::new(7)));
    (router, budget)
}

async fn ask(router: &Router, form: &Form, streamed: bool) -> Result<Answer, CallError> {
    let call = Call::new(form.request());
    if streamed { router.stream(&call).await?.finish().await } else { router.complete(&call).await }
}

#[tokio::test]
async fn an_answer_costs_the_same_whole_and_streamed() {
    for form in forms::all() {
        let server = Server::start(form.good()).await;
        let cost = prices(&form).cost(form.model, &form.means.usage.unwrap(), now()).unwrap();
        for streamed in [false, true] {
            let (router, budget) = router(&form, &server.url());
            let answer = ask(&router, &form, streamed).await.unwrap();
            assert_eq!(answer.cost, Some(cost), "{} {streamed}", form.name);
            assert_eq!(answer.completion.usage, form.means.usage, "{} {streamed}", form.name);
            assert_eq!(budget.spent(), cost.ceil_to_micro(), "{} {streamed}", form.name);
            assert_eq!(answer.tries[0].served.as_deref(), Some(&*form.means.model), "{}", form.name);
        }
    }
}

#[tokio::test]
async fn every_error_has_its_tries_and_its_cost() {
    for form in forms::all() {
        for row in &form.errors {
            for streamed in [false, true] {
                let server = Server::with(row.reply.clone()).await;
                let (router, budget) = router(&form, &server.url());
                let failed = ask(&router, &form, streamed).await.unwrap_err();
                let place = format!("{} {streamed} {:?}", form.name, row.reply);
                let tries = match row.retry {
                    Retry::Backoff => 2,
                    Retry::After(pause) if pause <= CallLimits::default().retry_after_max => 2,
                    _ => 1,
                };
                assert_eq!((failed.kind(), server.seen().len()), (row.kind, tries), "{place}");
                assert_eq!(failed.tries().len(), tries, "{place}");
                let booked = match row.effect {
                    Effect::NotApplied => failed.tries()[0].reserved.checked_mul(0),
                    _ => failed.tries()[0].reserved.checked_mul(u64::try_from(tries).unwrap()),
                };
                assert_eq!(budget.spent(), booked.unwrap(), "{place}");
            }
        }
    }
}

#[tokio::test]
async fn an_error_after_a_piece_is_passed_on_and_paid() {
    for form in forms::all() {
        for late in &form.late {
            let begun = form.events.len() - form.end;
            let events: Vec<_> = form.events[..begun].iter().cloned().chain([late.event.clone()]).collect();
            let server = Server::with(Reply::events(&events)).await;
            let (router, budget) = router(&form, &server.url());
            let failed = ask(&router, &form, true).await.unwrap_err();
            assert_eq!((failed.kind(), server.seen().len()), (late.kind, 1), "{}", form.name);
            let try_ = &failed.tries()[0];
            if form.counts_late {
                assert_eq!((try_.cost, budget.spent()), (None, try_.reserved), "{}", form.name);
            } else {
                let stated = form.means.usage.map(|usage| TokenUsage::new(usage.input, 0)).unwrap();
                let least = prices(&form).cost(form.model, &stated, now()).unwrap();
                assert!(!least.exceeds(budget.spent()).unwrap(), "{}: {try_:?}", form.name);
                assert!(try_.usage.is_some() && try_.cost.is_some(), "{}", form.name);
            }
        }
    }
}
