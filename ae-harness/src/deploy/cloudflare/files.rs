//! The files of a release as Cloudflare takes them.

use std::collections::BTreeMap;

use ae_core::BackendError;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::deploy::{
    Bundle, BundleFile, DeployPlan,
    store::{RELEASE_PATH, content_type},
};

/// The hex digits of a file's name at Cloudflare.
const HASH_DIGITS: usize = 32;

/// A file by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Asset {
    /// The first 32 hex digits of the SHA-256 over its Base64 text and its extension, as Cloudflare's documentation has
    /// it. The service takes any digest of that length: its own program uses BLAKE3 over the same bytes.
    pub(super) hash: String,
    pub(super) size: u64,
}

/// All files of a release: those of a bundle, and the one that names the release. It holds no content of a bundle.
#[derive(Debug)]
pub(super) struct Assets<'a> {
    bundle: &'a Bundle,
    release: Vec<u8>,
    /// By their paths at the host, which begin with `/`.
    pub(super) manifest: BTreeMap<String, Asset>,
    sources: BTreeMap<String, Option<&'a BundleFile>>,
}

impl<'a> Assets<'a> {
    /// The files of `bundle` as `plan` says.
    ///
    /// # Errors
    ///
    /// `Conflict` when a file changed since it was scanned.
    pub(super) fn new(bundle: &'a Bundle, plan: &DeployPlan) -> Result<Self, BackendError> {
        let release = format!("{}\n", plan.release).into_bytes();
        let (mut manifest, mut sources) = (BTreeMap::new(), BTreeMap::new());
        let mut add = |path: String, source: Option<&'a BundleFile>, content: &[u8]| {
            let asset = asset(&path, content);
            sources.insert(asset.hash.clone(), source);
            manifest.insert(path, asset);
        };
        for file in bundle.files() {
            add(format!("/{}", file.path), Some(file), &bundle.read(file)?);
        }
        add(RELEASE_PATH.to_owned(), None, &release);
        Ok(Self { bundle, release, manifest, sources })
    }

    /// Whether there is a page for addresses that lead nowhere.
    pub(super) fn has_404(&self) -> bool {
        self.manifest.contains_key("/404.html")
    }

    /// The Base64 text and the type of the file with this hash; `None` when there is no such file.
    ///
    /// # Errors
    ///
    /// `Conflict` when the file changed since it was scanned.
    pub(super) fn content(&self, hash: &str) -> Result<Option<(Vec<u8>, &'static str)>, BackendError> {
        let Some(source) = self.sources.get(hash) else { return Ok(None) };
        let (path, content) = match source {
            Some(file) => (file.path.as_str(), self.bundle.read(file)?),
            None => ("release.txt", self.release.clone()),
        };
        Ok(Some((STANDARD.encode(content).into_bytes(), content_type(path))))
    }
}

fn asset(path: &str, content: &[u8]) -> Asset {
    let name = path.rsplit('/').next().unwrap_or_default();
    // A name that only begins with a dot has no extension.
    let extension = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or("", |(_, rest)| rest);
    let mut hash = Sha256::new();
    hash.update(STANDARD.encode(content));
    hash.update(extension);
    let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
    Asset { hash: hex.chars().take(HASH_DIGITS).collect(), size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_over_the_base64_text_and_the_extension() {
        // printf 'aGk=html' | sha256sum
        let page = asset("/index.html", b"hi");
        assert_eq!((page.hash.as_str(), page.size), ("0be3bf09f0d241d76ccfbdbb1c3290f0", 2));
        assert_ne!(asset("/index.txt", b"hi").hash, page.hash);
        assert_eq!(asset("/.html", b"hi").hash, asset("/html", b"hi").hash);
    }
}
