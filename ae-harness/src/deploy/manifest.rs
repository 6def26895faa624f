//! The files that are sent to a host which asks for them by their digests.

use std::collections::BTreeMap;

use ae_core::{BackendError, ErrorKind};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::{Bundle, BundleFile};

/// A file as the host will have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ManifestFile {
    /// Its path at the host.
    pub(super) path: String,
    /// SHA-1 of its content in hex digits: the name by which these hosts know content. Not a matter of trust, which
    /// rests on the SHA-256 of the bundle.
    pub(super) sha1: String,
    /// Its size.
    pub(super) bytes: u64,
    source: Source,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Bundle(BundleFile),
    Added(Vec<u8>),
}

/// All files of a release at a host: those of a bundle, and those that its adapter adds. It holds the content of the
/// added ones alone.
#[derive(Debug)]
pub(super) struct FileManifest<'a> {
    bundle: &'a Bundle,
    files: Vec<ManifestFile>,
    /// The place of the first file of each content.
    digests: BTreeMap<String, usize>,
}

impl<'a> FileManifest<'a> {
    /// The files of `bundle`, each below `folder`, which is empty or ends with `/`.
    ///
    /// # Errors
    ///
    /// `Conflict` when a file changed since it was scanned.
    pub(super) fn new(bundle: &'a Bundle, folder: &str) -> Result<Self, BackendError> {
        let mut manifest = Self { bundle, files: Vec::new(), digests: BTreeMap::new() };
        for file in bundle.files() {
            let sha1 = sha1(&bundle.read(file)?);
            let path = format!("{folder}{}", file.path);
            let source = Source::Bundle(file.clone());
            manifest.push(ManifestFile { path, sha1, bytes: file.bytes, source });
        }
        Ok(manifest)
    }

    fn push(&mut self, file: ManifestFile) {
        self.digests.entry(file.sha1.clone()).or_insert(self.files.len());
        self.files.push(file);
    }

    /// Adds a file.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the bundle has one at that path.
    pub(super) fn add(&mut self, path: &str, content: Vec<u8>) -> Result<(), BackendError> {
        if self.files.iter().any(|file| file.path == path) {
            let message =
                format!("the site has a file {path:?}, which the host reads as settings: remove it");
            return Err(BackendError::new(ErrorKind::InvalidInput, "bundle", "deploy", message));
        }
        let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
        let sha1 = sha1(&content);
        self.push(ManifestFile { path: path.to_owned(), sha1, bytes, source: Source::Added(content) });
        Ok(())
    }

    /// The files: those of the bundle by path, then the added ones.
    pub(super) fn files(&self) -> &[ManifestFile] {
        &self.files
    }

    /// The first file whose content has this digest.
    pub(super) fn of_digest(&self, sha1: &str) -> Option<&ManifestFile> {
        self.files.get(*self.digests.get(sha1)?)
    }

    /// The content of a file of this manifest.
    ///
    /// # Errors
    ///
    /// `Conflict` when the file changed since it was scanned.
    pub(super) fn read(&self, file: &ManifestFile) -> Result<Vec<u8>, BackendError> {
        match &file.source {
            Source::Bundle(file) => self.bundle.read(file),
            Source::Added(content) => Ok(content.clone()),
        }
    }
}

fn sha1(content: &[u8]) -> String {
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, content);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_sha1_and_read_as_they_were_scanned() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.html"), "abc").unwrap();
        std::fs::write(folder.path().join("same.html"), "abc").unwrap();
        let bundle = Bundle::scan(folder.path()).unwrap();
        let mut manifest = FileManifest::new(&bundle, "public/").unwrap();
        manifest.add("settings.json", b"{}".to_vec()).unwrap();
        let paths: Vec<_> = manifest.files().iter().map(|file| (&*file.path, file.bytes)).collect();
        assert_eq!(paths, [("public/index.html", 3), ("public/same.html", 3), ("settings.json", 2)]);
        // The example of FIPS 180.
        let file = manifest.of_digest("a9993e364706816aba3e25717850c26c9cd0d89d").unwrap().clone();
        assert_eq!((&*file.path, manifest.read(&file).unwrap()), ("public/index.html", b"abc".to_vec()));
        assert!(manifest.add("public/same.html", Vec::new()).is_err());

        std::fs::write(folder.path().join("index.html"), "abd").unwrap();
        assert_eq!(manifest.read(&file).unwrap_err().kind(), ErrorKind::Conflict);
    }
}
