//! The private files of agents on this machine.
//!
//! `running/ID` is a mark of a run, locked for as long as the program that runs it lives; `tmp/ID/` are its temporary files;
//! `sessions/` are the private folders of sessions. The kernel drops a lock at the end of a program, a kill included, so a
//! mark without a lock is a run that was lost: its processes are ended and its files removed before the next one starts.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Component, Path, PathBuf},
};

use ae_core::BackendError;
use rustix::fs::{FlockOperation, flock};

use super::NAME;
use crate::{atomic::io_error, supervise::sweep};

/// The folder of private files.
#[derive(Debug, Clone)]
pub(super) struct Folders(PathBuf);

impl Folders {
    pub(super) const fn new(state: PathBuf) -> Self {
        Self(state)
    }

    pub(super) fn state(&self) -> &Path {
        &self.0
    }

    /// A folder that no other user can look into.
    pub(super) fn private(&self, name: &str) -> Result<PathBuf, BackendError> {
        let path = self.0.join(name);
        make_private(&path).map_err(|cause| failed("make", &path, cause))?;
        Ok(path)
    }

    /// Ends what is left of runs whose program was killed. Returns the number of processes that it ended. Blocks.
    pub(super) fn sweep_lost(&self) -> Result<u32, BackendError> {
        let running = self.private("running")?;
        let entries = fs::read_dir(&running).map_err(|cause| failed("read", &running, cause))?;
        let mut killed = 0;
        for entry in entries.flatten() {
            let Ok(mark) = File::open(entry.path()) else { continue };
            if flock(&mark, FlockOperation::NonBlockingLockExclusive).is_err() {
                continue;
            }
            if let Some(id) = entry.file_name().to_str() {
                killed += sweep(id).killed;
                let _ = fs::remove_dir_all(self.0.join("tmp").join(id));
            }
            let _ = fs::remove_file(entry.path());
        }
        Ok(killed)
    }

    /// Marks a run and makes its folder for temporary files.
    pub(super) fn begin(&self, id: &str) -> Result<RunFolder, BackendError> {
        let running = self.private("running")?;
        // Under another name until it is locked, so that a sweep does not take it for a lost one.
        let (unlocked, path) = (self.0.join(format!("begin-{id}")), running.join(id));
        let locked =
            File::options().write(true).create_new(true).mode(0o600).open(&unlocked).and_then(|mark| {
                flock(&mark, FlockOperation::NonBlockingLockExclusive)?;
                fs::rename(&unlocked, &path)?;
                Ok(mark)
            });
        let mark = locked.map_err(|cause| failed("write", &path, cause))?;
        let folder = RunFolder { mark: path, tmp: self.0.join("tmp").join(id), _lock: mark };
        make_private(&folder.temp()).map_err(|cause| failed("make", &folder.tmp, cause))?;
        Ok(folder)
    }
}

/// The mark and the temporary files of a run. Both are removed when it is dropped.
#[derive(Debug)]
pub(super) struct RunFolder {
    mark: PathBuf,
    tmp: PathBuf,
    _lock: File,
}

impl RunFolder {
    /// The agent's folder for temporary files. Its path is short, since agents make sockets in it.
    pub(super) fn temp(&self) -> PathBuf {
        self.tmp.join("t")
    }

    /// The place of a socket for the run, out of the agent's own folders.
    #[cfg(all(feature = "meter", feature = "sandbox"))]
    pub(super) fn socket(&self) -> PathBuf {
        self.tmp.join("s")
    }

    /// A file for the agent's output, opened for writing and for reading, out of the agent's own folders.
    pub(super) fn output(&self) -> Result<(File, File), BackendError> {
        let path = self.tmp.join("output");
        // Appending, so that several writers do not overwrite each other.
        let write = File::options().append(true).create_new(true).mode(0o600).open(&path);
        let both = write.and_then(|write| Ok((write, File::open(&path)?)));
        both.map_err(|cause| failed("write", &path, cause))
    }

    /// An empty folder, to compare with.
    pub(super) fn empty(&self) -> Result<PathBuf, BackendError> {
        let path = self.tmp.join("empty");
        make_private(&path).map_err(|cause| failed("make", &path, cause))?;
        Ok(path)
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // What can't be removed now is removed before the next run.
        if fs::remove_dir_all(&self.tmp).is_ok() {
            let _ = fs::remove_file(&self.mark);
        }
    }
}

/// Makes a folder that no other user can look into.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).recursive(true).create(path)
}

/// Writes a file that a dialect asks for, which lies within one of `folders`.
pub(super) fn write_private(path: &Path, content: &[u8], folders: &[&Path]) -> Result<(), BackendError> {
    let is_within = path.components().all(|part| part != Component::ParentDir)
        && folders.iter().any(|folder| path.starts_with(folder) && path != *folder);
    if !is_within {
        let message =
            format!("the dialect would write {}, outside of the run's folders: report it", path.display());
        return Err(super::error(ae_core::ErrorKind::Internal, "execute", message));
    }
    let written = path.parent().map_or(Ok(()), make_private).and_then(|()| {
        // A link that an agent has left at this place is replaced, not followed.
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
        io::Write::write_all(&mut file, content)
    });
    written.map_err(|cause| failed("write", path, cause))
}

pub(super) fn failed(what: &str, path: &Path, cause: io::Error) -> BackendError {
    io_error(NAME, "execute", what, path, cause)
}
