//! The folders of sandboxes.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use ae_core::{BackendError, ErrorKind};
use serde::{Deserialize, Serialize};

use super::{error, running::Registry};
use crate::{
    atomic::{self, io_error},
    sandbox::{SandboxId, SandboxSpec},
    supervise::sweep,
};

/// The file that makes a folder a sandbox.
const RECORD: &str = "sandbox.json";

/// A sandbox as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) spec: SandboxSpec,
    /// The folder of the host that it works on, all links followed.
    pub(super) folder: Option<PathBuf>,
}

impl Record {
    pub(super) fn new(mut spec: SandboxSpec) -> Result<Self, BackendError> {
        let look = |folder: PathBuf| {
            let real = folder.canonicalize().map_err(|cause| failed("create", "look at", &folder, cause))?;
            if real.is_dir() {
                return Ok(real);
            }
            Err(error(ErrorKind::InvalidInput, "create", format!("{} is not a folder", folder.display())))
        };
        // It has no place in the written form of a spec, and is written apart.
        let folder = spec.folder.take().map(look).transpose()?;
        Ok(Self { spec, folder })
    }
}

/// The folder of all sandboxes: for each one its record, its files, its temporary files, and notes of running commands.
#[derive(Debug, Clone)]
pub(super) struct Store {
    folder: PathBuf,
}

impl Store {
    pub(super) fn open(folder: &Path) -> Result<Self, BackendError> {
        let opened = make(folder).and_then(|()| folder.canonicalize());
        let folder = opened.map_err(|cause| failed("open", "create", folder, cause))?;
        Ok(Self { folder })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn at(&self, id: &SandboxId) -> PathBuf {
        self.folder.join(id.as_str())
    }

    pub(super) fn files(&self, id: &SandboxId, record: &Record) -> PathBuf {
        record.folder.clone().unwrap_or_else(|| self.at(id).join("files"))
    }

    pub(super) fn temporary(&self, id: &SandboxId) -> PathBuf {
        self.at(id).join("temporary")
    }

    /// Makes a sandbox, unless it is there. The record comes last, so a sandbox is whole or none.
    pub(super) fn create(&self, id: &SandboxId, record: &Record) -> Result<(), BackendError> {
        let at = self.at(id);
        if let Some(found) = self.look(id, "create")? {
            if found == *record {
                return Ok(());
            }
            let message = format!("the key of {id} was used with another spec: take a new key");
            return Err(error(ErrorKind::Conflict, "create", message));
        }
        let written = || {
            for name in ["files", "temporary", "runs"] {
                make(&at.join(name))?;
            }
            atomic::write(&at.join(RECORD), &serde_json::to_vec(record)?)
        };
        written().map_err(|cause| failed("create", "create the sandbox in", &at, cause))
    }

    fn look(&self, id: &SandboxId, operation: &'static str) -> Result<Option<Record>, BackendError> {
        let path = self.at(id).join(RECORD);
        let read = fs::read(&path).and_then(|bytes| Ok(serde_json::from_slice(&bytes)?));
        match read {
            Ok(record) => Ok(Some(record)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(failed(operation, "read", &path, cause)),
        }
    }

    pub(super) fn find(&self, id: &SandboxId, operation: &'static str) -> Result<Record, BackendError> {
        self.look(id, operation)?.ok_or_else(|| {
            error(ErrorKind::NotFound, operation, format!("there is no sandbox {id}: create one"))
        })
    }

    /// The note of a running command.
    pub(super) fn noted(&self, id: &SandboxId, mark: &str) -> PathBuf {
        self.at(id).join("runs").join(mark)
    }

    /// Notes that a command with this mark is about to start, so that it is found if this process is killed.
    pub(super) fn note(&self, id: &SandboxId, mark: &str) -> Result<(), BackendError> {
        let note = self.noted(id, mark);
        fs::write(&note, "").map_err(|cause| failed("spawn", "write", &note, cause))
    }

    /// Ends what commands of a process that was killed have left.
    pub(super) fn sweep(&self, id: &SandboxId, registry: &Registry) -> Result<(), BackendError> {
        let folder = self.at(id).join("runs");
        let notes = match fs::read_dir(&folder) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
            notes => notes.map_err(|cause| failed("attach", "list", &folder, cause))?,
        };
        for note in notes.flatten() {
            let mark = note.file_name().to_string_lossy().into_owned();
            if !registry.has(id, &mark) {
                sweep(&mark);
                let _ = fs::remove_file(note.path());
            }
        }
        Ok(())
    }

    /// Removes a sandbox; the record first, so that a cut removal leaves none that works.
    pub(super) fn remove(&self, id: &SandboxId) -> Result<(), BackendError> {
        let at = self.at(id);
        let removed = || {
            unless_missing(fs::remove_file(at.join(RECORD)))?;
            let first = fs::remove_dir_all(&at);
            if first.as_ref().is_err_and(|cause| cause.kind() == io::ErrorKind::PermissionDenied) {
                // A build made folders that can't be written, as caches of modules are.
                unlock(&at)?;
                return unless_missing(fs::remove_dir_all(&at));
            }
            unless_missing(first)
        };
        removed().map_err(|cause| failed("destroy", "remove", &at, cause))
    }
}

fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Makes all folders below `folder` writable for their owner. No command runs any more that could put a link in the way.
fn unlock(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            unlock(&entry.path())?;
        }
    }
    Ok(())
}

/// A folder, and those above it, for its owner alone.
fn make(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).recursive(true).create(folder)
}

fn failed(operation: &'static str, what: &str, path: &Path, cause: io::Error) -> BackendError {
    io_error("local sandbox", operation, what, path, cause)
}
