//! The needs of a run: another version of its graph may lack them.

use super::GraphRun;
use crate::{State, TaskId, TaskOutcome, TaskResult, graph::topology::Waiting, run::route::Follow};

impl<S: State> GraphRun<S> {
    /// Everything that the stored run needs and this version of the graph lacks: nodes that are due, finished or
    /// deferred, and joins that are half filled. Nothing, once nothing is due any more.
    pub(crate) fn missing(&self) -> Vec<String> {
        let (topology, next) = (&self.topology, &self.position.next);
        let mut missing = Vec::new();
        if next.due.is_empty() {
            return missing;
        }
        for task in next.due.tasks() {
            if !topology.nodes.contains(task.node()) {
                missing.push(task.node().to_owned());
            } else if task.send_index().is_some() && topology.groups.contains(task.node()) {
                missing.push(format!("a node for the input of {task}, which is a subgraph now"));
            }
        }
        missing.extend(
            next.later.iter().filter(|node| !topology.nodes.contains(*node)).map(ToString::to_string),
        );
        let known: Vec<String> = topology.waiting.iter().map(Waiting::key).collect();
        let joins = next.open_joins().filter(|join| !known.contains(&join.key()));
        missing.extend(joins.map(|join| format!("the edge {join}")));
        missing
    }

    /// Why the graph can't go on from tasks that have finished, if it can't.
    pub(crate) fn no_ways_on(&self) -> Vec<String> {
        let finished = self.position.finished.iter();
        finished.filter_map(|(task, result)| self.no_way_on(task, result)).collect()
    }

    /// Why the graph can't go on from an outcome that was noted, if it can't.
    pub(crate) fn no_way_on_from(&self, outcome: &TaskOutcome<S>) -> Option<String> {
        match outcome {
            TaskOutcome::Finished { task, result } => self.no_way_on(task, result),
            TaskOutcome::Failed { task, .. } => {
                let policy = self.topology.policies.get(task.node());
                let handler = policy.and_then(|policy| policy.on_error.as_ref());
                handler.is_none().then(|| format!("the error handler of {:?}, which failed", task.node()))
            }
            TaskOutcome::Asked { .. } => None,
        }
    }

    fn no_way_on(&self, task: &TaskId, result: &TaskResult<S>) -> Option<String> {
        let mut follow = Follow::new(&self.topology, &self.position.next);
        follow.finish(task, result).err().map(|error| error.to_string())
    }
}
