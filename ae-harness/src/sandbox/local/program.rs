//! A program to start.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::confinement::SYSTEM;

/// A program to start, with its whole environment.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProgramToStart {
    /// Its path, or a name to be found by the variable `PATH` of its environment.
    pub path: PathBuf,
    /// Its arguments, visible to every user of the machine: no secrets.
    pub arguments: Vec<OsString>,
    /// Its environment: nothing of the host's is passed on.
    pub environment: BTreeMap<OsString, OsString>,
    /// The folder in which it starts.
    pub folder: PathBuf,
}

impl ProgramToStart {
    /// A program without arguments and environment.
    pub fn new(path: impl Into<PathBuf>, folder: impl Into<PathBuf>) -> Self {
        let (path, folder) = (path.into(), folder.into());
        Self { path, arguments: Vec::new(), environment: BTreeMap::new(), folder }
    }

    /// Sets its arguments.
    #[must_use]
    pub fn with_arguments<T: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }
}

/// Shows the names of variables only, since their values may be secrets.
impl std::fmt::Debug for ProgramToStart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProgramToStart")
            .field("path", &self.path)
            .field("arguments", &self.arguments)
            .field("environment", &self.environment.keys().collect::<Vec<_>>())
            .field("folder", &self.folder)
            .finish()
    }
}

/// The paths that a program outside of the system's folders needs to see, to be handed to
/// [`Confinement::with_read_only`](super::Confinement::with_read_only), and its path with all links followed, which is the
/// one to start.
///
/// For a program installed by npm that is the outermost `node_modules` folder, so that all of its modules are found; for
/// any other program the file itself. Reads links, nothing else.
///
/// # Errors
///
/// The path does not exist.
pub fn shown_for(program: &Path) -> std::io::Result<(PathBuf, Vec<PathBuf>)> {
    let real = program.canonicalize()?;
    if SYSTEM.iter().any(|folder| real.starts_with(folder)) {
        return Ok((real, Vec::new()));
    }
    let modules = real.ancestors().filter(|folder| folder.ends_with("node_modules")).last();
    let shown = modules.unwrap_or(&real).to_path_buf();
    Ok((real, vec![shown]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_program_of_npm_shows_all_modules_and_another_one_itself() {
        let site = tempfile::tempdir().unwrap();
        let root = site.path().canonicalize().unwrap();
        let package = root.join("lib/node_modules/cli/node_modules/inner");
        std::fs::create_dir_all(&package).unwrap();
        std::fs::write(package.join("main.js"), "").unwrap();
        std::os::unix::fs::symlink(package.join("main.js"), root.join("cli")).unwrap();
        let (real, shown) = shown_for(&root.join("cli")).unwrap();
        assert_eq!((real, shown), (package.join("main.js"), vec![root.join("lib/node_modules")]));
        std::fs::write(root.join("tool"), "").unwrap();
        assert_eq!(shown_for(&root.join("tool")).unwrap().1, [root.join("tool")]);
        assert!(shown_for(Path::new("/bin/sh")).unwrap().1.is_empty());
        assert!(shown_for(&root.join("missing")).is_err());
    }
}
