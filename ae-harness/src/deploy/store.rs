//! Serving releases: a function from a path to an answer.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ae_core::{BackendError, Digest};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::{DeploymentId, SiteId};
use crate::{atomic::io_error, paths::path_problem};

/// The largest file that is served; a bundle holds none that is larger.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What generated pages need and nothing more: their own styles, images and forms; no scripts, no frames.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The path at which a site says which release answers.
pub(crate) const RELEASE_PATH: &str = "/.well-known/ae-release";

/// Which release of a site is live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Current {
    /// The release that answers.
    pub(crate) release: DeploymentId,
    /// The one that answered before.
    pub(crate) previous: Option<DeploymentId>,
    /// The manifest of the release.
    pub(crate) sha256: Digest,
}

/// The folder that [`LocalDeployer`](crate::LocalDeployer) publishes into, for reading: any number of servers may share
/// it with a deployer, in other processes too.
///
/// Layout: `<root>/<site>/current.json` names the release, `<root>/<site>/releases/<id>/…` holds its files.
#[derive(Debug, Clone)]
pub struct ReleaseStore {
    root: PathBuf,
}

impl ReleaseStore {
    /// Opens `root`, which is made if it is missing.
    ///
    /// # Errors
    ///
    /// When the folder can't be made or read.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, BackendError> {
        let root = root.into();
        fs::create_dir_all(&root).map_err(|error| io_error("releases", "open", "create", &root, error))?;
        Ok(Self { root })
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
            let Some(site) = name.to_str().and_then(|name| SiteId::parse(name).ok()) else { continue };
            if read_current(&self.root.join(site.as_str())).is_some() {
                sites.push(site);
            }
        }
        sites.sort();
        Ok(sites)
    }

    /// The answer of `site` to a GET of `path`, an absolute path without query, and the value of `If-None-Match`.
    ///
    /// `/` and `…/` are their `index.html`; a path without extension is the file of that name, else that name with
    /// `.html`; what is missing is the site's `404.html` with status 404. Dot-files other than
    /// `/.well-known/…`, links and paths that leave the release are missing. Every answer carries a content type,
    /// `X-Content-Type-Options: nosniff`, a Content-Security-Policy without scripts, and an `ETag` of its content;
    /// an equal `If-None-Match` is answered 304. The whole answer comes from one release.
    #[must_use]
    pub fn respond(&self, site: &SiteId, path: &str, if_none_match: Option<&str>) -> Response<Bytes> {
        let folder = self.root.join(site.as_str());
        match read_current(&folder) {
            Some(current) => {
                let files = folder.join("releases").join(current.release.as_str());
                respond_from(&files, &current.release, path, if_none_match)
            }
            None => {
                answer(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "No such site.\n".into(), None)
            }
        }
    }
}

/// What `current.json` in a site's folder says; `None` when nothing is live or it can't be read.
pub(crate) fn read_current(folder: &Path) -> Option<Current> {
    serde_json::from_slice(&fs::read(folder.join("current.json")).ok()?).ok()
}

/// The answer of the release `id` in `files`.
pub(crate) fn respond_from(
    files: &Path,
    id: &DeploymentId,
    path: &str,
    if_none_match: Option<&str>,
) -> Response<Bytes> {
    if path == RELEASE_PATH {
        return answer(StatusCode::OK, "text/plain; charset=utf-8", format!("{id}\n").into(), if_none_match);
    }
    for name in candidates(path) {
        if let Some(bytes) = read_file(files, &name) {
            return answer(StatusCode::OK, content_type(&name), bytes, if_none_match);
        }
    }
    let missing = read_file(files, "404.html");
    let (kind, body) = missing.map_or_else(
        || ("text/plain; charset=utf-8", Bytes::from_static(b"Not found.\n")),
        |bytes| ("text/html; charset=utf-8", bytes),
    );
    answer(StatusCode::NOT_FOUND, kind, body, None)
}

/// The files that may stand for `path`, an absolute path; the first that exists wins.
pub(crate) fn candidates(path: &str) -> Vec<String> {
    let Some(relative) = path.strip_prefix('/') else { return Vec::new() };
    if relative.is_empty() || relative.ends_with('/') {
        return vec![format!("{relative}index.html")];
    }
    let name = relative.rsplit('/').next().unwrap_or_default();
    if name.contains('.') {
        return vec![relative.to_owned()];
    }
    vec![relative.to_owned(), format!("{relative}.html")]
}

