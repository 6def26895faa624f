//! Where a finished task leads.

use std::collections::{BTreeMap, BTreeSet};

use crate::{END, RunError, Topology};

/// The nodes that follow `node`: by its edges, by the labels of its routers, by its gotos, and by the waiting edges
/// that are complete now. END leads to nothing.
pub(crate) fn targets(
    topology: &Topology,
    node: &str,
    labels: &[String],
    gotos: &[String],
    arrived: &mut BTreeMap<String, BTreeSet<String>>,
) -> Result<BTreeSet<String>, RunError> {
    let mut targets: BTreeSet<String> = topology.edges.get(node).cloned().unwrap_or_default();
    let branches = topology.branches.get(node).map_or(&[][..], Vec::as_slice);
    for (index, branch) in branches.iter().enumerate() {
        let label = labels.get(index).map_or("", String::as_str);
        let target = branch.target(label).ok_or_else(|| RunError::UnknownLabel {
            node: node.to_owned(),
            label: label.to_owned(),
            labels: branch.targets.iter().map(|(label, _)| label.clone()).collect(),
        })?;
        targets.insert(target.to_owned());
    }
    let allowed = topology.gotos.get(node);
    for target in gotos {
        if !allowed.is_some_and(|allowed| allowed.contains(target)) {
            return Err(RunError::UnknownTarget { node: node.to_owned(), target: target.clone() });
        }
        targets.insert(target.clone());
    }
    let mut waits = false;
    for waiting in topology.waiting.iter().filter(|waiting| waiting.sources.contains(node)) {
        waits = true;
        let key = waiting.key();
        let here = arrived.entry(key.clone()).or_default();
        here.insert(node.to_owned());
        if *here == waiting.sources {
            arrived.remove(&key);
            targets.insert(waiting.target.clone());
        }
    }
    if targets.is_empty() && !waits {
        return Err(RunError::NoTarget { node: node.to_owned() });
    }
    targets.remove(END);
    Ok(targets)
}
