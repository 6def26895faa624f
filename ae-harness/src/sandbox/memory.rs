//! A simulated sandbox: files in memory and a closed set of commands.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Isolation, Mode, SameKey};
use async_trait::async_trait;

use super::{
    CommandEnd, CommandSignal, OutputChunk, RunCommand, Sandbox, SandboxId, SandboxInfo, SandboxProcess,
    SandboxReport, SandboxSpec,
};
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

    async fn probe(&self) -> Result<SandboxReport, BackendError> {
        let notes = vec!["a simulation: no program of the host is run".to_owned()];
        Ok(SandboxReport::new(NAME, Isolation::Confined).with_notes(notes))
    }

    async fn create(&self, key: &IdempotencyKey, spec: &SandboxSpec) -> Result<SandboxId, BackendError> {
        if spec.folder.is_some() {
            let message = "a simulation has no access to a folder of the host: leave it out";
            return Err(error(ErrorKind::Unsupported, "create", message));
        }
        let State { boxes, created } = &mut *self.locked();
        let number = created.values().count() + 1;
        created.once("create", key, spec, || {
            let id = format!("sandbox-{number}").parse::<SandboxId>()?;
            boxes.insert(id.clone(), Files { spec: spec.clone(), files: BTreeMap::new() });
            Ok(id)
        })
    }

    async fn attach(&self, id: &SandboxId) -> Result<(), BackendError> {
        self.locked().find(id, "attach").map(drop)
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

    async fn spawn(
        &self,
        _: &IdempotencyKey,
        id: &SandboxId,
        command: &RunCommand,
    ) -> Result<Box<dyn SandboxProcess>, BackendError> {
        let Some((program, arguments)) = command.argv.split_first() else {
            return Err(error(ErrorKind::InvalidInput, "spawn", "a command names a program"));
        };
        if let Some(folder) = &command.folder {
            plain(folder, "spawn")?;
        }
        let mut state = self.locked();
        let found = state.find(id, "spawn")?;
        let mut environment = found.spec.environment.clone();
        environment.extend(command.environment.clone());
        Ok(Box::new(Simulated {
            program: program.clone(),
            arguments: arguments.to_vec(),
            folder: command.folder.clone(),
            files: found.files.clone(),
            environment,
            stdin: command.stdin.clone(),
            open: command.keeps_stdin,
            output: VecDeque::new(),
            end: None,
        }))
    }

    async fn destroy(&self, _: &IdempotencyKey, id: &SandboxId) -> Result<(), BackendError> {
        self.locked().boxes.remove(id);
        Ok(())
    }
}

/// A simulated command, which runs once its input has ended.
#[derive(Debug)]
struct Simulated {
    program: String,
    arguments: Vec<String>,
    folder: Option<String>,
    files: BTreeMap<String, Vec<u8>>,
    environment: BTreeMap<String, String>,
    stdin: Vec<u8>,
    open: bool,
    output: VecDeque<OutputChunk>,
    end: Option<CommandEnd>,
}

impl Simulated {
    /// Runs it, unless its input is still open: then it would wait for more.
    fn finish(&mut self) -> Result<CommandEnd, BackendError> {
        if let Some(end) = self.end {
            return Ok(end);
        }
        if self.open {
            let message = "the simulated command waits for the end of its input: close it first";
            return Err(error(ErrorKind::InvalidInput, "wait", message));
        }
        let (code, stdout, stderr) = self.result();
        let pieces = [OutputChunk::Stdout(stdout), OutputChunk::Stderr(stderr)];
        let is_empty = |piece: &OutputChunk| match piece {
            OutputChunk::Stdout(bytes) | OutputChunk::Stderr(bytes) => bytes.is_empty(),
        };
        self.output.extend(pieces.into_iter().filter(|piece| !is_empty(piece)));
        Ok(*self.end.insert(CommandEnd::Exited(code)))
    }

    fn result(&self) -> (i32, Vec<u8>, Vec<u8>) {
        let ok = |stdout: Vec<u8>| (0, stdout, Vec::new());
        let at =
            |name: &str| self.folder.as_ref().map_or_else(|| name.to_owned(), |at| format!("{at}/{name}"));
        match (self.program.as_str(), self.arguments.as_slice()) {
            ("true", _) => ok(Vec::new()),
            ("false", _) => (1, Vec::new(), Vec::new()),
            ("cat", []) => ok(self.stdin.clone()),
            ("cat", names) => {
                let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
                for name in names {
                    match self.files.get(&at(name)) {
                        Some(bytes) => stdout.extend(bytes),
                        None => stderr.extend(format!("cat: {name}: no such file\n").into_bytes()),
                    }
                }
                (i32::from(!stderr.is_empty()), stdout, stderr)
            }
            ("printenv", [name]) => match self.environment.get(name) {
                Some(value) => ok(format!("{value}\n").into_bytes()),
                None => (1, Vec::new(), Vec::new()),
            },
            (program, _) => {
                (127, Vec::new(), format!("{program}: no such program in this simulation\n").into_bytes())
            }
        }
    }
}

#[async_trait]
impl SandboxProcess for Simulated {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), BackendError> {
        if self.open && self.end.is_none() {
            self.stdin.extend_from_slice(bytes);
        }
        Ok(())
    }

    async fn close_stdin(&mut self) -> Result<(), BackendError> {
        self.open = false;
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<OutputChunk>, BackendError> {
        self.finish()?;
        Ok(self.output.pop_front())
    }

    async fn signal(&mut self, signal: CommandSignal) -> Result<(), BackendError> {
        let number = match signal {
            CommandSignal::Interrupt => 2,
            CommandSignal::Terminate => 15,
            CommandSignal::Kill => 9,
        };
        self.end.get_or_insert(CommandEnd::Signalled(number));
        Ok(())
    }

    async fn wait(&mut self) -> Result<CommandEnd, BackendError> {
        self.finish()
    }
}
