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
}

/// Everything that is worth a warning, sorted.
pub(crate) fn warnings(topology: &Topology) -> Vec<CompileWarning> {
    let mut found = BTreeSet::new();
    for (fork, branches) in &topology.edges {
        if branches.len() < 2 {
            continue;
        }
        // For each node, how far it is behind each branch.
        let mut lengths: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for branch in branches {
            for (node, length) in distances(topology, fork, branch) {
                lengths.entry(node).or_default().push(length);
            }
        }
        for (node, mut steps) in lengths {
            steps.sort_unstable();
            steps.dedup();
            if steps.len() > 1 && starts_a_difference(topology, fork, node) {
                let (fork, node) = (fork.to_string(), node.to_owned());
                found.insert(CompileWarning::UnequalJoin { fork, node, steps });
            }
        }
    }
    found.into_iter().collect()
}

/// How many supersteps after `fork` each node runs that plain edges lead to through `branch` and not through `fork`.
fn distances<'a>(topology: &'a Topology, fork: &str, branch: &'a Name) -> BTreeMap<&'a str, usize> {
    let mut distances = BTreeMap::new();
    let mut layer: BTreeSet<&str> = BTreeSet::from([&**branch]);
    let mut length = 1;
    while !layer.is_empty() {
        let mut next = BTreeSet::new();
        for node in layer {
            // A deferred node waits for every path, and so does what follows it.
            let waits = topology.policies.get(node).is_some_and(|policy| policy.deferred);
            if node == END || node == fork || waits || distances.contains_key(node) {
                continue;
            }
            distances.insert(node, length);
            next.extend(topology.edges.get(node).into_iter().flatten().map(|target| &**target));
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
    branches.into_iter().any(|branch| distances(topology, from, branch).contains_key(to))
}
