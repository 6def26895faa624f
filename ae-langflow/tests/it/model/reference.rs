//! The run of a random graph, worked out level by level and in the plainest way.

use std::collections::{BTreeMap, BTreeSet};

use super::spec::{NodeSpec, Spec, name};

/// The most supersteps that any of them can take.
const STEPS_MAX: usize = 500;

/// A task: plain ones by their names, then those that were sent, by their numbers.
type Task = (Option<u32>, String);

#[derive(Debug, Clone)]
enum Input {
    Text(String),
    Failure(String),
}

/// The sends of a task: its number, to whom, and what.
type Sends = BTreeMap<Task, Vec<(u32, usize, Input)>>;

/// One level while it runs.
#[derive(Debug, Default)]
struct Level {
    due: BTreeSet<usize>,
    sent: BTreeMap<u32, (usize, Input)>,
    later: BTreeSet<usize>,
    arrived: BTreeMap<usize, BTreeSet<usize>>,
    inner: BTreeMap<usize, Inner>,
}

/// A subgraph: whether its entry or its exit is due, what is in it, and whether something of it ran.
#[derive(Debug, Default)]
struct Inner {
    enters: bool,
    leaves: bool,
    level: Level,
    ran: bool,
}

/// The log at the end.
pub fn reference(spec: &Spec) -> Vec<String> {
    let mut root = Level::default();
    root.begin(spec);
    root.settle(spec, false);
    let mut log = Vec::new();
    for step in 1..STEPS_MAX {
        let mut tasks = BTreeMap::new();
        root.tasks(spec, "", &mut tasks);
        if tasks.is_empty() {
            return log;
        }
        let before = log.len();
        let (mut sends, mut count) = (Sends::new(), 0);
        // `None` comes before `Some`, so this is the order of folding.
        for ((number, node), (spec, input)) in tasks {
            let Some(spec) = spec else { continue };
            let task = number.map_or_else(|| node.clone(), |number| format!("{node}#{number}"));
            let mut send = |target: usize, input: Input| {
                sends.entry((number, node.clone())).or_default().push((count, target, input));
                count += 1;
            };
            if let Some(handler) = spec.handler {
                send(handler, Input::Failure(node.clone()));
                continue;
            }
            log.push(match input {
                None => format!("{step}:{task}"),
                Some(Input::Text(text)) => format!("{step}:{task}<{text}"),
                Some(Input::Failure(node)) => format!("{step}:{task}!{node}"),
            });
            for (index, target) in spec.sends.iter().enumerate() {
                send(*target, Input::Text(format!("{task}>{index}")));
            }
        }
        root.run(spec, "", &sends, before);
        root.settle(spec, false);
    }
    panic!("no end after {STEPS_MAX} supersteps");
}

impl Level {
    fn begin(&mut self, spec: &Spec) {
        for start in spec.starts() {
            self.go(spec, start);
        }
    }

    fn go(&mut self, spec: &Spec, target: usize) {
        let node = &spec.nodes[target];
        if node.inner.is_some() {
            self.inner.entry(target).or_default().enters = true;
        } else if node.deferred {
            self.later.insert(target);
        } else {
            self.due.insert(target);
        }
    }

    /// Every task that is due, with its node unless it is an entry or an exit.
    fn tasks<'s>(
        &self,
        spec: &'s Spec,
        prefix: &str,
        tasks: &mut BTreeMap<Task, (Option<&'s NodeSpec>, Option<Input>)>,
    ) {
        for node in &self.due {
            tasks.insert((None, format!("{prefix}{}", name(*node))), (Some(&spec.nodes[*node]), None));
        }
        for (number, (node, input)) in &self.sent {
            let task = (Some(*number), format!("{prefix}{}", name(*node)));
            tasks.insert(task, (Some(&spec.nodes[*node]), Some(input.clone())));
        }
        for (node, inner) in &self.inner {
            let group = format!("{prefix}{}", name(*node));
            if inner.enters {
                tasks.insert((None, group.clone()), (None, None));
            }
            if inner.leaves {
                tasks.insert((None, format!("{group}/__end__")), (None, None));
            }
            inner.level.tasks(inner_of(spec, *node), &format!("{group}/"), tasks);
        }
    }

    /// Follows everything that was due, when the log had `before` entries; whether there was something.
    fn run(&mut self, spec: &Spec, prefix: &str, sends: &Sends, before: usize) -> bool {
        let (due, sent) = (std::mem::take(&mut self.due), std::mem::take(&mut self.sent));
        let mut ran = !due.is_empty() || !sent.is_empty();
        let mut left = Vec::new();
        for (node, inner) in &mut self.inner {
            let (enters, leaves) = (std::mem::take(&mut inner.enters), std::mem::take(&mut inner.leaves));
            let inner_spec = inner_of(spec, *node);
            inner.ran =
                inner.level.run(inner_spec, &format!("{prefix}{}/", name(*node)), sends, before) || enters;
            if enters {
                inner.level.begin(inner_spec);
            }
            if leaves {
                left.push(*node);
            }
            ran |= inner.ran || leaves;
        }
        for node in left {
            self.follow(spec, node, before);
        }
        let plain = due.into_iter().map(|node| (None, node));
        for (number, node) in plain.chain(sent.into_iter().map(|(number, (node, _))| (Some(number), node))) {
            if spec.nodes[node].handler.is_none() {
                self.follow(spec, node, before + 1);
                if let Some(target) = spec.nodes[node].goto {
                    self.go(spec, target);
                }
            }
            let task = (number, format!("{prefix}{}", name(node)));
            for (number, target, input) in sends.get(&task).into_iter().flatten() {
                self.sent.insert(*number, (*target, input.clone()));
            }
        }
        ran
    }

    fn follow(&mut self, spec: &Spec, node: usize, entries: usize) {
        for target in &spec.nodes[node].edges {
            self.go(spec, *target);
        }
        if let Some((target, limit)) = spec.nodes[node].back {
            if entries <= limit {
                self.go(spec, target);
            }
        }
        for (index, (sources, _)) in spec.waiting.iter().enumerate() {
            if sources.contains(&node) {
                self.arrived.entry(index).or_default().insert(node);
            }
        }
    }

    /// Decides what is next now that all edges were followed, and perhaps `enters` this level again; whether something
    /// is.
    fn settle(&mut self, spec: &Spec, enters: bool) -> bool {
        for (index, (sources, target)) in spec.waiting.iter().enumerate() {
            if self.arrived.get(&index) == Some(sources) {
                self.arrived.remove(&index);
                self.go(spec, *target);
            }
        }
        let mut busy = enters || !self.due.is_empty() || !self.sent.is_empty();
        for (node, inner) in &mut self.inner {
            let inside = inner.level.settle(inner_of(spec, *node), inner.enters);
            if inner.ran && !inside {
                inner.level.arrived.clear();
                inner.leaves = true;
            }
            inner.ran = false;
            busy |= inside || inner.leaves;
        }
        if !busy {
            self.due = std::mem::take(&mut self.later);
        }
        busy || !self.due.is_empty()
    }
}

fn inner_of(spec: &Spec, node: usize) -> &Spec {
    spec.nodes[node].inner.as_ref().unwrap()
}
