//! Older versions with reducers that only their program knows.

use std::sync::Arc;

use ae_langflow::{
    Answer, Cx, END, Ending, Graph, GraphError, Input, RunConfig, START, State, StateGraph, Step,
};

use crate::support::{asked, done, places};

mod old {
    use std::collections::BTreeSet;

    use ae_langflow::State;
    use serde::{Deserialize, Serialize};

    fn add(have: &mut u32, new: u32) {
        *have += new;
    }

    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
    pub struct Sum {
        #[reduce(with = add)]
        pub sum: u32,
    }

    /// The same with a set, which is a list as JSON.
    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
    pub struct Set {
        #[reduce(merge)]
        pub set: BTreeSet<u32>,
    }
}

mod new {
    use std::collections::BTreeSet;

    use ae_langflow::State;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
    #[state(version = 2, migrate = Ok)]
    pub struct Sum {
        pub sum: u32,
    }

    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
    #[state(version = 2, migrate = Ok)]
    pub struct Set {
        #[reduce(merge)]
        pub set: BTreeSet<u32>,
    }
}

/// `a` writes `update`; then `b` asks.
fn graph<S: State>(update: S::Update) -> Graph<S> {
    StateGraph::<S>::new("g")
        .add_node("a", move |_: Arc<S>, _: Cx| {
            let update = update.clone();
            async move { Ok(Step::update(update)) }
        })
        .add_node("b", |_: Arc<S>, cx: Cx| async move {
            cx.ask::<_, bool>("ok", &1).await?;
            Ok(Step::<S>::none())
        })
        .add_edge(START, "a")
        .add_edge("a", "b")
        .add_edge("b", END)
        .compile()
        .unwrap()
}

#[tokio::test]
async fn what_only_the_old_program_can_follow_is_refused_with_what_to_do() {
    for place in places() {
        let config = RunConfig::thread("t");
        let limited = config.clone().with_step_limit(1);
        let old = graph::<old::Sum>(old::Sum::update().sum(3));
        place.app(&old).invoke(Input::start(old::Sum::update().sum(2)), &limited).await.unwrap();
        let new = place.app(&graph::<new::Sum>(new::Sum::update()));
        let error = new.get_state(&config).await.unwrap_err();
        let GraphError::StateVersion { found: 1, expected: 2, reason, .. } = &error else {
            panic!("{error:?}")
        };
        assert!(reason.contains("\"sum\"") && reason.contains("let that program reach"), "{reason}");
        assert_eq!(new.history(&config, 9).await.unwrap().len(), 2, "its past can be read all the same");
        // The old program can go on as if nothing had been.
        assert_eq!(asked(place.app(&old).invoke(Input::Continue, &config).await.unwrap()).len(), 1);
    }
}

#[tokio::test]
async fn what_the_reason_says_to_do_helps() {
    for place in places() {
        let config = RunConfig::thread("t");
        let old = place.app(&graph::<old::Sum>(old::Sum::update().sum(3)));
        assert!(matches!(
            old.invoke(Input::start(old::Sum::update().sum(2)), &config).await,
            Ok(Ending::Asked { .. })
        ));
        let new = place.app(&graph::<new::Sum>(new::Sum::update()));
        let state = done(new.resume(&config, Answer::new("ok", &true).unwrap()).await.unwrap());
        assert_eq!(state.sum, 5);
    }
}

#[tokio::test]
async fn a_set_that_would_be_doubled_as_json_is_noticed() {
    for place in places() {
        let config = RunConfig::thread("t").with_step_limit(1);
        let old = place.app(&graph::<old::Set>(old::Set::update().set([1, 2].into())));
        old.invoke(Input::start(old::Set::update().set([2, 3].into())), &config).await.unwrap();
        let new = place.app(&graph::<new::Set>(new::Set::update()));
        let error = new.get_state(&config).await.unwrap_err();
        let GraphError::StateVersion { reason, .. } = &error else { panic!("{error:?}") };
        assert!(reason.contains("let that program reach"), "{reason}");
    }
}
