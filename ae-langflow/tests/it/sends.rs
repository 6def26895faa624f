//! Tasks that are sent, each with an input of its own.

use std::sync::Arc;

use ae_langflow::{
    Answer, CompileProblem, Cx, END, Graph, GraphError, Input, RunConfig, RunError, START, StateGraph, Step,
    Stop,
};
use serde::Serialize;

use crate::{
    engine::Say,
    support::{Log, Switch, Trace, asked, done, log, names, places, run},
};

/// `split` sends each number to `work`, and `join` follows `work`.
fn map_reduce<W, F>(numbers: Vec<u32>, work: W) -> Graph<Log>
where
    W: Fn(u32, Cx) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Step<Log>, Stop>> + Send + 'static,
{
    StateGraph::<Log>::new("map")
        .add_node("split", move |_: Arc<Log>, _: Cx| {
            let numbers = numbers.clone();
            async move { Ok(numbers.iter().fold(log("split"), |step, number| step.send("work", number))) }
        })
        .add_node("work", move |_: Arc<Log>, cx: Cx| {
            let work = work.clone();
            async move { work(cx.input()?, cx).await }
        })
        .add_node("join", Say("join"))
        .add_edge(START, "split")
        .add_goto("split", ["work"])
        .add_edge("work", "join")
        .add_edge("join", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn sends_are_folded_by_their_number_whoever_ends_first_and_the_join_runs_once() {
    let graph = map_reduce(vec![3, 1, 2, 1], |number, cx| async move {
        // The first to be sent ends last.
        for _ in 0..4 - cx.task().send_index().unwrap() {
            tokio::task::yield_now().await;
        }
        Ok(log(&format!("{}={number}", cx.task())))
    });
    let state = done(run(&graph).await.unwrap());
    assert_eq!(state.log, names("split work#0=3 work#1=1 work#2=2 work#3=1 join"));
}

#[tokio::test]
async fn a_thousand_sends_come_back_in_order() {
    let graph = map_reduce((0..1000).collect(), |number, _| async move { Ok(log(&number.to_string())) });
    for place in places() {
        let ending = place.app(&graph).invoke(Input::start(Log::update()), &RunConfig::thread("t")).await;
        let state = done(ending.unwrap());
        assert_eq!(state.log[1..1001], (0..1000).map(|number| number.to_string()).collect::<Vec<_>>());
        assert_eq!(state.log.len(), 1002);
        let read = place.app(&graph).get_state(&RunConfig::thread("t")).await.unwrap().unwrap();
        assert_eq!(*read.state, state);
    }
}

#[tokio::test]
async fn senders_number_in_task_order_and_plain_tasks_of_the_same_node_come_first() {
    let split = |target: &'static str| {
        move |_: Arc<Log>, cx: Cx| async move {
            Ok(log(cx.node()).send(target, &format!("{}0", cx.node())).send("x", &format!("{}1", cx.node())))
        }
    };
    let show = |_: Arc<Log>, cx: Cx| async move {
        let input = cx.input::<String>().unwrap_or_else(|_| "none".to_owned());
        Ok(log(&format!("{}:{input}", cx.task())))
    };
    let graph = StateGraph::<Log>::new("g")
        .add_node("b", split("y"))
        .add_node("a", split("x"))
        .add_node("x", show)
        .add_node("y", show)
        .add_edge(START, "a")
        .add_edge(START, "b")
        .add_edge("a", "x")
        .add_goto("a", ["x"])
        .add_goto("b", ["x", "y"])
        .add_edge("x", END)
        .add_edge("y", END)
        .compile()
        .unwrap();
    let state = done(run(&graph).await.unwrap());
    assert_eq!(state.log, names("a b x:none x#0:a0 x#1:a1 y#2:b0 x#3:b1"));
}

#[tokio::test]
async fn an_input_belongs_to_its_task_alone_and_to_that_superstep() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", |_: Arc<Log>, _: Cx| async move { Ok(Step::none().send("b", &7)) })
        .add_node("b", |_: Arc<Log>, cx: Cx| async move {
            let text: Result<String, Stop> = cx.input();
            assert!(text.is_err(), "7 is no text");
            Ok(log(&format!("{}", cx.input::<u8>()?)).goto("c"))
        })
        .add_node("c", |_: Arc<Log>, cx: Cx| async move {
            let Err(Stop::Failed(error)) = cx.input::<u8>() else { panic!("c was not sent") };
            Ok(log(&error.to_string()))
        })
        .add_edge(START, "a")
        .add_goto("a", ["b"])
        .add_goto("b", ["c"])
        .add_edge("c", END)
        .compile()
        .unwrap();
    let state = done(run(&graph).await.unwrap());
    assert_eq!(state.log, ["7", "the task c was not sent, so it has no input"]);
}

#[tokio::test]
async fn a_join_that_waits_for_what_was_sent_and_another_fires_once_a_round() {
    // Two rounds. In each `work` ends twice beside `other`; what is too much must not count for the next round.
    let graph = StateGraph::<Log>::new("g")
        .add_node(
            "split",
            |_: Arc<Log>, _: Cx| async move { Ok(log("split").send("work", &1).send("work", &2)) },
        )
        .add_node("work", Say("work"))
        .add_node("other", Say("other"))
        .add_node("slow", Say("slow"))
        .add_node("join", Say("join"))
        .add_edge(START, "split")
        .add_edge("split", "other")
        .add_goto("split", ["work"])
        .add_edge(["work", "other"], "join")
        .add_conditional_edges("join", |state: &Log| state.log.len() < 8, [(true, "slow"), (false, END)])
        .add_edge("slow", "other")
        .add_edge("other", "late")
        .add_node("late", Say("late"))
        .add_edge("late", END)
        .compile()
        .unwrap();
    // In the second round only `other` runs, so `join` must not.
    let state = done(run(&graph).await.unwrap());
    assert_eq!(state.log, names("split other work work join late slow other late"));
}

