//! Defects of other engines that must not occur here. Each of the twelve is a test; these are proven with the feature that
//! they belong to:
//!
//! - two runs on a thread: `durable::of_two_runners_on_a_thread_one_fails_and_nothing_is_lost`
//! - a due node that is gone: `durable::a_due_node_that_is_gone_is_an_error_and_the_thread_stays_readable`
//! - a goto or send to nowhere: `sends::a_send_or_goto_needs_a_declaration_and_the_end_takes_everything`; a label
//!   to nowhere: `engine::a_router_sees_its_own_write_and_a_label_outside_its_list_is_an_error`
//! - an answer re-runs its neighbours: `questions::only_the_node_that_was_answered_runs_again_and_each_answer_may_come_in_a_new_process`
//! - a step limit that counts differently: `engine::the_step_limit_counts_node_supersteps_fresh_and_resumed_alike`
//! - a join that runs twice: `engine::a_join_of_unequal_branches_runs_once`
//! - a large text in every record: `blobs::a_large_field_is_stored_once_over_many_steps_snapshots_and_threads`

use std::sync::Arc;

use ae_langflow::{Answer, Cx, END, Ending, GraphError, Input, RunConfig, START, StateGraph, WriteAs};

use crate::{
    engine::Say,
    support::{Log, Switch, asked, done, log, names, places, run},
};

#[tokio::test]
async fn every_stored_point_of_a_join_leads_to_the_same_end() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", Say("a"))
        .add_node("b", Say("b"))
        .add_node("b2", Say("b2"))
        .add_node("c", Say("c"))
        .add_node("d", Say("d"))
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("a", "c")
        .add_edge("b", "b2")
        .add_edge(["b2", "c"], "d")
        .add_edge("d", END)
        .compile()
        .unwrap();
    for place in places() {
        let config = RunConfig::thread("t");
        let state = done(place.app(&graph).invoke(Input::start(Log::update()), &config).await.unwrap());
        for point in place.app(&graph).history(&config, 99).await.unwrap() {
            let fork = format!("from {}", point.seq);
            place.app(&graph).fork(&config.at(point.seq), &fork).await.unwrap();
            let ending = place.app(&graph).invoke(Input::Continue, &RunConfig::thread(fork)).await.unwrap();
            assert_eq!(done(ending), state);
        }
    }
}

#[tokio::test]
async fn a_refused_superstep_leaves_a_thread_that_can_be_read_written_and_begun_anew() {
    let both = |_: Arc<Log>, cx: Cx| async move { Ok(Log::update().text(cx.node()).log(names(cx.node()))) };
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", both)
        .add_node("b", both)
        .add_node("c", Say("c"))
        .add_conditional_edges(START, |state: &Log| state.count, [(0, "fork"), (1, "c")])
        .add_node("fork", Say("fork"))
        .add_edge("fork", "a")
        .add_edge("fork", "b")
        .add_edge("a", END)
        .add_edge("b", END)
        .add_edge("c", END)
        .compile()
        .unwrap();
    for place in places() {
        let app = place.app(&graph);
        for thread in ["turn", "write"] {
            let config = RunConfig::thread(thread);
            let refused = app.invoke(Input::start(Log::update()), &config).await.unwrap_err();
            assert!(matches!(refused, GraphError::Run(_)), "{refused}");
            assert_eq!(app.get_state(&config).await.unwrap().unwrap().state.log, ["fork"]);
            let state = if thread == "turn" {
                app.invoke(Input::turn(Log::update().count(1)), &config).await.unwrap()
            } else {
                app.update_state(&config, Log::update().count(1), WriteAs::Start).await.unwrap();
                app.invoke(Input::Continue, &config).await.unwrap()
            };
            assert_eq!(done(state).log, names("fork c"));
        }
    }
}

#[tokio::test]
async fn a_null_answer_is_an_answer() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", |_: Arc<Log>, cx: Cx| async move {
            let last: Option<String> = cx.ask("last", &1).await?;
            Ok(Log::update().last(last).log(names("answered")))
        })
        .add_edge(START, "a")
        .add_edge("a", END)
        .compile()
        .unwrap();
    for place in places() {
        let config = RunConfig::thread("t");
        let start = Input::start(Log::update().last("before".to_owned()));
        assert_eq!(asked(place.app(&graph).invoke(start, &config).await.unwrap()).len(), 1);
        let null = Answer::new("last", &()).unwrap();
        let state = done(place.app(&graph).resume(&config, null).await.unwrap());
        assert_eq!((state.last, state.log), (None, names("answered")));
    }
}

