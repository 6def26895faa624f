//! This program once more, as a process that can be killed.
#![allow(
    clippy::disallowed_methods,
    reason = "the tests start this program as another process, told by its environment"
)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
};

use ae_langflow::Checkpointer;

const STORE: &str = "AE_LANGFLOW_TEST_STORE";
const MARK: &str = "child: ";

/// Where a store is, in words that fit into the environment of a process.
pub async fn open(place: &str) -> Arc<dyn Checkpointer> {
    match place.split_once(':') {
        #[cfg(feature = "sqlite")]
        Some(("sqlite", path)) => {
            use ae_langflow::{Durability, SqliteCheckpointer};
            Arc::new(SqliteCheckpointer::open(path, Durability::Normal).unwrap())
        }
        #[cfg(all(feature = "sqlite", feature = "encryption"))]
        Some(("encrypted", path)) => {
            use ae_langflow::{Durability, Encrypted, EncryptionKeys, SqliteCheckpointer};
            let (names, key) = (ae_core::Secret::new([1; 32]), ae_core::Secret::new([2; 32]));
            let file = SqliteCheckpointer::open(path, Durability::Normal).unwrap();
            Arc::new(Encrypted::new(file, EncryptionKeys::new(names, "test", key).unwrap()))
        }
        #[cfg(feature = "postgres")]
        Some(("postgres", place)) => {
            use ae_langflow::{PostgresCheckpointer, PostgresOptions};
            let (schema, url) = place.split_once('@').unwrap();
            let options = PostgresOptions::default().with_schema(schema);
            let url = ae_core::Secret::new(url.to_owned());
            Arc::new(PostgresCheckpointer::connect_with(&url, options).await.unwrap())
        }
        _ => panic!("{place:?} is no place of a store"),
    }
}

/// In the child: the place of the store, and none when it was not started by [`Victim::start`].
pub fn place() -> Option<String> {
    std::env::var(STORE).ok()
}

/// In the child: a word that the parent gave it.
pub fn told(name: &str) -> String {
    std::env::var(name).unwrap()
}

/// In the child: a line to the parent, which has it even if the child dies at once.
pub fn report(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{MARK}{line}").unwrap();
    out.flush().unwrap();
}

/// In the child: waits for the parent's leave to go on.
pub fn await_leave() {
    let mut word = [0];
    let read = std::io::stdin().read(&mut word).unwrap();
    assert_eq!(read, 1, "the parent has gone");
}

/// In the child: waits to be killed.
pub fn await_death() -> ! {
    report("kill me");
    loop {
        await_leave();
    }
}

/// A child process and what it reports.
pub struct Victim {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Victim {
    /// Runs the test of this name in a new process.
    pub fn start(test: &str, place: &str, words: &[(&str, &str)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(STORE, place)
            .envs(words.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// The next report; none once the child has ended.
    pub fn hear(&mut self) -> Option<String> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.out.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            // A line that was cut off by the kill was not reported.
            if let Some(report) = line.strip_prefix(MARK).and_then(|line| line.strip_suffix('\n')) {
                return Some(report.to_owned());
            }
        }
    }

    /// Lets it go on.
    pub fn leave(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    /// Ends it with SIGKILL, wherever it is.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    /// Whether it ended well by itself; `false` when it was killed. What else went wrong fails the test.
    pub fn ended_well(mut self) -> bool {
        while self.hear().is_some() {}
        let status = self.child.wait().unwrap();
        let mut words = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
        assert!(status.code().is_none_or(|code| code == 0), "the child failed: {words}");
        status.success()
    }
}
