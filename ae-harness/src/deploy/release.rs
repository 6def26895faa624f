//! A release on disk, as the local deployer writes it and the store reads it.

use std::{fs, io, path::Path};

use ae_core::{BackendError, Digest, ErrorKind};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Bundle, BundleFile, DeployPlan, ReleaseId, bundle::manifest_of};
use crate::atomic::{self, create_dirs, io_error};

/// The release of a site that is live: `current.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Current {
    /// The release that answers.
    pub(super) release: ReleaseId,
    /// The manifest of the release.
    pub(super) sha256: Digest,
}

impl Current {
    /// The live release of the site in `folder`, if any.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, BackendError> {
        read_json(&folder.join("current.json"))
    }
}

/// A release and its files, written to `releases/<id>.json` before the folder `releases/<id>` appears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) release: ReleaseId,
    pub(super) manifest: Digest,
    /// The files, sorted by path.
    #[serde(default)]
    pub(super) files: Vec<BundleFile>,
}

impl Record {
    /// The record of a release of the site in `folder`; `None` when it is missing or its record is damaged.
    pub(super) fn read(folder: &Path, id: &str) -> Option<Self> {
        let releases = folder.join("releases");
        if !releases.join(id).is_dir() {
            return None;
        }
        serde_json::from_slice(&fs::read(releases.join(format!("{id}.json"))).ok()?).ok()
    }

    /// Whether the list of files is the one that names the release.
    pub(super) fn is_whole(&self) -> bool {
        let manifest = manifest_of(&self.files);
        manifest == self.manifest && DeployPlan::release_of_files(&manifest) == self.release
    }

    /// The file at `path`, as it was published.
    pub(super) fn file(&self, path: &str) -> Option<&BundleFile> {
        find(&self.files, path)
    }

    /// The paths that differ from the release on disk below the site's `folder`, at most five; empty when it is intact.
    pub(super) fn damage(&self, folder: &Path) -> Vec<String> {
        let files = folder.join("releases").join(self.release.as_str());
        if !self.is_whole() {
            return vec![format!("{}.json", self.release)];
        }
        let found = match Bundle::scan(&files) {
            Ok(found) => found,
            Err(error) => return vec![error.message().to_owned()],
        };
        let missing = self.files.iter().filter(|file| find(found.files(), &file.path) != Some(file));
        let strange = found.files().iter().filter(|file| self.file(&file.path).is_none());
        missing.chain(strange).map(|file| file.path.clone()).take(5).collect()
    }
}

/// The file at `path` of a list that is sorted by path.
fn find<'a>(files: &'a [BundleFile], path: &str) -> Option<&'a BundleFile> {
    let at = files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
    files.get(at)
}

/// A JSON file, `None` when there is none. One that is damaged is an error, so that it is never overwritten.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, BackendError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            let message = format!("{} is damaged: restore it, or remove it to publish again", path.display());
            BackendError::new(ErrorKind::Protocol, "releases", "read", message).with_source(error)
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error("releases", "read", "read", path, error)),
    }
}

/// Replaces a JSON file whole.
pub(super) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), BackendError> {
    let bytes = serde_json::to_vec(value).map_err(|error| {
        let message = format!("can't write {} as JSON", path.display());
        BackendError::new(ErrorKind::Internal, "releases", "write", message).with_source(error)
    })?;
    let written = path.parent().map_or(Ok(()), create_dirs).and_then(|()| atomic::write(path, &bytes));
    written.map_err(|error| io_error("releases", "write", "write", path, error))
}
