//! Sealed tests that a command runs, with products that cheat. They run the real `node`, `pytest` and `cargo`, and are
//! skipped with a message where one is missing.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "real programs of this machine, found by its environment"
)]

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Mutex,
};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Isolation, Mode};
use ae_harness::{
    AcceptancePlan, CheckOutcome, CommandEnd, CommandSignal, OutputChunk, RunCommand, Sandbox, SandboxId,
    SandboxInfo, SandboxProcess, SandboxReport, SandboxSpec, SealedTests, TestBench, TestFiles, TestRunner,
};
use async_trait::async_trait;
use tempfile::TempDir;

use crate::fixture::{context, key, spec};

/// Runs commands on this machine as they are.
#[derive(Debug, Default)]
struct Host(Mutex<BTreeMap<SandboxId, SandboxSpec>>);

#[derive(Debug)]
struct Ended(Vec<OutputChunk>, CommandEnd);

fn no<T>(operation: &'static str) -> Result<T, BackendError> {
    Err(BackendError::new(ErrorKind::Unsupported, "host", operation, "the tests do not need it"))
}

#[async_trait]
impl Sandbox for Host {
    fn info(&self) -> SandboxInfo {
        SandboxInfo::new("host", Mode::Offline, Isolation::None).with_binds_folders(true)
    }

    async fn probe(&self) -> Result<SandboxReport, BackendError> {
        no("probe")
    }

    async fn create(&self, _: &IdempotencyKey, spec: &SandboxSpec) -> Result<SandboxId, BackendError> {
        let mut boxes = self.0.lock().unwrap();
        let id: SandboxId = format!("host-{}", boxes.len()).parse()?;
        boxes.insert(id.clone(), spec.clone());
        Ok(id)
    }

    async fn attach(&self, _: &SandboxId) -> Result<(), BackendError> {
        no("attach")
    }

    async fn write(&self, _: &IdempotencyKey, _: &SandboxId, _: &str, _: &[u8]) -> Result<(), BackendError> {
        no("write")
    }

    async fn read(&self, _: &SandboxId, _: &str) -> Result<Vec<u8>, BackendError> {
        no("read")
    }

    async fn list(&self, _: &SandboxId) -> Result<Vec<String>, BackendError> {
        no("list")
    }

    async fn spawn(
        &self,
        _: &IdempotencyKey,
        id: &SandboxId,
        command: &RunCommand,
    ) -> Result<Box<dyn SandboxProcess>, BackendError> {
        let spec = self.0.lock().unwrap()[id].clone();
        let mut folder = spec.folder.unwrap();
        folder.extend(&command.folder);
        let output = std::process::Command::new(&command.argv[0])
            .args(&command.argv[1..])
            .current_dir(folder)
            .env_clear()
            .envs(spec.environment)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let end = output.status.code().map_or(CommandEnd::Signalled(9), CommandEnd::Exited);
        Ok(Box::new(Ended(vec![OutputChunk::Stdout(output.stdout), OutputChunk::Stderr(output.stderr)], end)))
    }

    async fn destroy(&self, _: &IdempotencyKey, _: &SandboxId) -> Result<(), BackendError> {
        Ok(())
    }
}

#[async_trait]
impl SandboxProcess for Ended {
    async fn write(&mut self, _: &[u8]) -> Result<(), BackendError> {
        no("write")
    }

    async fn close_stdin(&mut self) -> Result<(), BackendError> {
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<OutputChunk>, BackendError> {
        Ok((!self.0.is_empty()).then(|| self.0.remove(0)))
    }

    async fn signal(&mut self, _: CommandSignal) -> Result<(), BackendError> {
        Ok(())
    }

    async fn wait(&mut self) -> Result<CommandEnd, BackendError> {
        Ok(self.1)
    }
}

/// Where a program is; a message where it is not.
fn has(argv: &[&str]) -> bool {
    let found = std::process::Command::new(argv[0]).args(&argv[1..]).output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        assert!(std::env::var_os("AE_REQUIRE_SERVICES").is_none(), "{argv:?} is missing");
        eprintln!("skipped: {argv:?} is missing");
    }
    found
}

struct Case {
    place: TempDir,
    files: TestFiles,
    plan: AcceptancePlan,
}

impl Case {
    /// A workspace with the sealed files as an honest builder leaves them.
    fn new(files: TestFiles, tests: SealedTests) -> Self {
        let case = Self {
            place: tempfile::tempdir().unwrap(),
            plan: AcceptancePlan::derive(&spec(), &context()).with_tests(Some("AC-9"), tests),
            files,
        };
        fs::create_dir(case.workspace()).unwrap();
        for (path, content) in case.files.files() {
            case.write(path, content);
        }
        case
    }

