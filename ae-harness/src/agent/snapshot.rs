//! The files of a workspace at one moment.

use std::{collections::BTreeMap, fs::File, io, io::Read as _, path::Path};

use ae_core::{BackendError, Digest, ErrorKind};
use sha2::{Digest as _, Sha256};

use crate::{atomic::io_error, paths::walk};

/// The most files and folders of a workspace: a large tree of installed packages has some hundred thousand.
const ENTRIES_MAX: usize = 1_000_000;

/// The files of a folder by their content, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<String, Option<Digest>>);

impl Snapshot {
    /// Hashes every file below `folder`; links and devices count by name only and are never opened.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when there are more than a million entries, or the reason why something can't be read.
    pub fn take(folder: &Path) -> Result<Self, BackendError> {
        Self::within(folder, ENTRIES_MAX)
    }

    fn within(folder: &Path, entries_max: usize) -> Result<Self, BackendError> {
        let failed = |error: io::Error| match error.kind() {
            // The walk's own: no error of the system has this kind.
            io::ErrorKind::Other => {
                let message = format!("{} has {error}: keep the rest outside of it", folder.display());
                BackendError::new(ErrorKind::InvalidInput, "workspace", "snapshot", message)
            }
            _ => io_error("workspace", "snapshot", "read", folder, error),
        };
        let mut files = BTreeMap::new();
        for found in walk(folder, entries_max).map_err(failed)? {
            let digest = if found.is_file { Some(hash_file(&found.full).map_err(failed)?) } else { None };
            files.insert(found.relative, digest);
        }
        Ok(Self(files))
    }

    /// The paths that differ from `before`: new, changed and removed, sorted.
    pub fn changed_since(&self, before: &Self) -> Vec<String> {
        let mut changed: Vec<String> = self
            .0
            .iter()
            .filter(|(path, digest)| before.0.get(*path) != Some(digest))
            .map(|(p, _)| p.clone())
            .collect();
        changed.extend(before.0.keys().filter(|path| !self.0.contains_key(*path)).cloned());
        changed.sort();
        changed
    }
}

/// SHA-256 of a file's bytes.
pub(crate) fn hash_file(path: &Path) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = [0_u8; 16 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(Digest::from_bytes(hasher.finalize().into()));
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_tree_above_the_limit_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let deep = (0..40).fold(folder.path().to_path_buf(), |path, _| path.join("d"));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("file"), "").unwrap();
        assert!(Snapshot::within(folder.path(), 41).is_ok(), "nested as deep as packages are");
        let error = Snapshot::within(folder.path(), 40).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains("more than 40 files and folders"), "{error}");
    }

    #[test]
    fn new_changed_and_removed_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["same", "changed", "removed"] {
            fs::write(at(name), name).unwrap();
        }
        let before = Snapshot::take(folder.path()).unwrap();
        fs::write(at("changed"), "other").unwrap();
        fs::remove_file(at("removed")).unwrap();
        fs::create_dir(at("d")).unwrap();
        fs::write(at("d/new"), "new").unwrap();
        let after = Snapshot::take(folder.path()).unwrap();
        assert_eq!(after.changed_since(&before), ["changed", "d/new", "removed"]);
        assert!(after.changed_since(&after).is_empty());
    }
}
