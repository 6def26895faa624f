//! The files of a site, as they will be published.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use ae_core::{BackendError, Digest, DigestWriter, ErrorKind};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{DeployPlan, DeploySpec, DeploymentId, forbidden};
use crate::{
    atomic::{create_dirs, create_file, io_error, sync_dir},
    paths::walk,
    workspace::hash_file,
};

/// The most files of a bundle, the most bytes of one of them and of all.
const FILES_MAX: usize = 1_000;
pub(super) const FILE_BYTES_MAX: u64 = 5_000_000;
const TOTAL_BYTES_MAX: u64 = 50_000_000;

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BundleFile {
    /// Its path, relative, joined by `/`.
    pub path: String,
    /// SHA-256 of its content.
    pub sha256: Digest,
    /// Its size.
    pub bytes: u64,
}

impl BundleFile {
    /// The content of the file below `folder`, or `None` when it is missing, a link or of other content.
    pub(super) fn read(&self, folder: &Path) -> Option<Vec<u8>> {
        let path = folder.join(&self.path);
        let meta = fs::symlink_metadata(&path).ok()?;
        if !meta.is_file() || meta.len() != self.bytes {
            return None;
        }
        let bytes = fs::read(&path).ok()?;
        (Digest::from_bytes(Sha256::digest(&bytes).into()) == self.sha256).then_some(bytes)
    }
}

/// SHA-256 over sorted paths with their content's digests.
pub(super) fn manifest_of(files: &[BundleFile]) -> Digest {
    let writer = DigestWriter::new("release-manifest/1");
    let written = files
        .iter()
        .fold(writer, |writer, file| writer.field(file.path.as_bytes()).field(file.sha256.as_bytes()));
    written.finish()
}

/// A folder that was looked through and found fit to be published, with the digest of each file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    root: PathBuf,
    files: Vec<BundleFile>,
}

impl Bundle {
    /// Looks through `root`.
    ///
    /// Refused: symbolic links, devices, sockets and pipes; names outside ASCII letters, digits and `._-~+@`; dot-files
    /// except below `.well-known`; `.env*`, private keys, key stores and credential files, by name; a file
    /// `.well-known/ae-release`, which the server answers itself; a folder without `index.html`; more than 1,000 files,
    /// 5 MB in one file or 50 MB in all.
    ///
    /// # Errors
    ///
    /// `InvalidInput` naming every refused file (the first ten), or that `root` can't be read.
    pub fn scan(root: &Path) -> Result<Self, BackendError> {
        let failed = |error| io_error("bundle", "scan", "read", root, error);
        if !fs::symlink_metadata(root).map_err(failed)?.is_dir() {
            return Err(refused(root, "is not a folder: pass the folder of the site"));
        }
        let found = walk(root, FILES_MAX * 2)
            .map_err(|error| refused(root, &format!("can't be read as a bundle: {error}")))?;
        let problems: Vec<String> = found
            .iter()
            .filter_map(|file| Some(format!("{:?} {}", file.relative, forbidden::problem(file)?)))
            .take(10)
            .collect();
        if !problems.is_empty() {
            return Err(refused(root, &format!("holds what can't be published: {}", problems.join("; "))));
        }
        if found.len() > FILES_MAX {
            return Err(refused(root, &format!("has {} files, {FILES_MAX} is the limit", found.len())));
        }
        let total = found.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
        if total > TOTAL_BYTES_MAX {
            return Err(refused(root, &format!("has {total} bytes, {TOTAL_BYTES_MAX} is the limit")));
        }
        if !found.iter().any(|file| file.relative == "index.html") {
            return Err(refused(root, "has no index.html: build the site first"));
        }
        let mut files = Vec::with_capacity(found.len());
        for file in found {
            let sha256 = hash_file(&file.full).map_err(failed)?;
            files.push(BundleFile { path: file.relative, sha256, bytes: file.bytes });
        }
        Ok(Self { root: root.to_path_buf(), files })
    }

