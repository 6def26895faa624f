//! Long conversations, many questions, and the past of a large thread.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use ae_langflow::{
    App, Checkpointer, Cx, Durability, END, Ending, Graph, Input, MemoryCheckpointer, RunConfig, START,
    SqliteCheckpointer, State, StateGraph, Step, Stop,
};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::block_on;
use crate::ratio::{median, time};

const THREAD: &str = "bench";

/// The characters of one message.
pub const MESSAGE_BYTES: usize = 500;

/// Messages, and a large text that no node touches.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, State)]
pub struct Messages {
    /// The conversation.
    #[reduce(append)]
    pub messages: Vec<String>,
    /// Carried along.
    pub attachment: String,
}

fn message() -> MessagesUpdate {
    Messages::update().messages(vec!["m".repeat(MESSAGE_BYTES)])
}

/// A conversation with a node that answers at once.
#[derive(Debug)]
pub struct Talk {
    app: App<Messages>,
    path: Option<PathBuf>,
    _folder: Option<TempDir>,
}

impl Talk {
    /// One that is kept in memory.
    pub fn in_memory() -> Self {
        Self::over(Arc::new(MemoryCheckpointer::new()), None)
    }

    /// One that is kept in a new file in `folder`.
    ///
    /// # Panics
    ///
    /// When the file can't be made.
    pub fn in_sqlite(folder: &Path, durability: Durability) -> Self {
        let folder = tempfile::tempdir_in(folder).expect("a folder that can be written");
        let path = folder.path().join("threads.db");
        let store = SqliteCheckpointer::open(path, durability).expect("a new file");
        Self::over(Arc::new(store), Some(folder))
    }

    fn over(store: Arc<dyn Checkpointer>, folder: Option<TempDir>) -> Self {
        let path = folder.as_ref().map(|folder| folder.path().join("threads.db"));
        Self { app: talk().with_store(store), path, _folder: folder }
    }

    /// Takes `turns` turns, two messages each; the time of each.
    ///
    /// # Panics
    ///
    /// When a turn fails.
    pub fn turns(&self, turns: usize) -> Vec<Duration> {
        let config = RunConfig::thread(THREAD);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without I/O");
        let mut turn = || {
            let ending = runtime.block_on(self.app.invoke(Input::turn(message()), &config));
            assert!(matches!(ending, Ok(Ending::Done(_))), "a turn ends by itself");
        };
        (0..turns).map(|_| time(&mut turn)).collect()
    }

    /// The median time to read where it stands.
    ///
    /// # Panics
    ///
    /// When it can't be read.
    pub fn read(&self) -> Duration {
        let config = RunConfig::thread(THREAD);
        let mut read =
            || block_on(self.app.get_state(&config)).expect("a readable thread").expect("a thread");
        median((0..20).map(|_| time(&mut read)).collect())
    }

    /// The time to read it as a new process does.
    ///
    /// # Panics
    ///
    /// When it can't be read.
    pub fn read_cold(&self) -> Duration {
        let config = RunConfig::thread(THREAD);
        let app = self.app.clone().with_recent_threads(0, 0);
        let mut read = || block_on(app.get_state(&config)).expect("a readable thread").expect("a thread");
        median((0..5).map(|_| time(&mut read)).collect())
    }

    /// The bytes of its file and of the log that is to be written into it.
    pub fn stored(&self) -> u64 {
        let Some(path) = &self.path else { return 0 };
        let log = path.with_extension("db-wal");
        [path, &log].iter().filter_map(|path| std::fs::metadata(path).ok()).map(|file| file.len()).sum()
    }
}

fn talk() -> Graph<Messages> {
    StateGraph::new("talk")
        .add_node("answer", |_: Arc<Messages>, _: Cx| async { Ok::<_, Stop>(message()) })
        .add_edge(START, "answer")
        .add_edge("answer", END)
        .compile()
        .expect("every node leads on")
}

/// Asks `questions` at once and answers them one by one.
///
/// # Panics
///
/// When a call fails.
pub fn answer_one_by_one(questions: usize) {
    let graph = wide("ask", questions, |number, cx| async move {
        let answer: usize = cx.ask("q", &number).await?;
        Ok(Messages::update().messages(vec![answer.to_string()]))
    });
    let app = graph.with_store(Arc::new(MemoryCheckpointer::new()));
    let config = RunConfig::thread(THREAD);
    let mut ending = block_on(app.invoke(Input::start(Messages::update()), &config)).expect("no node fails");
    while let Ending::Asked { questions, .. } = &ending {
        let answer = questions.first().expect("a question").answer(&1).expect("a number");
        ending = block_on(app.resume(&config, answer)).expect("no node fails");
    }
}

