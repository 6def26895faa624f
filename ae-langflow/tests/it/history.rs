//! The past of a thread: history, forks, writes from outside.

use std::sync::Arc;

use ae_langflow::{
    Answer, Cause, Cx, END, Ending, Graph, GraphError, Input, RunConfig, RunError, START, StateGraph, WriteAs,
};

use crate::{
    engine::Say,
    support::{Log, Switch, asked, done, log, names, places},
};

/// Counts up to the number in `text`, three fields a step.
fn counting() -> Graph<Log> {
    StateGraph::<Log>::new("count")
        .add_node("count", |state: Arc<Log>, _: Cx| async move {
            let next = state.count + 1;
            Ok(Log::update().count(next).log(vec![next.to_string()]).top(f64::from(next) / 10.0))
        })
        .add_edge(START, "count")
        .add_conditional_edges(
            "count",
            |state: &Log| state.text.parse() == Ok(state.count),
            [(false, "count"), (true, END)],
        )
        .compile()
        .unwrap()
}

fn numbers(to: usize) -> Vec<String> {
    (1..=to).map(|number| number.to_string()).collect()
}

#[tokio::test]
async fn history_is_newest_first_across_snapshots_and_any_part_of_it_can_be_read() {
    for place in places() {
        let graph = counting();
        let config = RunConfig::thread("t");
        done(place.app(&graph).invoke(Input::start(Log::update().text("300")), &config).await.unwrap());
        let snapshots = {
            let mut seqs = Vec::new();
            let mut up_to = None;
            while let Some(loaded) = place.store().load("t", up_to).await.unwrap() {
                seqs.push(loaded.snapshot_head.seq);
                up_to = Some(loaded.snapshot_head.seq - 1);
            }
            seqs
        };
        assert!(snapshots.len() > 2, "{snapshots:?}");
        let all = place.app(&graph).history(&config, usize::MAX).await.unwrap();
        let seqs: Vec<_> = all.iter().map(|point| point.seq).collect();
        assert_eq!(seqs, (1..=301).rev().collect::<Vec<_>>());
        for point in &all {
            assert_eq!((point.seq, point.finished), (point.step + 1, point.step == 300));
            let cause = if point.step == 0 { Cause::Began } else { Cause::Stepped { nodes: names("count") } };
            assert_eq!(point.cause, cause);
        }
        for (at, limit) in [(301, 5), (snapshots[0], 3), (snapshots[0] - 1, 3), (100, 99), (1, 7), (400, 2)] {
            let page = place.app(&graph).history(&config.at(at), limit).await.unwrap();
            let from = usize::try_from(301_u64.saturating_sub(at)).unwrap();
            assert_eq!(page, all[from..].iter().take(limit).cloned().collect::<Vec<_>>());
        }
        for at in [1, 2, snapshots[1] - 1, snapshots[1], snapshots[1] + 1, 300] {
            let thread = place.app(&graph).get_state(&config.at(at)).await.unwrap().unwrap();
            let point = &all[usize::try_from(301 - at).unwrap()];
            assert_eq!((thread.seq, thread.step, &thread.next), (point.seq, point.step, &point.next));
            assert_eq!(thread.state.log, numbers(usize::try_from(at - 1).unwrap()));
        }
        for missing in [0, 302] {
            match place.app(&graph).get_state(&config.at(missing)).await {
                Ok(None) => assert_eq!(missing, 0),
                Err(GraphError::RecordNotFound { seq, .. }) => assert_eq!(seq, missing),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// `a` asks, then `b`; `b` and `c` write one field while `broken`.
fn eventful(broken: &Switch) -> Graph<Log> {
    let broken = broken.clone();
    StateGraph::<Log>::new("eventful")
        .add_node("a", |_: Arc<Log>, cx: Cx| async move {
            let ok: bool = cx.ask("ok", &1).await?;
            Ok(log(&ok.to_string()))
        })
        .add_node("b", |_: Arc<Log>, _: Cx| async move { Ok(Log::update().text("b").log(names("b"))) })
        .add_node("c", move |_: Arc<Log>, _: Cx| {
            let update = Log::update().log(names("c"));
            let update = if broken.is_on() { update.text("c") } else { update };
            async move { Ok(update) }
        })
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("a", "c")
        .add_edge("b", END)
        .add_edge("c", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn every_record_says_what_it_records() {
    for place in places() {
        let broken = Switch::new(true);
        let app = place.app(&eventful(&broken));
        let config = RunConfig::thread("t");
        app.invoke(Input::start(Log::update()), &config).await.unwrap();
        app.resume(&config, Answer::new("ok", &true).unwrap()).await.unwrap_err();
        broken.set(false);
        app.update_state(&config, Log::update().count(1), WriteAs::NoNode).await.unwrap();
        app.invoke(Input::Continue, &config).await.unwrap();
        app.update_state(&config, Log::update().count(2), WriteAs::Node("c")).await.unwrap();
        app.hand_over(&config, "elsewhere").await.unwrap();
        let history = app.history(&config, 99).await.unwrap();
        let causes: Vec<_> = history.into_iter().rev().map(|point| point.cause).collect();
        assert_eq!(
            causes,
            [
                Cause::Began,
                Cause::Asked,
                Cause::Answered,
                Cause::Stepped { nodes: names("a") },
                Cause::Rewound,
                Cause::Edited { node: None },
                Cause::Stepped { nodes: names("b c") },
                Cause::Edited { node: Some("c".to_owned()) },
                Cause::Moved { to: "elsewhere".to_owned() },
            ]
        );
    }
}

#[tokio::test]
async fn a_thread_is_forked_at_any_record_and_both_go_their_own_way() {
    for place in places() {
        let app = place.app(&counting());
        let config = RunConfig::thread("t");
        done(app.invoke(Input::start(Log::update().text("150")), &config).await.unwrap());
        let before = app.history(&config, 999).await.unwrap();
        for at in [1, 2, 64, 65, 66, 100, 150, 151] {
            let name = format!("fork {at}");
            let fork = RunConfig::thread(name.clone());
            app.fork(&config.at(at), &name).await.unwrap();
            let thread = app.get_state(&fork).await.unwrap().unwrap();
            assert_eq!(thread, app.get_state(&config.at(at)).await.unwrap().unwrap());
            // It goes on to the same end, or, told so, further on another way.
            if at < 150 {
                let update = Log::update().text("160").log(names("fork"));
                app.update_state(&fork, update, WriteAs::NoNode).await.unwrap();
                let state = done(app.invoke(Input::Continue, &fork).await.unwrap());
                assert_eq!((state.count, state.log.len()), (160, 161));
                assert_eq!(state.log[usize::try_from(at).unwrap() - 1], "fork");
            } else {
                let state = done(app.invoke(Input::Continue, &fork).await.unwrap());
                assert_eq!(state.log, numbers(150));
            }
        }
        assert_eq!(app.history(&config, 999).await.unwrap(), before, "the original is as it was");
        let taken = app.fork(&config, "fork 1").await.unwrap_err();
        assert!(matches!(taken, GraphError::ThreadExists { .. }), "{taken}");
        let missing = app.fork(&config.at(152), "new").await.unwrap_err();
        assert!(matches!(missing, GraphError::RecordNotFound { seq: 152, .. }), "{missing}");
        let missing = app.fork(&RunConfig::thread("none"), "new").await.unwrap_err();
        assert!(matches!(missing, GraphError::ThreadNotFound { .. }), "{missing}");
    }
}

#[tokio::test]
async fn a_fork_before_an_answer_asks_again_and_can_be_answered_otherwise() {
    for place in places() {
        let app = place.app(&eventful(&Switch::new(false)));
        let config = RunConfig::thread("t");
        let question = asked(app.invoke(Input::start(Log::update()), &config).await.unwrap()).remove(0);
        done(app.resume(&config, question.answer(&true).unwrap()).await.unwrap());
        for (at, fork) in [(2, "asked"), (3, "answered")] {
            app.fork(&config.at(at), fork).await.unwrap();
        }
        let fork = RunConfig::thread("asked");
        assert_eq!(asked(app.invoke(Input::Continue, &fork).await.unwrap()), std::slice::from_ref(&question));
        let state = done(app.resume(&fork, question.answer(&false).unwrap()).await.unwrap());
        assert_eq!(state.log, names("false b c"));
        let state = done(app.invoke(Input::Continue, &RunConfig::thread("answered")).await.unwrap());
        assert_eq!(state.log, names("true b c"));
    }
}

#[tokio::test]
async fn the_past_is_read_and_not_written() {
    for place in places() {
        let app = place.app(&counting());
        let config = RunConfig::thread("t");
        done(app.invoke(Input::start(Log::update().text("3")), &config).await.unwrap());
        let past = config.at(2);
        let update = || Log::update().count(9);
        let before = app.get_state(&config).await.unwrap();
        for error in [
            app.invoke(Input::Continue, &past).await.unwrap_err(),
            app.invoke(Input::turn(update()), &past).await.unwrap_err(),
            app.resume(&past, vec![]).await.unwrap_err(),
            app.update_state(&past, update(), WriteAs::NoNode).await.unwrap_err(),
            app.hand_over(&past, "elsewhere").await.unwrap_err(),
        ] {
            assert!(matches!(error, GraphError::Past { seq: 2, .. }), "{error}");
        }
        assert_eq!(app.get_state(&config).await.unwrap(), before);
    }
}

/// `a` chooses by its state; `b` and `c` follow it, and `a` is due at first.
fn choosing() -> Graph<Log> {
    StateGraph::<Log>::new("choosing")
        .add_node("a", Say("a"))
        .add_node("b", Say("b"))
        .add_node("c", Say("c"))
        .add_conditional_edges(START, |state: &Log| state.count > 8, [(false, "a"), (true, "c")])
        .add_conditional_edges("a", |state: &Log| state.count, [(0, "b"), (1, "c")])
        .add_edge("b", END)
        .add_edge("c", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn a_write_in_a_nodes_name_follows_its_edges_with_the_routers_on_the_new_state() {
    for place in places() {
        for (by, count, next, rest) in [
            (WriteAs::NoNode, 1, "a", "me a c"),
            (WriteAs::Node("a"), 1, "c", "me c"),
            (WriteAs::Node("a"), 0, "b", "me b"),
            (WriteAs::Node("b"), 1, "", "me"),
            (WriteAs::Start, 1, "a", "me a c"),
            (WriteAs::Start, 9, "c", "me c"),
        ] {
            let name = format!("{by:?} {count}");
            let app = place.app(&choosing());
            let none = RunConfig::thread(name.clone()).with_step_limit(0);
            app.invoke(Input::start(Log::update()), &none).await.unwrap();
            let update = Log::update().count(count).log(names("me"));
            let thread = app.update_state(&none, update, by).await.unwrap();
            // In no node's name the superstep stays under way.
            let step = u64::from(by != WriteAs::NoNode);
            assert_eq!((thread.step, thread.seq, thread.next.join(" ").as_str()), (step, 2, next), "{name}");
            assert_eq!(app.get_state(&none).await.unwrap().unwrap(), thread);
            let state = done(app.invoke(Input::Continue, &RunConfig::thread(name)).await.unwrap());
            assert_eq!(state.log, names(rest));
        }
    }
}

#[tokio::test]
async fn a_write_that_leads_nowhere_is_refused_and_changes_nothing() {
    let place = places().remove(0);
    let app = place.app(&choosing());
    let config = RunConfig::thread("t");
    let missing = app.update_state(&config, Log::update(), WriteAs::NoNode).await.unwrap_err();
    assert!(matches!(missing, GraphError::ThreadNotFound { .. }), "{missing}");
    app.invoke(Input::start(Log::update()), &config.clone().with_step_limit(0)).await.unwrap();
    let before = app.get_state(&config).await.unwrap();
    let unknown = app.update_state(&config, Log::update(), WriteAs::Node("z")).await.unwrap_err();
    assert!(matches!(unknown, GraphError::Run(RunError::UnknownNode { .. })), "{unknown}");
    let label = app.update_state(&config, Log::update().count(7), WriteAs::Node("a")).await.unwrap_err();
    assert!(matches!(label, GraphError::Run(RunError::UnknownLabel { .. })), "{label}");
    assert_eq!(app.get_state(&config).await.unwrap(), before);
    let none = choosing().without_store();
    let no_store = none.update_state(&config, Log::update(), WriteAs::NoNode).await.unwrap_err();
    assert!(matches!(no_store, GraphError::NoStore), "{no_store}");
}

#[tokio::test]
async fn a_write_to_a_parked_superstep_closes_its_questions_and_one_beside_a_runner_conflicts() {
    for place in places() {
        let app = place.app(&eventful(&Switch::new(false)));
        let config = RunConfig::thread("t");
        let question = asked(app.invoke(Input::start(Log::update()), &config).await.unwrap()).remove(0);
        let thread =
            app.update_state(&config, Log::update().log(names("me")), WriteAs::Node("a")).await.unwrap();
        assert_eq!((thread.questions, thread.next), (vec![], names("b c")));
        let stale = app.resume(&config, question.answer(&true).unwrap()).await.unwrap_err();
        assert!(matches!(stale, GraphError::Run(RunError::UnknownQuestion { .. })), "{stale}");
        assert_eq!(done(app.invoke(Input::Continue, &config).await.unwrap()).log, names("me b c"));

        let writer = place.app(&counting());
        let graph = StateGraph::<Log>::new("count")
            .add_node("count", move |_: Arc<Log>, _: Cx| {
                let app = writer.clone();
                async move {
                    app.update_state(&RunConfig::thread("u"), Log::update().count(5), WriteAs::NoNode)
                        .await?;
                    Ok(log("a"))
                }
            })
            .add_edge(START, "count")
            .add_edge("count", END)
            .compile()
            .unwrap();
        let app = place.app(&graph);
        let config = RunConfig::thread("u");
        let lost = app.invoke(Input::start(Log::update().text("9")), &config).await.unwrap_err();
        assert!(matches!(lost, GraphError::Conflict { .. }), "{lost}");
        let thread = app.get_state(&config).await.unwrap().unwrap();
        assert_eq!((thread.state.count, thread.state.log.len(), thread.next), (5, 0, names("count")));
        assert!(matches!(place.app(&counting()).invoke(Input::Continue, &config).await, Ok(Ending::Done(_))));
    }
}
