//! Building a graph.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use crate::{
    CompileError, CompileProblem, CompileWarning, Node, State, Topology,
    graph::compile,
    graph::subgraph,
    graph::topology::{Branch, Waiting},
    node::Name,
    node::{CacheKey, DynNode, NodeOptions, RetryOn},
};

pub(crate) type Router<S> = Arc<dyn Fn(&S) -> String + Send + Sync>;

/// A node and the parts of its options that are code.
pub(crate) struct Entry<S: State> {
    pub(crate) node: Arc<dyn DynNode<S>>,
    pub(crate) cache_key: Option<CacheKey<S>>,
    pub(crate) retry_on: Option<RetryOn>,
}

/// A graph under construction. [`compile`](Self::compile) names every mistake at once.
pub struct StateGraph<S: State> {
    pub(crate) topology: Topology,
    pub(crate) nodes: BTreeMap<Name, Entry<S>>,
    pub(crate) routers: BTreeMap<Name, Vec<Router<S>>>,
    /// The shapes of the subgraphs, with their names put before those of their nodes.
    pub(crate) subgraphs: BTreeMap<Name, Topology>,
    pub(crate) problems: Vec<CompileProblem>,
}

/// A graph without mistakes, ready to run. Cheap to clone.
#[derive(Clone)]
pub struct Graph<S: State>(pub(crate) Arc<Compiled<S>>);

pub(crate) struct Compiled<S: State> {
    pub(crate) topology: Arc<Topology>,
    pub(crate) nodes: BTreeMap<Name, Entry<S>>,
    pub(crate) routers: BTreeMap<Name, Vec<Router<S>>>,
    warnings: Vec<CompileWarning>,
}

impl<S: State> StateGraph<S> {
    /// An empty graph. Its name is stored with every thread, and another graph refuses them.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            topology: Topology { name: name.into(), ..Topology::default() },
            nodes: BTreeMap::new(),
            routers: BTreeMap::new(),
            subgraphs: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    /// Adds a node.
    #[must_use]
    pub fn add_node(mut self, name: impl Into<String>, node: impl Node<S>) -> Self {
        let NodeOptions { policy, cache_key, retry_on } = node.options();
        let name = name.into();
        if self.declare(&name) {
            let name = Name::from(name);
            if !policy.is_default() {
                self.topology.policies.insert(name.clone(), policy);
            }
            self.nodes.insert(name, Entry { node: Arc::new(node), cache_key, retry_on });
        }
        self
    }

    /// Takes up a name; whether it is a good and free one.
    pub(crate) fn declare(&mut self, name: &str) -> bool {
        if !compile::is_name(name) {
            self.problems.push(CompileProblem::BadName { name: name.to_owned() });
            false
        } else if self.topology.nodes.insert(name.into()) {
            true
        } else {
            self.problems.push(CompileProblem::DuplicateNode { name: name.to_owned() });
            false
        }
    }

    /// Adds an edge from one node, or one that waits for several: `add_edge(["a", "b"], "c")` runs `c` once both
    /// have run since `c` was last reached this way.
    #[must_use]
    pub fn add_edge(mut self, from: impl EdgeFrom, to: impl Into<String>) -> Self {
        let to = to.into();
        match from.sources() {
            Sources::One(from) => {
                self.topology.edges.entry(from.into()).or_default().insert(to.into());
            }
            Sources::All(sources) if sources.is_empty() => {
                self.problems.push(CompileProblem::NoTargets { node: to });
            }
            Sources::All(sources) => {
                let sources = sources.into_iter().map(Name::from).collect();
                self.topology.waiting.insert(Waiting { sources, target: to.into() });
            }
        }
        self
    }

    /// Adds a choice: `router` reads the state as it is after `from` alone has written, and its label, as text,
    /// picks the target from the closed list. Several choices of one node all count.
    ///
    /// The router is pure; its label is recorded, so that a replay never asks it again.
    #[must_use]
    pub fn add_conditional_edges<L, T>(
        mut self,
        from: impl Into<String>,
        router: impl Fn(&S) -> L + Send + Sync + 'static,
        targets: impl IntoIterator<Item = (L, T)>,
    ) -> Self
    where
        L: fmt::Display,
        T: Into<String>,
    {
        let from = from.into();
        let mut branch = Branch::default();
        for (label, target) in targets {
            let label = label.to_string();
            if branch.target(&label).is_some() {
                self.problems.push(CompileProblem::DuplicateLabel { node: from.clone(), label });
            } else {
                branch.targets.push((label, target.into().into()));
            }
        }
        if branch.targets.is_empty() {
            self.problems.push(CompileProblem::NoTargets { node: from.clone() });
        }
        let from = Name::from(from);
        self.topology.branches.entry(from.clone()).or_default().push(branch);
        self.routers.entry(from).or_default().push(Arc::new(move |state| router(state).to_string()));
        self
    }

