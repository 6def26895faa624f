//! Warnings: parts of a graph that are allowed and probably a mistake.

use std::collections::{BTreeMap, BTreeSet};

use crate::{END, Topology, node::Name};

/// Something in a graph that is allowed and probably not meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum CompileWarning {
    /// Paths of different lengths meet in a node by plain edges, so that it runs once for each length.
    #[error(
        "paths from {fork:?} reach {node:?} in {steps:?} steps, so it runs more than once: \
         add_edge([…], {node:?}) waits for all of them"
    )]
    UnequalJoin {
        /// Where the paths part.
        fork: String,
        /// Where they meet.
        node: String,
        /// The lengths of the shortest path of each branch, sorted.
        steps: Vec<usize>,
    },
    /// A path through a subgraph and another one meet in a node by plain edges. A subgraph takes a superstep for its
    /// entry, those of its nodes, and one for its exit, so the paths are hardly ever of one length.
    #[error(
        "paths from {fork:?} meet in {node:?}, and the subgraphs {subgraphs:?} on them take supersteps for entry, nodes \
         and exit, so {node:?} may run more than once: add_edge([…], {node:?}) waits for all of them"
    )]
    SubgraphJoin {
        /// Where the paths part.
        fork: String,
        /// Where they meet.
        node: String,
        /// The subgraphs on the paths, sorted.
        subgraphs: Vec<String>,
    },
    /// An edge waits for nodes that a choice or a goto may leave out while others that it waits for run: its target never
    /// runs then. [`ThreadState::open_joins`](crate::ThreadState::open_joins) shows where a thread has come to that.
    #[error(
        "{node:?} waits for {sources:?}, which a choice or a goto may leave out, so that it never runs: make it deferred \
         and lead there by plain edges, which waits for those that do run"
    )]
    MayNeverJoin {
        /// The target of the edge.
        node: String,
        /// The sources that may be left out, sorted.
        sources: Vec<String>,
    },
}

/// Everything that is worth a warning, sorted.
pub(crate) fn warnings(topology: &Topology, subgraphs: &BTreeSet<Name>) -> Vec<CompileWarning> {
    let mut found = super::joins::may_starve(topology);
    for (fork, branches) in &topology.edges {
        if branches.len() < 2 {
            continue;
        }
        // For each node, how far it is behind each branch.
        let mut ways: BTreeMap<&str, Vec<Way<'_>>> = BTreeMap::new();
        for branch in branches {
            for (node, way) in distances(topology, subgraphs, fork, branch) {
                ways.entry(node).or_default().push(way);
            }
        }
        for (node, ways) in ways {
            let steps: BTreeSet<_> = ways.iter().map(|way| way.length).collect();
            let passed: BTreeSet<_> = ways.iter().flat_map(|way| &way.through).copied().collect();
            let on_some =
                passed.into_iter().filter(|passed| !ways.iter().all(|way| way.through.contains(passed)));
            let subgraphs: Vec<_> = on_some.map(str::to_owned).collect();
            if steps.len() < 2 && subgraphs.is_empty() || !starts_a_difference(topology, fork, node) {
                continue;
            }
            let (fork, node, steps) = (fork.to_string(), node.to_owned(), steps.into_iter().collect());
            found.insert(if subgraphs.is_empty() {
                CompileWarning::UnequalJoin { fork, node, steps }
            } else {
                CompileWarning::SubgraphJoin { fork, node, subgraphs }
            });
        }
    }
    found.into_iter().collect()
}

/// The shortest way to a node.
struct Way<'a> {
    /// The supersteps, with each subgraph as one.
    length: usize,
    /// The subgraphs on the ways of this length.
    through: BTreeSet<&'a str>,
}

/// The ways on which plain edges lead from `fork` to each node through `branch` and not through `fork` again.
fn distances<'a>(
    topology: &'a Topology,
    subgraphs: &BTreeSet<Name>,
    fork: &str,
    branch: &'a Name,
) -> BTreeMap<&'a str, Way<'a>> {
    let mut distances = BTreeMap::new();
    let mut layer: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::from([(&**branch, BTreeSet::new())]);
    let mut length = 1;
    while !layer.is_empty() {
        let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (node, through) in layer {
            // A deferred node waits for every path, and so does what follows it.
            let waits = topology.policies.get(node).is_some_and(|policy| policy.deferred);
            if node == END || node == fork || waits || distances.contains_key(node) {
                continue;
            }
            for target in topology.edges.get(node).into_iter().flatten() {
                let passed = next.entry(target).or_default();
                passed.extend(&through);
                passed.extend(subgraphs.contains(node).then_some(node));
            }
            distances.insert(node, Way { length, through });
        }
        layer = next;
        length += 1;
    }
    distances
}

/// Whether `node` is where the paths meet, and not one that only follows: more than one plain edge leads to it.
fn starts_a_difference(topology: &Topology, fork: &str, node: &str) -> bool {
    let sources = topology.edges.iter().filter(|(_, targets)| targets.contains(node));
    sources.filter(|(from, _)| &***from == fork || reaches(topology, fork, from)).count() > 1
}

fn reaches(topology: &Topology, from: &str, to: &str) -> bool {
    let branches = topology.edges.get(from).into_iter().flatten();
    branches.into_iter().any(|branch| distances(topology, &BTreeSet::new(), from, branch).contains_key(to))
}
