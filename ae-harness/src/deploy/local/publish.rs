//! Putting a release into its place.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use ae_core::{BackendError, ErrorKind, Timestamp};

use super::{
    NAME,
    records::{Record, write_json},
};
use crate::{
    agent::hash_file,
    atomic::{io_error, sync_dir},
    deploy::{Bundle, BundleFile, DeployPlan, DeploymentId},
};

/// The release of `plan` if its files are there already and undamaged, with the address that the plan names.
pub(super) fn intact(releases: &Path, plan: &DeployPlan) -> Result<Option<Record>, BackendError> {
    let found = Record::read(releases, &plan.release).filter(|record| record.manifest == plan.manifest);
    let Some(mut record) = found.filter(|record| record.is_intact(releases)) else { return Ok(None) };
    if record.base_url != plan.base_url {
        record.base_url.clone_from(&plan.base_url);
        write_json(&releases.join(format!("{}.json", plan.release)), &record, "deploy")?;
    }
    Ok(Some(record))
}

/// Removes what a killed process left half done. The caller holds the site's lock, so nobody else is at work.
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

/// Copies the bundle into `.tmp-<id>`, compares every copy with its digest, and makes it durable.
pub(super) fn stage(releases: &Path, bundle: &Bundle, plan: &DeployPlan) -> Result<PathBuf, BackendError> {
    let staged = releases.join(format!(".tmp-{}", plan.release));
    let failed = |error| io_error(NAME, "deploy", "copy the release to", &staged, error);
    fs::create_dir(&staged).map_err(failed)?;
    for file in bundle.files() {
        let target = staged.join(&file.path);
        copy(&bundle.root().join(&file.path), &target, &staged).map_err(failed)?;
        verify(&target, file, plan)?;
    }
    sync_dir(&staged).map_err(failed)?;
    Ok(staged)
}

fn copy(from: &Path, to: &Path, root: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut target = File::options().write(true).create_new(true).open(to)?;
    io::copy(&mut File::open(from)?, &mut target)?;
    target.sync_all()?;
    let mut folders = to.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
    folders.try_for_each(sync_dir)
}

/// The source may have been exchanged after it was scanned; the copy is what counts.
fn verify(target: &Path, file: &BundleFile, plan: &DeployPlan) -> Result<(), BackendError> {
    let copied = hash_file(target).map_err(|error| io_error(NAME, "deploy", "read", target, error))?;
    if copied == file.sha256 {
        return Ok(());
    }
    let message = format!(
        "{} changed while release {} was copied: plan it again and have that approved",
        file.path, plan.release
    );
    Err(BackendError::new(ErrorKind::Conflict, NAME, "deploy", message))
}

/// Renames the staged release into its place. A damaged folder of the same release makes room first.
pub(super) fn place(
    releases: &Path,
    staged: &Path,
    plan: &DeployPlan,
    now: Timestamp,
) -> Result<Record, BackendError> {
    let target = releases.join(plan.release.as_str());
    let failed = |error| io_error(NAME, "deploy", "move the release to", &target, error);
    let record_path = releases.join(format!("{}.json", plan.release));
    let created_at = Record::read(releases, &plan.release).map_or(now, |before| before.created_at);
    let record = Record {
        release: plan.release.clone(),
        manifest: plan.manifest,
        base_url: plan.base_url.clone(),
        created_at,
    };
    if target.exists() {
        fs::rename(&target, releases.join(format!(".tmp-replaced-{}", plan.release))).map_err(failed)?;
    }
    write_json(&record_path, &record, "deploy")?;
    fs::rename(staged, &target).map_err(failed)?;
    sync_dir(releases).map_err(failed)?;
    sweep(releases)?;
    Ok(record)
}

/// Removes the oldest releases above `kept_max`, none of `keep`.
pub(super) fn prune(releases: &Path, keep: &[DeploymentId], kept_max: usize) -> Result<(), BackendError> {
    let mut records = Record::all(releases)?;
    records.sort_by(|a, b| (a.created_at, &a.release).cmp(&(b.created_at, &b.release)));
    let excess = records.len().saturating_sub(kept_max);
    for record in records.iter().filter(|record| !keep.contains(&record.release)).take(excess) {
        let folder = releases.join(record.release.as_str());
        let failed = |error| io_error(NAME, "deploy", "prune", &folder, error);
        // Renamed first: a release is there whole or not at all.
        let doomed = releases.join(format!(".tmp-pruned-{}", record.release));
        fs::rename(&folder, &doomed).map_err(failed)?;
        fs::remove_dir_all(&doomed).map_err(failed)?;
        fs::remove_file(releases.join(format!("{}.json", record.release))).map_err(failed)?;
    }
    Ok(())
}
