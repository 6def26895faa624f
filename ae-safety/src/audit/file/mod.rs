//! The log in a file.

use std::{
    fs::{File, Metadata, OpenOptions},
    io::{self, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ae_core::{BackendError, Effect, ErrorKind, Retry, Runtime, Worker};
use async_trait::async_trait;
use serde_json::json;

use super::{
    AuditAnchor, AuditEvent, AuditMark, AuditReceipt, AuditSink, ProblemKind, VerifyReport,
    record::{Head, prepare},
    verify::verify,
};
use crate::redact::Redactor;

mod lock;

const BACKEND: &str = "file-audit";
/// How long an append waits for the other writers.
const LOCK_WAIT_MAX: Duration = Duration::from_secs(10);

/// An [`AuditSink`] that appends to a file of JSON lines, see [`AuditRecord`](super::AuditRecord) and [`verify_file`].
///
/// Several processes may append to the same file, with anchors over the same store: each record is written under an
/// advisory lock. It is on the disk (`fdatasync`) and counted by the anchor when `append` returns. That costs two flushes
/// a record, one of the anchor and one of the log, and nothing else that grows with the log or the number of writers.
///
/// Every append compares the file with the anchor. A file that nothing else has written to is taken as it is; any other
/// is read and checked in full, as after a crash or in a copied folder. A part of the record that was being written, as a
/// crash or a full disk leaves it, is moved to a file next to the log (`.torn` appended to its name), and a record
/// `log_recovered` is written. Anything else that differs is tampering: the log takes no further record.
///
/// The anchor shows that something was changed, not by whom, and nothing to a writer who can change both stores: keep
/// receipts elsewhere.
///
/// Records are written on a thread of the log.
#[derive(Debug)]
pub struct FileAudit {
    log: Arc<Log>,
    redactor: Redactor,
    worker: Worker,
}

/// The log and its anchor.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    anchor: Arc<dyn AuditAnchor>,
    runtime: Runtime,
}

impl FileAudit {
    /// Opens the log at `path`, or makes it (readable by its owner alone, where the system can), and compares it with
    /// `anchor`. Waits while another process writes a record.
    ///
    /// # Errors
    ///
    /// `Protocol` when it was tampered with, naming the first record that does not fit, or when it is gone and the anchor
    /// knows its records; `NotFound`, `PermissionDenied` or `Unavailable` when it can't be opened. The file is left as it
    /// was.
    pub fn open(
        path: impl Into<PathBuf>,
        anchor: Arc<dyn AuditAnchor>,
        runtime: Runtime,
        redactor: Redactor,
    ) -> Result<Self, BackendError> {
        let log = Log { path: path.into(), anchor, runtime };
        if log.anchor.read()?.head.is_none() {
            create(&log.path).map_err(|error| failed("open", &log.path, error))?;
        }
        let file = log.file("open")?;
        fs4::FileExt::lock(&file).map_err(|error| failed("open", &log.path, error))?;
        log.settled("open", &file)?;
        let worker = Worker::start(BACKEND).map_err(|error| failed("open", &log.path, error))?;
        Ok(Self { log: Arc::new(log), redactor, worker })
    }

    /// Where the log is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.log.path
    }
}