/// Whether a file with this path may be served: a plain path, and no dot-file but those that are well known.
pub(crate) fn is_served(relative: &str) -> bool {
    let visible = relative.strip_prefix(".well-known/").unwrap_or(relative);
    path_problem(relative).is_none() && !visible.split('/').any(|part| part.starts_with('.'))
}

/// Reads a regular file below `files` whose path has no link in it.
fn read_file(files: &Path, relative: &str) -> Option<Bytes> {
    if !is_served(relative) {
        return None;
    }
    let mut full = files.to_path_buf();
    for part in relative.split('/') {
        full.push(part);
        if fs::symlink_metadata(&full).ok()?.is_symlink() {
            return None;
        }
    }
    let meta = fs::symlink_metadata(&full).ok()?;
    if !meta.is_file() || meta.len() > FILE_BYTES_MAX {
        return None;
    }
    fs::read(&full).ok().map(Bytes::from)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "txt" | "md" => "text/plain; charset=utf-8",
        "xml" => "application/xml; charset=utf-8",
        "json" => "application/json",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "pdf" => "application/pdf",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

fn answer(
    status: StatusCode,
    kind: &'static str,
    body: Bytes,
    if_none_match: Option<&str>,
) -> Response<Bytes> {
    let etag = format!("\"{}\"", Digest::of_bytes("etag", &body).short(32));
    let known = status == StatusCode::OK && if_none_match.is_some_and(|header| matches(header, &etag));
    let mut response = Response::new(if known { Bytes::new() } else { body });
    *response.status_mut() = if known { StatusCode::NOT_MODIFIED } else { status };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(value) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, value);
    }
    response
}

/// Weak comparison of entity tags (RFC 9110, section 13.1.2).
fn matches(if_none_match: &str, etag: &str) -> bool {
    let mut tags = if_none_match.split(',').map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn release() -> (tempfile::TempDir, DeploymentId) {
        let folder = tempfile::tempdir().unwrap();
        for (path, content) in [
            ("index.html", "home"),
            ("privacy.html", "privacy"),
            ("404.html", "lost"),
            ("docs/index.html", "docs"),
            (".env", "secret"),
            (".well-known/security.txt", "contact"),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        (folder, DeploymentId::parse("0123456789abcdef").unwrap())
    }

    #[test]
    fn paths_map_to_files_and_nothing_else() {
        let (folder, id) = release();
        let get = |path: &str| {
            let response = respond_from(folder.path(), &id, path, None);
            (response.status().as_u16(), String::from_utf8(response.body().to_vec()).unwrap())
        };
        for (path, status, body) in [
            ("/", 200, "home"),
            ("/index.html", 200, "home"),
            ("/privacy", 200, "privacy"),
            ("/docs/", 200, "docs"),
            ("/.well-known/ae-release", 200, "0123456789abcdef\n"),
            ("/.well-known/security.txt", 200, "contact"),
            ("/missing", 404, "lost"),
            ("/.env", 404, "lost"),
            ("/../index.html", 404, "lost"),
            ("//etc/passwd", 404, "lost"),
            ("/%2e%2e/index.html", 404, "lost"),
            ("index.html", 404, "lost"),
            ("", 404, "lost"),
        ] {
            assert_eq!(get(path), (status, body.to_owned()), "{path}");
        }
    }

    #[test]
    fn an_equal_tag_is_not_sent_again() {
        let (folder, id) = release();
        let first = respond_from(folder.path(), &id, "/", None);
        let etag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        for known in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
            let again = respond_from(folder.path(), &id, "/", Some(&known));
            assert_eq!((again.status(), again.body().len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
        }
        assert_eq!(respond_from(folder.path(), &id, "/", Some("\"x\"")).status(), StatusCode::OK);
        assert_eq!(respond_from(folder.path(), &id, "/x", Some("*")).status(), StatusCode::NOT_FOUND);
        assert_eq!(first.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(
            first.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("default-src 'none'")
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let (folder, id) = release();
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("leak.txt")).unwrap();
        std::os::unix::fs::symlink("/etc", folder.path().join("etc")).unwrap();
        for path in ["/leak.txt", "/etc/hostname"] {
            assert_eq!(
                respond_from(folder.path(), &id, path, None).status(),
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
    }
}
