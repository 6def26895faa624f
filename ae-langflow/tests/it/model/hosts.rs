//! The same graphs driven by other hosts: by hand, with the state typed and as JSON, in any order of tasks.

use std::sync::Arc;

use ae_langflow::{
    Answer, Cx, Graph, NodeFailure,
    host::{GraphRun, JsonState, NextStep, Reducers, Superstep, TaskOutcome},
};
use proptest::prelude::*;
use serde_json::{Value, to_value};

use super::{
    block_on,
    reference::reference,
    spec::{build, specs},
};
use crate::support::Log;

/// A typed run, and the same one whose host knows the state as JSON only.
struct Pair {
    typed: GraphRun<Log>,
    json: GraphRun<JsonState>,
}

impl Pair {
    /// As if both had gone through a host's storage.
    fn stored(&self) -> Self {
        let typed = serde_json::from_str(&serde_json::to_string(&self.typed).unwrap()).unwrap();
        let mut json: GraphRun<JsonState> =
            serde_json::from_str(&serde_json::to_string(&self.json).unwrap()).unwrap();
        json.set_reducers(Reducers::of::<Log>());
        Self { typed, json }
    }

    fn assert_same(&self) {
        let typed = to_value(&self.typed).unwrap();
        assert_eq!(typed, to_value(&self.json).unwrap());
        assert_eq!(typed, to_value(self.json.typed::<Log>().unwrap()).unwrap());
        assert_eq!(typed, to_value(self.typed.to_json_state().unwrap()).unwrap());
        assert!(self.json.state().problem().is_none());
    }

    fn answer(&mut self, answers: &[Answer]) {
        let typed = self.typed.answer(answers.to_vec()).unwrap();
        let json = self.json.answer(answers.to_vec()).unwrap();
        assert_eq!(to_value(typed).unwrap(), to_value(json).unwrap());
    }

    fn apply(&mut self, outcomes: Vec<TaskOutcome<Log>>) {
        let as_json =
            outcomes.iter().map(|outcome| serde_json::from_value(to_value(outcome).unwrap()).unwrap());
        let json = self.json.apply(as_json.collect()).unwrap();
        let typed = self.typed.apply(outcomes).unwrap();
        let text = |change: Option<Value>| change.unwrap_or_default();
        assert_eq!(
            text(typed.map(|change| to_value(change).unwrap())),
            text(json.map(|change| to_value(change).unwrap()))
        );
    }
}

/// The outcomes of the tasks that `pick` names, which are at least one, in an order of its own.
async fn outcomes(graph: &Graph<Log>, superstep: Superstep<Log>, pick: usize) -> Vec<TaskOutcome<Log>> {
    let (step, state, mut tasks) = (superstep.step, superstep.state, superstep.tasks);
    let by = pick % tasks.len();
    tasks.rotate_left(by);
    tasks.truncate(1 + pick / 7 % tasks.len());
    let mut outcomes = Vec::new();
    for due in tasks {
        let task = due.task.clone();
        let cx = Cx::for_task("t", step, due);
        outcomes.push(match graph.run_task(Arc::clone(&state), cx).await {
            Ok(outcome) => outcome,
            Err(error) => {
                let failure = NodeFailure::new(task.node(), error.to_string(), 1);
                TaskOutcome::Failed { task, failure }
            }
        });
    }
    outcomes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_host_comes_to_the_same_end(
        spec in specs(5, 2),
        picks in prop::collection::vec(0_usize..1000, 1..20),
    ) {
        let graph = build(&spec, &Arc::default());
        let mut picks = picks.into_iter().cycle();
        let typed = GraphRun::start(&graph, Log::default()).unwrap();
        let mut pair = Pair { json: typed.to_json_state().unwrap(), typed };
        let state = block_on(async {
            loop {
                pair.assert_same();
                let pick = picks.next().unwrap();
                if pick % 3 == 0 {
                    pair = pair.stored();
                    pair.assert_same();
                }
                match pair.typed.next_step() {
                    NextStep::Done(state) => return state,
                    NextStep::Run(superstep) => {
                        let outcomes = outcomes(&graph, superstep, pick).await;
                        pair.apply(outcomes);
                    }
                    NextStep::Asked(questions) => {
                        let answers = questions.iter().take(1 + pick % 2);
                        let answer = |open: &ae_langflow::Question| Answer::from_value(open.id.clone(), open.payload.clone());
                        pair.answer(&answers.map(answer).collect::<Vec<_>>());
                    }
                    other => panic!("{other:?}"),
                }
            }
        });
        prop_assert_eq!(&state.log, &reference(&spec));
    }
}