impl Log {
    /// The file by its name, so that a log that was moved away is noticed.
    fn file(&self, operation: &'static str) -> Result<File, BackendError> {
        match OpenOptions::new().read(true).append(true).open(&self.path) {
            Ok(file) => Ok(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => match self.anchor.read()?.head {
                Some(last) => {
                    Err(self.tampered(operation, format!("is gone, with {} records", last.seq + 1)))
                }
                None => Err(failed(operation, &self.path, error)),
            },
            Err(error) => Err(failed(operation, &self.path, error)),
        }
    }

    fn tampered(&self, operation: &'static str, what: String) -> BackendError {
        let message = format!(
            "{} {what}: it was tampered with. Keep it and its anchor as evidence, or restore both from one copy",
            self.path.display()
        );
        BackendError::new(ErrorKind::Protocol, BACKEND, operation, message)
    }

    /// Compares the file with its mark, and settles what a crash left between the two.
    ///
    /// The stamp holds the file's number and the time of its last change, which no program can set. As long as they are
    /// those of our own last write, nothing was changed, in the old part of the log neither, and nothing has to be read.
    fn settled(&self, operation: &'static str, file: &File) -> Result<AuditMark, BackendError> {
        let io = |error| failed(operation, &self.path, error);
        let mut mark = self.anchor.read()?;
        let metadata = file.metadata().map_err(io)?;
        if metadata.len() == mark.bytes && stamp(&metadata) == mark.stamp {
            return Ok(mark);
        }
        let report = compare(file, metadata.len(), &mark).map_err(io)?;
        match report.problem {
            None => {
                mark = AuditMark::new(report.head, report.bytes);
                mark.stamp = stamp(&metadata);
                self.anchor.write(&mark)?;
            }
            Some(problem) if problem.kind == ProblemKind::Torn => self.repair(operation, file, &mut mark)?,
            Some(problem) => {
                let what = match problem.kind {
                    ProblemKind::Cut => format!("ends before record {}", problem.seq),
                    _ => format!("holds another record {} (byte {})", problem.seq, problem.offset),
                };
                return Err(self.tampered(operation, what));
            }
        }
        Ok(mark)
    }

    /// Moves an incomplete last line next to the log and records that.
    fn repair(
        &self,
        operation: &'static str,
        mut file: &File,
        mark: &mut AuditMark,
    ) -> Result<(), BackendError> {
        let io = |error| failed(operation, &self.path, error);
        let mut torn = Vec::new();
        file.seek(SeekFrom::Start(mark.bytes)).map_err(io)?;
        file.read_to_end(&mut torn).map_err(io)?;
        let mut aside = self.path.clone().into_os_string();
        aside.push(".torn");
        let mut aside = private().append(true).open(&aside).map_err(io)?;
        aside.write_all(&torn).and_then(|()| aside.write_all(b"\n")).map_err(io)?;
        aside.sync_data().map_err(io)?;
        file.set_len(mark.bytes).map_err(io)?;
        let event =
            AuditEvent::new("log_recovered", BACKEND).with_detail(json!({ "torn_bytes": torn.len() }));
        self.write(operation, file, mark, &event).map(drop)
    }

    /// Writes one record between two marks, see [`AuditAnchor`].
    fn write(
        &self,
        operation: &'static str,
        mut file: &File,
        mark: &mut AuditMark,
        event: &AuditEvent,
    ) -> Result<AuditReceipt, BackendError> {
        let io = |error| failed(operation, &self.path, error);
        let line = end(mark).line(event, self.runtime.now());
        let (line, head) = line.map_err(|error| error.into_backend_error(BACKEND))?;
        mark.pending = Some(line.clone());
        self.anchor.write(mark)?;
        if let Err(error) = file.write_all(line.as_bytes()) {
            // The part that was written is taken back; if that fails too, the next append finds a torn line.
            let _ = file.set_len(mark.bytes);
            return Err(io(error));
        }
        // From here on the record may be on the disk, and the next writer finds it there by the mark.
        let unknown = |error: BackendError| error.with_effect(Effect::Unknown);
        file.sync_data().map_err(|error| unknown(io(error)))?;
        let metadata = file.metadata().map_err(|error| unknown(io(error)))?;
        *mark = AuditMark::new(head.receipt(), mark.bytes + line.len() as u64);
        mark.stamp = stamp(&metadata);
        self.anchor.write(mark).map_err(unknown)?;
        Ok(AuditReceipt { seq: head.next_seq - 1, hash: head.hash })
    }
}

#[async_trait]
impl AuditSink for FileAudit {
    async fn append(&self, event: &AuditEvent) -> Result<AuditReceipt, BackendError> {
        let event = prepare(event, &self.redactor, BACKEND)?;
        let log = Arc::clone(&self.log);
        let limit = log.runtime.sleeper.sleep(LOCK_WAIT_MAX);
        let locked = lock::lock(log.file("append")?, limit).await;
        let Some(file) = locked.map_err(|error| failed("append", &log.path, error))? else {
            let message =
                format!("another process holds the lock of {}: see which one hangs", log.path.display());
            let error = BackendError::new(ErrorKind::Unavailable, BACKEND, "append", message);
            return Err(error.with_retry(Retry::Backoff));
        };
        let write = move || {
            let mut mark = log.settled("append", &file)?;
            log.write("append", &file, &mut mark, &event)
        };
        self.worker.run(write).await
    }
}

/// Checks the log at `path` against its anchor, and changes neither. Waits while another process writes a record.
///
/// # Errors
///
/// `NotFound`, `PermissionDenied` or `Unavailable` when the file or the anchor can't be read.
pub fn verify_file(path: impl AsRef<Path>, anchor: &dyn AuditAnchor) -> Result<VerifyReport, BackendError> {
    let io = |error| failed("verify", path.as_ref(), error);
    let file = File::open(path.as_ref()).map_err(io)?;
    fs4::FileExt::lock_shared(&file).map_err(io)?;
    let (mark, length) = (anchor.read()?, file.metadata().map_err(io)?.len());
    // What stands there now does not change any more, so the writers need not wait for the rest.
    fs4::FileExt::unlock(&file).map_err(io)?;
    compare(&file, length, &mark).map_err(io)
}

/// Checks the first `length` bytes of a log: all records up to the mark, and after it nothing but the pending record or
/// the beginning of it.
fn compare(mut file: &File, length: u64, mark: &AuditMark) -> io::Result<VerifyReport> {
    file.seek(SeekFrom::Start(0))?;
    let mut report = verify(BufReader::new(file.take(length.min(mark.bytes))), mark.head.as_ref())?;
    if !report.is_whole() {
        return Ok(report);
    }
    if (report.head, report.bytes) != (mark.head, mark.bytes) {
        return Ok(report.with_problem(ProblemKind::Tampered));
    }
    let pending = mark.pending.as_deref().unwrap_or_default().as_bytes();
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(mark.bytes))?;
    file.take((length - mark.bytes).min(pending.len() as u64 + 1)).read_to_end(&mut tail)?;
    if tail.is_empty() {
        return Ok(report);
    }
    if !pending.starts_with(&tail) {
        return Ok(report.with_problem(ProblemKind::Tampered));
    }
    match tail.strip_suffix(b"\n").and_then(|line| end(mark).follow(line)) {
        None => Ok(report.with_problem(ProblemKind::Torn)),
        Some(record) => {
            let head = Head::after(&record);
            report.records = head.next_seq;
            report.bytes += tail.len() as u64;
            report.head = head.receipt();
            Ok(report)
        }
    }
}

/// The end of the chain that `mark` keeps.
fn end(mark: &AuditMark) -> Head {
    mark.head.map_or(Head::EMPTY, |last| Head { next_seq: last.seq + 1, hash: last.hash })
}

/// The state of a file: its number, and the time of its last change as the system keeps it.
#[cfg(unix)]
fn stamp(metadata: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    format!("{}:{}.{:09}", metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn stamp(metadata: &Metadata) -> String {
    format!("{:?}", metadata.modified())
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
            (ErrorKind::StorageFull, "the disk is full, make room")
        }
        _ => (ErrorKind::Unavailable, "the disk refused, see the cause"),
    };
    let message = format!("can't use {}: {hint}", path.display());
    BackendError::new(kind, BACKEND, operation, message).with_source(error)
}
