//! The mistakes that a graph can have, found before it runs.

mod joins;
mod warnings;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

pub use self::warnings::CompileWarning;
pub(crate) use self::warnings::warnings;
use crate::{
    END, START, Topology,
    store::{self, record::NAME_BYTES_MAX},
};

/// Everything that is wrong with a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompileError {
    /// The graph's name.
    pub graph: String,
    /// Every mistake, each once.
    pub problems: Vec<CompileProblem>,
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the graph {:?} can't run: ", self.graph)?;
        for (index, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{problem}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for CompileError {}

/// One mistake in a graph.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum CompileProblem {
    /// Nothing says where to begin.
    #[error("no edge comes from START: add add_edge(START, <first node>)")]
    NoStart,
    /// The name of the graph is empty or too long, or holds a NUL character.
    #[error("{name:?} can't name a graph: 1 to {NAME_BYTES_MAX} bytes without NUL characters")]
    BadGraphName {
        /// The beginning of the name.
        name: String,
    },
    /// Subgraphs are inside each other until the name of a node is too long for a store.
    #[error(
        "the node {name:?} has a name of more than {NODE_BYTES_MAX} bytes with its subgraphs: shorten theirs"
    )]
    LongName {
        /// The name.
        name: String,
    },
    /// The name of a node is empty, reserved, or has a character that names can't have.
    #[error(
        "{name:?} can't name a node: letters, digits, `_`, `-`, `.`, `:` and blanks, 1 to 128, not START or END"
    )]
    BadName {
        /// The name.
        name: String,
    },
    /// Two nodes have one name.
    #[error("there are two nodes {name:?}")]
    DuplicateNode {
        /// The name.
        name: String,
    },
    /// An edge names a node that was not added.
    #[error("an edge names {name:?}, which is not a node: add it or correct the name")]
    UnknownNode {
        /// The name.
        name: String,
    },
    /// An edge comes from END.
    #[error("an edge comes from END, where paths end")]
    FromEnd,
    /// An edge leads to START.
    #[error("the edge from {node:?} leads to START, which only begins")]
    ToStart {
        /// The source.
        node: String,
    },
    /// A waiting edge waits for START, or leads to END.
    #[error("the edge that waits and leads to {target:?} has START or END in it, for which nothing can wait")]
    BadWaiting {
        /// The target.
        target: String,
    },
    /// A router lists one label twice.
    #[error("the choice after {node:?} lists the label {label:?} twice")]
    DuplicateLabel {
        /// The source.
        node: String,
        /// The label.
        label: String,
    },
    /// A choice or a waiting edge lists nothing.
    #[error("an edge at {node:?} has an empty list")]
    NoTargets {
        /// The node.
        node: String,
    },
    /// No path from START comes here.
    #[error("nothing leads from START to {name:?}")]
    Unreachable {
        /// The name.
        name: String,
    },
    /// No edge leads on.
    #[error("{name:?} leads nowhere: add an edge, to END if its path ends there")]
    DeadEnd {
        /// The name.
        name: String,
    },
    /// From these nodes no path leads to END.
    #[error("the loop of {nodes:?} has no way to END")]
    NoExit {
        /// The names, sorted.
        nodes: Vec<String>,
    },
}

/// How long the name of a node may be with its subgraphs: a task that was sent adds `#` and a number of ten digits.
const NODE_BYTES_MAX: usize = NAME_BYTES_MAX - 11;

/// The names that not every store can keep.
pub(crate) fn names(topology: &Topology) -> Vec<CompileProblem> {
    let mut problems = Vec::new();
    if !store::is_name(&topology.name) {
        problems.push(CompileProblem::BadGraphName { name: topology.name.chars().take(40).collect() });
    }
    let long = topology.nodes.iter().filter(|name| name.len() > NODE_BYTES_MAX);
    problems.extend(long.map(|name| CompileProblem::LongName { name: name.to_string() }));
    problems
}

