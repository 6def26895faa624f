//! A state of a workspace to go back to.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use ae_core::{BackendError, Digest, ErrorKind};
use serde::{Deserialize, Serialize};

use super::{
    ENTRIES_MAX, Snapshot,
    entry::{Entry, Time},
    measure::{self, Measure},
    refused,
    store::{Place, Store},
};
use crate::atomic::{self, io_error};

const SCHEMA: u32 = 1;
/// Contents that no file has any more, below which the store is not written again.
const DEAD_BYTES: u64 = 64 << 20;
const RECORD: &str = "checkpoint.json";

/// The limits of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckpointRules {
    /// The most bytes of contents that are kept; equal contents count once.
    pub bytes_max: u64,
    /// The most files and folders.
    pub entries_max: usize,
}

impl CheckpointRules {
    /// 16 GiB and a million entries.
    pub const fn new() -> Self {
        Self { bytes_max: 16 << 30, entries_max: ENTRIES_MAX }
    }
}

impl Default for CheckpointRules {
    fn default() -> Self {
        Self::new()
    }
}

ae_core::setters! { CheckpointRules {
    /// Sets the most bytes of contents.
    fn with_bytes_max(bytes_max: u64);
    /// Sets the most files and folders.
    fn with_entries_max(entries_max: usize);
} }

/// A state of a workspace, kept in a folder outside of it, to go back to after an attempt that failed.
///
/// Everything is kept, with `.git`, `node_modules` and `target`: what an attempt leaves in them decides how the next one
/// ends. Kept are the contents of files, their permissions, the targets of links and the folders. Not kept are owners,
/// times, extended attributes, hard links as such, and devices, pipes and sockets.
///
/// A folder of a store belongs to one checkpoint at a time, and to one process. Another checkpoint in the same folder
/// takes the place of the one before, and reads and keeps only what has changed since.
///
/// ```
/// use ae_harness::Checkpoint;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (workspace, store) = (tempfile::tempdir()?, tempfile::tempdir()?);
/// # let (workspace, store) = (workspace.path(), store.path());
/// std::fs::write(workspace.join("main.js"), "works")?;
/// let checkpoint = Checkpoint::take(workspace, store)?;
/// std::fs::write(workspace.join("main.js"), "broken")?;
/// std::fs::write(workspace.join("junk"), "left over")?;
/// assert_eq!(checkpoint.revert()?, ["junk", "main.js"]);
/// assert_eq!(std::fs::read_to_string(workspace.join("main.js"))?, "works");
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Checkpoint {
    workspace: PathBuf,
    pub(super) store: Store,
    pub(super) snapshot: Snapshot,
}

/// The written form.
#[derive(Serialize, Deserialize)]
struct Record {
    schema: u32,
    /// The number of the file that has the contents.
    file: u32,
    newest: Time,
    entries: BTreeMap<String, Entry>,
    contents: Vec<(Digest, u64, u64)>,
}

impl Record {
    fn read(store: &Path) -> io::Result<Option<Self>> {
        match fs::read(store.join(RECORD)) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(cause),
            // A record that can't be read is replaced by the next one.
            Ok(bytes) => {
                let read = serde_json::from_slice::<Self>(&bytes).ok();
                Ok(read.filter(|record| record.schema == SCHEMA))
            }
        }
    }

    fn index(&self) -> BTreeMap<Digest, Place> {
        let places = self.contents.iter();
        places.map(|(digest, offset, bytes)| (*digest, Place { offset: *offset, bytes: *bytes })).collect()
    }
}

fn contents(store: &Path, number: u32) -> PathBuf {
    store.join(format!("contents-{number}"))
}

impl Checkpoint {
    /// Keeps the state of `workspace` in the folder `store`, within the limits of [`CheckpointRules::new`].
    ///
    /// # Errors
    ///
    /// Those of [`take_within`](Self::take_within).
    pub fn take(workspace: &Path, store: &Path) -> Result<Self, BackendError> {
        Self::take_within(workspace, store, &CheckpointRules::new())
    }

