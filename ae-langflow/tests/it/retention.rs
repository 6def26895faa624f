//! Old records go, threads go.

use std::{num::NonZeroU64, sync::Arc, time::Duration};

use ae_core::{ManualClock, ManualSleeper, Runtime, SeededIds, Timestamp};
use ae_langflow::{
    App, Cx, END, Ending, Graph, GraphError, Input, Page, Retention, RunConfig, START, StateGraph,
};

use crate::support::{Log, Place, done, places};

/// Counts without a limit, in short records; a snapshot comes every 40 or so.
fn counting() -> Graph<Log> {
    StateGraph::<Log>::new("count")
        .add_node("count", |state: Arc<Log>, _: Cx| async move { Ok(Log::update().count(state.count + 1)) })
        .add_edge(START, "count")
        .add_conditional_edges("count", |state: &Log| state.count >= 1000, [(false, "count"), (true, END)])
        .compile()
        .unwrap()
}

/// An app whose clock is a second ahead in every step.
struct Ticking {
    app: App<Log>,
    clock: ManualClock,
}

impl Ticking {
    fn new(place: &Place) -> Self {
        let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
        let runtime = Runtime::new(clock.clone(), ManualSleeper::new(clock.clone()), SeededIds::new(1));
        Self { app: place.app(&counting()).with_runtime(runtime), clock }
    }

    async fn step(&self, config: &RunConfig, times: usize) {
        for _ in 0..times {
            self.clock.advance(Duration::from_secs(1));
            let config = config.clone().with_step_limit(1);
            assert!(matches!(self.app.invoke(Input::Continue, &config).await.unwrap(), Ending::StepLimit(_)));
        }
    }
}

/// The first of `records` steps is the input.
async fn begun(place: &Place, config: &RunConfig, records: usize) -> Ticking {
    let ticking = Ticking::new(place);
    ticking.app.invoke(Input::start(Log::update()), &config.clone().with_step_limit(0)).await.unwrap();
    ticking.step(config, records - 1).await;
    ticking
}

async fn readable(app: &App<Log>, config: &RunConfig) -> Vec<u64> {
    let mut seqs: Vec<_> =
        app.history(config, 9999).await.unwrap().into_iter().map(|point| point.seq).collect();
    seqs.reverse();
    seqs
}

/// All is well with what is left: it reads as before, and the thread goes on.
async fn check(place: &Place, config: &RunConfig, last: u64) {
    let app = place.app(&counting());
    for point in app.history(config, 9999).await.unwrap() {
        let read = app.get_state(&config.at(point.seq)).await.unwrap().unwrap();
        assert_eq!((u64::from(read.state.count), read.step), (point.seq - 1, point.step));
    }
    let Ending::StepLimit(state) =
        app.invoke(Input::Continue, &config.clone().with_step_limit(10)).await.unwrap()
    else {
        panic!()
    };
    assert_eq!(u64::from(state.count), last + 9);
    assert_eq!(done(app.invoke(Input::Continue, config).await.unwrap()).count, 1000);
}

#[tokio::test]
async fn the_last_records_stay_readable_and_what_no_one_needs_goes() {
    for place in places() {
        let config = RunConfig::thread("t");
        let app = begun(&place, &config, 400).await.app;
        let keep = |records| Retention::KeepLast(NonZeroU64::new(records).unwrap());
        assert_eq!(app.prune(&config, keep(500)).await.unwrap(), 0);
        let gone = app.prune(&config, keep(100)).await.unwrap();
        let left = readable(&app, &config).await;
        assert_eq!(left, (gone + 1..=400).collect::<Vec<_>>());
        assert!((150..=300).contains(&gone), "{gone}");
        assert_eq!(app.prune(&config, keep(100)).await.unwrap(), 0, "again there is nothing");
        let missing = app.get_state(&config.at(gone)).await.unwrap();
        assert!(missing.is_none(), "there is no record before it");
        app.prune(&config, keep(1)).await.unwrap();
        assert!(readable(&app, &config).await.len() < 130, "a reader needs the snapshot and what follows");
        check(&place, &config, 400).await;
    }
}

#[tokio::test]
async fn one_record_in_every_so_many_stays_readable() {
    for place in places() {
        let config = RunConfig::thread("t");
        let app = begun(&place, &config, 500).await.app;
        assert!(app.prune(&config, Retention::KeepEvery(NonZeroU64::new(200).unwrap())).await.unwrap() > 0);
        let left = readable(&app, &config).await;
        for group in [1..=200, 201..=400, 401..=500] {
            assert!(left.iter().any(|seq| group.contains(seq)), "{group:?} of {left:?}");
        }
        assert!(left.len() < 200, "{left:?}");
        let gap = (1..500).find(|seq| !left.contains(seq)).unwrap();
        match app.get_state(&config.at(gap)).await {
            Ok(None) => {}
            Err(GraphError::RecordNotFound { seq, .. }) => assert_eq!(seq, gap),
            other => panic!("{other:?}"),
        }
        check(&place, &config, 500).await;
    }
}

