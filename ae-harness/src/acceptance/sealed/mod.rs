//! Tests that a command runs, sealed before the product is built.
//!
//! | file | job |
//! |---|---|
//! | `read` | pure: from the output of a runner to counts and names |
//! | `control` | a test of the harness's own, which shows that the runner tells the truth |
//! | `run` | runs the command on a copy of the workspace, in a sandbox |

mod control;
mod read;
#[cfg(unix)]
mod run;

use std::{collections::BTreeMap, time::Duration};

use ae_core::{BackendError, Digest, DigestWriter, ErrorKind};
use serde::{Deserialize, Serialize};

#[cfg(unix)]
pub use self::run::TestBench;
use super::{AcceptancePlan, Assertion, Check};
use crate::paths::path_problem;

ae_core::wire_enum! {
    /// The program that runs tests, by the form of its output.
    #[non_exhaustive]
    pub enum TestRunner {
        /// `node --test`, with the TAP reporter.
        Node = "node",
        /// `pytest -rA`.
        Pytest = "pytest",
        /// `cargo test`.
        Cargo = "cargo",
        /// Any program that prints TAP with a plan; tests at the top level count.
        Tap = "tap",
        /// Any program: only its exit code counts, and no test is counted.
        Exit = "exit",
    }
}

/// The files that tests are made of, by path relative to the workspace.
///
/// Seal with the tests whatever says how they are run, or a product can say otherwise: `conftest.py`, `Cargo.toml`,
/// `package.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TestFiles(BTreeMap<String, String>);

impl TestFiles {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the path is not a plain relative one: parts of ASCII letters, digits and `._-~+@`.
    pub fn with(mut self, path: impl Into<String>, content: impl Into<String>) -> Result<Self, BackendError> {
        let path = path.into();
        if let Some(why) = path_problem(&path) {
            let message = format!("the test file {path:?} is refused: {why}");
            return Err(BackendError::new(ErrorKind::InvalidInput, "acceptance", "seal", message));
        }
        self.0.insert(path, content.into());
        Ok(self)
    }

    /// The files by path.
    pub const fn files(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// The digest of all paths and contents.
    pub fn tree(&self) -> Digest {
        let writer = DigestWriter::new("test-files");
        let add = |writer: DigestWriter, (path, content): (&String, &String)| {
            writer.field(path.as_bytes()).field(content.as_bytes())
        };
        self.0.iter().fold(writer, add).finish()
    }
}

/// A command that runs sealed tests, and the least that it has to report.
///
/// The check holds when the command exits with 0, its runner reports at least [`tests_min`](Self::tests_min) passed tests,
/// every test of [`names`](Self::names), no failed one and no more than [`skipped_max`](Self::skipped_max) skipped ones,
/// and the files of the tests were not touched while it ran. It runs on a copy of the workspace, in which the sealed files
/// stand in the place of whatever the builder made of them.
///
/// Two tests of the harness's own, with names that the product can't know, run along: one that passes, then one that fails.
/// A command that always ends well, or a summary that was printed in advance, does not know of them.
///
/// # Limits
///
/// Tests run the product's code in the process of the runner. Code that takes the runner over from inside, looks for the
/// tests at run time and prints a report that fits them can't be distinguished from a runner; a reader of the code sees it.
/// Without `names`, tests of the product's own count too. In a sandbox that does not work on a folder of the host, a sealed
/// file that is changed and put back while the tests run goes unnoticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SealedTests {
    /// The form of the output.
    pub runner: TestRunner,
    /// The program and its arguments. For `Node` and `Pytest`, [`paths`](Self::paths) follow.
    pub argv: Vec<String>,
    /// The folder in which it runs, relative to the workspace; `None` for the workspace.
    #[serde(default)]
    pub folder: Option<String>,
    /// The files of tests to run, relative to the folder.
    #[serde(default)]
    pub paths: Vec<String>,
    /// The least number of tests that pass.
    pub tests_min: u32,
    /// The most tests that are skipped, or are expected to fail.
    #[serde(default)]
    pub skipped_max: u32,
    /// The tests that have to pass by name, as the runner writes it.
    #[serde(default)]
    pub names: Vec<String>,
    /// The digest of the test files.
    pub tree: Digest,
    /// The most time that the command may take.
    pub timeout: Duration,
}

impl SealedTests {
    /// The usual command of a runner: `node --test`, `python3 -m pytest` with the files of `files`, or `cargo test`; for the
    /// other ones set [`with_argv`](Self::with_argv). At least `tests_min` tests pass, none is skipped, within ten minutes.
    pub fn new(runner: TestRunner, files: &TestFiles, tests_min: u32) -> Self {
        let argv: &[&str] = match runner {
            TestRunner::Node => &["node", "--test", "--test-reporter=tap"],
            TestRunner::Pytest => &["python3", "-m", "pytest", "-rA", "-q", "-p", "no:cacheprovider"],
            TestRunner::Cargo => &["cargo", "test", "--no-fail-fast"],
            TestRunner::Tap | TestRunner::Exit => &[],
        };
        let is_test = |path: &&String| match runner {
            TestRunner::Node => [".test.js", ".test.mjs", ".test.cjs"].iter().any(|end| path.ends_with(end)),
            TestRunner::Pytest => {
                path.ends_with(".py") && path.rsplit('/').next().is_some_and(|name| name.starts_with("test_"))
            }
            _ => false,
        };
        Self {
            runner,
            argv: argv.iter().map(|&word| word.to_owned()).collect(),
            folder: None,
            paths: files.files().keys().filter(is_test).cloned().collect(),
            tests_min,
            skipped_max: 0,
            names: Vec::new(),
            tree: files.tree(),
            timeout: Duration::from_secs(600),
        }
    }
}

ae_core::setters! { SealedTests {
    /// Sets the program and its arguments.
    fn with_argv(argv: Vec<String>);
    /// Sets the folder in which it runs.
    fn with_folder(folder: some into String);
    /// Sets the files of tests to run, relative to the folder.
    fn with_paths(paths: Vec<String>);
    /// Sets the most tests that are skipped.
    fn with_skipped_max(skipped_max: u32);
    /// Sets the tests that have to pass.
    fn with_names(names: Vec<String>);
    /// Sets the most time that the command may take.
    fn with_timeout(timeout: Duration);
} }

impl AcceptancePlan {
    /// Adds a check that runs sealed tests, under the id of the criterion that it proves, or as `tests-1`, `tests-2`, ….
    /// Add it before the plan is sealed.
    #[must_use]
    pub fn with_tests(mut self, criterion: Option<&str>, tests: SealedTests) -> Self {
        let taken = |id: &String| self.checks.iter().any(|check| check.id == *id);
        let mut ids = (1_u32..).map(|number| match criterion {
            Some(criterion) if number == 1 => criterion.to_owned(),
            Some(criterion) => format!("{criterion}-{number}"),
            None => format!("tests-{number}"),
        });
        let id = ids.find(|id| !taken(id)).unwrap_or_default();
        self.checks.push(Check {
            id,
            criterion: criterion.map(str::to_owned),
            priority: ae_core::Priority::P0,
            asserts: Assertion::Tests { tests },
        });
        self
    }
}
