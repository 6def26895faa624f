//! The machine that agents run on.

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// The machine that agents run on, as far as they may know it: its `PATH`, and the variables that a request can name.
///
/// The library reads no environment itself. A program passes its own with [`HostEnv::of`]; nothing of it reaches an agent
/// unless a request names it.
#[derive(Clone)]
pub struct HostEnv {
    path: OsString,
    variables: BTreeMap<String, String>,
}

impl HostEnv {
    /// A host with this `PATH`, the folders in which programs are looked for.
    pub fn new(path: impl Into<OsString>) -> Self {
        Self { path: path.into(), variables: BTreeMap::new() }
    }

    /// A host with this environment, mostly that of `std::env::vars_os()`. Variables that are not UTF-8 are left out.
    ///
    /// ```
    /// let host = ae_harness::HostEnv::of(std::env::vars_os());
    /// ```
    pub fn of(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut host = Self::new("");
        for (name, value) in variables {
            if name == "PATH" {
                host.path = value;
            } else if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) {
                host.variables.insert(name, value);
            }
        }
        host
    }

    /// Sets a variable that requests can name.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// The value of a variable.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Its `PATH`.
    pub(super) fn path(&self) -> &OsStr {
        &self.path
    }

    /// The place of a program: of this path, or the first of this name in the folders of the `PATH`.
    pub(super) fn find(&self, program: &str) -> Option<PathBuf> {
        let is_program = |path: &PathBuf| {
            path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
        };
        if program.contains('/') {
            return Some(PathBuf::from(program)).filter(|path| path.is_absolute()).filter(is_program);
        }
        let folders = env::split_paths(&self.path).filter(|folder| folder.is_absolute());
        folders.map(|folder| folder.join(Path::new(program))).find(is_program)
    }
}

/// Shows the names of variables only, since their values may be secrets.
impl std::fmt::Debug for HostEnv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.variables.keys().collect();
        f.debug_struct("HostEnv").field("path", &self.path).field("variables", &names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_name_and_by_path_and_values_are_not_shown() {
        let host = HostEnv::of(
            [("PATH", "relative:/nowhere:/bin:/usr/bin"), ("KEY", "hidden")]
                .map(|(name, value)| (OsString::from(name), OsString::from(value))),
        );
        assert_eq!(host.find("sh"), Some("/bin/sh".into()));
        assert_eq!(host.find("/bin/sh"), Some("/bin/sh".into()));
        assert_eq!((host.find("sh/"), host.find("/etc/passwd"), host.find("missing")), (None, None, None));
        assert_eq!(host.variable("KEY"), Some("hidden"));
        assert!(!format!("{host:?}").contains("hidden"));
    }
}
