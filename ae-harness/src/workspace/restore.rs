//! Putting a checkpoint back.

use std::{
    collections::BTreeSet,
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use ae_core::{BackendError, Effect, ErrorKind};

use super::{
    ENTRIES_MAX, Snapshot, checkpoint::Checkpoint, entry::Entry, measure::Measure, refused, root::Root,
    store::Contents,
};
use crate::atomic::io_error;

impl Checkpoint {
    /// Makes `folder` the same as the checkpoint, and returns the paths that differed, sorted: a copy of the workspace, or
    /// the workspace itself. Only what differs is written. A file is never written in place, since the other end of a hard
    /// link would change with it; it is removed and made again.
    ///
    /// # Errors
    ///
    /// `Conflict` when the folder differs afterwards, because a process writes in it; `Internal` when the store is damaged;
    /// or the reason why something can't be written. A repeat completes it.
    pub fn restore(&self, folder: &Path) -> Result<Vec<String>, BackendError> {
        let failed = |path: &str, cause| {
            let place = if path.is_empty() { folder.to_path_buf() } else { folder.join(path) };
            io_error(super::NAME, "revert", "put back", &place, cause).with_effect(Effect::Unknown)
        };
        let root = prepared(folder).map_err(|cause| failed("", cause))?;
        let how = Measure { before: Some(&self.snapshot), store: None, opening: true };
        let now = how.run(&root, folder, usize::MAX)?;
        remove(&root, &self.snapshot, &now, &failed)?;
        let mut contents = self.store.reader().map_err(|cause| failed("", cause))?;
        for (path, entry) in &self.snapshot.entries {
            if now.entries.get(path).is_some_and(|found| fits(entry, found)) {
                continue;
            }
            if !write(&root, path, entry, &mut contents).map_err(|cause| failed(path, cause))? {
                let message = format!(
                    "the kept content of {path:?} is damaged or gone ({}): build the workspace again",
                    self.store.path().display()
                );
                return Err(refused(ErrorKind::Internal, "revert", message).with_effect(Effect::Unknown));
            }
        }
        // Children first: a folder may be closed to its owner.
        for (path, entry) in self.snapshot.entries.iter().rev() {
            let Entry::Folder { mode } = entry else { continue };
            if now.entries.get(path) != Some(entry) || mode & 0o700 != 0o700 {
                let (parent, name) = split(path);
                root.folder(parent)
                    .and_then(|parent| parent.set_mode(name, *mode))
                    .map_err(|cause| failed(path, cause))?;
            }
        }
        let changed = self.snapshot.changed_since(&now);
        let after = Measure { before: Some(&now), ..Measure::default() }.run(&root, folder, ENTRIES_MAX)?;
        let left = after.changed_since(&self.snapshot);
        match left.iter().find(|path| self.snapshot.entries.get(*path) != Some(&Entry::Other)) {
            None => Ok(changed),
            Some(path) => {
                let message = format!(
                    "{} was changed again at once: end the processes that write there, and repeat",
                    folder.join(path).display()
                );
                Err(refused(ErrorKind::Conflict, "revert", message).with_effect(Effect::Unknown))
            }
        }
    }
}

/// Opens the folder, after putting one in the place of whatever is there.
fn prepared(folder: &Path) -> io::Result<Root> {
    match fs::symlink_metadata(folder) {
        Ok(meta) if meta.is_dir() => {
            if meta.permissions().mode() & 0o700 != 0o700 {
                fs::set_permissions(folder, Permissions::from_mode(0o755))?;
            }
        }
        Ok(_) => {
            fs::remove_file(folder)?;
            crate::atomic::create_dirs(folder)?;
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => crate::atomic::create_dirs(folder)?,
        Err(cause) => return Err(cause),
    }
    Root::open(folder)
}

/// Whether an entry can stay; the permissions of folders are set apart.
fn fits(wanted: &Entry, found: &Entry) -> bool {
    match (wanted, found) {
        (Entry::File { digest, mode, .. }, Entry::File { digest: other, mode: others, .. }) => {
            digest == other && mode == others
        }
        (Entry::Folder { .. }, Entry::Folder { .. }) => true,
        (Entry::Link { .. } | Entry::Other, _) => wanted == found,
        _ => false,
    }
}

/// Removes what is not to be there, or is of another kind or content.
fn remove(
    root: &Root,
    wanted: &Snapshot,
    now: &Snapshot,
    failed: &dyn Fn(&str, io::Error) -> BackendError,
) -> Result<(), BackendError> {
    let mut removed = BTreeSet::new();
    for (path, found) in &now.entries {
        let mut above = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
        if above.any(|folder| removed.contains(folder))
            || wanted.entries.get(path).is_some_and(|entry| fits(entry, found))
        {
            continue;
        }
        let (parent, name) = split(path);
        root.folder(parent).and_then(|parent| parent.remove(name)).map_err(|cause| failed(path, cause))?;
        removed.insert(path.as_str());
    }
    Ok(())
}

/// Makes an entry; `false` when its content is not to be had.
fn write(root: &Root, path: &str, entry: &Entry, contents: &mut Contents<'_>) -> io::Result<bool> {
    let (parent, name) = split(path);
    let parent = root.folder(parent)?;
    match entry {
        Entry::Folder { .. } => parent.new_folder(name)?,
        Entry::Link { target } => parent.new_link(name, target)?,
        Entry::File { digest, mode, .. } => {
            let mut file = parent.new_file(name)?;
            if !contents.copy(digest, &mut file)? {
                return Ok(false);
            }
            file.set_permissions(Permissions::from_mode(*mode))?;
        }
        // A program makes it again when it runs.
        Entry::Other | Entry::Unreadable { .. } => {}
    }
    Ok(true)
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
