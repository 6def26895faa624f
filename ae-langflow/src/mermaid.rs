//! A graph as a picture.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{END, START, Topology};

/// A Mermaid flowchart: solid arrows are followed always, dotted ones by choice.
pub(crate) fn flowchart(topology: &Topology) -> String {
    let mut ids: BTreeMap<&str, String> =
        BTreeMap::from([(START, "start".to_owned()), (END, "stop".to_owned())]);
    for (index, name) in topology.nodes.iter().enumerate() {
        ids.insert(name, format!("n{index}"));
    }
    let id = |name: &str| ids.get(name).map_or("unknown", String::as_str);
    let mut chart = String::from("flowchart TD\n    start([start])\n");
    // Writing to a string can't fail, so the results below say nothing.
    for name in &topology.nodes {
        let _ = writeln!(chart, "    {}[\"{name}\"]", id(name));
    }
    chart.push_str("    stop([end])\n");
    for (from, targets) in &topology.edges {
        for to in targets {
            let _ = writeln!(chart, "    {} --> {}", id(from), id(to));
        }
    }
    for waiting in &topology.waiting {
        let sources: Vec<_> = waiting.sources.iter().map(|source| id(source)).collect();
        let _ = writeln!(chart, "    {} ==> {}", sources.join(" & "), id(&waiting.target));
    }
    for (from, branches) in &topology.branches {
        for (label, to) in branches.iter().flat_map(|branch| &branch.targets) {
            let label = label.replace('"', "#quot;").replace('|', "#124;");
            let _ = writeln!(chart, "    {} -. \"{label}\" .-> {}", id(from), id(to));
        }
    }
    for (from, targets) in &topology.gotos {
        for to in targets {
            let _ = writeln!(chart, "    {} -. goto .-> {}", id(from), id(to));
        }
    }
    chart
}
