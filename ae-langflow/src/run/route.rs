//! Where finished tasks lead.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    END, RunError, State, TaskId, TaskResult, Topology,
    graph::topology::{exit_of, is_member},
    node::Name,
    run::next::{Due, Next},
};

/// Follows the edges from everything that finished in one superstep.
pub(crate) struct Follow<'a> {
    topology: &'a Topology,
    /// Due by edges and gotos.
    nodes: BTreeSet<Name>,
    sent: Vec<(TaskId, Value)>,
    later: BTreeSet<Name>,
    arrived: BTreeMap<String, BTreeSet<Name>>,
}

impl<'a> Follow<'a> {
    /// Begins a superstep in which `before` was due.
    pub(crate) fn new(topology: &'a Topology, before: &Next) -> Self {
        Self {
            topology,
            nodes: BTreeSet::new(),
            sent: Vec::new(),
            later: before.later.clone(),
            arrived: before.arrived.clone(),
        }
    }

    /// Follows the edges of `node` (or START), which gave these labels, and its gotos. END leads to nothing.
    pub(crate) fn leave(&mut self, node: &str, labels: &[String], gotos: &[String]) -> Result<(), RunError> {
        let topology = self.topology;
        let mut leads = false;
        for target in topology.edges.get(node).into_iter().flatten() {
            leads = true;
            self.go(target);
        }
        let branches = topology.branches.get(node).map_or(&[][..], Vec::as_slice);
        for (index, branch) in branches.iter().enumerate() {
            let label = labels.get(index).map_or("", String::as_str);
            let target = branch.target(label).ok_or_else(|| RunError::UnknownLabel {
                node: node.to_owned(),
                label: label.to_owned(),
                labels: branch.targets.iter().map(|(label, _)| label.clone()).collect(),
            })?;
            leads = true;
            self.go(target);
        }
        for target in gotos {
            let target = self.allowed(node, target)?;
            leads = true;
            self.go(target);
        }
        for waiting in topology.waiting.iter().filter(|waiting| waiting.sources.contains(node)) {
            leads = true;
            let source = waiting.sources.get(node).cloned();
            self.arrived.entry(waiting.key()).or_default().extend(source);
        }
        if leads { Ok(()) } else { Err(RunError::NoTarget { node: node.to_owned() }) }
    }

    /// Follows everything that a finished task says.
    pub(crate) fn finish<S: State>(&mut self, task: &TaskId, result: &TaskResult<S>) -> Result<(), RunError> {
        let node = task.node();
        if !result.failed {
            // A node that has only gotos and sends may have sent everything.
            match self.leave(node, &result.labels, &result.goto) {
                Err(RunError::NoTarget { .. }) if !result.sends.is_empty() => {}
                other => other?,
            }
        }
        let handler = self.topology.policies.get(node).and_then(|policy| policy.on_error.as_deref());
        for (target, input) in &result.sends {
            let target = match handler {
                Some(handler) if result.failed && handler == target && handler == END => continue,
                Some(handler) if result.failed && handler == target => {
                    self.topology.nodes.get(handler).ok_or_else(|| unknown(node, target))?
                }
                _ => self.allowed(node, target)?,
            };
            if &**target == END {
                continue;
            }
            // Its nodes would never see the input.
            if !result.failed && self.topology.groups.contains(target) {
                return Err(RunError::SentToSubgraph { node: node.to_owned(), target: target.to_string() });
            }
            let index = u32::try_from(self.sent.len()).map_err(|_| RunError::TooManySends)?;
            self.sent.push((TaskId::new(target.clone(), Some(index)), input.clone()));
        }
        Ok(())
    }

    /// The next tasks, now that `ran` have finished.
    pub(crate) fn end<'t>(mut self, ran: impl Iterator<Item = &'t TaskId> + Clone) -> Next {
        let topology = self.topology;
        // Once everyone has arrived who does in this superstep: a node that was sent several inputs arrives as often.
        for waiting in &topology.waiting {
            if self.arrived.is_empty() {
                break;
            }
            let key = waiting.key();
            if self.arrived.get(&key) == Some(&waiting.sources) {
                self.go(&waiting.target);
                // Until a deferred target runs, its sources may arrive again, and count for this round still.
                if !self.later.contains(&waiting.target) {
                    self.arrived.remove(&key);
                }
            }
        }
        // Inner subgraphs first: the exit of one keeps the one around it going.
        for group in topology.groups.iter().rev() {
            self.release(|node| is_member(group, node));
            let exit = exit_of(group);
            let was_inside = ran.clone().any(|task| is_member(group, task.node()) && task.node() != &*exit);
            if was_inside && !self.is_due(|node| is_member(group, node)) {
                // An edge that waits before it belongs to the graph around it.
                let inner = |target: &str| target != &**group && is_member(group, target);
                for waiting in topology.waiting.iter().filter(|edge| inner(&edge.target)) {
                    self.arrived.remove(&waiting.key());
                }
                self.nodes.insert(exit);
            }
        }
        self.release(|_| true);
        Next { due: Due::new(self.nodes, self.sent), later: self.later, arrived: self.arrived }
    }

    /// Lets the deferred nodes of a graph run once nothing else in it is due.
    fn release(&mut self, is_in: impl Fn(&str) -> bool) {
        if !self.later.is_empty() && !self.is_due(&is_in) {
            let (now, later): (BTreeSet<Name>, _) =
                std::mem::take(&mut self.later).into_iter().partition(|node| is_in(node));
            self.later = later;
            for waiting in self.topology.waiting.iter().filter(|edge| now.contains(&edge.target)) {
                if self.arrived.get(&waiting.key()) == Some(&waiting.sources) {
                    self.arrived.remove(&waiting.key());
                }
            }
            self.nodes.extend(now);
        }
    }

    fn is_due(&self, is_in: impl Fn(&str) -> bool) -> bool {
        self.nodes.iter().any(|node| is_in(node)) || self.sent.iter().any(|(task, _)| is_in(task.node()))
    }

    fn go(&mut self, target: &Name) {
        if &**target == END {
            return;
        }
        if self.topology.policies.get(target).is_some_and(|policy| policy.deferred) {
            self.later.insert(target.clone());
        } else {
            self.nodes.insert(target.clone());
        }
    }

    fn allowed(&self, node: &str, target: &str) -> Result<&'a Name, RunError> {
        let topology = self.topology;
        topology.gotos.get(node).and_then(|allowed| allowed.get(target)).ok_or_else(|| unknown(node, target))
    }
}

fn unknown(node: &str, target: &str) -> RunError {
    RunError::UnknownTarget { node: node.to_owned(), target: target.to_owned() }
}
