//! The files of releases.

use std::{fs, path::Path};

use ae_core::{BackendError, ErrorKind};
use ae_harness::{Bundle, DeployPlan};

use super::{
    NAME,
    state::{SiteState, failed},
};

/// Copies the planned files into the site's `folder` and looks through the copy: what goes live is what was planned,
/// byte for byte. A copy that is something else is removed, so that a repeat starts anew.
pub(super) fn copy(plan: &DeployPlan, folder: &Path) -> Result<(), BackendError> {
    let bundle = Bundle::rescan(plan)?;
    let target = folder.join(plan.release.as_str());
    for file in bundle.files() {
        let (from, to) = (bundle.root().join(&file.path), target.join(&file.path));
        let copied = to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::copy(&from, &to));
        copied.map_err(|cause| failed("deploy", &to, cause))?;
    }
    if Bundle::scan(&target).is_ok_and(|copy| copy.manifest() == plan.manifest) {
        return Ok(());
    }
    fs::remove_dir_all(&target).map_err(|cause| failed("deploy", &target, cause))?;
    let message = format!("{} was not what was planned and is removed: repeat the call", target.display());
    Err(BackendError::new(ErrorKind::Unavailable, NAME, "deploy", message))
}

/// Removes every folder of `folder` that is no release of `state`: releases taken down, copies that were given up.
pub(super) fn sweep(state: &SiteState, folder: &Path) -> Result<(), BackendError> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
        let name = path.file_name().unwrap_or_default();
        if !state.releases().any(|id| name == id.as_str()) {
            fs::remove_dir_all(&path).map_err(|cause| failed("remove", &path, cause))?;
        }
    }
    Ok(())
}
