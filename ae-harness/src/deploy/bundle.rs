//! The files of a site, as they will be published.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ae_core::{BackendError, Digest, DigestWriter, ErrorKind};
use serde::{Deserialize, Serialize};

use super::{DeployPlan, DeploySpec, DeploymentId};
use crate::{
    agent::hash_file,
    atomic::io_error,
    paths::{Found, path_problem, walk},
};

/// How big a bundle may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundleLimits {
    /// The most files.
    pub files_max: usize,
    /// The most bytes of one file.
    pub file_bytes_max: u64,
    /// The most bytes of all files.
    pub total_bytes_max: u64,
}

impl Default for BundleLimits {
    /// 1,000 files, 5 MB a file, 50 MB in all.
    fn default() -> Self {
        Self { files_max: 1_000, file_bytes_max: 5_000_000, total_bytes_max: 50_000_000 }
    }
}

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleFile {
    /// Its path, relative, joined by `/`.
    pub path: String,
    /// SHA-256 of its content.
    pub sha256: Digest,
    /// Its size.
    pub bytes: u64,
}

/// A folder that was looked through and found fit to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    root: PathBuf,
    files: Vec<BundleFile>,
}

impl Bundle {
    /// Looks through `root` within the default limits.
    ///
    /// Refused: symbolic links, devices, sockets and pipes; names outside ASCII letters, digits and `._-~+@`; dot-files
    /// except below `.well-known`; `.env*`, private keys, key stores and credential files, by name; a file
    /// `.well-known/ae-release`, which the server answers itself; a folder without `index.html`; and more than the
    /// limits allow.
    ///
    /// # Errors
    ///
    /// `InvalidInput` naming every refused file (the first ten), or that `root` can't be read.
    pub fn scan(root: &Path) -> Result<Self, BackendError> {
        Self::scan_within(root, &BundleLimits::default())
    }

    /// Looks through `root` within `limits`.
    ///
    /// # Errors
    ///
    /// As [`Bundle::scan`].
    pub fn scan_within(root: &Path, limits: &BundleLimits) -> Result<Self, BackendError> {
        let failed = |error| io_error("bundle", "scan", "read", root, error);
        if !fs::symlink_metadata(root).map_err(failed)?.is_dir() {
            return Err(refused(root, "is no folder: pass the folder of the site"));
        }
        let found = walk(root, limits.files_max.saturating_mul(2))
            .map_err(|error| refused(root, &format!("can't be read as a bundle: {error}")))?;
        let problems: Vec<String> = found
            .iter()
            .filter_map(|file| Some(format!("{:?} {}", file.relative, problem(file, limits)?)))
            .take(10)
            .collect();
        if !problems.is_empty() {
            return Err(refused(root, &format!("holds what can't be published: {}", problems.join("; "))));
        }
        if found.len() > limits.files_max {
            return Err(refused(
                root,
                &format!("has {} files, {} is the limit", found.len(), limits.files_max),
            ));
        }
        let total = found.iter().fold(0_u64, |sum, file| sum.saturating_add(file.bytes));
        if total > limits.total_bytes_max {
            return Err(refused(
                root,
                &format!("has {total} bytes, {} is the limit", limits.total_bytes_max),
            ));
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
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The files, sorted by path.
    #[must_use]
    pub fn files(&self) -> &[BundleFile] {
        &self.files
    }

    /// The size of all files in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes))
    }

    /// SHA-256 over the sorted paths with their content's digests.
    #[must_use]
    pub fn manifest(&self) -> Digest {
        let writer = DigestWriter::new("release-manifest/1");
        let written = self
            .files
            .iter()
            .fold(writer, |writer, file| writer.field(file.path.as_bytes()).field(file.sha256.as_bytes()));
        written.finish()
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
                format!("{:?} is no address: use http(s)://…/ with the slash at its end", spec.base_url);
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
            root: self.root.clone(),
        })
    }

    /// Looks through the plan's folder again and refuses when it is no longer what was planned: clause C2 of
    /// [`Deployer`](super::Deployer), for its implementations.
    ///
    /// # Errors
    ///
    /// `Conflict` when anything changed, or the errors of [`Bundle::scan`].
    pub fn rescan(plan: &DeployPlan) -> Result<Self, BackendError> {
        let bundle = Self::scan(&plan.root)?;
        let manifest = bundle.manifest();
        if manifest == plan.manifest && DeploymentId::of_manifest(&manifest) == plan.release {
            return Ok(bundle);
        }
        let message = format!(
            "{} changed after release {} was planned: plan it again and have that approved",
            plan.root.display(),
            plan.release
        );
        Err(BackendError::new(ErrorKind::Conflict, "bundle", "rescan", message))
    }
}

fn refused(root: &Path, why: &str) -> BackendError {
    BackendError::new(ErrorKind::InvalidInput, "bundle", "scan", format!("{} {why}", root.display()))
}

fn problem(file: &Found, limits: &BundleLimits) -> Option<String> {
    if !file.is_file {
        return Some("is a link or a device: only regular files are published".to_owned());
    }
    if let Some(why) = path_problem(&file.relative) {
        return Some(format!("has a name that is refused: {why}"));
    }
    let lower = file.relative.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or_default();
    if is_secret(name) {
        return Some("looks like a secret: take it out of the site".to_owned());
    }
    let visible = lower.strip_prefix(".well-known/").unwrap_or(&lower);
    if visible.split('/').any(|part| part.starts_with('.')) {
        return Some("is a dot-file: only .well-known may be published".to_owned());
    }
    if lower == ".well-known/ae-release" {
        return Some("is answered by the server: remove it".to_owned());
    }
    if file.bytes > limits.file_bytes_max {
        return Some(format!("has {} bytes, {} is the limit for a file", file.bytes, limits.file_bytes_max));
    }
    None
}

/// Names that hold credentials by convention.
fn is_secret(lower_name: &str) -> bool {
    const ENDS: [&str; 8] = [".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".ppk", ".kdbx"];
    const NAMES: [&str; 7] = [
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
        "credentials.json",
        "service-account.json",
        "secrets.json",
    ];
    lower_name.starts_with(".env")
        || lower_name.ends_with(".env")
        || ENDS.iter().any(|end| lower_name.ends_with(end))
        || NAMES.contains(&lower_name)
}
