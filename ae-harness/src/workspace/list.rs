//! The entries below a folder, without reading a file.

use std::{collections::BTreeMap, io, os::unix::ffi::OsStrExt as _, path::Path};

use ae_core::{BackendError, ErrorKind};
use rustix::fs::FileType;

use super::{
    entry::{Entry, Stamp, Time},
    names, refused,
    root::{Facts, Root},
};
use crate::atomic::io_error;

/// The deepest folder whose content counts.
const DEPTH_MAX: usize = 250;

/// An entry as it was listed.
pub(super) enum Listed {
    File {
        mode: u32,
        stamp: Stamp,
    },
    /// Anything whose content takes no reading.
    Known(Entry),
}

pub(super) struct Listing {
    pub(super) entries: BTreeMap<String, Listed>,
    /// The newest time of change of all entries.
    pub(super) newest: Time,
}

/// Lists everything below `root`. With `opening`, folders that their owner was denied are opened first.
pub(super) fn list(
    root: &Root,
    at: &Path,
    entries_max: usize,
    opening: bool,
) -> Result<Listing, BackendError> {
    let failed = |path: &str, cause| io_error(super::NAME, "snapshot", "read", &at.join(path), cause);
    let top = root.facts().map_err(|cause| failed("", cause))?;
    let mut listing = Listing { entries: BTreeMap::new(), newest: top.stamp.changed };
    let mut waiting = vec![(String::new(), top)];
    while let Some((path, facts)) = waiting.pop() {
        let found = if path.split('/').count() > DEPTH_MAX {
            None
        } else {
            match root.folder(&path).and_then(|folder| Ok((folder.entries()?, folder))) {
                Ok((entries, folder)) => Some((entries, folder)),
                Err(cause) if cause.kind() == io::ErrorKind::NotFound && !path.is_empty() => {
                    listing.entries.remove(&path);
                    continue;
                }
                Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied && !path.is_empty() => None,
                Err(cause) => return Err(failed(&path, cause)),
            }
        };
        let Some((entries, folder)) = found else {
            listing.entries.insert(path, Listed::Known(Entry::Unreadable { stamp: facts.stamp }));
            continue;
        };
        let prefix = if path.is_empty() { path } else { path + "/" };
        for (name, facts) in entries {
            if listing.entries.len() >= entries_max {
                let message = format!(
                    "{} has more than {entries_max} files and folders: keep the rest outside of it",
                    at.display()
                );
                return Err(refused(ErrorKind::InvalidInput, "snapshot", message));
            }
            listing.newest = listing.newest.max(facts.stamp.changed);
            let text = names::text(name.as_bytes());
            let path = format!("{prefix}{text}");
            let listed = listed(&folder, &name, &facts).map_err(|cause| failed(&path, cause))?;
            listing.entries.insert(path.clone(), listed);
            if facts.kind == FileType::Directory {
                if opening && facts.mode & 0o700 != 0o700 {
                    folder.set_mode(&text, facts.mode | 0o700).map_err(|cause| failed(&path, cause))?;
                }
                waiting.push((path, facts));
            }
        }
    }
    Ok(listing)
}

fn listed(folder: &Root, name: &std::ffi::OsStr, facts: &Facts) -> io::Result<Listed> {
    Ok(Listed::Known(match facts.kind {
        FileType::RegularFile => return Ok(Listed::File { mode: facts.mode, stamp: facts.stamp }),
        FileType::Directory => Entry::Folder { mode: facts.mode },
        FileType::Symlink => match folder.link(name) {
            Ok(target) => Entry::Link { target: names::text(&target) },
            // Replaced in the meantime.
            Err(cause) if cause.kind() == io::ErrorKind::InvalidInput => Entry::Other,
            Err(cause) => return Err(cause),
        },
        _ => Entry::Other,
    }))
}
