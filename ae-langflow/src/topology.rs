//! The shape of a graph as plain data: it travels with a run, and every host follows it.

use std::collections::{BTreeMap, BTreeSet};

use ae_core::{Digest, DigestWriter};
use serde::{Deserialize, Serialize};

/// Where a graph begins: the source of the first edges.
pub const START: &str = "__start__";

/// Where a path of a graph ends.
pub const END: &str = "__end__";

/// The nodes and edges of a compiled graph.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    pub(crate) name: String,
    pub(crate) nodes: BTreeSet<String>,
    pub(crate) edges: BTreeMap<String, BTreeSet<String>>,
    pub(crate) waiting: BTreeSet<Waiting>,
    pub(crate) branches: BTreeMap<String, Vec<Branch>>,
    pub(crate) gotos: BTreeMap<String, BTreeSet<String>>,
}

/// An edge that is followed once all of its sources have run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) sources: BTreeSet<String>,
    pub(crate) target: String,
}

impl Waiting {
    /// What names the edge in a stored run.
    pub(crate) fn key(&self) -> String {
        let sources: Vec<_> = self.sources.iter().map(String::as_str).collect();
        format!("{}>{}", sources.join("+"), self.target)
    }
}

/// The closed list of labels of one router, with where each leads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Branch {
    pub(crate) targets: Vec<(String, String)>,
}

impl Branch {
    pub(crate) fn target(&self, label: &str) -> Option<&str> {
        self.targets.iter().find(|(known, _)| known == label).map(|(_, target)| target.as_str())
    }
}

impl Topology {
    /// The graph's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the nodes, sorted.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(String::as_str)
    }

    /// The hash of the shape. A stored thread says under which one it was written.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        let json =
            serde_json::to_vec(self).expect("a topology is strings in lists and maps with string keys");
        DigestWriter::new("ae-langflow topology 1").field(&json).finish()
    }

    /// Every (source, target) there is, waiting and conditional ones and gotos included.
    pub(crate) fn arrows(&self) -> Vec<(&str, &str)> {
        let mut arrows = Vec::new();
        for (from, targets) in self.edges.iter().chain(&self.gotos) {
            arrows.extend(targets.iter().map(|to| (from.as_str(), to.as_str())));
        }
        for waiting in &self.waiting {
            arrows.extend(waiting.sources.iter().map(|from| (from.as_str(), waiting.target.as_str())));
        }
        for (from, branches) in &self.branches {
            let targets = branches.iter().flat_map(|branch| &branch.targets);
            arrows.extend(targets.map(|(_, to)| (from.as_str(), to.as_str())));
        }
        arrows
    }
}
