//! Serving releases: a function from a path to an answer.

mod respond;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use ae_core::{BackendError, Digest, ErrorKind};
use bytes::Bytes;
use http::{Response, StatusCode};

#[cfg(any(feature = "local", feature = "ready"))]
pub(super) use self::respond::RELEASE_PATH;
#[cfg(feature = "cloudflare")]
pub(super) use self::respond::content_type;
pub(super) use self::respond::respond_from;
#[cfg(feature = "site")]
pub(crate) use self::respond::{candidates, is_served};
use self::respond::{damaged, text};
use super::{
    ReleaseId, SiteId,
    release::{Current, Record},
};
use crate::atomic::{create_dirs, io_error};

/// The folder that [`LocalDeployer`](crate::LocalDeployer) publishes into, for reading: any number of servers may share
/// it with a deployer, in other processes too.
///
/// Layout: `<root>/<site>/current.json` names the release, `<root>/<site>/releases/<id>.json` its files with their
/// digests, `<root>/<site>/releases/<id>/…` holds them. Each file is compared with its digest before it is served.
#[derive(Debug, Clone)]
pub struct ReleaseStore {
    root: PathBuf,
    /// The checked record of each live release.
    live: Arc<Mutex<BTreeMap<SiteId, Arc<Record>>>>,
}

impl ReleaseStore {
    /// Opens `root`, which is made if it is missing.
    ///
    /// # Errors
    ///
    /// When the folder can't be made or read.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, BackendError> {
        let root = root.into();
        create_dirs(&root).map_err(|error| io_error("releases", "open", "create", &root, error))?;
        Ok(Self { root, live: Arc::default() })
    }

    /// The sites that are live, sorted.
    ///
    /// # Errors
    ///
    /// When the folder can't be read.
    pub fn sites(&self) -> Result<Vec<SiteId>, BackendError> {
        let failed = |error| io_error("releases", "sites", "read", &self.root, error);
        let mut sites = Vec::new();
        for entry in fs::read_dir(&self.root).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let Some(site) = name.to_str().and_then(|name| name.parse::<SiteId>().ok()) else { continue };
            if matches!(Current::read(&self.root.join(site.as_str())), Ok(Some(_))) {
                sites.push(site);
            }
        }
        sites.sort();
        Ok(sites)
    }

    /// The answer of `site` to a GET of `path`, an absolute path without query as the request has it, and the value of
    /// `If-None-Match`.
    ///
    /// Escapes are decoded once. `/` and `…/` are their `index.html`; any other path is the file of that name, else that
    /// name with `.html`; a folder with an `index.html` is answered 308 to its path with a slash; what is missing is the
    /// site's `404.html` with status 404. Dot-files other than `/.well-known/…`, links, paths that leave the release and
    /// escapes that are malformed or hide a separator are missing. Every answer carries a content type,
    /// `X-Content-Type-Options: nosniff`, a Content-Security-Policy that allows the site's own files
    /// and nothing from elsewhere, and an `ETag` of its content;
    /// an equal `If-None-Match` is answered 304. The whole answer comes from one release. A file that is not the one that
    /// was published, or a damaged record of the release, is answered 500.
    pub fn respond(&self, site: &SiteId, path: &str, if_none_match: Option<&str>) -> Response<Bytes> {
        let (first, release) = self.answer(site, path, if_none_match);
        if first.status() != StatusCode::INTERNAL_SERVER_ERROR {
            return first;
        }
        // The release may have been replaced and pruned between the look at its name and the look at its files.
        let (again, now) = self.answer(site, path, if_none_match);
        if now == release { first } else { again }
    }

    /// The answer of the release that is live, and its name.
    fn answer(
        &self,
        site: &SiteId,
        path: &str,
        if_none_match: Option<&str>,
    ) -> (Response<Bytes>, Option<ReleaseId>) {
        match self.live(site) {
            Ok(Some(record)) => {
                let files = self.root.join(site.as_str()).join("releases").join(record.release.as_str());
                (respond_from(&files, &record, path, if_none_match), Some(record.release.clone()))
            }
            Ok(None) => (text(StatusCode::NOT_FOUND, "No such site.\n".to_owned(), None), None),
            Err(_) => (damaged(), None),
        }
    }

    /// Compares the live release of `site` with what was published, file by file, and returns its manifest: the one of
    /// the [`DeployPlan`](super::DeployPlan) that was approved.
    ///
    /// # Errors
    ///
    /// `NotFound` when nothing is live, `Protocol` naming the files that differ, are missing or were added.
    pub fn verify(&self, site: &SiteId) -> Result<Digest, BackendError> {
        let error = |kind, message| BackendError::new(kind, "releases", "verify", message);
        let record = self
            .live(site)?
            .ok_or_else(|| error(ErrorKind::NotFound, format!("no release of {site} is live")))?;
        let damage = record.damage(&self.root.join(site.as_str()));
        if damage.is_empty() {
            return Ok(record.manifest);
        }
        let message = format!(
            "release {} of {site} is not what was published: {}; deploy it again",
            record.release,
            damage.join(", ")
        );
        Err(error(ErrorKind::Protocol, message))
    }

    /// The record of the live release, held to the digest that `current.json` and the release's own id name.
    fn live(&self, site: &SiteId) -> Result<Option<Arc<Record>>, BackendError> {
        let folder = self.root.join(site.as_str());
        let Some(current) = Current::read(&folder)? else { return Ok(None) };
        let is_current =
            |record: &Record| record.release == current.release && record.manifest == current.sha256;
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(record) = live.get(site).filter(|record| is_current(record)) {
            return Ok(Some(Arc::clone(record)));
        }
        let found = Record::read(&folder, current.release.as_str());
        let record = found.filter(|record| is_current(record) && record.is_whole()).ok_or_else(|| {
            let message = format!("the record of release {} of {site} is damaged", current.release);
            BackendError::new(ErrorKind::Protocol, "releases", "read", message)
        })?;
        let record = Arc::new(record);
        live.insert(site.clone(), Arc::clone(&record));
        Ok(Some(record))
    }
}
