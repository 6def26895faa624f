//! The answer of one release to one path.

use std::path::Path;

use ae_core::Digest;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use crate::{
    deploy::{names, release::Record},
    policy::OF_ANSWERS,
};

/// The path at which a site says which release answers.
pub(in crate::deploy) const RELEASE_PATH: &str = "/.well-known/ae-release";

/// The answer of the release in `files`.
pub(in crate::deploy) fn respond_from(
    files: &Path,
    record: &Record,
    path: &str,
    if_none_match: Option<&str>,
) -> Response<Bytes> {
    let path = names::decode(path).unwrap_or_default();
    if path == RELEASE_PATH {
        return text(StatusCode::OK, format!("{}\n", record.release), if_none_match);
    }
    let found = candidates(&path).iter().find_map(|name| record.file(name));
    if found.is_none() {
        if let Some(folder) = folder_page(&path).filter(|page| record.file(page).is_some()) {
            return moved(&folder);
        }
    }
    let (status, file) = match found {
        Some(file) => (StatusCode::OK, file),
        None => match record.file("404.html") {
            Some(file) => (StatusCode::NOT_FOUND, file),
            None => return text(StatusCode::NOT_FOUND, "Not found.\n".to_owned(), None),
        },
    };
    match file.read(files) {
        Some(bytes) => answer(status, content_type(&file.path), bytes.into(), &file.sha256, if_none_match),
        None => damaged(),
    }
}

/// The files that may stand for `path`, an absolute path without escapes; the first that exists wins.
pub(crate) fn candidates(path: &str) -> Vec<String> {
    let Some(relative) = path.strip_prefix('/') else { return Vec::new() };
    if relative.is_empty() || relative.ends_with('/') {
        return vec![format!("{relative}index.html")];
    }
    vec![relative.to_owned(), format!("{relative}.html")]
}

/// The page of the folder at `path`, which lacks the slash at its end.
fn folder_page(path: &str) -> Option<String> {
    path.strip_prefix('/')
        .filter(|relative| !relative.is_empty())
        .map(|relative| format!("{relative}/index.html"))
}

/// Sends the visitor of `…/folder` to `…/folder/`, where the links of `page` hold. The target is relative, so it stays on
/// this site whatever stands in front of the path.
fn moved(page: &str) -> Response<Bytes> {
    let folder = page.rsplit('/').nth(1).unwrap_or_default();
    let mut response = text(StatusCode::PERMANENT_REDIRECT, "Moved.\n".to_owned(), None);
    if let Ok(target) = HeaderValue::from_str(&format!("./{}/", names::encode(folder))) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

/// Whether a file with this path may be served: a plain path, and no dot-file but those that are well known.
#[cfg(feature = "site")]
pub(crate) fn is_served(relative: &str) -> bool {
    let visible = relative.strip_prefix(".well-known/").unwrap_or(relative);
    crate::paths::path_problem(relative).is_none() && !visible.split('/').any(|part| part.starts_with('.'))
}

/// The type of a file by its name.
pub(in crate::deploy) fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "txt" | "md" => "text/plain; charset=utf-8",
        "xml" => "application/xml; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "tsv" => "text/tab-separated-values; charset=utf-8",
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

pub(super) fn damaged() -> Response<Bytes> {
    let message =
        "This page is not what was published, so it is not shown. Its operator can publish it again.\n";
    text(StatusCode::INTERNAL_SERVER_ERROR, message.to_owned(), None)
}

pub(super) fn text(status: StatusCode, body: String, if_none_match: Option<&str>) -> Response<Bytes> {
    let digest = Digest::of_bytes("etag", body.as_bytes());
    answer(status, "text/plain; charset=utf-8", body.into(), &digest, if_none_match)
}

/// An answer; `digest` is the one of its content.
fn answer(
    status: StatusCode,
    kind: &'static str,
    body: Bytes,
    digest: &Digest,
    if_none_match: Option<&str>,
) -> Response<Bytes> {
    let etag = format!("\"{}\"", digest.short(32));
    let known = status == StatusCode::OK && if_none_match.is_some_and(|header| matches(header, &etag));
    let mut response = Response::new(if known { Bytes::new() } else { body });
    *response.status_mut() = if known { StatusCode::NOT_MODIFIED } else { status };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(OF_ANSWERS));
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
