//! The limits in time of a node leave out the time that it waits for its host.

use std::{sync::Arc, task::Poll, time::Duration};

use ae_core::BackendError;
use ae_langflow::{
    App, Checkpointer, Cx, END, Ending, Event, Graph, GraphError, Input, MemoryCheckpointer, Modes,
    RunConfig, START, StateGraph, Stop,
    host::{Intercept, NodeTimeout, StoreAnswer, StoreCall, Tap},
    node,
};
use async_trait::async_trait;
use tokio::sync::Semaphore;

use crate::{
    support::{Log, log},
    timer::{Timer, settle},
};

const LIMIT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(10);

/// Keeps notes waiting until it is opened.
#[derive(Debug)]
struct SlowNotes(Arc<Semaphore>);

#[async_trait]
impl Intercept for SlowNotes {
    async fn intercept(
        &self,
        call: StoreCall,
        store: &dyn Checkpointer,
    ) -> Result<StoreAnswer, BackendError> {
        if matches!(call, StoreCall::AppendOnce { .. }) {
            self.0.acquire().await.unwrap().forget();
        }
        call.run(store).await
    }
}

/// Gates that the test opens, and the time.
struct Room {
    timer: Timer,
    /// The store takes a note.
    notes: Arc<Semaphore>,
    /// The node goes on by one step of its own.
    steps: Arc<Semaphore>,
}

type Call = tokio::task::JoinHandle<Result<Ending<Log>, GraphError>>;

impl Room {
    fn new() -> Self {
        let gate = || Arc::new(Semaphore::new(0));
        Self { timer: Timer::default(), notes: gate(), steps: gate() }
    }

    fn app(&self, graph: &Graph<Log>) -> App<Log> {
        let slow = Tap::new(Arc::new(MemoryCheckpointer::new()), SlowNotes(Arc::clone(&self.notes)));
        graph.with_store(Arc::new(slow)).with_runtime(self.timer.runtime())
    }

    fn call(&self, graph: &Graph<Log>) -> Call {
        let app = self.app(graph);
        tokio::spawn(async move { app.invoke(Input::start(Log::update()), &RunConfig::thread("t")).await })
    }

    /// A node with a limit that takes two steps.
    fn limited(&self, idle: bool) -> impl ae_langflow::Node<Log> {
        let steps = Arc::clone(&self.steps);
        let work = node(move |_: Arc<Log>, _: Cx| {
            let steps = Arc::clone(&steps);
            async move {
                for _ in 0..2 {
                    steps.acquire().await.unwrap().forget();
                }
                Ok::<_, Stop>(log("limited"))
            }
        });
        if idle { work.with_idle_timeout(LIMIT) } else { work.with_timeout(LIMIT) }
    }
}

fn is_late(ended: Result<Ending<Log>, GraphError>) -> bool {
    match ended {
        Ok(Ending::Done(_)) => false,
        Err(GraphError::Node { source, .. }) if source.is::<NodeTimeout>() => true,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_slow_note_does_not_count_against_a_sibling() {
    for (idle, ready) in [(false, true), (true, true), (false, false), (true, false)] {
        let room = Room::new();
        let graph = StateGraph::<Log>::new("g")
            .add_node("quick", async |_: Arc<Log>, _: Cx| Ok::<_, Stop>(log("quick")))
            .add_node("limited", room.limited(idle));
        let graph = graph.add_edge(START, "quick").add_edge(START, "limited");
        let graph = graph.add_edge("quick", END).add_edge("limited", END).compile().unwrap();
        let call = room.call(&graph);
        settle().await;
        // Ready to go on before the long wait, or only after it.
        if ready {
            room.steps.add_permits(1);
            room.timer.pass(LONG);
        } else {
            room.timer.pass(LONG);
            room.steps.add_permits(1);
        }
        room.notes.add_permits(9);
        settle().await;
        room.steps.add_permits(1);
        assert_eq!(is_late(call.await.unwrap()), !ready, "idle: {idle}");
    }
}

#[tokio::test]
async fn a_slow_record_of_once_does_not_count() {
    for (idle, after) in [(false, false), (true, false), (false, true), (true, true)] {
        let room = Room::new();
        let steps = Arc::clone(&room.steps);
        let work = node(move |_: Arc<Log>, cx: Cx| {
            let steps = Arc::clone(&steps);
            async move {
                cx.once("paid", async { Ok::<_, Stop>(7) }).await?;
                steps.acquire().await.unwrap().forget();
                Ok::<_, Stop>(log("paid"))
            }
        });
        let work = if idle { work.with_idle_timeout(LIMIT) } else { work.with_timeout(LIMIT) };
        let graph = StateGraph::<Log>::new("g").add_node("limited", work);
        let graph = graph.add_edge(START, "limited").add_edge("limited", END).compile().unwrap();
        let call = room.call(&graph);
        settle().await;
        room.timer.pass(LONG);
        settle().await;
        room.notes.add_permits(9);
        settle().await;
        if after {
            room.timer.pass(LIMIT);
            settle().await;
        }
        room.steps.add_permits(1);
        assert_eq!(is_late(call.await.unwrap()), after, "idle: {idle}");
    }
}

#[tokio::test]
async fn a_stream_that_is_not_read_does_not_count() {
    for ready in [true, false] {
        let room = Room::new();
        let graph = StateGraph::<Log>::new("g").add_node("limited", room.limited(false));
        let graph = graph.add_edge(START, "limited").add_edge("limited", END).compile().unwrap();
        room.notes.add_permits(9);
        let mut stream =
            room.app(&graph).stream(Input::start(Log::update()), &RunConfig::thread("t"), Modes::TASKS);
        let first = stream.next().await.unwrap().unwrap();
        assert!(matches!(first, Event::TaskStarted { .. }), "{first:?}");
        let mut next = Box::pin(stream.next());
        let polled = std::future::poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await;
        assert!(polled.is_pending(), "the node waits for its first step");
        drop(next);
        // Ready to go on before the long wait, or only after it.
        if ready {
            room.steps.add_permits(1);
            room.timer.pass(LONG);
        } else {
            room.timer.pass(LONG);
            room.steps.add_permits(1);
        }
        let mut next = Box::pin(stream.next());
        let polled = std::future::poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await;
        assert_eq!(polled.is_pending(), ready);
        drop((next, polled));
        room.steps.add_permits(1);
        let mut ended = None;
        while let Some(event) = stream.next().await {
            match event {
                Ok(Event::Ended(ending)) => ended = Some(Ok(ending)),
                Ok(_) => {}
                Err(error) => ended = Some(Err(error)),
            }
        }
        assert_eq!(is_late(ended.unwrap()), !ready);
    }
}
