//! The two places that a kit is read from.

use std::{fmt, fs, path::Path};

use crate::paths::path_problem;

/// The most bytes of one file.
const FILE_BYTES_MAX: u64 = 1_000_000;

/// Files that the crate holds, by their paths.
pub(super) type EmbeddedFiles<'a> = &'a [(&'a str, &'a [u8])];

#[derive(Debug)]
pub(super) enum Source<'a> {
    Folder(&'a Path),
    Embedded(&'a str, EmbeddedFiles<'a>),
}

impl Source<'_> {
    /// The content of a file, or the reason why it can't be had. Links are not followed.
    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        if let Some(why) = path_problem(path) {
            return Err(format!("is refused: {why}"));
        }
        match self {
            Self::Folder(folder) => read_file(folder, path),
            Self::Embedded(_, files) => {
                let found = files.iter().find(|(name, _)| *name == path);
                found.map(|(_, bytes)| bytes.to_vec()).ok_or_else(|| "is missing: add it".to_owned())
            }
        }
    }
}

fn read_file(folder: &Path, path: &str) -> Result<Vec<u8>, String> {
    let mut full = folder.to_path_buf();
    for part in path.split('/') {
        full.push(part);
        match fs::symlink_metadata(&full) {
            Ok(meta) if meta.is_symlink() => {
                return Err("is reached through a link: put the file itself there".to_owned());
            }
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err("is missing: add it".to_owned());
            }
            Err(error) => return Err(format!("can't be read: {error}")),
        }
    }
    match fs::symlink_metadata(&full) {
        Ok(meta) if !meta.is_file() => return Err("is not a file".to_owned()),
        Ok(meta) if meta.len() > FILE_BYTES_MAX => {
            return Err(format!("has {} bytes: {FILE_BYTES_MAX} is the limit of a file", meta.len()));
        }
        _ => {}
    }
    fs::read(&full).map_err(|error| format!("can't be read: {error}"))
}

impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "in {}", folder.display()),
            Self::Embedded(name, _) => f.write_str(name),
        }
    }
}
