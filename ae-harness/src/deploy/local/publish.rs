//! Putting a release into its place.

use std::{fs, path::Path};

use ae_core::BackendError;

use super::NAME;
use crate::{
    atomic::{io_error, sync_dir},
    deploy::{
        DeploymentId,
        release::{Record, write_json},
    },
};

/// Removes the unfinished work of a killed process. The caller holds the site's lock, so no other process is at work.
pub(super) fn sweep(releases: &Path) -> Result<(), BackendError> {
    let failed = |error| io_error(NAME, "deploy", "clean up", releases, error);
    for entry in fs::read_dir(releases).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let unfinished = name.starts_with(".tmp-");
        let orphan = name.strip_suffix(".json").is_some_and(|id| !releases.join(id).is_dir());
        if !unfinished && !orphan {
            continue;
        }
        let is_dir = entry.file_type().map_err(failed)?.is_dir();
        if is_dir { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) }
            .map_err(failed)?;
    }
    Ok(())
}

/// Renames the staged release into its place. A damaged folder of the same release makes room first.
pub(super) fn place(folder: &Path, staged: &Path, record: &Record) -> Result<(), BackendError> {
    let releases = folder.join("releases");
    let target = releases.join(record.release.as_str());
    let failed = |error| io_error(NAME, "deploy", "move the release to", &target, error);
    if target.exists() {
        fs::rename(&target, releases.join(format!(".tmp-replaced-{}", record.release))).map_err(failed)?;
    }
    write_json(&releases.join(format!("{}.json", record.release)), record)?;
    fs::rename(staged, &target).map_err(failed)?;
    sync_dir(&releases).map_err(failed)?;
    sweep(&releases)
}

/// Removes releases with their records, as far as they are there.
pub(super) fn remove(folder: &Path, pruned: &[DeploymentId]) -> Result<(), BackendError> {
    let releases = folder.join("releases");
    for id in pruned {
        let files = releases.join(id.as_str());
        let failed = |error| io_error(NAME, "deploy", "prune", &files, error);
        // Renamed first: a release is there whole or not at all.
        if files.exists() {
            fs::rename(&files, releases.join(format!(".tmp-pruned-{id}"))).map_err(failed)?;
        }
    }
    sweep(&releases)
}
