//! Runs sealed tests on a copy of the workspace, in a sandbox.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey, RunId};

use super::{
    SealedTests, TestFiles,
    control::Control,
    read::{Counts, read},
};
use crate::{
    AcceptancePlan, Assertion, CheckOutcome, CommandEnd, CommandOutput, RunCommand, Sandbox, SandboxExt as _,
    SandboxId, SandboxSpec, Snapshot,
    atomic::io_error,
    text::shown,
    workspace::{
        apart::{kept, put_back, snapshot},
        put_file, remove_tree,
    },
};

/// The most bytes of each output of a runner.
const OUTPUT_MAX: usize = 8 << 20;

/// The finding of a check, or the defect.
type Verdict = Result<String, String>;

/// The means to run sealed tests.
#[derive(Debug)]
#[non_exhaustive]
pub struct TestBench<'a> {
    /// Where the commands run.
    pub sandbox: &'a dyn Sandbox,
    /// The environment and the limits of the sandbox. Its folder is set by the run.
    pub spec: SandboxSpec,
    /// A folder outside of the workspace for the copies, which belongs to this run alone.
    pub scratch: PathBuf,
    /// The key of the run.
    pub key: IdempotencyKey,
    /// Decides the names of the harness's own tests. Make it when the checks are run.
    pub seed: u64,
}

impl<'a> TestBench<'a> {
    /// The means, with a spec that sets `PATH` alone.
    pub fn new(
        sandbox: &'a dyn Sandbox,
        scratch: impl Into<PathBuf>,
        key: IdempotencyKey,
        seed: u64,
    ) -> Self {
        let spec = SandboxSpec::new().with_variable("PATH", "/usr/local/bin:/usr/bin:/bin");
        Self { sandbox, spec: spec.with_bytes_max(16 << 30), scratch: scratch.into(), key, seed }
    }

    fn derived(&self, step: &str, number: u32) -> IdempotencyKey {
        let run = RunId::from_digest(&Digest::of_bytes("ae-acceptance", self.key.as_str().as_bytes()));
        IdempotencyKey::derive(run, step, "tests", number)
    }
}

ae_core::setters! { TestBench<'_> {
    /// Sets the environment and the limits of the sandbox.
    fn with_spec(spec: SandboxSpec);
} }

impl AcceptancePlan {
    /// Runs the checks of sealed tests, and returns their outcomes alone; [`run`](Self::run) and `run_with` fail them. The
    /// files of each check are looked for in `files` by their digest.
    ///
    /// Each check works on two copies of the workspace in turn, so what the tests write does not reach the product.
    ///
    /// # Errors
    ///
    /// `Conflict` when the plan is not the sealed one or the files of a check are missing, and those of
    /// [`Checkpoint::take`](crate::Checkpoint::take)
    /// and of the [`Sandbox`]. Whatever the tests and the product do is not an error.
    pub async fn run_tests(
        &self,
        workspace: &Path,
        seal: &Digest,
        files: &[TestFiles],
        bench: &TestBench<'_>,
    ) -> Result<Vec<CheckOutcome>, BackendError> {
        let refuse =
            |message: String| Err(BackendError::new(ErrorKind::Conflict, "acceptance", "run", message));
        if self.seal() != *seal {
            return refuse(
                "the plan is not the one that was sealed: restore it, the checks do not move".to_owned(),
            );
        }
        let mut outcomes = Vec::new();
        for (number, check) in (0_u32..).zip(&self.checks) {
            let Assertion::Tests { tests } = &check.asserts else { continue };
            let Some(files) = files.iter().find(|files| files.tree() == tests.tree) else {
                return refuse(format!(
                    "the sealed files of the tests {} are missing or changed: restore them",
                    check.id
                ));
            };
            let trial = Trial { tests, files, bench, workspace, number };
            let verdict = trial.verdict().await?;
            outcomes.push(CheckOutcome {
                id: check.id.clone(),
                criterion: check.criterion.clone(),
                priority: check.priority,
                passed: verdict.is_ok(),
                detail: match verdict {
                    Ok(detail) | Err(detail) => detail,
                },
            });
        }
        Ok(outcomes)
    }
}