    /// The folder that was looked through.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The files, sorted by path.
    pub fn files(&self) -> &[BundleFile] {
        &self.files
    }

    /// The size of all files in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes))
    }

    /// SHA-256 over the sorted paths with their content's digests.
    pub fn manifest(&self) -> Digest {
        manifest_of(&self.files)
    }

    /// The plan to publish this bundle as `spec` says, for implementations of [`Deployer`](super::Deployer).
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the address is not absolute or does not end with `/`.
    pub fn plan(&self, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
        let absolute = spec.base_url.starts_with("http://") || spec.base_url.starts_with("https://");
        if !absolute || !spec.base_url.ends_with('/') {
            let message =
                format!("{:?} is not an address: use http(s)://…/ with the slash at its end", spec.base_url);
            return Err(BackendError::new(ErrorKind::InvalidInput, "bundle", "plan", message));
        }
        let manifest = self.manifest();
        Ok(DeployPlan {
            site: spec.site.clone(),
            release: DeploymentId::of_manifest(&manifest),
            manifest,
            files: self.files.len(),
            bytes: self.bytes(),
            base_url: spec.base_url.clone(),
        })
    }

    /// Refuses a plan of other files: clause C2 of [`Deployer`](super::Deployer), for its implementations. The content of
    /// the files is checked by [`read`](Self::read) and [`copy_to`](Self::copy_to).
    ///
    /// # Errors
    ///
    /// `Conflict` when the plan was made for another bundle.
    pub fn check(&self, plan: &DeployPlan) -> Result<(), BackendError> {
        let manifest = self.manifest();
        if manifest == plan.manifest && DeploymentId::of_manifest(&manifest) == plan.release {
            return Ok(());
        }
        let message = format!(
            "{} does not hold the files of release {}: plan it again and have that approved",
            self.root.display(),
            plan.release
        );
        Err(BackendError::new(ErrorKind::Conflict, "bundle", "check", message))
    }

    /// The content of `file`, which is one of this bundle's: the very bytes that were scanned.
    ///
    /// # Errors
    ///
    /// `Conflict` when the file changed since.
    pub fn read(&self, file: &BundleFile) -> Result<Vec<u8>, BackendError> {
        file.read(&self.root).ok_or_else(|| {
            let path = self.root.join(&file.path);
            let message = format!("{} changed after it was planned: plan it again", path.display());
            BackendError::new(ErrorKind::Conflict, "bundle", "read", message)
        })
    }

    /// Copies the files into the new folder `target` and makes them durable. Only the bytes that were scanned are
    /// written; when that fails, the folder is removed.
    ///
    /// # Errors
    ///
    /// `Conflict` when a file changed since, or `target` exists; the reason why a file can't be written.
    pub fn copy_to(&self, target: &Path) -> Result<(), BackendError> {
        if fs::symlink_metadata(target).is_ok() {
            let message = format!("{} is there already: remove it first", target.display());
            return Err(BackendError::new(ErrorKind::Conflict, "bundle", "copy", message));
        }
        let failed = |error| io_error("bundle", "copy", "copy the files to", target, error);
        create_dirs(target).map_err(failed)?;
        let copied = self
            .files
            .iter()
            .try_for_each(|file| copy(&self.read(file)?, &target.join(&file.path), target).map_err(failed));
        if copied.is_err() {
            // The first failure is the one to report; the remains are in the way of the next copy at worst.
            let _ = fs::remove_dir_all(target);
        }
        copied
    }
}

/// Writes a new file below `root`, with the folders it needs, and makes all of them durable.
fn copy(bytes: &[u8], to: &Path, root: &Path) -> io::Result<()> {
    to.parent().map_or(Ok(()), create_dirs)?;
    let mut file = create_file(to)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    to.ancestors().skip(1).take_while(|folder| folder.starts_with(root)).try_for_each(sync_dir)
}

fn refused(root: &Path, why: &str) -> BackendError {
    BackendError::new(ErrorKind::InvalidInput, "bundle", "scan", format!("{} {why}", root.display()))
}