    /// Names the targets that `from` may reach with [`Step::goto`](crate::Step::goto) and
    /// [`Step::send`](crate::Step::send). They come on top of the edges; a node that has nothing else must use one.
    #[must_use]
    pub fn add_goto<T: Into<String>>(
        mut self,
        from: impl Into<String>,
        targets: impl IntoIterator<Item = T>,
    ) -> Self {
        let targets = targets.into_iter().map(|target| Name::from(target.into()));
        self.topology.gotos.entry(from.into().into()).or_default().extend(targets);
        self
    }

    /// Checks the graph.
    ///
    /// # Errors
    ///
    /// Every mistake there is: no edge from [`START`](crate::START), names that are unknown, reserved or taken, nodes that nothing
    /// leads to or that lead nowhere, loops without a way to [`END`](crate::END), empty lists of targets.
    pub fn compile(mut self) -> Result<Graph<S>, CompileError> {
        let mut problems = std::mem::take(&mut self.problems);
        problems.extend(compile::check(&self.topology));
        if !problems.is_empty() {
            return Err(CompileError { graph: self.topology.name, problems });
        }
        let subgraphs = self.subgraphs.keys().cloned().collect();
        let warnings = compile::warnings(&self.topology, &subgraphs);
        subgraph::inline(&mut self);
        let problems = compile::names(&self.topology);
        if !problems.is_empty() {
            return Err(CompileError { graph: self.topology.name, problems });
        }
        let topology = Arc::new(self.topology);
        Ok(Graph(Arc::new(Compiled { topology, nodes: self.nodes, routers: self.routers, warnings })))
    }
}

impl<S: State> Graph<S> {
    /// The shape.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.0.topology
    }

    /// The parts of the graph that are allowed and probably a mistake.
    #[must_use]
    pub fn warnings(&self) -> &[CompileWarning] {
        &self.0.warnings
    }

    /// The graph as a Mermaid flowchart.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        crate::graph::mermaid::flowchart(&self.0.topology)
    }

    /// Whether a router follows `node` (or [`START`](crate::START)).
    pub(crate) fn has_routers(&self, node: &str) -> bool {
        self.0.routers.contains_key(node)
    }

    /// The labels that the routers of `node` (or [`START`](crate::START)) give for `state`. They may panic.
    pub(crate) fn labels(&self, node: &str, state: &S) -> Vec<String> {
        self.0
            .routers
            .get(node)
            .map_or_else(Vec::new, |routers| routers.iter().map(|router| router(state)).collect())
    }
}

impl<S: State> fmt::Debug for Graph<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Graph").field(&self.0.topology).finish()
    }
}

impl<S: State> fmt::Debug for StateGraph<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StateGraph").field(&self.topology).finish()
    }
}

/// The source of an edge: a name, or a list of names that it waits for.
pub trait EdgeFrom: sealed::Sealed {
    #[doc(hidden)]
    fn sources(self) -> Sources;
}

#[doc(hidden)]
#[derive(Debug)]
pub enum Sources {
    One(String),
    All(BTreeSet<String>),
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for &str {}
    impl Sealed for String {}
    impl<T, const N: usize> Sealed for [T; N] {}
    impl<T> Sealed for Vec<T> {}
}

impl EdgeFrom for &str {
    fn sources(self) -> Sources {
        Sources::One(self.to_owned())
    }
}

impl EdgeFrom for String {
    fn sources(self) -> Sources {
        Sources::One(self)
    }
}

impl<T: Into<String>, const N: usize> EdgeFrom for [T; N] {
    fn sources(self) -> Sources {
        Sources::All(self.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<String>> EdgeFrom for Vec<T> {
    fn sources(self) -> Sources {
        Sources::All(self.into_iter().map(Into::into).collect())
    }
}
