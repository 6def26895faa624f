//! Random graphs under random limits, failures, restarts and serialisation, against a reference that knows none of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use ae_langflow::{
    Answer, Cx, END, Ending, Graph, GraphError, Input, MemoryCheckpointer, RunConfig, START, StateGraph, Stop,
};
use proptest::prelude::*;

use crate::support::{Log, again, log};

const NODES: usize = 6;

/// A graph over `n0` … `n5` whose edges lead forwards, and one choice that leads back for `rounds` supersteps.
#[derive(Debug, Clone)]
struct Shape {
    edges: BTreeSet<(usize, usize)>,
    waiting: Option<(BTreeSet<usize>, usize)>,
    back: Option<(usize, usize)>,
    rounds: usize,
    asks: BTreeSet<usize>,
}

fn shapes() -> impl Strategy<Value = Shape> {
    let edge = (0..NODES, 0..NODES).prop_filter("forwards", |(from, to)| from < to);
    (
        prop::collection::btree_set(edge.clone(), 0..10),
        prop::option::of((prop::collection::btree_set(0..NODES - 1, 1..4), 0..1_usize)),
        prop::option::of(edge),
        0_usize..8,
        prop::collection::btree_set(0..NODES, 0..3),
    )
        .prop_map(|(edges, waiting, back, rounds, asks)| Shape {
            edges,
            waiting: waiting.map(|(sources, _)| (sources, NODES - 1)),
            back: back.map(|(to, from)| (from, to)),
            rounds,
            asks,
        })
}

fn name(node: usize) -> String {
    format!("n{node}")
}

/// What a run leaves in the log, worked out in the plainest way.
fn reference(shape: &Shape) -> Vec<String> {
    let mut log: Vec<String> = Vec::new();
    let mut due: BTreeSet<usize> = starts(shape);
    let mut arrived = BTreeSet::new();
    let mut step = 0;
    while !due.is_empty() {
        step += 1;
        let before = log.len();
        let mut next = BTreeSet::new();
        for node in &due {
            log.push(format!("{step}:{}", name(*node)));
            next.extend(shape.edges.iter().filter(|(from, _)| from == node).map(|(_, to)| *to));
            if let Some((from, to)) = shape.back {
                // The router sees the state before the superstep and its own write.
                if from == *node && before < shape.rounds {
                    next.insert(to);
                }
            }
            if let Some((sources, target)) = &shape.waiting {
                if sources.contains(node) {
                    arrived.insert(*node);
                    if arrived == *sources {
                        arrived.clear();
                        next.insert(*target);
                    }
                }
            }
        }
        due = next;
    }
    log
}

/// Every node that no edge leads to begins.
fn starts(shape: &Shape) -> BTreeSet<usize> {
    (0..NODES).filter(|node| !shape.edges.iter().any(|(_, to)| to == node)).collect()
}

/// Fails where the test says so: each (superstep, node) once.
type Failures = Arc<Mutex<BTreeSet<(u64, usize)>>>;
/// How often each (superstep, node) ran to its end.
type Runs = Arc<Mutex<BTreeMap<(u64, usize), u32>>>;

fn build(shape: &Shape, failures: &Failures, runs: &Runs) -> Graph<Log> {
    let mut graph = StateGraph::<Log>::new("model");
    for node in 0..NODES {
        let (failures, runs) = (Arc::clone(failures), Arc::clone(runs));
        let asks = shape.asks.contains(&node);
        graph = graph.add_node(name(node), move |_: Arc<Log>, cx: Cx| {
            let (failures, runs) = (Arc::clone(&failures), Arc::clone(&runs));
            async move {
                for _ in 0..node % 3 {
                    tokio::task::yield_now().await;
                }
                if asks {
                    let answer: u64 = cx.ask(&name(node), &cx.step()).await?;
                    assert_eq!(answer, cx.step());
                }
                if failures.lock().unwrap().remove(&(cx.step(), node)) {
                    return Err(Stop::failed("on purpose"));
                }
                *runs.lock().unwrap().entry((cx.step(), node)).or_default() += 1;
                Ok(log(&format!("{}:{}", cx.step(), name(node))))
            }
        });
        graph = graph.add_edge(name(node), END);
    }
    for node in starts(shape) {
        graph = graph.add_edge(START, name(node));
    }
    for (from, to) in &shape.edges {
        graph = graph.add_edge(name(*from), name(*to));
    }
    if let Some((sources, target)) = &shape.waiting {
        let sources: Vec<_> = sources.iter().map(|source| name(*source)).collect();
        graph = graph.add_edge(sources, name(*target));
    }
    if let Some((from, to)) = shape.back {
        let rounds = shape.rounds;
        // Its own entry is in the log already.
        let router = move |state: &Log| state.log.len() - 1 < rounds;
        graph = graph.add_conditional_edges(name(from), router, [(true, name(to)), (false, END.to_owned())]);
    }
    graph.compile().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_interruption_leads_to_the_same_end(
        shape in shapes(),
        failing in prop::collection::btree_set((1_u64..8, 0..NODES), 0..5),
        limits in prop::collection::vec(0_u64..4, 1..6),
        partly in any::<bool>(),
    ) {
        let expected = reference(&shape);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (failures, runs): (Failures, Runs) = (Arc::new(Mutex::new(failing)), Arc::default());
        let graph = build(&shape, &failures, &runs);
        let store = Arc::new(MemoryCheckpointer::new());
        let state = runtime.block_on(async {
            let mut input = Input::start(Log::update());
            for limit in limits.iter().chain(std::iter::repeat(&1_000)).take(200) {
                let config = RunConfig::thread("t").with_step_limit(*limit);
                // A new app each time: nothing but the store is kept.
                input = match again(&graph, &store).invoke(input, &config).await {
                    Ok(Ending::Done(state)) => return state,
                    Ok(Ending::Asked { questions, .. }) => {
                        let answers = questions.iter().map(|question| {
                            Answer::from_value(question.id.clone(), question.payload.clone())
                        });
                        Input::resume(answers.take(if partly { 1 } else { usize::MAX }).collect())
                    }
                    Ok(Ending::StepLimit(_)) | Err(GraphError::Node { .. }) => Input::Continue,
                    other => panic!("{other:?}"),
                };
            }
            panic!("no end after 200 calls");
        });
        prop_assert_eq!(&state.log, &expected);
        // A node that ended next to one that failed is not run again.
        for (task, count) in runs.lock().unwrap().iter() {
            prop_assert_eq!(*count, 1, "{:?}", task);
        }
    }
}