/// Whether `name` can name a node. `#`, `+` and `>` have a meaning in stored runs.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "_-.: ".contains(c);
    (1..=128).contains(&name.len()) && name != START && name != END && name.chars().all(allowed)
}

/// Everything that is wrong with the edges.
pub(crate) fn check(topology: &Topology) -> BTreeSet<CompileProblem> {
    let arrows = topology.arrows();
    let mut problems = ends(topology, &arrows);
    let reached = reached(topology);
    for name in &topology.nodes {
        if !reached.contains(&**name) {
            problems.insert(CompileProblem::Unreachable { name: name.to_string() });
        }
    }
    let with_exit: BTreeSet<_> = arrows.iter().map(|(from, _)| *from).collect();
    for name in &topology.nodes {
        if !with_exit.contains(&**name) {
            problems.insert(CompileProblem::DeadEnd { name: name.to_string() });
        }
    }
    if let Some(nodes) = loop_without_exit(topology, &arrows) {
        problems.insert(CompileProblem::NoExit { nodes });
    }
    problems
}

/// Names that are unknown, and START and END where they can't stand.
fn ends(topology: &Topology, arrows: &[(&str, &str)]) -> BTreeSet<CompileProblem> {
    let mut problems = BTreeSet::new();
    if !arrows.iter().any(|(from, _)| *from == START) {
        problems.insert(CompileProblem::NoStart);
    }
    for (from, to) in arrows {
        if *from == END {
            problems.insert(CompileProblem::FromEnd);
        } else if *from != START && !topology.nodes.contains(*from) {
            problems.insert(CompileProblem::UnknownNode { name: (*from).to_owned() });
        }
        if *to == START {
            problems.insert(CompileProblem::ToStart { node: (*from).to_owned() });
        } else if *to != END && !topology.nodes.contains(*to) {
            problems.insert(CompileProblem::UnknownNode { name: (*to).to_owned() });
        }
    }
    for waiting in &topology.waiting {
        if &*waiting.target == END || waiting.sources.contains(START) {
            problems.insert(CompileProblem::BadWaiting { target: waiting.target.to_string() });
        }
    }
    problems
}

/// The nodes that can run: the target of a waiting edge only once all of its sources can.
fn reached(topology: &Topology) -> BTreeSet<&str> {
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let plain = Topology { waiting: BTreeSet::new(), ..topology.clone() };
    for (from, to) in plain.arrows() {
        let from = if from == START { START } else { topology.nodes.get(from).map_or("", |name| &**name) };
        let to = topology.nodes.get(to).map_or(END, |name| &**name);
        next.entry(from).or_default().insert(to);
    }
    let mut reached = BTreeSet::from([START]);
    loop {
        let mut found: BTreeSet<&str> =
            reached.iter().filter_map(|from| next.get(from)).flatten().copied().collect();
        for waiting in &topology.waiting {
            if waiting.sources.iter().all(|source| reached.contains(&**source)) {
                found.insert(&waiting.target);
            }
        }
        let before = reached.len();
        reached.extend(found);
        if reached.len() == before {
            return reached;
        }
    }
}

/// The nodes that lead on but never to END or to a dead end, which is reported on its own.
fn loop_without_exit(topology: &Topology, arrows: &[(&str, &str)]) -> Option<Vec<String>> {
    let with_exit: BTreeSet<_> = arrows.iter().map(|(from, _)| *from).collect();
    let mut ends: BTreeSet<&str> = BTreeSet::from([END]);
    ends.extend(arrows.iter().map(|(_, to)| *to).filter(|to| !with_exit.contains(to)));
    loop {
        let before = ends.len();
        let found: Vec<_> =
            arrows.iter().filter(|(_, to)| ends.contains(to)).map(|(from, _)| *from).collect();
        ends.extend(found);
        if ends.len() == before {
            break;
        }
    }
    let caught: Vec<_> = topology
        .nodes
        .iter()
        .filter(|name| with_exit.contains(&***name) && !ends.contains(&***name))
        .map(ToString::to_string)
        .collect();
    (!caught.is_empty()).then_some(caught)
}
