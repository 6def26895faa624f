//! Threads that come back from the store otherwise than they were.

use std::sync::Arc;

use ae_core::BackendError;
use ae_langflow::{
    Checkpointer, Cx, END, Graph, GraphError, Input, MemoryCheckpointer, RunConfig, START, State, StateGraph,
    host::{Intercept, Loaded, StoreAnswer, StoreCall, Tap},
};
use serde::{Deserialize, Serialize};

use crate::support::again;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
struct Sum {
    #[reduce(with = add)]
    sum: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
struct Product {
    #[reduce(with = multiply)]
    sum: u32,
}

fn add(have: &mut u32, new: u32) {
    *have += new;
}

fn multiply(have: &mut u32, new: u32) {
    *have *= new;
}

/// Six nodes in a line, of which five have run; each writes `update`.
async fn five<S: State + Default>(
    store: &Arc<MemoryCheckpointer>,
    start: S::Update,
    update: S::Update,
) -> Graph<S> {
    let nodes = ["a", "b", "c", "d", "e", "f"];
    let mut graph = StateGraph::<S>::new("line").add_edge(START, "a").add_edge("f", END);
    for node in nodes {
        let update = update.clone();
        graph = graph.add_node(node, move |_: Arc<S>, _: Cx| {
            let update = update.clone();
            async move { Ok(ae_langflow::Step::update(update)) }
        });
    }
    for pair in nodes.windows(2) {
        graph = graph.add_edge(pair[0], pair[1]);
    }
    let graph = graph.compile().unwrap();
    let config = RunConfig::thread("t").with_step_limit(5);
    // A second one finds the thread there.
    let _ = again(&graph, store).invoke(Input::start(start), &config).await;
    graph
}

#[tokio::test]
async fn a_reducer_that_changed_its_meaning_is_noticed() {
    let store = Arc::new(MemoryCheckpointer::new());
    let config = RunConfig::thread("t");
    let sums = five::<Sum>(&store, Sum::update().sum(2), Sum::update().sum(3)).await;
    assert_eq!(again(&sums, &store).get_state(&config).await.unwrap().unwrap().state.sum, 17);
    let products = five::<Product>(&store, Product::update(), Product::update().sum(3)).await;
    let error = again(&products, &store).get_state(&config).await.unwrap_err();
    assert!(matches!(error, GraphError::StateChanged { seq: 2..=6, .. }), "{error}");
}

#[tokio::test]
async fn a_changed_or_lost_record_is_noticed() {
    let store = Arc::new(MemoryCheckpointer::new());
    let graph = five::<Sum>(&store, Sum::update().sum(2), Sum::update().sum(3)).await;
    let config = RunConfig::thread("t");
    let read = |edit: fn(&mut Loaded)| {
        let app = graph.with_store(damaged(&store, edit));
        let config = config.clone();
        async move { app.get_state(&config).await.unwrap_err() }
    };
    let edits: [fn(&mut Loaded); 9] = [
        |thread| thread.deltas.clear(),
        |thread| drop(thread.deltas.remove(1)),
        |thread| thread.deltas.swap(0, 1),
        |thread| thread.deltas[0].change = thread.deltas[0].change.replace("\"b\"", "\"c\""),
        |thread| thread.deltas[4].change = thread.deltas[4].change.replace('3', "4"),
        |thread| thread.deltas[2].step += 1,
        |thread| thread.deltas[2].change = "{\"s\":[[],[],[]]}".to_owned(),
        |thread| thread.head.seq += 1,
        |thread| thread.snapshot.truncate(10),
    ];
    for (index, edit) in edits.into_iter().enumerate() {
        let error = read(edit).await;
        assert!(matches!(error, GraphError::Corrupt { .. }), "{index}: {error}");
        let way_out = if index == 8 { "restore it from a backup" } else { "fork it at record" };
        assert!(error.to_string().contains(way_out), "{error}");
    }
    let state = read(|thread| thread.snapshot = thread.snapshot.replace("\"sum\":2", "\"sum\":9")).await;
    assert!(matches!(state, GraphError::StateChanged { seq: 1, .. }), "{state}");
    let newer = read(|thread| thread.header.format += 1).await;
    assert!(matches!(newer, GraphError::NewerFormat { .. }), "{newer}");
    let older = read(|thread| thread.header.format -= 1).await;
    assert!(matches!(older, GraphError::OlderFormat { found: 1, .. }), "{older}");
    let other = read(|thread| thread.header.graph = "other".to_owned()).await;
    assert!(matches!(other, GraphError::OtherGraph { .. }), "{other}");
    // It was left as it is.
    assert_eq!(again(&graph, &store).get_state(&config).await.unwrap().unwrap().state.sum, 17);
}

/// The note of the task that has finished.
fn finished(thread: &mut Loaded) -> &mut ae_langflow::host::TaskRecord {
    thread.task_records.iter_mut().find(|note| note.key.starts_with("done@")).unwrap()
}

#[tokio::test]
async fn a_damaged_note_is_noticed() {
    let store = Arc::new(MemoryCheckpointer::new());
    let broken = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let graph = crate::durable::diamond(&crate::support::Trace::default(), &broken);
    let config = RunConfig::thread("t");
    again(&graph, &store).invoke(Input::start(crate::support::Log::update()), &config).await.unwrap_err();
    for text in [
        "",
        "{",
        "null",
        "[]",
        "{\"finished\":{\"task\":\"b\"}}",
        "{\"finished\":{\"task\":7,\"result\":{}}}",
    ] {
        let edit = move |thread: &mut Loaded| finished(thread).value = text.to_owned();
        let app = graph.with_store(damaged(&store, edit));
        let error = app.invoke(Input::Continue, &config).await.unwrap_err();
        assert!(matches!(error, GraphError::Corrupt { seq: 2, .. }), "{text}: {error}");
    }
    // A note of a task that is not due is refused too, and the superstep begins anew.
    let edit = |thread: &mut Loaded| {
        finished(thread).value = "{\"finished\":{\"task\":\"x\",\"result\":{}}}".to_owned()
    };
    let app = graph.with_store(damaged(&store, edit));
    let error = app.invoke(Input::Continue, &config).await.unwrap_err();
    assert!(matches!(error, GraphError::Run(ae_langflow::RunError::NotDue { .. })), "{error}");
}

/// Changes the threads that come back from a store.
pub struct Damaged<F>(F);

/// A store whose threads come back changed.
pub fn damaged<F: Fn(&mut Loaded) + Send + Sync + 'static>(
    store: &Arc<MemoryCheckpointer>,
    edit: F,
) -> Arc<Tap<Damaged<F>>> {
    Arc::new(Tap::new(Arc::clone(store) as Arc<dyn Checkpointer>, Damaged(edit)))
}

impl<F> std::fmt::Debug for Damaged<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Damaged")
    }
}

#[async_trait::async_trait]
impl<F: Fn(&mut Loaded) + Send + Sync + 'static> Intercept for Damaged<F> {
    async fn intercept(
        &self,
        call: StoreCall,
        store: &dyn Checkpointer,
    ) -> Result<StoreAnswer, BackendError> {
        let mut answer = call.run(store).await?;
        if let StoreAnswer::Loaded(Some(loaded)) = &mut answer {
            (self.0)(loaded);
        }
        Ok(answer)
    }
}