/// Runs `tasks` tasks side by side that are ready at seven different moments, in a new file in `folder`.
///
/// # Panics
///
/// When the file can't be written.
pub fn sends(folder: &Path, durability: Durability, tasks: usize) {
    let graph = wide("work", tasks, |number, _| async move {
        for _ in 0..number % 7 {
            tokio::task::yield_now().await;
        }
        Ok(Messages::update().messages(vec![number.to_string()]))
    });
    let folder = tempfile::tempdir_in(folder).expect("a folder that can be written");
    let store = SqliteCheckpointer::open(folder.path().join("threads.db"), durability).expect("a new file");
    super::run(&graph.with_store(Arc::new(store)), Messages::default());
}

fn wide<F>(
    node: &str,
    tasks: usize,
    work: impl Fn(usize, Cx) -> F + Clone + Send + Sync + 'static,
) -> Graph<Messages>
where
    F: Future<Output = Result<MessagesUpdate, Stop>> + Send + 'static,
{
    let target = node.to_owned();
    let fan = move |_: Arc<Messages>, _: Cx| {
        let none: Step<Messages> = Step::none();
        let step = (0..tasks).fold(none, |step, number| step.send(target.as_str(), &number));
        async move { Ok::<_, Stop>(step) }
    };
    let work = move |_: Arc<Messages>, cx: Cx| {
        let work = work.clone();
        async move { work(cx.input()?, cx).await }
    };
    StateGraph::new("wide")
        .add_node("fan", fan)
        .add_node(node, work)
        .add_edge(START, "fan")
        .add_goto("fan", [node])
        .add_edge(node, END)
        .compile()
        .expect("every node leads on")
}

/// The most memory that listing the past of `records` records of a state of `bytes` takes above what the process had;
/// `None` where the system does not say.
///
/// # Panics
///
/// When a call fails.
pub fn past(records: usize, bytes: usize) -> Option<u64> {
    let app = talk().with_store(Arc::new(MemoryCheckpointer::new())).with_recent_threads(0, 0);
    let config = RunConfig::thread(THREAD);
    let start = Messages { attachment: "a".repeat(bytes), ..Messages::default() };
    let none = config.clone().with_step_limit(0);
    drop(block_on(app.invoke(Input::Start(start), &none)).expect("a new thread"));
    for _ in 1..records {
        drop(block_on(app.invoke(Input::turn(message()), &none)).expect("a turn"));
    }
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    let before = memory("VmRSS:")?;
    let history = block_on(app.history(&config, usize::MAX)).expect("a readable thread");
    assert_eq!(history.len(), records);
    Some(memory("VmHWM:")?.saturating_sub(before))
}

/// Bytes, of a line of the process's own status.
fn memory(line: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let found = status.lines().find_map(|known| known.strip_prefix(line))?;
    found.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

/// The times of `LangGraph` for the same conversation, in microseconds: turns 6 to 15, the last 50 of `turns`, and reading
/// it then; in memory, then in SQLite.
pub type Reference = [[f64; 3]; 2];

/// Measures [`Reference`] with the Python that `LANGGRAPH_PYTHON` names, which has `langgraph` and
/// `langgraph-checkpoint-sqlite`; `None` when it names none.
///
/// # Panics
///
/// When the program fails.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the environment names the Python to compare with")]
pub fn langgraph(turns: usize) -> Option<Reference> {
    let python = std::env::var_os("LANGGRAPH_PYTHON")?;
    let output = Command::new(python).args(["-c", include_str!("chat.py"), &turns.to_string()]).output();
    let output = output.expect("LANGGRAPH_PYTHON names a program");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("the program prints its times"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_comes_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        for talk in [Talk::in_memory(), Talk::in_sqlite(folder.path(), Durability::Normal)] {
            assert_eq!(talk.turns(3).len(), 3);
            let _ = (talk.read(), talk.read_cold());
            assert_eq!(talk.stored() > 0, talk.path.is_some());
        }
        answer_one_by_one(3);
        sends(folder.path(), Durability::Normal, 10);
        assert!(past(3, 1000).is_none_or(|bytes| bytes < 64 << 20));
    }
}
