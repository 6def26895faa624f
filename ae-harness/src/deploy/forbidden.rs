//! The files that are never published.

use super::{bundle::FILE_BYTES_MAX, names};
use crate::paths::Found;

/// Files that generators and desktops leave in a site and that are not for visitors.
const LEFT_OUT: [&str; 4] = [".nojekyll", ".buildinfo", ".gitkeep", ".DS_Store"];
/// Files at the root by which a site would give orders to its host: its deployer writes those.
const OF_HOSTS: [&str; 10] = [
    "_headers",
    "_redirects",
    "_routes.json",
    "_worker.js",
    "netlify.toml",
    "now.json",
    "vercel.json",
    "wrangler.json",
    "wrangler.jsonc",
    "wrangler.toml",
];

/// Whether the file is passed over: it is neither published nor refused.
pub(super) fn is_left_out(file: &Found) -> bool {
    file.is_file && LEFT_OUT.contains(&file.relative.rsplit('/').next().unwrap_or_default())
}

/// The reason why a file is refused, or `None`.
pub(super) fn problem(file: &Found) -> Option<String> {
    if !file.is_file {
        return Some("is a link or a device: only regular files are published".to_owned());
    }
    if let Some(why) = names::problem(&file.relative) {
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
    if OF_HOSTS.contains(&lower.as_str()) {
        return Some(
            "gives orders to the host: remove it, the deployer writes what its host needs".to_owned(),
        );
    }
    (file.bytes > FILE_BYTES_MAX)
        .then(|| format!("has {} bytes, {FILE_BYTES_MAX} is the limit for a file", file.bytes))
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