#[tokio::test]
async fn what_is_young_enough_stays_readable() {
    for place in places() {
        let config = RunConfig::thread("t");
        let Ticking { app, .. } = begun(&place, &config, 300).await;
        // The last record is 299 s old at the epoch's reckoning, and made now.
        let gone = app.prune(&config, Retention::MaxAge(Duration::from_secs(50))).await.unwrap();
        let left = readable(&app, &config).await;
        assert!(gone > 0 && left.contains(&250) && left.contains(&300), "{gone} went, {left:?}");
        let all = app.prune(&config, Retention::MaxAge(Duration::from_secs(0))).await.unwrap();
        assert!(readable(&app, &config).await.contains(&300), "the last one stays, {all} went");
        check(&place, &config, 300).await;
    }
}

#[tokio::test]
async fn an_app_may_prune_as_it_goes() {
    for place in places() {
        for retention in [
            Retention::KeepLast(NonZeroU64::new(10).unwrap()),
            Retention::KeepEvery(NonZeroU64::new(500).unwrap()),
            Retention::MaxAge(Duration::from_secs(20)),
        ] {
            let thread = format!("{retention:?}");
            let config = RunConfig::thread(thread.clone());
            let Ticking { app, clock } = begun(&place, &config, 1).await;
            let ticking = Ticking { app: app.with_retention(retention), clock };
            ticking.step(&config, 600).await;
            let left = readable(&ticking.app, &config).await;
            assert!(left.len() < 400 && left.last() == Some(&601), "{retention:?}: {left:?}");
            check(&place, &config, 601).await;
        }
    }
}

#[tokio::test]
async fn threads_are_listed_and_a_deleted_one_is_gone_with_its_past() {
    for place in places() {
        let app = place.app(&counting());
        for thread in ["b", "a", "c"] {
            let config = RunConfig::thread(thread).with_step_limit(2);
            app.invoke(Input::start(Log::update()), &config).await.unwrap();
        }
        let names = |threads: Vec<ae_langflow::ThreadInfo>| {
            threads.into_iter().map(|info| (info.thread, info.step, info.finished)).collect::<Vec<_>>()
        };
        let line = |name: &str| (name.to_owned(), 2, false);
        assert_eq!(names(app.threads(Page::first(2)).await.unwrap()), [line("a"), line("b")]);
        assert_eq!(names(app.threads(Page::first(2).with_after("b")).await.unwrap()), [line("c")]);
        let config = RunConfig::thread("b");
        assert!(app.delete(&config).await.unwrap());
        assert!(!app.delete(&config).await.unwrap());
        assert!(app.get_state(&config).await.unwrap().is_none());
        assert!(app.history(&config, 9).await.unwrap().is_empty());
        assert_eq!(names(app.threads(Page::first(9)).await.unwrap()), [line("a"), line("c")]);
        let gone = app.invoke(Input::Continue, &config).await.unwrap_err();
        assert!(matches!(gone, GraphError::ThreadNotFound { .. }), "{gone}");
        assert_eq!(done(app.invoke(Input::start(Log::update()), &config).await.unwrap()).count, 1000);
    }
}

#[tokio::test]
async fn a_runner_of_a_deleted_thread_is_fenced_off_from_its_successor() {
    for place in places() {
        let other = place.app(&counting());
        let graph = StateGraph::<Log>::new("count")
            .add_node("count", move |_: Arc<Log>, cx: Cx| {
                let app = other.clone();
                async move {
                    let config = RunConfig::thread("t").with_step_limit(0);
                    app.delete(&config).await?;
                    app.invoke(Input::start(Log::update().text("anew")), &config).await?;
                    cx.once("k", async { Ok::<_, ae_langflow::Stop>(1) }).await?;
                    Ok(Log::update().text("old"))
                }
            })
            .add_edge(START, "count")
            .add_edge("count", END)
            .compile()
            .unwrap();
        let config = RunConfig::thread("t");
        let lost =
            place.app(&graph).invoke(Input::start(Log::update().text("old")), &config).await.unwrap_err();
        assert!(matches!(lost, GraphError::Conflict { .. }), "{lost}");
        let thread = place.app(&counting()).get_state(&config).await.unwrap().unwrap();
        assert_eq!((thread.state.text.as_str(), thread.seq), ("anew", 1));
    }
}
