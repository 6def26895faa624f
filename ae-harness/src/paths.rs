//! The relative paths that are accepted from outside, and walking a tree without following links.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The longest part of a path, in bytes.
const PART_MAX: usize = 128;
/// The longest path, in bytes.
const PATH_MAX: usize = 512;
/// The deepest folder.
const DEPTH_MAX: usize = 16;

/// The reason why `path` is not a plain relative path, or `None` when it is one: parts of ASCII letters, digits and `._-~+@`, joined
/// by `/`, none of them empty, `.` or `..`.
///
/// So accepted paths need no escaping in a URL and mean the same on every system.
pub(crate) fn path_problem(path: &str) -> Option<&'static str> {
    if path.is_empty() || path.len() > PATH_MAX {
        return Some("a path has 1 to 512 bytes");
    }
    if path.starts_with('/') {
        return Some("a path is relative");
    }
    if path.split('/').count() > DEPTH_MAX {
        return Some("a path has at most 16 parts");
    }
    for part in path.split('/') {
        if part.is_empty() || part == "." || part == ".." {
            return Some("a path has no empty part, no `.` and no `..`");
        }
        if part.len() > PART_MAX {
            return Some("a part of a path has at most 128 bytes");
        }
        if !part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-~+@".contains(&b)) {
            return Some("a path has ASCII letters, digits and ._-~+@ only");
        }
    }
    None
}

/// An entry of a tree.
#[derive(Debug)]
pub(crate) struct Found {
    /// The path relative to the root, joined by `/`, lossy where it is not UTF-8.
    pub(crate) relative: String,
    /// Where it is.
    pub(crate) full: PathBuf,
    /// A regular file; anything else is a link, a device, a socket or a pipe.
    pub(crate) is_file: bool,
    /// Its size in bytes.
    pub(crate) bytes: u64,
}

/// Everything below `root` that is not a folder, sorted by relative path. Links are reported and never followed.
///
/// # Errors
///
/// When a folder can't be read, or there are more than `entries_max` entries.
pub(crate) fn walk(root: &Path, entries_max: usize) -> io::Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut seen = 0_usize;
    let mut folders = vec![(root.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            seen += 1;
            if seen > entries_max {
                return Err(io::Error::other(format!("more than {entries_max} files and folders")));
            }
            let relative = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push((entry.path(), format!("{relative}/")));
            } else {
                let bytes = if kind.is_file() { entry.metadata()?.len() } else { 0 };
                found.push(Found { relative, full: entry.path(), is_file: kind.is_file(), bytes });
            }
        }
    }
    found.sort_by(|a, b| a.relative.cmp(&b.relative));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_plain_paths_pass() {
        for good in ["index.html", "a/b.css", ".well-known/x", "~a@2x.png"] {
            assert_eq!(path_problem(good), None, "{good}");
        }
        for bad in
            ["", "/a", "a//b", "../a", "a/..", "./a", "a b", "a\\b", "é", "a/\0", "a%2fb", &"x/".repeat(20)]
        {
            assert!(path_problem(bad).is_some(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_path_stays_below_its_root(path in "[a./\\\\ ]{0,20}") {
            if path_problem(&path).is_none() {
                let joined = Path::new("/root").join(&path);
                prop_assert!(joined.starts_with("/root"));
                prop_assert!(joined.components().all(|c| !matches!(c, std::path::Component::ParentDir)));
            }
        }
    }
}
