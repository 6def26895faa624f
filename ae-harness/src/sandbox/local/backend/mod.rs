//! Sandboxes on this machine: a folder each, and confined commands.

mod process;
mod running;
mod store;
mod tree;
mod watch;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use ae_core::{BackendError, ErrorKind, IdempotencyKey, Mode, Runtime};
use async_trait::async_trait;

use self::{
    running::Registry,
    store::{Record, Store},
};
use super::{Confinement, Egress, LocalProbe, ProgramToStart, SandboxKind, confine, error, probe_local};
use crate::{
    paths::path_problem,
    sandbox::{
        Enforced, NetworkPolicy, RunCommand, Sandbox, SandboxId, SandboxInfo, SandboxProcess, SandboxReport,
        SandboxSpec,
    },
    supervise::Start,
};

/// The programs that a command finds by name, unless its environment says otherwise.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The usual place of bubblewrap.
const BWRAP: &str = "/usr/bin/bwrap";

/// Commands confined on this machine, on Linux: by bubblewrap where it really runs, else by Landlock and a filter of
/// system calls.
///
/// Each sandbox is a folder below the one that was opened, or a folder of the host ([`SandboxSpec::folder`]). Its commands
/// write there and to temporary files only, read the system's programs and what
/// [`with_read_only`](LocalSandbox::with_read_only) adds, and have no network unless the spec asks for all of it. They start
/// with the variables `PATH`, `HOME` (their folder), `TMPDIR` and `LANG`, unless the spec sets them. The size of all files
/// is measured every second. [`probe`](Sandbox::probe) says what holds on this machine.
///
/// Sandboxes outlive this value and the process: [`attach`](Sandbox::attach) finds them by id, and ends what a process that
/// was killed has left behind. One process at a time uses the folder, which also keeps the environments of the specs: it is
/// made so that its owner alone can read it.
///
/// The program that uses it calls [`confined_child`](crate::confined_child) first in `main`. It needs a tokio runtime.
///
/// ```no_run
/// use ae_harness::{LocalSandbox, RunCommand, Sandbox, SandboxExt as _, SandboxSpec};
/// # async fn try_it(key: ae_core::IdempotencyKey) -> Result<(), Box<dyn std::error::Error>> {
/// ae_harness::confined_child();
/// let sandbox = LocalSandbox::open("/var/lib/product/sandboxes", std::env::current_exe()?, ae_core::Runtime::system())?;
/// let id = sandbox.create(&key, &SandboxSpec::new()).await?;
/// let output = sandbox.run(&key, &id, &RunCommand::new(["python3", "-c", "print(6 * 7)"])).await?;
/// assert_eq!(output.stdout, b"42\n");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct LocalSandbox {
    store: Store,
    launcher: PathBuf,
    kinds: Vec<SandboxKind>,
    probed: LocalProbe,
    kind: SandboxKind,
    read_only: Vec<PathBuf>,
    runtime: Runtime,
    registry: Arc<Registry>,
}

impl LocalSandbox {
    /// Opens `folder`, which is made if it is missing, and tries which confinement works. `launcher` is the running program,
    /// or another one whose `main` begins with [`confined_child`](crate::confined_child).
    ///
    /// # Errors
    ///
    /// `Unsupported` where no confinement works, with the reasons; otherwise when the folder can't be made.
    pub fn open(
        folder: impl AsRef<Path>,
        launcher: impl Into<PathBuf>,
        runtime: Runtime,
    ) -> Result<Self, BackendError> {
        Self::open_with(
            folder,
            launcher,
            runtime,
            &[SandboxKind::Bubblewrap(BWRAP.into()), SandboxKind::Landlock],
        )
    }

