//! The spans of a call, in a program of their own: what one thread of it listens to, all of its threads are asked about.
#![cfg(feature = "tracing")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use ae_langflow::{Cx, END, Input, RunConfig, START, State, StateGraph, Step, Stop, node};
use serde::{Deserialize, Serialize};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

#[derive(Debug, Clone, Default, Serialize, Deserialize, State)]
struct Log {
    #[reduce(append)]
    log: Vec<String>,
}

fn log(entry: &str) -> Step<Log> {
    Step::update(Log::update().log(vec![entry.to_owned()]))
}

/// Remembers each span with the spans around it, and where events are.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Spans>>);

#[derive(Default)]
struct Spans {
    names: BTreeMap<u64, String>,
    entered: Vec<u64>,
    lines: Vec<String>,
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Spans {
    fn path(&self) -> String {
        self.entered
            .iter()
            .map(|id| self.names.get(id).map_or("", String::as_str))
            .collect::<Vec<_>>()
            .join(" > ")
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields(span.metadata().name().to_owned());
        span.record(&mut fields);
        let mut spans = self.0.lock().unwrap();
        let id = spans.names.len() as u64 + 1;
        spans.names.insert(id, fields.0);
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        let mut spans = self.0.lock().unwrap();
        let path = spans.path();
        spans.lines.push(path);
    }

    fn enter(&self, id: &Id) {
        self.0.lock().unwrap().entered.push(id.into_u64());
    }

    fn exit(&self, id: &Id) {
        let left = self.0.lock().unwrap().entered.pop();
        assert_eq!(left, Some(id.into_u64()), "spans are left as they were entered");
    }
}

#[tokio::test]
async fn a_task_is_within_its_step_and_that_within_its_run() {
    let recorder = Recorder::default();
    let seen = recorder.clone();
    let _guard = tracing::subscriber::set_default(recorder);
    let graph = StateGraph::<Log>::new("traced")
        .add_node("a", |_: Arc<Log>, _: Cx| async move {
            tracing::info!("here");
            Ok(log("a").send("b", &1))
        })
        .add_node(
            "b",
            node(|_: Arc<Log>, cx: Cx| async move {
                tokio::task::yield_now().await;
                tracing::info!("here");
                if cx.attempt() == 1 { Err(Stop::failed("once")) } else { Ok(log("b")) }
            })
            .with_retry(ae_core::RetryPolicy::default()),
        )
        .add_edge(START, "a")
        .add_goto("a", ["b"])
        .add_edge("b", END)
        .compile()
        .unwrap();
    let clock = ae_core::ManualClock::at(ae_core::Timestamp::UNIX_EPOCH);
    let sleeper = ae_core::ManualSleeper::new(clock.clone());
    let runtime = ae_core::Runtime::new(clock, sleeper, ae_core::SeededIds::new(1));
    let app = graph.without_store().with_runtime(runtime);
    app.invoke(Input::start(Log::update()), &RunConfig::thread("t")).await.unwrap();
    let run = "graph.run thread=\"t\" graph=\"traced\"";
    assert_eq!(
        seen.0.lock().unwrap().lines,
        [
            format!("{run} > graph.step step=1 > graph.task node=\"a\" attempt=1"),
            format!("{run} > graph.step step=2 > graph.task node=\"b\" send=0 attempt=1"),
            format!("{run} > graph.step step=2 > graph.task node=\"b\" send=0 attempt=2"),
        ]
    );
}
