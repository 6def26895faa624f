//! A graph as a picture.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    END, START, Topology,
    graph::topology::{exit_of, is_member},
    node::Name,
};

/// A Mermaid flowchart: solid arrows are followed always, thick ones when all of their sources have run, dotted ones by
/// choice or after a failure. The nodes of a subgraph are in a box.
pub(crate) fn flowchart(topology: &Topology) -> String {
    let mut ids: BTreeMap<&str, String> =
        BTreeMap::from([(START, "start".to_owned()), (END, "stop".to_owned())]);
    for (index, name) in topology.nodes.iter().enumerate() {
        ids.insert(name, format!("n{index}"));
    }
    let id = |name: &str| ids.get(name).map_or("unknown", String::as_str);
    let mut chart = String::from("flowchart TD\n    start([start])\n");
    boxes(&mut chart, topology, None, 1, &id);
    chart.push_str("    stop([end])\n");
    // Writing to a string can't fail, so the results below say nothing.
    for (from, targets) in &topology.edges {
        for to in targets {
            let _ = writeln!(chart, "    {} --> {}", id(from), id(inside_end(topology, from, to)));
        }
    }
    for waiting in &topology.waiting {
        let sources: Vec<_> = waiting.sources.iter().map(|source| id(source)).collect();
        let _ = writeln!(chart, "    {} ==> {}", sources.join(" & "), id(&waiting.target));
    }
    for (from, branches) in &topology.branches {
        for (label, to) in branches.iter().flat_map(|branch| &branch.targets) {
            let label = label.replace('"', "#quot;").replace('|', "#124;");
            let to = id(inside_end(topology, from, to));
            let _ = writeln!(chart, "    {} -. \"{label}\" .-> {to}", id(from));
        }
    }
    for (from, targets) in &topology.gotos {
        for to in targets {
            let _ = writeln!(chart, "    {} -. goto .-> {}", id(from), id(inside_end(topology, from, to)));
        }
    }
    for (from, policy) in &topology.policies {
        if let Some(handler) = &policy.on_error {
            let _ = writeln!(chart, "    {} -. error .-> {}", id(from), id(handler));
        }
    }
    chart
}

/// Draws the nodes that are in `group` and in no subgraph of it, then those subgraphs.
fn boxes<'t>(
    chart: &mut String,
    topology: &'t Topology,
    group: Option<&Name>,
    depth: usize,
    id: &impl Fn(&str) -> &'t str,
) {
    let indent = "    ".repeat(depth);
    for name in topology.nodes.iter().filter(|name| innermost(topology, name) == group) {
        let shown = match group {
            Some(group) if *name == exit_of(group) => "end",
            Some(group) if name == group => "start",
            Some(group) => name.strip_prefix(&**group).map_or(&**name, |rest| rest.trim_start_matches('/')),
            None => name,
        };
        let _ = writeln!(chart, "{indent}{}[\"{shown}\"]", id(name));
    }
    for inner in topology.groups.iter().filter(|inner| around(topology, inner) == group) {
        let _ = writeln!(chart, "{indent}subgraph box_{}[\"{inner}\"]", id(inner));
        boxes(chart, topology, Some(inner), depth + 1, id);
        let _ = writeln!(chart, "{indent}end");
    }
}

/// The smallest subgraph that `node` is in.
fn innermost<'t>(topology: &'t Topology, node: &str) -> Option<&'t Name> {
    topology.groups.iter().filter(|group| is_member(group, node)).max_by_key(|group| group.len())
}

/// Where an arrow to END leads: out of a subgraph it leads to the end of that one.
fn inside_end<'t>(topology: &'t Topology, from: &str, to: &'t str) -> &'t str {
    let exit = |group: &Name| topology.nodes.get(&*exit_of(group)).filter(|exit| &***exit != from);
    match (to, innermost(topology, from)) {
        (END, Some(group)) => match exit(group) {
            Some(exit) => exit,
            // The end of a subgraph leads on in the graph around it.
            None => around(topology, group)
                .and_then(|outer| topology.nodes.get(&*exit_of(outer)))
                .map_or(END, |n| n),
        },
        _ => to,
    }
}

/// The smallest subgraph around the subgraph `group`, whose entry is in it.
fn around<'t>(topology: &'t Topology, group: &Name) -> Option<&'t Name> {
    let around = topology.groups.iter().filter(|other| *other != group && is_member(other, group));
    around.max_by_key(|other| other.len())
}
