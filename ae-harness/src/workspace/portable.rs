//! From a folder to a snapshot, where the system is not a UNIX: every file is read each time.

use std::path::Path;

use ae_core::{BackendError, ErrorKind};

use super::{
    NAME, Snapshot,
    entry::{Entry, Stamp},
    refused,
    snapshot::hash_file,
};
use crate::{atomic::io_error, paths::walk};

pub(super) fn folder(
    folder: &Path,
    _: Option<&Snapshot>,
    entries_max: usize,
) -> Result<Snapshot, BackendError> {
    let failed = |error: std::io::Error| match error.kind() {
        // The walk's own: no error of the system has this kind.
        std::io::ErrorKind::Other => {
            let message = format!("{} has {error}: keep the rest outside of it", folder.display());
            refused(ErrorKind::InvalidInput, "snapshot", message)
        }
        _ => io_error(NAME, "snapshot", "read", folder, error),
    };
    let mut entries = std::collections::BTreeMap::new();
    for found in walk(folder, entries_max).map_err(failed)? {
        let stamp = Stamp { device: 0, inode: 0, bytes: found.bytes, modified: 0, changed: 0 };
        let entry = if found.is_file {
            Entry::File { digest: hash_file(&found.full).map_err(failed)?, mode: 0o644, stamp }
        } else {
            Entry::Other
        };
        entries.insert(found.relative, entry);
    }
    Ok(Snapshot { entries, newest: 0 })
}