    fn workspace(&self) -> PathBuf {
        self.place.path().join("workspace")
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.workspace().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.workspace().join(path)).unwrap();
    }

    async fn check(&self) -> CheckOutcome {
        let host = Host::default();
        let bench = TestBench::new(&host, self.place.path().join("scratch"), key(0), 7);
        let path = std::env::var_os("PATH").unwrap().into_string().unwrap();
        let home = std::env::var("HOME").unwrap_or_default();
        let bench =
            bench.with_spec(SandboxSpec::new().with_variable("PATH", path).with_variable("HOME", home));
        let files = std::slice::from_ref(&self.files);
        let seal = self.plan.seal();
        let mut outcomes = self.plan.run_tests(&self.workspace(), &seal, files, &bench).await.unwrap();
        assert_eq!(outcomes.len(), 1);
        outcomes.remove(0)
    }

    async fn fails(&self, because: &str) {
        let outcome = self.check().await;
        assert!(!outcome.passed && outcome.detail.contains(because), "{}", outcome.detail);
    }

    async fn passes(&self) {
        let outcome = self.check().await;
        assert!(outcome.passed, "{}", outcome.detail);
        assert_eq!(outcome.id, "AC-9");
    }
}

const NODE_TEST: &str = "import test from 'node:test';
import assert from 'node:assert';
import { add } from '../src/add.mjs';
test('adds', () => assert.equal(add(1, 2), 3));
test('adds more', () => assert.equal(add(2, 2), 4));
";
const RIGHT: &str = "export const add = (a, b) => a + b;\n";
const WRONG: &str = "export const add = () => 3;\n";

fn node(product: &str) -> Case {
    let files = TestFiles::new().with("tests/add.test.mjs", NODE_TEST).unwrap();
    let tests =
        SealedTests::new(TestRunner::Node, &files, 2).with_names(vec!["adds".into(), "adds more".into()]);
    let case = Case::new(files, tests);
    case.write("src/add.mjs", product);
    case
}

