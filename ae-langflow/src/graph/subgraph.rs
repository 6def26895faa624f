//! Graphs inside graphs: their nodes become nodes of the outer graph, so that every host runs them, step by step.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    Cx, END, Graph, Node, START, State, StateGraph, Step, Stop, Topology,
    graph::builder::{Entry, Router},
    graph::topology::{Branch, Waiting, exit_of},
    node::DynNode,
    node::Name,
};

type Get<S, T> = Arc<dyn Fn(&S) -> &T + Send + Sync>;
type Put<S, T> = Arc<dyn Fn(<T as State>::Update) -> <S as State>::Update + Send + Sync>;

/// How a subgraph sees the state around it.
struct Lens<S: State, T: State> {
    get: Get<S, T>,
    put: Put<S, T>,
}

/// A node of a subgraph in the graph around it.
struct Inner<S: State, T: State> {
    node: Arc<dyn DynNode<T>>,
    lens: Arc<Lens<S, T>>,
    group: Name,
}

/// Begins and ends a subgraph.
struct Nothing;

impl<S: State> StateGraph<S> {
    /// Adds a graph over the same state as one node, `name`. Its nodes run as `name/…`, one superstep each, and what
    /// they write is committed like that of any node. Edges to `name` enter it; edges from `name` are followed once
    /// nothing in it is due any more.
    ///
    /// Its entry and its exit are a superstep each, so a visit takes two more than its nodes do: a plain edge from it
    /// and one from a node next to it reach a common target at different times, which [`Graph::warnings`] says.
    #[must_use]
    pub fn add_subgraph(self, name: impl Into<String>, graph: &Graph<S>) -> Self {
        let lens = Lens { get: Arc::new(|state: &S| state), put: Arc::new(|update| update) };
        self.embed(name.into(), graph, lens)
    }

    /// Adds a graph over a part of the state: `get` finds the part, and `put` wraps a write to it. With a field
    /// `#[state(nested)] plan: Plan` these are `|state| &state.plan` and `|plan| Outer::update().plan(plan)`.
    ///
    /// The part is copied for each of its nodes that runs.
    #[must_use]
    pub fn add_subgraph_at<T: State>(
        self,
        name: impl Into<String>,
        graph: &Graph<T>,
        get: impl Fn(&S) -> &T + Send + Sync + 'static,
        put: impl Fn(T::Update) -> S::Update + Send + Sync + 'static,
    ) -> Self {
        self.embed(name.into(), graph, Lens { get: Arc::new(get), put: Arc::new(put) })
    }

    fn embed<T: State>(mut self, name: String, graph: &Graph<T>, lens: Lens<S, T>) -> Self {
        if !self.declare(&name) {
            return self;
        }
        let (group, lens) = (Name::from(name), Arc::new(lens));
        for (name, entry) in &graph.0.nodes {
            let node = Arc::clone(&entry.node);
            let inner = Inner { node, lens: Arc::clone(&lens), group: group.clone() };
            let cache_key = entry.cache_key.clone().map(|key| {
                let get = Arc::clone(&lens.get);
                Arc::new(move |state: &S| key(get(state))) as Arc<dyn Fn(&S) -> String + Send + Sync>
            });
            let retry_on = entry.retry_on.clone();
            self.nodes.insert(within(&group, name), Entry { node: Arc::new(inner), cache_key, retry_on });
        }
        for (name, routers) in &graph.0.routers {
            let outer = routers.iter().map(|router| {
                let (router, get) = (Arc::clone(router), Arc::clone(&lens.get));
                Arc::new(move |state: &S| router(get(state))) as Router<S>
            });
            // Its own START waits under the name of the exit until the outer routers have moved there.
            let name = if &**name == START { exit_of(&group) } else { within(&group, name) };
            self.routers.insert(name, outer.collect());
        }
        for end in [group.clone(), exit_of(&group)] {
            self.nodes.insert(end, Entry { node: Arc::new(Nothing), cache_key: None, retry_on: None });
        }
        self.subgraphs.insert(group.clone(), moved_into(&group, graph.topology()));
        self
    }
}

