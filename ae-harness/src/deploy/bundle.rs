//! The files of a site, as they will be published.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use ae_core::{BackendError, Digest, DigestWriter, ErrorKind};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{DeployPlan, DeploySpec, Function, PlannedFunction, address, env, forbidden, function, names};
use crate::{
    atomic::{create_dirs, create_file, io_error, sync_dir},
    parallel::try_map,
    paths::walk,
    workspace::hash_file,
};

/// The most files of a bundle, the most bytes of one of them and of all.
const FILES_MAX: usize = 20_000;
pub(super) const FILE_BYTES_MAX: u64 = 25_000_000;
const TOTAL_BYTES_MAX: u64 = 100_000_000;

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
    /// Its path as it stands in an address: every byte but letters, digits and `-._~/` is escaped.
    pub fn url_path(&self) -> String {
        names::encode(&self.path)
    }

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
    functions: Vec<Function>,
}

impl Bundle {
    /// Looks through `root`.
    ///
    /// Refused: symbolic links, devices, sockets and pipes; names with other characters than letters, digits, inner spaces
    /// and `._-~+@!$&'()[],=`; dot-files except below `.well-known`; `.env*`, private keys, key stores and credential
    /// files, by name; a file `.well-known/ae-release`, which the server answers itself; files at the root by which a site
    /// gives orders to its host (`_headers`, `_redirects`, `vercel.json` and the like); more than 20,000 files, 25 MB in
    /// one file or 100 MB in all.
    ///
    /// Left out: `.nojekyll`, `.buildinfo`, `.gitkeep` and `.DS_Store`, which generators and desktops write.
    ///
    /// # Errors
    ///
    /// `InvalidInput` naming every refused file (the first ten), or that `root` can't be read.
    pub fn scan(root: &Path) -> Result<Self, BackendError> {
        let failed = |error| io_error("bundle", "scan", "read", root, error);
        if !fs::symlink_metadata(root).map_err(failed)?.is_dir() {
            return Err(refused(root, "is not a folder: pass the folder of the site"));
        }
        let mut found = walk(root, FILES_MAX * 2)
            .map_err(|error| refused(root, &format!("can't be read as a bundle: {error}")))?;
        found.retain(|file| !forbidden::is_left_out(file));
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
        let files = try_map(&found, |file| {
            let sha256 = hash_file(&file.full)?;
            Ok(BundleFile { path: file.relative.clone(), sha256, bytes: file.bytes })
        })
        .map_err(failed)?;
        Ok(Self { root: root.to_path_buf(), files, functions: Vec::new() })
    }

    /// Sets the functions, which a plan checks: at most 12, each of its own path, none with a file of the site at its path
    /// or below it.
    #[must_use]
    pub fn with_functions(mut self, mut functions: Vec<Function>) -> Self {
        functions.sort_by(|a, b| a.path.cmp(&b.path));
        self.functions = functions;
        self
    }

    /// The functions, sorted by path.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// Whether there is an `index.html` at the root.
    pub fn has_index(&self) -> bool {
        self.files.iter().any(|file| file.path == "index.html")
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
    /// `InvalidInput` when the address is not absolute or does not end with `/`, for a function that can't be published, and
    /// for the name of a variable that is not one.
    pub fn plan(&self, spec: &DeploySpec) -> Result<DeployPlan, BackendError> {
        if !address::is_address(&spec.base_url) {
            let message =
                format!("{:?} is not an address: use http(s)://…/ with the slash at its end", spec.base_url);
            return Err(BackendError::new(ErrorKind::InvalidInput, "bundle", "plan", message));
        }
        function::check(&self.functions, &self.files)?;
        spec.env.iter().try_for_each(|name| env::check_name("plan", name))?;
        let manifest = self.manifest();
        let functions = self.planned_functions();
        Ok(DeployPlan {
            site: spec.site.clone(),
            release: DeployPlan::release_of(&manifest, spec, &functions),
            manifest,
            files: self.files.len(),
            bytes: self.bytes(),
            base_url: spec.base_url.clone(),
            target: spec.target,
            env: spec.env.clone(),
            functions,
        })
    }

    /// Refuses a plan of other files: clause C2 of [`Deployer`](super::Deployer), for its implementations. The content of
    /// the files is checked by [`read`](Self::read) and [`copy_to`](Self::copy_to).
    ///
    /// # Errors
    ///
    /// `Conflict` when the plan was made for another bundle, `InvalidInput` for a function that can't be published.
    pub fn check(&self, plan: &DeployPlan) -> Result<(), BackendError> {
        function::check(&self.functions, &self.files)?;
        let manifest = self.manifest();
        if manifest == plan.manifest && self.planned_functions() == plan.functions && plan.is_whole() {
            return Ok(());
        }
        let message = format!(
            "{} does not hold the files of release {}: plan it again and have that approved",
            self.root.display(),
            plan.release
        );
        Err(BackendError::new(ErrorKind::Conflict, "bundle", "check", message))
    }

    fn planned_functions(&self) -> Vec<PlannedFunction> {
        self.functions.iter().map(Function::planned).collect()
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
        create_dirs(target)
            .map_err(|error| io_error("bundle", "copy", "copy the files to", target, error))?;
        let copied = self.copy_files(target);
        if copied.is_err() {
            // The first failure is the one to report; the remains are in the way of the next copy at worst.
            let _ = fs::remove_dir_all(target);
        }
        copied
    }

    fn copy_files(&self, target: &Path) -> Result<(), BackendError> {
        let failed = |error: io::Error| io_error("bundle", "copy", "copy the files to", target, error);
        try_map(&self.files, |file| write_new(&target.join(&file.path), &self.read(file)?).map_err(failed))?;
        // The names are durable once: a folder of a thousand files is not synced a thousand times.
        let folders = self.files.iter().flat_map(|file| Path::new(&file.path).ancestors().skip(1));
        let folders: BTreeSet<_> = folders.map(|folder| target.join(folder)).collect();
        let folders: Vec<_> = folders.into_iter().collect();
        try_map(&folders, |folder| sync_dir(folder)).map(drop).map_err(failed)
    }
}

/// Writes a new file, with the folders that it needs, and makes its content durable.
fn write_new(to: &Path, bytes: &[u8]) -> io::Result<()> {
    to.parent().map_or(Ok(()), create_dirs)?;
    let mut file = create_file(to)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn refused(root: &Path, why: &str) -> BackendError {
    BackendError::new(ErrorKind::InvalidInput, "bundle", "scan", format!("{} {why}", root.display()))
}
