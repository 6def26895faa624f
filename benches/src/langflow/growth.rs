//! The cost of long threads and growing states.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use ae_langflow::{
    App, Cx, Durability, END, Event, Graph, Input, Modes, RunConfig, START, SqliteCheckpointer, State,
    StateGraph, Stop,
};
use serde::{Deserialize, Serialize};

use super::{Counter, advance, block_on, counter};

/// A list that grows in every step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
pub struct List {
    /// The items.
    #[reduce(append)]
    pub items: Vec<String>,
}

/// The cost of a list that grows by 200 bytes a step.
#[derive(Debug, Clone)]
pub struct Grown {
    /// Bytes of the file, for each step.
    pub bytes_per_step: u64,
    /// The time of a step among the second hundred.
    pub early: Duration,
    /// The time of a step among the last hundred.
    pub late: Duration,
}

impl Grown {
    /// Grows a list for `steps` steps, at least 200, in a new file in `folder`.
    ///
    /// # Panics
    ///
    /// When the file can't be written.
    pub fn measure(folder: &Path, steps: u32) -> Self {
        let folder = tempfile::tempdir_in(folder).expect("a folder that can be written");
        let path = folder.path().join("threads.db");
        let store = SqliteCheckpointer::open(&path, Durability::Normal).expect("a new file");
        let app = list(steps).with_store(Arc::new(store));
        let (early, late) = early_and_late(&app, List::default(), steps);
        drop(app);
        // Closing the last connection moves the write-ahead log into the file.
        let bytes = std::fs::metadata(&path).expect("the file is there").len();
        Self { bytes_per_step: bytes / u64::from(steps), early, late }
    }
}

/// The time of a step among the second hundred, and among the last hundred of `steps`, of one call.
///
/// # Panics
///
/// When the graph fails or takes fewer steps.
pub fn early_and_late<S: State>(app: &App<S>, start: S, steps: u32) -> (Duration, Duration) {
    let config = RunConfig::thread("bench").with_step_limit(u64::from(steps));
    let mut events = app.stream(Input::Start(start), &config, Modes::CHECKPOINTS);
    let mut times = Vec::new();
    block_on(async {
        while let Some(event) = events.next().await {
            if let Event::Checkpoint { .. } = event.expect("nothing fails") {
                #[expect(clippy::disallowed_methods, reason = "benches are where time is measured")]
                times.push(Instant::now());
            }
        }
    });
    let a_hundred = |to: usize| {
        let (from, to) = (times.get(to - 100), times.get(to));
        from.zip(to).map(|(from, to)| to.duration_since(*from) / 100).expect("so many steps were taken")
    };
    (a_hundred(200), a_hundred(times.len() - 1))
}

/// A thread of many steps in a file.
#[derive(Debug)]
pub struct Long {
    path: std::path::PathBuf,
    graph: Graph<Counter>,
    _folder: tempfile::TempDir,
}

impl Long {
    /// A thread of `steps` steps in a new file in `folder`, which has one more step to go.
    ///
    /// # Panics
    ///
    /// When the file can't be written.
    pub fn new(folder: &Path, steps: u32) -> Self {
        let folder = tempfile::tempdir_in(folder).expect("a folder that can be written");
        let long = Self { path: folder.path().join("threads.db"), graph: counter(), _folder: folder };
        let config = RunConfig::thread("bench");
        advance(&long.open(), Some(Counter::small(steps + 1)), &config, u64::from(steps));
        long
    }

    /// Opens the file, reads the thread and replays it; the steps it has.
    ///
    /// # Panics
    ///
    /// When the file can't be read.
    pub fn resume(&self) -> u64 {
        let state = block_on(self.open().get_state(&RunConfig::thread("bench")));
        state.expect("a readable file").expect("a thread").step
    }

    fn open(&self) -> App<Counter> {
        let store = SqliteCheckpointer::open(&self.path, Durability::Normal).expect("a file");
        self.graph.with_store(Arc::new(store))
    }
}

/// [`early_and_late`] of a thread of `steps` small steps in a file.
///
/// # Panics
///
/// When the file can't be written.
pub fn of_a_long_thread(folder: &Path, steps: u32) -> (Duration, Duration) {
    let folder = tempfile::tempdir_in(folder).expect("a folder that can be written");
    let store =
        SqliteCheckpointer::open(folder.path().join("threads.db"), Durability::Normal).expect("a new file");
    early_and_late(&counter().with_store(Arc::new(store)), Counter::small(steps), steps)
}

fn list(steps: u32) -> Graph<List> {
    let goal = usize::try_from(steps).unwrap_or(usize::MAX);
    let grow = |state: Arc<List>, _: Cx| async move {
        // Digits that differ, so that nothing compresses them away.
        let item = format!("{:0>200}", state.items.len().wrapping_mul(0x9E37_79B9_7F4A_7C15));
        Ok::<_, Stop>(List::update().items(vec![item]))
    };
    StateGraph::new("list")
        .add_node("grow", grow)
        .add_edge(START, "grow")
        .add_conditional_edges(
            "grow",
            move |state: &List| {
                if state.items.len() < goal { "again" } else { "done" }
            },
            [("again", "grow"), ("done", END)],
        )
        .compile()
        .expect("every node leads on")
}
