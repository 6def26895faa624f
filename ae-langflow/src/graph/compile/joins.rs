//! Joins that may never be complete.

use std::collections::{BTreeMap, BTreeSet};

use super::CompileWarning;
use crate::{END, START, Topology, node::Name};

/// Some of the sources of joins.
type Sources<'t> = BTreeSet<&'t str>;

/// Warns of waiting edges of which one source can run while another one is left out by a choice or a goto.
///
/// For each node there are two sets: the sources that surely run once the node has ("after"), and those of which it is
/// sure that they run or have run when the node does ("with"). Both begin with all sources and shrink until the edges
/// allow no more of it. Failures are left out: a node with an error handler is taken to succeed.
pub(super) fn may_starve(topology: &Topology) -> BTreeSet<CompileWarning> {
    let all: Sources<'_> =
        topology.waiting.iter().flat_map(|edge| &edge.sources).map(|name| &**name).collect();
    if all.is_empty() {
        return BTreeSet::new();
    }
    let with = with(topology, &all, &after(topology, &all));
    let mut found = BTreeSet::new();
    for waiting in &topology.waiting {
        let sources: Sources<'_> = waiting.sources.iter().map(|source| &**source).collect();
        let sure = sources.iter().filter_map(|source| with.get(source));
        let missing: BTreeSet<_> = sure.flat_map(|with| sources.difference(with)).collect();
        if !missing.is_empty() {
            let sources = missing.into_iter().map(|source| (*source).to_owned()).collect();
            found.insert(CompileWarning::MayNeverJoin { node: waiting.target.to_string(), sources });
        }
    }
    found
}

/// The sources that surely run once a node has.
fn after<'t>(topology: &'t Topology, all: &Sources<'t>) -> BTreeMap<&'t str, Sources<'t>> {
    shrink(topology, all, |node, sets| {
        let of = |target: &Name| if &**target == END { Sources::new() } else { set(sets, target) };
        let plain = topology.edges.get(node).into_iter().flatten();
        let mut sure: Sources<'t> = plain.flat_map(of).collect();
        for branch in topology.branches.get(node).into_iter().flatten() {
            sure.extend(common(branch.targets.iter().map(|(_, target)| of(target))));
        }
        let has_edges = topology.edges.contains_key(node)
            || topology.branches.contains_key(node)
            || topology.waiting.iter().any(|edge| edge.sources.contains(node));
        if !has_edges {
            // It has to use one of its gotos.
            sure.extend(common(topology.gotos.get(node).into_iter().flatten().map(of)));
        }
        sure.extend(all.get(node));
        // A join may be one of the sources of another.
        for _ in &topology.waiting {
            for edge in &topology.waiting {
                if edge.sources.iter().all(|source| sure.contains(&**source)) {
                    sure.extend(of(&edge.target));
                }
            }
        }
        sure
    })
}

/// The sources of which it is sure that they run or have run when a node does.
fn with<'t>(
    topology: &'t Topology,
    all: &Sources<'t>,
    after: &BTreeMap<&'t str, Sources<'t>>,
) -> BTreeMap<&'t str, Sources<'t>> {
    let mut ways_in: BTreeMap<&str, Vec<BTreeSet<&str>>> = BTreeMap::new();
    let plain = Topology { waiting: BTreeSet::new(), ..topology.clone() };
    for (from, to) in plain.arrows() {
        let (Some(to), Some(from)) = (topology.nodes.get(to), name(topology, from)) else { continue };
        ways_in.entry(to).or_default().push(BTreeSet::from([from]));
    }
    for edge in &topology.waiting {
        let sources = edge.sources.iter().filter_map(|source| name(topology, source));
        ways_in.entry(&edge.target).or_default().push(sources.collect());
    }
    shrink(topology, all, |node, sets| {
        let ways = ways_in.get(node).into_iter().flatten();
        let ways = ways.map(|way| way.iter().flat_map(|from| set(sets, from)).collect());
        let mut sure: Sources<'t> = if node == START { Sources::new() } else { common(ways) };
        sure.extend(set(after, node));
        sure
    })
}

/// The greatest sets that `next` leaves as they are, for START and every node.
fn shrink<'t>(
    topology: &'t Topology,
    all: &Sources<'t>,
    next: impl Fn(&'t str, &BTreeMap<&'t str, Sources<'t>>) -> Sources<'t>,
) -> BTreeMap<&'t str, Sources<'t>> {
    let nodes = topology.nodes.iter().map(|name| &**name);
    let mut sets: BTreeMap<&str, Sources<'t>> =
        std::iter::once(START).chain(nodes).map(|node| (node, all.clone())).collect();
    loop {
        let mut changed = false;
        for node in sets.keys().copied().collect::<Vec<_>>() {
            let sure = next(node, &sets);
            changed |= sets.get(node) != Some(&sure);
            sets.insert(node, sure);
        }
        if !changed {
            return sets;
        }
    }
}

fn name<'t>(topology: &'t Topology, node: &str) -> Option<&'t str> {
    if node == START { Some(START) } else { topology.nodes.get(node).map(|name| &**name) }
}

fn set<'t>(sets: &BTreeMap<&'t str, Sources<'t>>, node: &str) -> Sources<'t> {
    sets.get(node).cloned().unwrap_or_default()
}

/// The sources that are in all of the sets.
fn common<'t>(mut sets: impl Iterator<Item = Sources<'t>>) -> Sources<'t> {
    let first = sets.next().unwrap_or_default();
    sets.fold(first, |common, set| common.intersection(&set).copied().collect())
}
