//! Joins a specified kit to the workspace of an agent: what the agent finds there, and what is taken from it.
//!
//! The agent may do as it likes in its sandbox, so nothing in the workspace is trusted: only plain files below
//! `kit/modules` and `kit/page` are taken, the manifest, the behaviours and the lock of what is paid for are written again
//! from the state of the run, and everything else is removed. Links are never followed.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use ae_core::{BackendError, ErrorKind};
use ae_harness::{Kit, KitDraft};

/// The folder of the kit in the workspace.
pub const KIT: &str = "kit";
/// The folders of the kit that the agent writes.
const OWN: [&str; 2] = ["modules", "page"];
/// The most files that are taken.
const FILES_MAX: usize = 200;
/// The most folders within folders.
const DEPTH_MAX: usize = 6;

/// The kit of a build in its workspace.
#[derive(Debug, Clone)]
pub struct KitRoom {
    workspace: PathBuf,
    draft: KitDraft,
}

impl KitRoom {
    /// The kit of `draft` in `workspace`.
    pub const fn new(workspace: PathBuf, draft: KitDraft) -> Self {
        Self { workspace, draft }
    }

    /// Removes what does not belong to the agent's work, and writes the manifest, the behaviours that it may see, and the
    /// lock of what is paid for.
    ///
    /// # Errors
    ///
    /// When a file can't be written or removed.
    pub fn lay_out(&self) -> Result<(), BackendError> {
        let kit = self.workspace.join(KIT);
        self.only_kit().map_err(|error| failed("tidy", &self.workspace, error))?;
        for (path, text) in self.draft.lock() {
            let target = kit.join(path);
            put(&target, text).map_err(|error| failed("write", &target, error))?;
        }
        let files = self.files().map_err(|error| failed("read", &kit, error))?;
        let write = |path: &str, text: String| {
            let target = kit.join(path);
            let written =
                target.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&target, text));
            written.map_err(|error| failed("write", &target, error))
        };
        write("kit.json", pretty(&self.draft.manifest(&files)))?;
        for (path, behaviours) in self.draft.shown() {
            write(&path, pretty(&serde_json::json!(behaviours)))?;
        }
        Ok(())
    }

    /// The finished kit, or everything that is wrong with it.
    ///
    /// # Errors
    ///
    /// When the workspace can't be read or written.
    pub fn load(&self) -> Result<Result<Kit, Vec<String>>, BackendError> {
        self.lay_out()?;
        Ok(Kit::load(&self.workspace.join(KIT)).map_err(|errors| errors.problems))
    }

    /// Removes everything but the agent's own folders.
    fn only_kit(&self) -> io::Result<()> {
        let kit = self.workspace.join(KIT);
        keep(&self.workspace, &[KIT])?;
        real_folder(&kit)?;
        keep(&kit, &OWN)?;
        OWN.iter().try_for_each(|name| real_folder(&kit.join(name)))
    }

    /// The plain files below the agent's folders, by their paths within the kit.
    fn files(&self) -> io::Result<Vec<String>> {
        // They count first, however many others there are.
        let mut found = self.draft.lock().iter().map(|(path, _)| ((*path).to_owned(), ())).collect();
        for name in OWN {
            walk(&self.workspace.join(KIT).join(name), name, 0, &mut found)?;
        }
        Ok(found.into_keys().collect())
    }
}

/// Removes all entries of `folder` but those named.
fn keep(folder: &Path, names: &[&str]) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !names.iter().any(|name| entry.file_name() == *name) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a file, a link (not what it leads to) or a folder.
fn remove(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

/// Writes a file in the place of whatever is there.
fn put(path: &Path, text: &str) -> io::Result<()> {
    match remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::write(path, text),
    }
}

/// Makes sure that `path` is a folder and not a link to one.
fn real_folder(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => Ok(()),
        Ok(_) => fs::remove_file(path).and_then(|()| fs::create_dir(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir(path),
        Err(error) => Err(error),
    }
}

fn walk(folder: &Path, name: &str, depth: usize, found: &mut BTreeMap<String, ()>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let Some(path) = entry.file_name().to_str().map(|own| format!("{name}/{own}")) else { continue };
        if kind.is_dir() && depth < DEPTH_MAX {
            walk(&entry.path(), &path, depth + 1, found)?;
        } else if kind.is_file() && found.len() < FILES_MAX {
            found.insert(path, ());
        }
    }
    Ok(())
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

fn failed(doing: &str, path: &Path, error: io::Error) -> BackendError {
    let kind = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::StorageFull,
        io::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
        _ => ErrorKind::Internal,
    };
    let message = format!("can't {doing} {}: {error}", path.display());
    BackendError::new(kind, "workspace", "kit", message).with_source(error)
}