    /// As [`open`](LocalSandbox::open), with the kinds to try, the best one first.
    ///
    /// # Errors
    ///
    /// As `open`.
    pub fn open_with(
        folder: impl AsRef<Path>,
        launcher: impl Into<PathBuf>,
        runtime: Runtime,
        kinds: &[SandboxKind],
    ) -> Result<Self, BackendError> {
        let (store, launcher) = (Store::open(folder.as_ref())?, launcher.into());
        let probed = probe_local(kinds, &launcher, store.folder());
        let Some(kind) = probed.kind.clone() else {
            let message =
                format!("no program can be confined on this machine: {}", probed.report.notes.join("; "));
            return Err(error(ErrorKind::Unsupported, "open", message));
        };
        Ok(Self {
            store,
            launcher,
            kinds: kinds.to_vec(),
            probed,
            kind,
            read_only: Vec::new(),
            runtime,
            registry: Arc::default(),
        })
    }

    /// Adds files and folders that every command may read and execute, for example those of
    /// [`shown_for`](crate::host::shown_for) a program.
    #[must_use]
    pub fn with_read_only(mut self, paths: impl IntoIterator<Item = PathBuf>) -> Self {
        self.read_only.extend(paths);
        self
    }

    fn confinement(&self, id: &SandboxId, record: &Record) -> Result<Confinement, BackendError> {
        let egress = match &record.spec.network {
            NetworkPolicy::None => Egress::None,
            NetworkPolicy::All => Egress::All,
            NetworkPolicy::AllowList(_) => {
                let message = "a confined command has no network or all of it: ask for one of them, or for a sandbox elsewhere";
                return Err(error(ErrorKind::Unsupported, "create", message));
            }
        };
        let confinement = Confinement::new(self.store.files(id, record))
            .with_read_only(self.read_only.clone())
            .with_writable(self.temporary(id).into_iter().collect())
            .with_hidden(vec![self.store.folder().to_path_buf()])
            .with_egress(egress)
            .with_limits(record.spec.limits.clone());
        confinement.check()?;
        Ok(confinement)
    }

    /// The folder of temporary files, where the kind gives no `/tmp` of its own.
    fn temporary(&self, id: &SandboxId) -> Option<PathBuf> {
        (self.kind == SandboxKind::Landlock).then(|| self.store.temporary(id))
    }

    /// The launcher for a command.
    fn start(
        &self,
        id: &SandboxId,
        record: &Record,
        command: &RunCommand,
        mark: &str,
    ) -> Result<Start, BackendError> {
        let invalid = |message: String| error(ErrorKind::InvalidInput, "spawn", message);
        let Some((program, arguments)) = command.argv.split_first() else {
            return Err(invalid("a command names a program".to_owned()));
        };
        let files = self.store.files(id, record);
        let folder = match command.folder.as_deref() {
            None => files.clone(),
            Some(folder) => match path_problem(folder) {
                None => files.join(folder),
                Some(why) => return Err(invalid(format!("the folder {folder:?} is refused: {why}"))),
            },
        };
        let temporary = self.temporary(id).unwrap_or_else(|| "/tmp".into());
        let mut inside = ProgramToStart::new(program, folder)
            .with_arguments(arguments)
            .with_variable("PATH", PATH)
            .with_variable("HOME", files)
            .with_variable("TMPDIR", temporary)
            .with_variable("LANG", "C.UTF-8");
        for (name, value) in record.spec.environment.iter().chain(&command.environment) {
            inside = inside.with_variable(name, value);
        }
        let inside = inside.with_variable(crate::supervise::MARKER, mark);
        let confined = confine(&self.kind, inside, &self.confinement(id, record)?, &self.launcher)?;
        Ok(Start {
            path: confined.path,
            arguments: confined.arguments,
            environment: confined.environment,
            folder: confined.folder,
            is_launcher: matches!(self.kind, SandboxKind::Bubblewrap(_)),
        })
    }

    fn with_disk(report: &SandboxReport) -> SandboxReport {
        let mut report = report.clone();
        report.enforced.insert(Enforced::DiskSize);
        report
    }
}

/// Runs `work`, which reads and writes files, on a thread that may wait.
async fn blocking<T: Send + 'static>(
    operation: &'static str,
    work: impl FnOnce() -> Result<T, BackendError> + Send + 'static,
) -> Result<T, BackendError> {
    let lost = |cause: tokio::task::JoinError| {
        error(ErrorKind::Internal, operation, "the work on files was lost: repeat it").with_source(cause)
    };
    tokio::task::spawn_blocking(work).await.map_err(lost)?
}