/// Puts the shapes of the subgraphs into the shape around them. What left the subgraph leaves its exit.
pub(crate) fn inline<S: State>(graph: &mut StateGraph<S>) {
    for (group, inner) in std::mem::take(&mut graph.subgraphs) {
        let exit = exit_of(&group);
        let (outer, start) = (graph.routers.remove(&group), graph.routers.remove(&exit));
        graph.routers.extend(outer.map(|routers| (exit.clone(), routers)));
        graph.routers.extend(start.map(|routers| (group.clone(), routers)));
        let topology = &mut graph.topology;
        rename(&mut topology.edges, &group, &exit);
        rename(&mut topology.branches, &group, &exit);
        rename(&mut topology.gotos, &group, &exit);
        let waiting = std::mem::take(&mut topology.waiting);
        topology.waiting = waiting
            .into_iter()
            .map(|mut edge| {
                if edge.sources.remove(&group) {
                    edge.sources.insert(exit.clone());
                }
                edge
            })
            .collect();
        topology.nodes.insert(exit.clone());
        topology.groups.insert(group);
        topology.nodes.extend(inner.nodes);
        topology.edges.extend(inner.edges);
        topology.branches.extend(inner.branches);
        topology.gotos.extend(inner.gotos);
        topology.waiting.extend(inner.waiting);
        topology.policies.extend(inner.policies);
        topology.groups.extend(inner.groups);
    }
}

fn rename<T>(map: &mut BTreeMap<Name, T>, from: &Name, to: &Name) {
    if let Some(value) = map.remove(from) {
        map.insert(to.clone(), value);
    }
}

/// The outer name of a node of an inner graph: its START is the subgraph itself.
fn within(group: &Name, name: &str) -> Name {
    match name {
        START => group.clone(),
        END => END.into(),
        node => format!("{group}/{node}").into(),
    }
}

fn moved_into(group: &Name, topology: &Topology) -> Topology {
    let name = |name: &Name| within(group, name);
    let branches = |branches: &Vec<Branch>| {
        let moved = |branch: &Branch| Branch {
            targets: branch.targets.iter().map(|(label, target)| (label.clone(), name(target))).collect(),
        };
        branches.iter().map(moved).collect()
    };
    Topology {
        name: topology.name.clone(),
        nodes: topology.nodes.iter().map(name).collect(),
        edges: topology.edges.iter().map(|(from, to)| (name(from), to.iter().map(name).collect())).collect(),
        waiting: topology
            .waiting
            .iter()
            .map(|edge| Waiting {
                sources: edge.sources.iter().map(name).collect(),
                target: name(&edge.target),
            })
            .collect(),
        branches: topology.branches.iter().map(|(from, list)| (name(from), branches(list))).collect(),
        gotos: topology.gotos.iter().map(|(from, to)| (name(from), to.iter().map(name).collect())).collect(),
        policies: topology
            .policies
            .iter()
            .map(|(node, policy)| {
                let mut policy = policy.clone();
                policy.on_error = policy.on_error.map(|handler| within(group, &handler).to_string());
                (name(node), policy)
            })
            .collect(),
        groups: topology.groups.iter().map(name).collect(),
    }
}

impl<S: State, T: State> Node<S> for Inner<S, T> {
    async fn run(&self, state: Arc<S>, cx: Cx) -> Result<Step<S>, Stop> {
        let part = Arc::new((self.lens.get)(&state).clone());
        // Held any longer it would make the fold copy the state.
        drop(state);
        let step = self.node.run_boxed(part, cx).await?;
        let outside = |target: &str| within(&self.group, target).to_string();
        Ok(Step {
            update: step.update.map(|update| (self.lens.put)(update)),
            goto: step.goto.iter().map(|target| outside(target)).collect(),
            sends: step.sends.into_iter().map(|(target, input)| (outside(&target), input)).collect(),
        })
    }
}

impl<S: State> Node<S> for Nothing {
    async fn run(&self, _: Arc<S>, _: Cx) -> Result<Step<S>, Stop> {
        Ok(Step::none())
    }
}
