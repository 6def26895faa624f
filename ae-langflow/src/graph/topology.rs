//! The shape of a graph as plain data: it travels with a run, and every host follows it.

use std::collections::{BTreeMap, BTreeSet};

use ae_core::{Digest, DigestWriter};
use serde::{Deserialize, Serialize};

use crate::node::{Name, NodePolicy};

/// Where a graph begins: the source of the first edges.
pub const START: &str = "__start__";

/// Where a path of a graph ends.
pub const END: &str = "__end__";

/// The nodes and edges of a compiled graph.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    pub(crate) name: String,
    pub(crate) nodes: BTreeSet<Name>,
    pub(crate) edges: BTreeMap<Name, BTreeSet<Name>>,
    pub(crate) waiting: BTreeSet<Waiting>,
    pub(crate) branches: BTreeMap<Name, Vec<Branch>>,
    pub(crate) gotos: BTreeMap<Name, BTreeSet<Name>>,
    /// Of the nodes that have one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) policies: BTreeMap<Name, NodePolicy>,
    /// The subgraphs: `sub` is entered by the node `sub`, has the nodes `sub/…`, and ends with [`exit_of`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) groups: BTreeSet<Name>,
}

/// An edge that is followed once all of its sources have run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) sources: BTreeSet<Name>,
    pub(crate) target: Name,
}

impl Waiting {
    /// The name of the edge in a stored run.
    pub(crate) fn key(&self) -> String {
        let sources: Vec<&str> = self.sources.iter().map(|source| &**source).collect();
        format!("{}>{}", sources.join("+"), self.target)
    }
}

/// The sources and the target of the waiting edge with this [key](Waiting::key). No name has a `+` or a `>`.
pub(crate) fn waiting_of(key: &str) -> Option<(Vec<&str>, &str)> {
    let (sources, target) = key.split_once('>')?;
    Some((sources.split('+').collect(), target))
}

/// The closed list of labels of one router, with where each leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Branch {
    pub(crate) targets: Vec<(String, Name)>,
}

impl Branch {
    pub(crate) fn target(&self, label: &str) -> Option<&Name> {
        self.targets.iter().find(|(known, _)| known == label).map(|(_, target)| target)
    }
}

/// The node that ends the subgraph `group`. No node that is added by hand can have its name.
pub(crate) fn exit_of(group: &str) -> Name {
    format!("{group}/{END}").into()
}

/// Whether `node` belongs to the subgraph `group`, its entry and its exit included.
pub(crate) fn is_member(group: &str, node: &str) -> bool {
    node.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Topology {
    /// The graph's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the nodes, sorted.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(|node| &**node)
    }

    /// The node whose edges are those of `node` as the graph was built: a subgraph's are followed from its exit.
    pub(crate) fn leaves_as(&self, node: &str) -> Name {
        if self.groups.contains(node) { exit_of(node) } else { node.into() }
    }

    /// How the tasks of `node` are run.
    #[must_use]
    pub fn policy(&self, node: &str) -> NodePolicy {
        self.policies.get(node).cloned().unwrap_or_default()
    }

    /// The hash of the shape. A stored thread says under which one it was written. How nodes are run does not count.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        let shape = (&self.name, &self.nodes, &self.edges, &self.waiting, &self.branches, &self.gotos);
        let json =
            serde_json::to_vec(&shape).expect("a topology is strings in lists and maps with string keys");
        DigestWriter::new("ae-langflow topology 1").field(&json).finish()
    }

    /// Every (source, target) there is: waiting and conditional edges, gotos and error handlers included.
    pub(crate) fn arrows(&self) -> Vec<(&str, &str)> {
        let mut arrows = Vec::new();
        for (from, targets) in self.edges.iter().chain(&self.gotos) {
            arrows.extend(targets.iter().map(|to| (&**from, &**to)));
        }
        for waiting in &self.waiting {
            arrows.extend(waiting.sources.iter().map(|from| (&**from, &*waiting.target)));
        }
        for (from, branches) in &self.branches {
            let targets = branches.iter().flat_map(|branch| &branch.targets);
            arrows.extend(targets.map(|(_, to)| (&**from, &**to)));
        }
        for (from, policy) in &self.policies {
            arrows.extend(policy.on_error.iter().map(|to| (&**from, to.as_str())));
        }
        arrows
    }
}