    /// Keeps the state of `workspace` in the folder `store`, which is made if it is missing, for its owner alone.
    ///
    /// # Errors
    ///
    /// Those of [`Snapshot::take`]; `InvalidInput` when one of the folders is inside the other, `PermissionDenied` when
    /// something can't be read and so not kept, `QuotaExceeded` above the limit of bytes, or the reason why the store can't
    /// be written. The checkpoint before stays as it was.
    pub fn take_within(
        workspace: &Path,
        store: &Path,
        rules: &CheckpointRules,
    ) -> Result<Self, BackendError> {
        let failed = |cause| io_error(super::NAME, "checkpoint", "write", store, cause);
        let root = measure::open(workspace)?;
        make(workspace, store)?;
        let earlier = Record::read(store).map_err(failed)?;
        // A store that is more than half dead is written again; the old one stays until the new one is whole.
        let earlier_file = earlier.as_ref().map_or(0, |record| record.file);
        let earlier = earlier.filter(|record| !record.is_mostly_dead());
        let number = if earlier.is_some() { earlier_file } else { earlier_file.wrapping_add(1) };
        let index = earlier.as_ref().map(Record::index).unwrap_or_default();
        let before = earlier.map(|record| Snapshot { entries: record.entries, newest: record.newest });
        let path = contents(store, number);
        if before.is_none() {
            Store::remove(&path);
        }
        let mut kept = Store::open(path, index, rules.bytes_max).map_err(failed)?;
        let how = Measure { before: before.as_ref(), store: Some(&mut kept), opening: false };
        let snapshot = how.run(&root, workspace, rules.entries_max).map_err(|error| full(error, rules))?;
        if let Some(path) = snapshot.unreadable().first() {
            let message = format!(
                "{} can't be read or is nested too deep, so it can't be kept: give this user access to it, or remove it",
                workspace.join(path).display()
            );
            return Err(refused(ErrorKind::PermissionDenied, "checkpoint", message));
        }
        kept.sync().map_err(failed)?;
        let checkpoint = Self { workspace: workspace.to_path_buf(), store: kept, snapshot };
        checkpoint.record(store, number).map_err(failed)?;
        if number != earlier_file {
            Store::remove(&contents(store, earlier_file));
        }
        Ok(checkpoint)
    }

    /// The checkpoint that is in the folder `store`, for example after a restart; `None` when there is none. `workspace` is
    /// the folder that [`revert`](Self::revert) puts back.
    ///
    /// # Errors
    ///
    /// The reason why the store can't be read.
    pub fn open(workspace: &Path, store: &Path) -> Result<Option<Self>, BackendError> {
        let failed = |cause| io_error(super::NAME, "checkpoint", "read", store, cause);
        let Some(record) = Record::read(store).map_err(failed)? else { return Ok(None) };
        let kept = Store::open(contents(store, record.file), record.index(), u64::MAX).map_err(failed)?;
        let snapshot = Snapshot { entries: record.entries, newest: record.newest };
        Ok(Some(Self { workspace: workspace.to_path_buf(), store: kept, snapshot }))
    }

    /// The files that it goes back to.
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Puts the workspace back, whatever became of it, and returns the paths that differed, sorted. A workspace that was
    /// removed, or replaced by a link, is made again.
    ///
    /// End the processes that write in the workspace first.
    ///
    /// # Errors
    ///
    /// Those of [`restore`](Self::restore).
    pub fn revert(&self) -> Result<Vec<String>, BackendError> {
        self.restore(&self.workspace)
    }

    fn record(&self, store: &Path, number: u32) -> io::Result<()> {
        let used: Vec<_> =
            self.store.index.iter().map(|(digest, at)| (*digest, at.offset, at.bytes)).collect();
        let record = Record {
            schema: SCHEMA,
            file: number,
            newest: self.snapshot.newest,
            entries: self.snapshot.entries.clone(),
            contents: used,
        };
        atomic::write(&store.join(RECORD), &serde_json::to_vec(&record)?)
    }
}

impl Record {
    /// Whether more than half of the contents, and more than a few, belong to no file.
    fn is_mostly_dead(&self) -> bool {
        let index = self.index();
        let files = self.entries.values().filter_map(|entry| match entry {
            Entry::File { digest, .. } => Some(digest),
            _ => None,
        });
        let alive: std::collections::BTreeSet<&Digest> = files.collect();
        let alive: u64 = alive.into_iter().filter_map(|digest| index.get(digest)).map(|at| at.bytes).sum();
        let all: u64 = index.values().map(|at| at.bytes).sum();
        all.saturating_sub(alive) > alive.max(DEAD_BYTES)
    }
}

/// Makes the folder of a store, apart from the workspace.
fn make(workspace: &Path, store: &Path) -> Result<(), BackendError> {
    let failed = |cause| io_error(super::NAME, "checkpoint", "make", store, cause);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(store).map_err(failed)?;
    let (inside, outside) =
        (store.canonicalize().map_err(failed)?, workspace.canonicalize().map_err(failed)?);
    if inside.starts_with(&outside) || outside.starts_with(&inside) {
        let message = format!(
            "the store {} and the workspace {} are inside each other: keep the store apart",
            store.display(),
            workspace.display()
        );
        return Err(refused(ErrorKind::InvalidInput, "checkpoint", message));
    }
    Ok(())
}

/// The error of a store that is full, with the limit.
fn full(error: BackendError, rules: &CheckpointRules) -> BackendError {
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<io::Error>());
    if source
        .is_some_and(|cause| cause.kind() == io::ErrorKind::QuotaExceeded && cause.raw_os_error().is_none())
    {
        let message = format!(
            "the workspace has more than {} bytes of content: remove files, or allow more",
            rules.bytes_max
        );
        return refused(ErrorKind::QuotaExceeded, "checkpoint", message);
    }
    error
}
