//! Random graphs.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use ae_langflow::{Cx, END, Graph, START, StateGraph, Step, Stop, node};
use proptest::prelude::*;

use crate::{
    crashing::Done,
    support::{Log, log},
};

/// A graph over `n0`, `n1`, …: edges, gotos, sends and handlers lead forwards, choices lead back for a while.
#[derive(Debug, Clone)]
pub struct Spec {
    pub nodes: Vec<NodeSpec>,
    pub waiting: Vec<(BTreeSet<usize>, usize)>,
}

#[derive(Debug, Clone, Default)]
pub struct NodeSpec {
    /// It is a subgraph, which has edges and choices only.
    pub inner: Option<Spec>,
    pub edges: BTreeSet<usize>,
    /// Back to that node as long as the log is no longer than that.
    pub back: Option<(usize, usize)>,
    pub goto: Option<usize>,
    pub sends: Vec<usize>,
    /// It always fails, and that node takes over.
    pub handler: Option<usize>,
    pub deferred: bool,
    /// That many questions, one after the other.
    pub asks: usize,
    pub yields: usize,
}

impl Spec {
    /// Every node that no edge leads to begins.
    pub fn starts(&self) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(|node| !self.nodes.iter().any(|other| other.edges.contains(node)))
    }
}

pub fn name(node: usize) -> String {
    format!("n{node}")
}

/// Graphs of up to `size` nodes with `depth` levels of subgraphs.
pub fn specs(size: usize, depth: u32) -> BoxedStrategy<Spec> {
    let node = (
        (prop::collection::btree_set(0..size, 0..3), prop::option::weighted(0.3, (0..size, 0_usize..9))),
        (prop::option::weighted(0.2, 0..size), prop::collection::vec(0..size, 0..3)),
        (prop::option::weighted(0.15, 0..size), any::<bool>(), 0_usize..3, 0_usize..4),
        if depth == 0 {
            Just(None).boxed()
        } else {
            prop::option::weighted(0.3, specs(3, depth - 1)).boxed()
        },
    );
    let sends = prop::bool::weighted(0.4);
    let waiting = (prop::collection::btree_set(0..size, 1..4), 0..size);
    (prop::collection::vec((node, sends), 1..=size), prop::collection::vec(waiting, 0..3))
        .prop_map(|(nodes, waiting)| {
            let raw = nodes.into_iter().map(
                |(((edges, back), (goto, sends), (handler, deferred, asks, yields), inner), does)| NodeSpec {
                    inner,
                    edges,
                    back,
                    goto,
                    sends: if does { sends } else { vec![] },
                    handler,
                    deferred,
                    asks,
                    yields,
                },
            );
            sound(raw.collect(), waiting)
        })
        .boxed()
}

/// Leaves out what leads backwards, nowhere, or to a subgraph that can't take it.
fn sound(mut nodes: Vec<NodeSpec>, mut waiting: Vec<(BTreeSet<usize>, usize)>) -> Spec {
    let size = nodes.len();
    let is_plain: Vec<_> = nodes.iter().map(|node| node.inner.is_none()).collect();
    for (index, node) in nodes.iter_mut().enumerate() {
        let forward = |target: &usize| *target > index && *target < size;
        let plain = |target: &usize| forward(target) && is_plain[*target];
        node.edges.retain(forward);
        node.back = node.back.filter(|(target, _)| *target <= index);
        node.goto = node.goto.filter(forward);
        node.sends.retain(plain);
        node.handler = node.handler.filter(plain);
        node.deferred &= index % 2 == 1;
        node.asks *= usize::from(index % 3 == 1);
        if node.inner.is_some() {
            *node = NodeSpec {
                inner: node.inner.take(),
                edges: node.edges.clone(),
                back: node.back,
                ..NodeSpec::default()
            };
        }
    }
    waiting.retain_mut(|(sources, target)| {
        sources.retain(|source| source < target);
        *target < size && !sources.is_empty()
    });
    waiting.sort();
    waiting.dedup();
    Spec { nodes, waiting }
}

/// The events that the nodes meet.
#[derive(Debug, Default)]
pub struct World {
    /// Each of these fails once.
    pub failing: Mutex<BTreeSet<Done>>,
    /// These must not run any more.
    pub durable: Arc<Mutex<BTreeSet<Done>>>,
}

pub fn build(spec: &Spec, world: &Arc<World>) -> Graph<Log> {
    let mut graph = StateGraph::<Log>::new("model");
    for (index, spec) in spec.nodes.iter().enumerate() {
        graph = match &spec.inner {
            Some(inner) => graph.add_subgraph(name(index), &build(inner, world)),
            None => add_plain(graph, index, spec, world),
        };
        graph = graph.add_edge(name(index), END);
        for to in &spec.edges {
            graph = graph.add_edge(name(index), name(*to));
        }
        if let Some((to, limit)) = spec.back {
            let router = move |state: &Log| state.log.len() <= limit;
            graph =
                graph.add_conditional_edges(name(index), router, [(true, name(to)), (false, END.to_owned())]);
        }
    }
    for start in spec.starts() {
        graph = graph.add_edge(START, name(start));
    }
    for (sources, target) in &spec.waiting {
        let sources: Vec<_> = sources.iter().map(|source| name(*source)).collect();
        graph = graph.add_edge(sources, name(*target));
    }
    graph.compile().unwrap()
}

fn add_plain(graph: StateGraph<Log>, index: usize, spec: &NodeSpec, world: &Arc<World>) -> StateGraph<Log> {
    let targets: Vec<_> = spec.goto.iter().chain(&spec.sends).map(|target| name(*target)).collect();
    let (known, world) = (spec.clone(), Arc::clone(world));
    let mut wrapped = node(move |_: Arc<Log>, cx: Cx| {
        let (spec, world) = (known.clone(), Arc::clone(&world));
        async move { run(&spec, &world, &name(index), &cx).await }
    });
    if let Some(handler) = spec.handler {
        wrapped = wrapped.with_error_handler(name(handler));
    }
    if spec.deferred {
        wrapped = wrapped.deferred();
    }
    let graph = graph.add_node(name(index), wrapped);
    if targets.is_empty() { graph } else { graph.add_goto(name(index), targets) }
}

async fn run(spec: &NodeSpec, world: &World, name: &str, cx: &Cx) -> Result<Step<Log>, Stop> {
    let task = cx.task().to_string();
    let here = (cx.step(), task.clone());
    assert!(!world.durable.lock().unwrap().contains(&here), "{here:?} runs again");
    for _ in 0..spec.yields {
        tokio::task::yield_now().await;
    }
    for number in 0..spec.asks {
        let answer: u64 = cx.ask(&format!("{name}.{number}"), &cx.step()).await?;
        assert_eq!(answer, cx.step());
    }
    let fails = world.failing.lock().unwrap().remove(&here);
    if fails || spec.handler.is_some() {
        return Err(Stop::failed("on purpose"));
    }
    let input = match (cx.failure(), cx.input::<String>()) {
        (Some(failure), _) => format!("!{}", failure.node),
        (None, Ok(text)) => format!("<{text}"),
        (None, Err(_)) => String::new(),
    };
    let mut step = log(&format!("{}:{task}{input}", cx.step()));
    if let Some(target) = spec.goto {
        step = step.goto(self::name(target));
    }
    for (number, target) in spec.sends.iter().enumerate() {
        step = step.send(self::name(*target), &format!("{task}>{number}"));
    }
    Ok(step)
}