#[tokio::test]
async fn a_send_or_goto_needs_a_declaration_and_the_end_takes_everything() {
    let graph = |declared: Vec<&'static str>, target: &'static str| {
        StateGraph::<Log>::new("g")
            .add_node("a", move |_: Arc<Log>, _: Cx| async move { Ok(log("a").send(target, &1)) })
            .add_node("b", Say("b"))
            .add_edge(START, "a")
            .add_edge("a", "b")
            .add_goto("a", declared)
            .add_edge("b", END)
            .compile()
    };
    for unknown in ["b", "nowhere", START] {
        let error = run(&graph(vec![END], unknown).unwrap()).await.unwrap_err();
        let GraphError::Run(RunError::UnknownTarget { node, target }) = &error else { panic!("{error:?}") };
        assert_eq!((node.as_str(), target.as_str()), ("a", unknown));
    }
    assert_eq!(done(run(&graph(vec![END], END).unwrap()).await.unwrap()).log, names("a b"));
    let error = graph(vec!["nowhere"], "b").unwrap_err();
    assert_eq!(error.problems, [CompileProblem::UnknownNode { name: "nowhere".to_owned() }]);
}

#[tokio::test]
async fn nothing_can_be_sent_to_a_subgraph_which_would_never_read_it() {
    let inner = StateGraph::<Log>::new("inner")
        .add_node("x", Say("x"))
        .add_edge(START, "x")
        .add_edge("x", END)
        .compile()
        .unwrap();
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", |_: Arc<Log>, _: Cx| async move { Ok(log("a").send("sub", &1)) })
        .add_subgraph("sub", &inner)
        .add_edge(START, "a")
        .add_goto("a", ["sub"])
        .add_edge("sub", END)
        .compile()
        .unwrap();
    let error = run(&graph).await.unwrap_err();
    assert!(
        matches!(&error, GraphError::Run(RunError::SentToSubgraph { target, .. }) if target == "sub"),
        "{error}"
    );
}

struct Unwritable;

impl Serialize for Unwritable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("never"))
    }
}

#[tokio::test]
async fn an_input_that_is_no_json_fails_the_node() {
    let graph = StateGraph::<Log>::new("g")
        .add_node("a", |_: Arc<Log>, _: Cx| async move { Ok(log("a").send("b", &Unwritable)) })
        .add_node("b", Say("b"))
        .add_edge(START, "a")
        .add_goto("a", ["b"])
        .add_edge("b", END)
        .compile()
        .unwrap();
    let error = run(&graph).await.unwrap_err();
    assert!(matches!(&error, GraphError::Node { source, .. } if source.to_string() == "never"), "{error:?}");
}

#[tokio::test]
async fn sent_tasks_ask_under_their_numbers_and_only_the_answered_ones_run_again() {
    for place in places() {
        let trace = Trace::default();
        let seen = trace.clone();
        let graph = map_reduce(vec![10, 11, 12], move |number, cx| {
            let trace = seen.clone();
            async move {
                trace.add(cx.task().to_string());
                let ok: Option<bool> = if number == 11 { None } else { cx.ask("ok", &number).await? };
                Ok(log(&format!("{number}:{ok:?}")))
            }
        });
        let config = RunConfig::thread("t");
        let questions = asked(place.app(&graph).invoke(Input::start(Log::update()), &config).await.unwrap());
        let ids: Vec<_> =
            questions.iter().map(|question| (question.id.as_str(), question.send_index)).collect();
        assert_eq!(ids, [("ok#0", Some(0)), ("ok#2", Some(2))]);
        assert_eq!(questions[1].payload, 12);
        assert_eq!(trace.take().len(), 3);
        let app = place.app(&graph);
        let left = asked(app.resume(&config, questions[1].answer(&true).unwrap()).await.unwrap());
        assert_eq!((left.len(), trace.take()), (1, names("work#2")));
        let null = Answer::from_value("ok#0", serde_json::Value::Null);
        let state = done(place.app(&graph).resume(&config, null).await.unwrap());
        assert_eq!(trace.take(), ["work#0"]);
        assert_eq!(state.log, ["split", "10:None", "11:None", "12:Some(true)", "join"]);
    }
}

#[tokio::test]
async fn sends_survive_a_failure_with_their_inputs_and_what_finished_does_not_run_again() {
    for place in places() {
        let (trace, broken) = (Trace::default(), Switch::new(true));
        let (seen, fails) = (trace.clone(), broken.clone());
        let graph = map_reduce(vec![5, 6, 7], move |number, cx| {
            let (trace, fails) = (seen.clone(), fails.is_on());
            async move {
                trace.add(format!("{}={number}", cx.task()));
                if number == 6 && fails {
                    tokio::task::yield_now().await;
                    return Err(Stop::failed("broken"));
                }
                Ok(log(&number.to_string()))
            }
        });
        let config = RunConfig::thread("t");
        place.app(&graph).invoke(Input::start(Log::update()), &config).await.unwrap_err();
        assert_eq!(trace.take().len(), 3);
        place.app(&graph).invoke(Input::Continue, &config).await.unwrap_err();
        assert_eq!(trace.take(), ["work#1=6"]);
        broken.set(false);
        let state = done(place.app(&graph).invoke(Input::Continue, &config).await.unwrap());
        assert_eq!((trace.take(), state.log), (names("work#1=6"), names("split 5 6 7 join")));
    }
}
