//! From a folder to a snapshot.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::Path,
};

use ae_core::{BackendError, Digest, ErrorKind};

use super::{
    Snapshot,
    entry::{Entry, Stamp},
    list::{Listed, Listing, list},
    refused,
    root::{Facts, Root},
    snapshot::Hashed,
    store::Store,
};
use crate::atomic::io_error;

/// The times that a file is read when it changes under the reader.
const TRIES: u32 = 3;

/// How to measure.
#[derive(Default)]
pub(super) struct Measure<'a> {
    /// An earlier snapshot, whose digests hold for files that were not touched since.
    pub(super) before: Option<&'a Snapshot>,
    /// Where the contents are kept.
    pub(super) store: Option<&'a mut Store>,
    /// Whether folders that their owner was denied are opened.
    pub(super) opening: bool,
}

/// Opens a workspace: a folder, and not a link.
pub(super) fn open(folder: &Path) -> Result<Root, BackendError> {
    match fs::symlink_metadata(folder) {
        Ok(meta) if !meta.is_dir() => {
            let message = format!(
                "the workspace {} was replaced by a link or a file: remove it, and put the folder back",
                folder.display()
            );
            return Err(refused(ErrorKind::InvalidInput, "snapshot", message));
        }
        Ok(_) => {}
        Err(cause) => return Err(io_error(super::NAME, "snapshot", "read", folder, cause)),
    }
    Root::open(folder).map_err(|cause| io_error(super::NAME, "snapshot", "open", folder, cause))
}

/// The snapshot of a folder.
pub(super) fn folder(
    folder: &Path,
    before: Option<&Snapshot>,
    entries_max: usize,
) -> Result<Snapshot, BackendError> {
    let how = Measure { before, ..Measure::default() };
    how.run(&open(folder)?, folder, entries_max)
}

impl Measure<'_> {
    /// Lists first and reads afterwards: each file that is read later than the newest change that was listed, and whose
    /// own change is older than that, gets another time of change by any further write. So its digest holds as long as
    /// its stamp does. The others, written in the last moment before the listing, are read again the next time.
    pub(super) fn run(
        mut self,
        root: &Root,
        at: &Path,
        entries_max: usize,
    ) -> Result<Snapshot, BackendError> {
        let Listing { entries: listed, newest } = list(root, at, entries_max, self.opening)?;
        let mut entries = BTreeMap::new();
        let mut parent: Option<(String, Root)> = None;
        let mut buffer = Hashed::buffer();
        for (path, listed) in listed {
            let (mode, stamp) = match listed {
                Listed::Known(entry) => {
                    entries.insert(path, entry);
                    continue;
                }
                Listed::File { mode, stamp } => (mode, stamp),
            };
            if let Some(digest) = self.before.and_then(|before| before.holds(&path, &stamp)) {
                entries.insert(path, Entry::File { digest, mode, stamp });
                continue;
            }
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
            if parent.as_ref().is_none_or(|(open, _)| open != folder) {
                parent = root.folder(folder).ok().map(|open| (folder.to_owned(), open));
            }
            let read = match &parent {
                Some((_, open)) => self.read(open, name, &mut buffer),
                None => Err(io::ErrorKind::NotFound.into()),
            };
            match read {
                Ok(Some((digest, mode, stamp))) => {
                    entries.insert(path, Entry::File { digest, mode, stamp });
                }
                Ok(None) => {
                    let message = format!(
                        "{} changes while it is read: end the processes that write it, and repeat",
                        at.join(&path).display()
                    );
                    return Err(refused(ErrorKind::Conflict, "snapshot", message));
                }
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => {
                    entries.insert(path, Entry::Unreadable { stamp });
                }
                Err(cause) => {
                    return Err(io_error(super::NAME, "snapshot", "read", &at.join(&path), cause));
                }
            }
        }
        Ok(Snapshot { entries, newest })
    }

    /// Reads a file; `None` when it is not the same at the end as at the beginning, each time.
    fn read(
        &mut self,
        folder: &Root,
        name: &str,
        buffer: &mut [u8],
    ) -> io::Result<Option<(Digest, u32, Stamp)>> {
        for _ in 0..TRIES {
            let mut file: File = match folder.file(name) {
                // A link in the place of the file.
                Err(cause) if cause.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
                    return Ok(None);
                }
                opened => opened?,
            };
            let before = Facts::of_file(&file)?;
            if before.kind != rustix::fs::FileType::RegularFile {
                return Ok(None);
            }
            let hashed = Hashed::read(&mut file, buffer)?;
            let kept = match &mut self.store {
                Some(store) => store.keep(&hashed, buffer, &mut file)?,
                None => true,
            };
            let after = Facts::of_file(&file)?;
            if kept && before.stamp == after.stamp {
                return Ok(Some((hashed.digest, after.mode, after.stamp)));
            }
        }
        Ok(None)
    }
}
