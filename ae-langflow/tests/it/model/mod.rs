//! Random graphs under random limits, failures, crashes, answers and restarts, against a reference that knows none of
//! it.

mod hosts;
mod reference;
mod spec;

use std::{collections::BTreeSet, sync::Arc};

use ae_langflow::{Answer, Ending, GraphError, Input, RunConfig};
use proptest::prelude::*;

use self::{
    reference::reference,
    spec::{Spec, World, build, specs},
};
use crate::{
    crashing::Crashing,
    support::{Log, Place, places},
};

/// The events of one call.
#[derive(Debug, Clone)]
struct Call {
    limit: u64,
    /// The process dies at that write, before or after it is durable.
    crash: Option<(usize, bool)>,
    /// The number of open questions that are answered.
    answers: usize,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let crash = prop::option::of((1_usize..6, any::<bool>()));
    let call =
        (0_u64..5, crash, 1_usize..4).prop_map(|(limit, crash, answers)| Call { limit, crash, answers });
    prop::collection::vec(call, 0..10)
}

fn failures() -> impl Strategy<Value = BTreeSet<(u64, String)>> {
    let task = (0_usize..4, 0_usize..4, prop::option::of(0_u32..4), any::<bool>());
    let task = task.prop_map(|(outer, inner, number, nested)| {
        let node = if nested { format!("n{outer}/n{inner}") } else { format!("n{outer}") };
        number.map_or_else(|| node.clone(), |number| format!("{node}#{number}"))
    });
    prop::collection::btree_set((1_u64..8, task), 0..6)
}

/// Runs the graph call by call, each in a new process as far as it can tell, and then without a hitch to the end.
async fn run(spec: &Spec, failing: BTreeSet<(u64, String)>, calls: &[Call], place: &Place) -> Log {
    let world = Arc::new(World { failing: failing.into(), ..World::default() });
    let graph = build(spec, &world);
    let smooth = Call { limit: 1000, crash: None, answers: usize::MAX };
    let mut input = Input::start(Log::update());
    for call in calls.iter().chain(std::iter::repeat(&smooth)).take(300) {
        let (at, before) = call.crash.unwrap_or((usize::MAX, false));
        let store = Arc::new(Crashing::tap(place.store(), at, before, &world.durable));
        let config = RunConfig::thread("t").with_step_limit(call.limit);
        input = match graph.with_store(store).invoke(input, &config).await {
            Ok(Ending::Done(state)) => return Arc::unwrap_or_clone(state),
            Ok(Ending::Asked { questions, .. }) => {
                let answers = questions.iter().take(call.answers);
                Input::resume(
                    answers.map(|open| Answer::from_value(open.id.clone(), open.payload.clone())).collect(),
                )
            }
            Ok(Ending::StepLimit(_)) | Err(GraphError::Node { .. } | GraphError::ThreadExists { .. }) => {
                Input::Continue
            }
            Err(GraphError::Store { .. }) => Input::Continue,
            Err(GraphError::ThreadNotFound { .. }) => Input::start(Log::update()),
            other => panic!("{other:?}"),
        };
    }
    panic!("no end after 300 calls");
}

fn block_on<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_interruption_leads_to_the_same_end_and_nothing_durable_runs_again(
        spec in specs(5, 2),
        failing in failures(),
        calls in calls(),
    ) {
        let state = block_on(run(&spec, failing, &calls, &places()[0]));
        prop_assert_eq!(state.log, reference(&spec));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn so_it_is_on_every_store(spec in specs(4, 1), failing in failures(), calls in calls()) {
        let expected = reference(&spec);
        for place in places() {
            let state = block_on(run(&spec, failing.clone(), &calls, &place));
            prop_assert_eq!(&state.log, &expected);
            let read = block_on(place.app(&build(&spec, &Arc::default())).get_state(&RunConfig::thread("t")));
            prop_assert_eq!(&*read.unwrap().unwrap().state, &state);
        }
    }
}