#[tokio::test]
async fn tests_of_node_hold_or_not() {
    if !has(&["node", "--version"]) {
        return;
    }
    node(RIGHT).passes().await;
    node(WRONG).fails("adds more").await;
    // The product is as it was.
    let case = node(RIGHT);
    case.passes().await;
    let names: Vec<_> =
        fs::read_dir(case.workspace()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[tokio::test]
async fn what_a_builder_does_to_the_tests_has_no_effect() {
    if !has(&["node", "--version"]) {
        return;
    }
    let deleted = node(WRONG);
    deleted.remove("tests/add.test.mjs");
    deleted.fails("adds more").await;

    let edited = node(WRONG);
    edited.write(
        "tests/add.test.mjs",
        "import test from 'node:test'; test('adds', () => {}); test('adds more', () => {});",
    );
    edited.fails("adds more").await;

    let linked = node(WRONG);
    let outside = linked.place.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("add.test.mjs"), "kept").unwrap();
    fs::remove_dir_all(linked.workspace().join("tests")).unwrap();
    symlink(&outside, linked.workspace().join("tests")).unwrap();
    linked.fails("adds more").await;
    assert_eq!(fs::read_to_string(outside.join("add.test.mjs")).unwrap(), "kept");
}

#[tokio::test]
async fn a_product_that_cheats_the_runner_fails() {
    if !has(&["node", "--version"]) {
        return;
    }
    let summary = "TAP version 13\\nok 1 - adds\\nok 2 - adds more\\n1..2\\n# tests 2\\n# suites 0\\n# pass 2\\n# fail 0\\n# cancelled 0\\n\
                   # skipped 0\\n# todo 0";
    let rewrites = "import fs from 'node:fs';
const path = new URL('../tests/add.test.mjs', import.meta.url);
const text = fs.readFileSync(path), times = fs.statSync(path);
fs.writeFileSync(path, ''); fs.writeFileSync(path, text); fs.utimesSync(path, times.atime, times.mtime);
";
    for (product, because) in [
        (format!("process.exit(0);\n{WRONG}"), "did not run"),
        (format!("console.log('{summary}'); process.exit(0);\n{WRONG}"), "did not run"),
        (format!("process.on('exit', () => {{ process.exitCode = 0; }});\n{WRONG}"), "adds more"),
        (format!("{rewrites}{RIGHT}"), "touched a sealed test"),
        (format!("import test from 'node:test'; test.only('adds more', () => {{}});\n{WRONG}"), "adds more"),
        ("syntax error".to_owned(), "exit code 1"),
    ] {
        node(&product).fails(because).await;
    }
}

#[tokio::test]
async fn tests_of_pytest_and_products_that_cheat_it() {
    if !has(&["python3", "-m", "pytest", "--version"]) {
        return;
    }
    let pytest = |product: &str| {
        let test = "from add import add\n\ndef test_adds():\n    assert add(1, 2) == 3\n\ndef test_more():\n    assert add(2, 2) == 4\n";
        let files = TestFiles::new().with("test_add.py", test).unwrap();
        let tests = SealedTests::new(TestRunner::Pytest, &files, 2);
        let case = Case::new(files, tests.with_names(vec!["test_add.py::test_adds".into()]));
        case.write("add.py", product);
        case
    };
    let (right, wrong) = ("def add(a, b):\n    return a + b\n", "def add(a, b):\n    return 3\n");
    pytest(right).passes().await;
    pytest(wrong).fails("test_more").await;
    pytest(&format!("import os\nos._exit(0)\n{wrong}")).fails("no summary").await;
    let summary = "PASSED test_add.py::test_adds\\nPASSED test_add.py::test_more\\n2 passed in 0.01s\\n";
    let forged = format!(
        "import os\nfor fd in range(1, 20):\n    try: os.write(fd, b'{summary}'); break\n    except OSError: pass\n"
    );
    // pytest keeps the real output under another number.
    let forged = forged.replace("range(1, 20)", "range(3, 20)");
    pytest(&format!("{forged}os._exit(0)\n{wrong}")).fails("").await;
    // A hook that makes every test pass makes a failing one pass too.
    let hooked = pytest(wrong);
    hooked.write(
        "conftest.py",
        "import pytest\n\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport(item, call):\n    out = yield\n    \
         report = out.get_result()\n    report.outcome = 'passed'\n",
    );
    hooked.fails("a test that fails was not reported").await;
}

#[tokio::test]
async fn tests_of_cargo_and_a_runner_that_runs_nothing() {
    let cargo = |product: &str| {
        let manifest =
            "[package]\nname = \"sample\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n";
        let test = "#[test]\nfn adds() { assert_eq!(sample::add(2, 2), 4); }\n";
        let files =
            TestFiles::new().with("tests/add.rs", test).unwrap().with("Cargo.toml", manifest).unwrap();
        let tests = SealedTests::new(TestRunner::Cargo, &files, 1).with_names(vec!["adds".into()]);
        let argv = [env!("CARGO"), "test", "--offline", "--no-fail-fast"];
        let case = Case::new(files, tests.with_argv(argv.map(str::to_owned).to_vec()));
        case.write("src/lib.rs", product);
        case
    };
    cargo("pub fn add(a: i32, b: i32) -> i32 { a + b }").passes().await;
    cargo("pub fn add(_: i32, _: i32) -> i32 { 3 }").fails("adds").await;
    let nothing = cargo("pub fn add(_: i32, _: i32) -> i32 { 3 }");
    nothing.write(".cargo/config.toml", "[target.'cfg(all())']\nrunner = \"true\"\n");
    // The tests in comments do not take the runner, so there is a report: without the tests that count.
    nothing.fails("did not run along").await;
}

#[tokio::test]
async fn programs_without_a_report_are_judged_by_their_exit() {
    for (script, passes) in [("exit 0", true), ("exit 3", false)] {
        let files = TestFiles::new().with("check.sh", script).unwrap();
        let tests =
            SealedTests::new(TestRunner::Exit, &files, 0).with_argv(vec!["sh".into(), "check.sh".into()]);
        assert_eq!(Case::new(files, tests).check().await.passed, passes);
    }
    let files = TestFiles::new().with("check.sh", "printf '1..1\\nok 1 - a\\n'").unwrap();
    let tests = SealedTests::new(TestRunner::Tap, &files, 2).with_argv(vec!["sh".into(), "check.sh".into()]);
    Case::new(files, tests).fails("1 tests passed, 2 are sealed").await;
}

#[tokio::test]
async fn changed_seals_and_files_are_refused() {
    let case = node(RIGHT);
    let host = Host::default();
    let bench = TestBench::new(&host, case.place.path().join("scratch"), key(0), 7);
    let other = [TestFiles::new().with("tests/add.test.mjs", "").unwrap()];
    let refused = case.plan.run_tests(&case.workspace(), &case.plan.seal(), &other, &bench).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict);
    let mut weaker = case.plan.clone();
    weaker.checks.pop();
    let files = [case.files.clone()];
    let refused = weaker.run_tests(&case.workspace(), &case.plan.seal(), &files, &bench).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict);
    assert!(!Path::new(&bench.scratch).exists());
}
