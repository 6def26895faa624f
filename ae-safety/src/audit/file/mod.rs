//! The log in a file.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use ae_core::{BackendError, Effect, ErrorKind, Retry, Runtime};
use async_trait::async_trait;
use serde_json::json;

use super::{
    AuditEvent, AuditReceipt, AuditSink, ProblemKind, VerifyReport,
    record::{Head, prepare},
    verify::{Records, verify},
};
use crate::redact::Redactor;

const BACKEND: &str = "file-audit";
/// How often, and how long between, the lock of another process is asked for: ten seconds in all.
const LOCK_TRIES_MAX: u32 = 2000;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// An [`AuditSink`] that appends to a file of JSON lines, see [`AuditRecord`](super::AuditRecord) and [`verify_file`].
///
/// Several processes may append to the same file: each record is written under an advisory lock, after whatever the
/// others have written was read and checked. A record is on the disk (`fdatasync`) when `append` returns.
///
/// An incomplete last line, as a crash or a full disk leaves it, is moved to a file beside the log (`.torn` appended to its
/// name) and a record `log_recovered` is written. A complete line that does not fit is tampering: the log takes no
/// further record. The chain shows that something was changed, not who did it, and whoever can write the file can write
/// it anew as a whole: keep receipts elsewhere.
#[derive(Debug)]
pub struct FileAudit {
    path: PathBuf,
    runtime: Runtime,
    redactor: Redactor,
    known: Mutex<Known>,
}

/// What this handle has read and checked.
#[derive(Debug, Clone, Copy)]
struct Known {
    head: Head,
    bytes: u64,
}

impl FileAudit {
    /// Opens the log at `path`, or makes it (readable by its owner alone, where the system can), and checks all of it.
    /// Waits while another process writes a record.
    ///
    /// # Errors
    ///
    /// `Protocol` when it was tampered with, naming the first record that does not fit; `NotFound`,
    /// `PermissionDenied` or `Unavailable` when it can't be opened. The file is left as it was.
    pub fn open(
        path: impl Into<PathBuf>,
        runtime: Runtime,
        redactor: Redactor,
    ) -> Result<Self, BackendError> {
        let path = path.into();
        create(&path).map_err(|error| failed("open", &path, error))?;
        let known = Mutex::new(Known { head: Head::EMPTY, bytes: 0 });
        let audit = Self { path, runtime, redactor, known };
        let file = audit.file("open")?;
        fs4::FileExt::lock(&file).map_err(|error| failed("open", &audit.path, error))?;
        audit.catch_up("open", &file, &mut audit.known.lock().unwrap_or_else(PoisonError::into_inner))?;
        Ok(audit)
    }

    /// Where the log is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file by its name, so that a log that was moved away is noticed.
    fn file(&self, operation: &'static str) -> Result<File, BackendError> {
        let opened = OpenOptions::new().read(true).append(true).open(&self.path);
        opened.map_err(|error| failed(operation, &self.path, error))
    }

