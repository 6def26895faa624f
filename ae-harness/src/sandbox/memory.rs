//! A simulated sandbox: files in memory and a closed set of commands.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Isolation, Mode, SameKey};
use async_trait::async_trait;

use super::{CommandOutput, RunCommand, Sandbox, SandboxId, SandboxInfo, SandboxSpec};
use crate::paths::path_problem;

const NAME: &str = "memory";

/// A simulated sandbox for tests and demonstrations: nothing runs on the host.
///
/// Commands: `true`, `false`, `cat [FILE…]` (standard input without files), `printenv NAME`. Any other program answers
/// 127. Commands take no time, so none times out.
#[derive(Debug)]
pub struct MemorySandbox {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    boxes: BTreeMap<SandboxId, Files>,
    created: SameKey<SandboxId>,
}

#[derive(Debug)]
struct Files {
    spec: SandboxSpec,
    files: BTreeMap<String, Vec<u8>>,
}

impl Default for MemorySandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl MemorySandbox {
    /// No sandboxes yet.
    pub fn new() -> Self {
        let state = State { boxes: BTreeMap::new(), created: SameKey::new(NAME) };
        Self { state: Mutex::new(state) }
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn error(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> BackendError {
    BackendError::new(kind, NAME, operation, message)
}

fn plain(path: &str, operation: &'static str) -> Result<(), BackendError> {
    path_problem(path).map_or(Ok(()), |why| {
        Err(error(ErrorKind::InvalidInput, operation, format!("{path:?} is refused: {why}")))
    })
}

impl State {
    fn find(&mut self, id: &SandboxId, operation: &'static str) -> Result<&mut Files, BackendError> {
        let gone = || error(ErrorKind::NotFound, operation, format!("there is no sandbox {id}: create one"));
        self.boxes.get_mut(id).ok_or_else(gone)
    }
}

#[async_trait]
impl Sandbox for MemorySandbox {
    fn info(&self) -> SandboxInfo {
        // No foreign code runs: the commands are this crate's own functions.
        SandboxInfo::new(NAME, Mode::Offline, Isolation::Confined)
    }

    async fn create(&self, key: &IdempotencyKey, spec: &SandboxSpec) -> Result<SandboxId, BackendError> {
        let State { boxes, created } = &mut *self.locked();
        let number = created.values().count() + 1;
        created.once("create", key, spec, || {
            let id = format!("sandbox-{number}").parse::<SandboxId>()?;
            boxes.insert(id.clone(), Files { spec: spec.clone(), files: BTreeMap::new() });
            Ok(id)
        })
    }

    async fn write(
        &self,
        _: &IdempotencyKey,
        id: &SandboxId,
        path: &str,
        content: &[u8],
    ) -> Result<(), BackendError> {
        plain(path, "write")?;
        let mut state = self.locked();
        let found = state.find(id, "write")?;
        let others = found.files.iter().filter(|(name, _)| *name != path).map(|(_, bytes)| bytes.len());
        let total = u64::try_from(others.sum::<usize>() + content.len()).unwrap_or(u64::MAX);
        if total > found.spec.bytes_max {
            let message = format!(
                "{total} bytes are more than the {} allowed: remove files first",
                found.spec.bytes_max
            );
            return Err(error(ErrorKind::QuotaExceeded, "write", message));
        }
        found.files.insert(path.to_owned(), content.to_vec());
        Ok(())
    }

    async fn read(&self, id: &SandboxId, path: &str) -> Result<Vec<u8>, BackendError> {
        plain(path, "read")?;
        let mut state = self.locked();
        let missing =
            || error(ErrorKind::NotFound, "read", format!("there is no file {path:?}: list the files first"));
        state.find(id, "read")?.files.get(path).cloned().ok_or_else(missing)
    }

    async fn list(&self, id: &SandboxId) -> Result<Vec<String>, BackendError> {
        Ok(self.locked().find(id, "list")?.files.keys().cloned().collect())
    }

    async fn run(
        &self,
        _: &IdempotencyKey,
        id: &SandboxId,
        command: &RunCommand,
    ) -> Result<CommandOutput, BackendError> {
        let Some((program, arguments)) = command.argv.split_first() else {
            return Err(error(ErrorKind::InvalidInput, "run", "a command names a program"));
        };
        let mut state = self.locked();
        let found = state.find(id, "run")?;
        let (exit_code, stdout, stderr) = simulate(found, program, arguments, &command.stdin);
        Ok(CommandOutput::new(exit_code, stdout, stderr, command.output_max))
    }

    async fn destroy(&self, _: &IdempotencyKey, id: &SandboxId) -> Result<(), BackendError> {
        self.locked().boxes.remove(id);
        Ok(())
    }
}

type Simulated = (i32, Vec<u8>, Vec<u8>);

fn simulate(found: &Files, program: &str, arguments: &[String], stdin: &[u8]) -> Simulated {
    let ok = |stdout: Vec<u8>| (0, stdout, Vec::new());
    match (program, arguments) {
        ("true", _) => ok(Vec::new()),
        ("false", _) => (1, Vec::new(), Vec::new()),
        ("cat", []) => ok(stdin.to_vec()),
        ("cat", names) => {
            let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
            for name in names {
                match found.files.get(name) {
                    Some(bytes) => stdout.extend(bytes),
                    None => stderr.extend(format!("cat: {name}: no such file\n").into_bytes()),
                }
            }
            (i32::from(!stderr.is_empty()), stdout, stderr)
        }
        ("printenv", [name]) => match found.spec.environment.get(name) {
            Some(value) => ok(format!("{value}\n").into_bytes()),
            None => (1, Vec::new(), Vec::new()),
        },
        _ => (127, Vec::new(), format!("{program}: no such program in this simulation\n").into_bytes()),
    }
}
