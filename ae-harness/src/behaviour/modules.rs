//! The ES modules of a product.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use ae_core::{BackendError, ErrorKind};

use super::{child::resolved, error};
use crate::{
    atomic::io_error,
    paths::{path_problem, walk},
    script::imports,
};

const FILES_MAX: usize = 2_000;
const BYTES_MAX: u64 = 8 << 20;

/// ES modules by their paths, such as `tool/modules/repair.js`. They may import each other by relative paths and nothing
/// else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Modules(BTreeMap<String, String>);

impl Modules {
    /// No modules.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a module.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when the path is not a plain relative one: parts of ASCII letters, digits and `._-~+@`.
    pub fn with(mut self, path: impl Into<String>, source: impl Into<String>) -> Result<Self, BackendError> {
        let path = path.into();
        if let Some(problem) = path_problem(&path) {
            return Err(error(
                ErrorKind::InvalidInput,
                format!("{path:?} is not the path of a module: {problem}"),
            ));
        }
        self.0.insert(path, source.into());
        Ok(self)
    }

    /// Reads every file below `folder` whose name ends in `.js`. A folder that does not exist has no modules.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a link, a device or another thing that is not a file, a path with other characters than those of
    /// [`with`](Self::with), a text that is not UTF-8, more than 2,000 files or more than 8 MB; or the reason why something
    /// can't be read.
    pub fn read(folder: &Path) -> Result<Self, BackendError> {
        let failed = |path: &Path, cause| io_error("behaviour", "read", "read", path, cause);
        let refused = |message: String| Err(error(ErrorKind::InvalidInput, message));
        match fs::symlink_metadata(folder) {
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Self::new()),
            Err(cause) => return Err(failed(folder, cause)),
            Ok(meta) if !meta.is_dir() => {
                return refused(format!("{} is not a folder: a link is not followed", folder.display()));
            }
            Ok(_) => {}
        }
        let mut found = walk(folder, FILES_MAX).map_err(|cause| failed(folder, cause))?;
        found.retain(|file| file.relative.ends_with(".js"));
        if found.iter().map(|file| file.bytes).sum::<u64>() > BYTES_MAX {
            return refused(format!(
                "the scripts below {} have more than 8 MB: make them smaller",
                folder.display()
            ));
        }
        let mut modules = Self::new();
        for file in found {
            if !file.is_file {
                return refused(format!(
                    "{:?} is a link or a device: put a file in its place",
                    file.relative
                ));
            }
            let bytes = fs::read(&file.full).map_err(|cause| failed(&file.full, cause))?;
            let Ok(source) = String::from_utf8(bytes) else {
                return refused(format!("{:?} is not UTF-8: save it as UTF-8", file.relative));
            };
            modules = modules.with(file.relative, source)?;
        }
        Ok(modules)
    }

    /// The module at `path`, and those that it leads to by imports.
    pub(super) fn reached_from(&self, path: &str) -> BTreeSet<&str> {
        let (mut reached, mut waiting) = (BTreeSet::new(), vec![path.to_owned()]);
        while let Some(path) = waiting.pop() {
            let Some((path, source)) = self.0.get_key_value(&path) else { continue };
            if reached.insert(path.as_str()) {
                waiting.extend(imports(source).iter().filter_map(|name| resolved(path, name)));
            }
        }
        reached
    }

    /// The same modules with another source of one of them.
    pub(super) fn replaced(&self, path: &str, source: String) -> Self {
        let mut other = self.clone();
        other.0.insert(path.to_owned(), source);
        other
    }

    /// The paths and sources.
    pub(super) const fn sources(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// Whether there is a module at `path`.
    pub fn contains(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
}