    /// Writes under the lock, or says that another process holds it. The lock ends with the file handle.
    fn try_append(&self, event: &AuditEvent) -> Result<Option<AuditReceipt>, BackendError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let file = self.file("append")?;
        match fs4::FileExt::try_lock(&file) {
            Ok(()) => {}
            Err(fs4::TryLockError::WouldBlock) => return Ok(None),
            Err(fs4::TryLockError::Error(error)) => return Err(failed("append", &self.path, error)),
        }
        self.catch_up("append", &file, &mut known)?;
        self.write("append", &file, &mut known, event).map(Some)
    }

    /// Reads and checks what was written since, and puts an incomplete last line aside.
    fn catch_up(&self, operation: &'static str, file: &File, known: &mut Known) -> Result<(), BackendError> {
        let io = |error| failed(operation, &self.path, error);
        let length = file.metadata().map_err(io)?.len();
        if length < known.bytes {
            let message = format!(
                "{} is shorter than it was: records were removed. Keep the file and find out why",
                self.path.display()
            );
            return Err(BackendError::new(ErrorKind::Protocol, BACKEND, operation, message));
        }
        if length == known.bytes {
            return Ok(());
        }
        let mut reader = BufReader::new(file);
        reader.seek(SeekFrom::Start(known.bytes)).map_err(io)?;
        let mut records = Records::resume(reader, known.head, known.bytes);
        for record in records.by_ref() {
            record.map_err(io)?;
        }
        let report = records.report();
        *known = Known { head: records.head(), bytes: report.bytes };
        match report.problem {
            None => Ok(()),
            Some(problem) if problem.kind == ProblemKind::Torn => self.repair(operation, file, known),
            Some(problem) => {
                let message = format!(
                    "{} was tampered with: record {} (byte {}) does not fit. Keep the file, start a new log",
                    self.path.display(),
                    problem.seq,
                    problem.offset
                );
                Err(BackendError::new(ErrorKind::Protocol, BACKEND, operation, message))
            }
        }
    }

    /// Moves an incomplete last line beside the log and says so in it.
    fn repair(&self, operation: &'static str, file: &File, known: &mut Known) -> Result<(), BackendError> {
        let io = |error| failed(operation, &self.path, error);
        let mut torn = Vec::new();
        let mut reader = file;
        reader.seek(SeekFrom::Start(known.bytes)).map_err(io)?;
        reader.read_to_end(&mut torn).map_err(io)?;
        let mut aside = self.path.clone().into_os_string();
        aside.push(".torn");
        let mut beside = private().append(true).open(&aside).map_err(io)?;
        beside.write_all(&torn).and_then(|()| beside.write_all(b"\n")).map_err(io)?;
        beside.sync_data().map_err(io)?;
        file.set_len(known.bytes).map_err(io)?;
        let event =
            AuditEvent::new("log_recovered", BACKEND).with_detail(json!({ "torn_bytes": torn.len() }));
        self.write(operation, file, known, &event).map(drop)
    }

    fn write(
        &self,
        operation: &'static str,
        mut file: &File,
        known: &mut Known,
        event: &AuditEvent,
    ) -> Result<AuditReceipt, BackendError> {
        let line = known.head.line(event, self.runtime.now());
        let (line, head) = line.map_err(|error| error.into_backend_error(BACKEND))?;
        if let Err(error) = file.write_all(line.as_bytes()) {
            // Whatever part was written is taken back; if that fails too, the next append finds a torn line.
            let _ = file.set_len(known.bytes);
            return Err(failed(operation, &self.path, error));
        }
        // After a failed flush nobody knows what the disk holds, so the record may be there.
        file.sync_data()
            .map_err(|error| failed(operation, &self.path, error).with_effect(Effect::Unknown))?;
        let receipt = AuditReceipt { seq: known.head.next_seq, hash: head.hash };
        *known = Known { head, bytes: known.bytes + line.len() as u64 };
        Ok(receipt)
    }
}

#[async_trait]
impl AuditSink for FileAudit {
    async fn append(&self, event: &AuditEvent) -> Result<AuditReceipt, BackendError> {
        let event = prepare(event, &self.redactor, BACKEND)?;
        for _ in 0..LOCK_TRIES_MAX {
            if let Some(receipt) = self.try_append(&event)? {
                return Ok(receipt);
            }
            self.runtime.sleeper.sleep(LOCK_PAUSE).await;
        }
        let message =
            format!("another process holds the lock of {}: see which one hangs", self.path.display());
        let error = BackendError::new(ErrorKind::Unavailable, BACKEND, "append", message);
        Err(error.with_retry(Retry::Backoff))
    }
}

/// Checks the log at `path`, see [`verify`].
///
/// A record that another process is writing at this moment can look torn.
///
/// # Errors
///
/// `NotFound`, `PermissionDenied` or `Unavailable` when the file can't be read.
pub fn verify_file(path: impl AsRef<Path>) -> Result<VerifyReport, BackendError> {
    let path = path.as_ref();
    let reader = File::open(path).map(BufReader::new);
    reader.and_then(|reader: BufReader<File>| verify(reader)).map_err(|error| failed("verify", path, error))
}

/// Makes the file if it is not there, and its name durable.
fn create(path: &Path) -> io::Result<()> {
    match private().write(true).create_new(true).open(path) {
        Ok(file) => {
            file.sync_all()?;
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            sync_folder(folder.unwrap_or(Path::new(".")))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Options for a file that only its owner may read, where the system can do that.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn failed(operation: &'static str, path: &Path, error: io::Error) -> BackendError {
    let (kind, hint) = match error.kind() {
        io::ErrorKind::NotFound => (ErrorKind::NotFound, "it, or its folder, is not there"),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            (ErrorKind::PermissionDenied, "check its permissions")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            (ErrorKind::QuotaExceeded, "the disk is full, make room")
        }
        _ => (ErrorKind::Unavailable, "the disk refused, see the cause"),
    };
    let message = format!("can't use {}: {hint}", path.display());
    BackendError::new(kind, BACKEND, operation, message).with_source(error)
}