#[async_trait]
impl Sandbox for LocalSandbox {
    fn info(&self) -> SandboxInfo {
        SandboxInfo::new("local", Mode::Offline, self.probed.report.isolation).with_binds_folders(true)
    }

    async fn probe(&self) -> Result<SandboxReport, BackendError> {
        let this = self.clone();
        blocking("probe", move || {
            let probed = probe_local(&this.kinds, &this.launcher, this.store.folder());
            Ok(Self::with_disk(&probed.report))
        })
        .await
    }

    async fn create(&self, key: &IdempotencyKey, spec: &SandboxSpec) -> Result<SandboxId, BackendError> {
        let (this, id) = (self.clone(), key.as_str().parse::<SandboxId>()?);
        let spec = spec.clone();
        blocking("create", move || {
            let record = Record::new(spec)?;
            this.confinement(&id, &record)?;
            this.store.create(&id, &record)?;
            Ok(id)
        })
        .await
    }

    async fn attach(&self, id: &SandboxId) -> Result<(), BackendError> {
        let (this, id) = (self.clone(), id.clone());
        blocking("attach", move || {
            this.store.find(&id, "attach")?;
            this.store.sweep(&id, &this.registry)
        })
        .await
    }

    async fn write(
        &self,
        _: &IdempotencyKey,
        id: &SandboxId,
        path: &str,
        content: &[u8],
    ) -> Result<(), BackendError> {
        let (this, id, path, content) = (self.clone(), id.clone(), path.to_owned(), content.to_vec());
        blocking("write", move || {
            let record = this.store.find(&id, "write")?;
            tree::write(&this.store.files(&id, &record), &path, &content, record.spec.bytes_max)
        })
        .await
    }

    async fn read(&self, id: &SandboxId, path: &str) -> Result<Vec<u8>, BackendError> {
        let (this, id, path) = (self.clone(), id.clone(), path.to_owned());
        blocking("read", move || {
            let record = this.store.find(&id, "read")?;
            tree::read(&this.store.files(&id, &record), &path, record.spec.bytes_max)
        })
        .await
    }

    async fn list(&self, id: &SandboxId) -> Result<Vec<String>, BackendError> {
        let (this, id) = (self.clone(), id.clone());
        blocking("list", move || {
            let record = this.store.find(&id, "list")?;
            tree::list(&this.store.files(&id, &record))
        })
        .await
    }

    async fn spawn(
        &self,
        _: &IdempotencyKey,
        id: &SandboxId,
        command: &RunCommand,
    ) -> Result<Box<dyn SandboxProcess>, BackendError> {
        let mark = format!("{id}-{}", self.runtime.ids.new_uuid().simple());
        let prepared = {
            let (this, id, command, mark) = (self.clone(), id.clone(), command.clone(), mark.clone());
            blocking("spawn", move || {
                let record = this.store.find(&id, "spawn")?;
                let start = this.start(&id, &record, &command, &mark)?;
                this.store.note(&id, &mark)?;
                Ok((start, this.store.files(&id, &record), record.spec.bytes_max))
            })
            .await?
        };
        let (start, files, bytes_max) = prepared;
        let watch = watch::Watch {
            timeout: command.timeout,
            files,
            bytes_max,
            sleeper: Arc::clone(&self.runtime.sleeper),
            done: self.store.noted(id, &mark),
        };
        let process = process::start(start, &mark, command, watch)?;
        self.registry.add(id, &mark, process.handle());
        Ok(Box::new(process))
    }

    async fn destroy(&self, _: &IdempotencyKey, id: &SandboxId) -> Result<(), BackendError> {
        self.registry.end(id).await;
        let (this, id) = (self.clone(), id.clone());
        blocking("destroy", move || {
            this.store.sweep(&id, &this.registry)?;
            this.store.remove(&id)
        })
        .await
    }
}