struct Trial<'a> {
    tests: &'a SealedTests,
    files: &'a TestFiles,
    bench: &'a TestBench<'a>,
    workspace: &'a Path,
    number: u32,
}

/// The result of one run of the command.
struct Ran {
    output: CommandOutput,
    /// A sealed file that was touched while the command ran.
    touched: Option<String>,
}

impl Trial<'_> {
    async fn verdict(&self) -> Result<Verdict, BackendError> {
        let passing = Control::new(self.tests.runner, self.bench.seed, true);
        let found = match self.judged(&self.run("right", passing.as_ref()).await?, passing.as_ref()) {
            Ok(found) => found,
            Err(defect) => return Ok(Err(defect)),
        };
        let Some(failing) = Control::new(self.tests.runner, self.bench.seed, false) else {
            return Ok(Ok(found));
        };
        let ran = self.run("wrong", Some(&failing)).await?;
        let notices = read(self.tests.runner, &String::from_utf8_lossy(&ran.output.stdout))
            .is_ok_and(|counts| failing.failed(&counts));
        if ran.output.end.succeeded() || !notices {
            return Ok(Err(
                "a test that fails was not reported: something in the product steers the runner, such as a \
                           configuration or a hook; remove it"
                    .to_owned(),
            ));
        }
        Ok(Ok(found))
    }

    fn judged(&self, ran: &Ran, control: Option<&Control>) -> Verdict {
        let tests = self.tests;
        let text = String::from_utf8_lossy(&ran.output.stdout);
        let counts = read(tests.runner, &text);
        if let Some(path) = &ran.touched {
            return Err(format!(
                "{path}: the product touched a sealed test while it ran; leave the tests alone"
            ));
        }
        if ran.output.end != CommandEnd::Exited(0) {
            return Err(failure(&ran.output, counts.ok()));
        }
        if ran.output.truncated {
            return Err(format!("the tests print more than {OUTPUT_MAX} bytes: print less"));
        }
        let counts = counts.map_err(|why| format!("the tests exit with 0, but {why}"))?;
        if control.is_some_and(|control| !control.passed(&counts)) {
            return Err(
                "a test of the harness's own did not run along: the product ends or steers the runner"
                    .to_owned(),
            );
        }
        let passed = counts.passed.saturating_sub(u32::from(control.is_some()));
        let Counts { failed, skipped, .. } = counts;
        if failed > 0 || skipped > tests.skipped_max {
            return Err(format!(
                "{failed} tests failed and {skipped} were skipped, {} may be",
                tests.skipped_max
            ));
        }
        if let Some(name) = tests.names.iter().find(|name| !counts.passed_names.contains(*name)) {
            return Err(format!("the test {:?} did not run", shown(name, 120)));
        }
        // Programs that are judged by their exit code alone count nothing.
        if tests.runner != super::TestRunner::Exit && passed < tests.tests_min {
            return Err(format!(
                "{passed} tests passed, {} are sealed: none may be left out",
                tests.tests_min
            ));
        }
        Ok(format!("{passed} tests passed, {} were asked for", tests.tests_min))
    }

    /// Runs the command on a new copy.
    async fn run(&self, step: &str, control: Option<&Control>) -> Result<Ran, BackendError> {
        let folder = self.bench.scratch.join("copy");
        let sealed = self.prepare(&folder, control).await?;
        let (bench, key) =
            (self.bench, |number| self.bench.derived(&format!("{step}-{}", self.number), number));
        let before = snapshot(&folder).await?;
        let binds = bench.sandbox.info().binds_folders;
        let mut spec = bench.spec.clone();
        spec.folder = binds.then(|| folder.clone());
        let id = bench.sandbox.create(&key(0), &spec).await?;
        let ran = async {
            if !binds {
                self.upload(&id, &folder, &before, step).await?;
            }
            let mut command =
                RunCommand::new(Control::argv(control, self.tests)).with_timeout(self.tests.timeout);
            command.folder.clone_from(&self.tests.folder);
            let output = bench.sandbox.run(&key(1), &id, &command.with_output_max(OUTPUT_MAX)).await?;
            let touched = if binds {
                let after = snapshot(&folder).await?;
                sealed.keys().find(|path| !before.same_file(&after, path)).cloned()
            } else {
                self.touched(&id, &sealed).await?
            };
            Ok(Ran { output, touched })
        };
        let ran = ran.await;
        bench.sandbox.destroy(&key(2), &id).await?;
        remove_tree(&folder).map_err(|cause| io_error("acceptance", "run", "remove", &folder, cause))?;
        ran
    }

    /// Makes a copy of the workspace with the sealed files in it, and returns them with the control.
    async fn prepare(
        &self,
        folder: &Path,
        control: Option<&Control>,
    ) -> Result<BTreeMap<String, String>, BackendError> {
        let product = kept(self.workspace, &self.bench.scratch.join("kept")).await?;
        put_back(Arc::new(product), folder.to_path_buf()).await?;
        let mut sealed = self.files.files().clone();
        if let Some(control) = control {
            let within = self.tests.folder.as_ref().map_or_else(String::new, |within| format!("{within}/"));
            sealed.insert(format!("{within}{}", control.path), control.content.clone());
        }
        for (path, content) in &sealed {
            put_file(folder, path, content.as_bytes())
                .map_err(|cause| io_error("acceptance", "run", "write", &folder.join(path), cause))?;
        }
        Ok(sealed)
    }

    /// Writes every file into a sandbox that has no access to the copy.
    async fn upload(
        &self,
        id: &SandboxId,
        folder: &Path,
        files: &Snapshot,
        step: &str,
    ) -> Result<(), BackendError> {
        for (number, path) in (10_u32..).zip(files.files()) {
            let full = folder.join(path);
            let content =
                std::fs::read(&full).map_err(|cause| io_error("acceptance", "run", "read", &full, cause))?;
            let key = self.bench.derived(&format!("{step}-{}-upload", self.number), number);
            self.bench.sandbox.write(&key, id, path, &content).await?;
        }
        Ok(())
    }

    /// The first sealed file that has another content now. What was put back in the meantime is not seen.
    async fn touched(
        &self,
        id: &SandboxId,
        sealed: &BTreeMap<String, String>,
    ) -> Result<Option<String>, BackendError> {
        for (path, content) in sealed {
            match self.bench.sandbox.read(id, path).await {
                Ok(now) if now == content.as_bytes() => {}
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => return Ok(Some(path.clone())),
            }
        }
        Ok(None)
    }
}

/// The account of a command that did not end well.
fn failure(output: &CommandOutput, counts: Option<Counts>) -> String {
    let end = match output.end {
        CommandEnd::Exited(code) => format!("exit code {code}"),
        CommandEnd::Signalled(signal) => format!("ended by signal {signal}"),
        CommandEnd::TimedOut => "not finished in time".to_owned(),
        CommandEnd::Limited => "stopped at a limit of the sandbox".to_owned(),
    };
    let failed = counts.map_or_else(String::new, |counts| {
        let names: Vec<String> = counts.failed_names.iter().take(10).map(|name| shown(name, 120)).collect();
        format!("; {} passed, {} failed: {}", counts.passed, counts.failed, names.join(", "))
    });
    let tail = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let skipped = text.chars().count().saturating_sub(1_500);
        shown(&text.chars().skip(skipped).collect::<String>(), 1_500)
    };
    let said = if output.stderr.is_empty() { tail(&output.stdout) } else { tail(&output.stderr) };
    format!("{end}{failed}; it printed at its end: {said}")
}
