//! The house rules of the workspace, as tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    missing_docs,
    unreachable_pub
)]

mod arrows;
mod own_providers;
mod ports;
mod sources;
mod surface;
mod tree;
mod weight;
mod words;

use std::path::{Path, PathBuf};

/// The libraries of the family.
const LIBRARIES: [&str; 7] =
    ["ae-core", "ae-router", "ae-safety", "ae-genesis", "ae-harness", "ae-billing", "ae-langflow"];

/// The core's satellites: libraries may depend on them as on the core itself.
const SATELLITES: [&str; 3] = ["ae-core-http", "ae-core-sqlite", "ae-core-wire"];

/// The workspace's root; the tests are part of the checkout, not of the published package.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// The libraries and the satellites.
fn published() -> impl Iterator<Item = &'static str> {
    LIBRARIES.into_iter().chain(SATELLITES)
}

/// The folder of a library or a satellite, which lies in that of the core.
fn folder(package: &str) -> PathBuf {
    match package.strip_prefix("ae-core-") {
        Some(satellite) => root().join("ae-core").join(satellite),
        None => root().join(package),
    }
}

/// The path from the root, for messages and lists.
fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned()
}

/// The files below `folder` with this extension, sorted, without what builds and services leave.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if path.extension().is_some_and(|other| other == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    files(folder, "rs")
}