#[tokio::test]
async fn a_node_that_edits_what_it_was_given_changes_nothing_but_its_own_copy() {
    let edit = |mut state: Arc<Log>, _: Cx| async move {
        let mine = Arc::make_mut(&mut state);
        mine.text = "edited".to_owned();
        mine.log.clear();
        Ok(log("edit"))
    };
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", edit)
        .add_node("b", |state: Arc<Log>, _: Cx| async move {
            tokio::task::yield_now().await;
            Ok(log(&format!("saw {:?}", state.text)))
        })
        .add_node("alone", edit)
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge(["a", "b"], "alone")
        .add_edge("alone", END)
        .compile()
        .unwrap();
    let state = done(run(&graph).await.unwrap());
    assert_eq!((state.text.as_str(), state.log), ("", vec!["edit".into(), "saw \"\"".into(), "edit".into()]));
}

#[tokio::test]
async fn a_question_can_not_be_swallowed() {
    // Whatever the node makes of the pause, it parks: an error of its own, a default, and another question after it.
    for how in 0..3 {
        let graph = StateGraph::<Log>::new("g")
            .add_node("a", move |_: Arc<Log>, cx: Cx| async move {
                let Err(stop) = cx.ask::<_, bool>("q", &1).await else { return Ok(log("answered")) };
                match how {
                    0 => Err(ae_langflow::Stop::failed(format!("{stop:?}"))),
                    1 => Ok(log("default")),
                    _ => cx.ask::<_, bool>("r", &2).await.map(|_| log("both")),
                }
            })
            .add_edge(START, "a")
            .add_edge("a", END)
            .compile()
            .unwrap();
        let Ending::Asked { state, questions } = run(&graph).await.unwrap() else { panic!("{how}") };
        assert!(state.log.is_empty() && questions[0].id == "q");
        assert_eq!(questions.len(), if how == 2 { 2 } else { 1 });
    }
}

#[tokio::test]
async fn max_is_a_reducer_and_no_write_beside_another_is_dropped() {
    let write = |top: f64, entry: &'static str| {
        move |_: Arc<Log>, _: Cx| async move {
            Ok(Log::update().top(top).joined(entry).by([(1, entry.to_owned())].into()).log(names(entry)))
        }
    };
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", write(3.0, "a"))
        .add_node("b", write(1.0, "b"))
        .add_node("c", write(2.0, "c"))
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge(START, "c")
        .add_edge("a", END)
        .add_edge("b", END)
        .add_edge("c", END)
        .compile()
        .unwrap();
    let state = done(run(&graph).await.unwrap());
    assert_eq!((state.top, state.joined.as_str(), state.log), (3.0, "a+b+c", names("a b c")));
    assert_eq!(state.by, [(1, "c".to_owned())].into());
}

/// The answered tasks `a` and `b`, and `c`, which had finished when they asked. `b` fails while `broken`.
#[tokio::test]
async fn after_an_answer_nothing_that_finished_runs_again_wherever_the_process_dies() {
    use std::{collections::BTreeMap, sync::Mutex};

    use crate::crashing::Crashing;

    let runs: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let node = |name: &'static str, yields: usize, broken: Switch| {
        let runs = Arc::clone(&runs);
        move |_: Arc<Log>, cx: Cx| {
            let (runs, broken) = (Arc::clone(&runs), broken.clone());
            async move {
                if name != "c" {
                    cx.ask::<_, bool>(name, &1).await?;
                }
                for _ in 0..yields {
                    tokio::task::yield_now().await;
                }
                if broken.is_on() {
                    return Err(ae_langflow::Stop::failed("broken"));
                }
                *runs.lock().unwrap().entry(name.to_owned()).or_default() += 1;
                Ok(log(name))
            }
        }
    };
    for place in places() {
        // The writes of the answer: the answer itself, the note of `a`, and the end of the superstep.
        for (at, fails) in [(1, false), (2, false), (3, false), (99, true)] {
            let thread = format!("{at}");
            let (config, broken, off) = (RunConfig::thread(thread), Switch::new(fails), Switch::new(false));
            let graph = StateGraph::<Log>::new("g")
                .add_node("a", node("a", 1, off.clone()))
                .add_node("b", node("b", 3, broken.clone()))
                .add_node("c", node("c", 0, off))
                .add_edge(START, "a")
                .add_edge(START, "b")
                .add_edge(START, "c")
                .add_edge("a", END)
                .add_edge("b", END)
                .add_edge("c", END)
                .compile()
                .unwrap();
            let questions =
                asked(place.app(&graph).invoke(Input::start(Log::update()), &config).await.unwrap());
            let answers: Vec<_> = questions.iter().map(|question| question.answer(&true).unwrap()).collect();
            let store = Arc::new(Crashing::tap(place.store(), at, false, &Arc::default()));
            graph.with_store(store).resume(&config, answers).await.unwrap_err();
            broken.set(false);
            let state = done(place.app(&graph).invoke(Input::Continue, &config).await.unwrap());
            assert_eq!(state.log, names("a b c"));
            // `b` had not become durable when the process died at the note of `a`.
            let expected = [("a", 1), ("b", 1), ("c", 1)].map(|(name, count)| (name.to_owned(), count));
            assert_eq!(std::mem::take(&mut *runs.lock().unwrap()), expected.into(), "write {at}");
        }
    }
}
