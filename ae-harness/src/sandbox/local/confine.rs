//! From the program to the launcher that becomes it.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use ae_core::{BackendError, ErrorKind};
use serde::{Deserialize, Serialize};

use super::{ARGUMENT, Confinement, ProgramToStart, SandboxKind, error};

/// Put before the name of each variable until the program itself starts. The launcher and `bwrap` run outside of the walls
/// at first, where a variable such as `LD_PRELOAD` would load a library from the workspace into them.
pub(super) const PREFIX: &str = "AE_INSIDE_";

/// The launcher's order, as its second argument. It holds no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) kind: SandboxKind,
    pub(super) confinement: Confinement,
    /// Where the program starts.
    pub(super) folder: PathBuf,
    /// Whether the namespaces are in place already.
    pub(super) inside: bool,
    /// The groups of processes that the launcher is in.
    pub(super) groups: Groups,
    /// Whether to print what was put up in place of the program's start.
    pub(super) probe: bool,
}

/// The limits that hold for all processes together, by a group of processes (cgroup).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Groups {
    pub(super) processes: bool,
    pub(super) memory: bool,
}

impl Order {
    /// The launcher's arguments, for a program and its arguments.
    pub(super) fn arguments(&self, program: &[OsString]) -> Result<Vec<OsString>, BackendError> {
        let order = serde_json::to_string(self).map_err(|cause| {
            error(ErrorKind::InvalidInput, "confine", format!("the order can't be written: {cause}"))
        })?;
        let mut all = vec![OsString::from(ARGUMENT), order.into()];
        all.extend_from_slice(program);
        Ok(all)
    }
}

/// Turns the program to start into the one that is started: the launcher, with an order to put up the walls and to become
/// the program.
///
/// Reads nothing of the machine. The environment is handed on by inheritance, under names that mean nothing to the
/// launcher, so that no value is ever in an argument.
///
/// The status of the started process is the program's; a program ended by a signal is 128 and the signal's number, except
/// by [`SandboxKind::Landlock`], where the process is the program itself. 125 is a wall that could not be put up, 127 a
/// program that is missing, 126 one that can't be started.
///
/// # Errors
///
/// `InvalidInput` for walls with a hole, a working folder out of the folders that may be written, or a path that is not
/// absolute or not UTF-8.
pub fn confine(
    kind: &SandboxKind,
    program: ProgramToStart,
    confinement: &Confinement,
    launcher: &Path,
) -> Result<ProgramToStart, BackendError> {
    confinement.check()?;
    if !confinement.all_writable().any(|folder| program.folder.starts_with(folder)) {
        let message =
            format!("the program would start in {}, outside of its folders", program.folder.display());
        return Err(error(ErrorKind::InvalidInput, "confine", message));
    }
    let order = Order {
        kind: kind.clone(),
        confinement: confinement.clone(),
        folder: program.folder,
        inside: false,
        groups: Groups::default(),
        probe: false,
    };
    let mut started = vec![program.path.into_os_string()];
    started.extend(program.arguments);
    let environment = program.environment.into_iter().map(|(name, value)| {
        let mut prefixed = OsString::from(PREFIX);
        prefixed.push(name);
        (prefixed, value)
    });
    Ok(ProgramToStart {
        path: launcher.to_path_buf(),
        arguments: order.arguments(&started)?,
        environment: environment.collect(),
        folder: "/".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program() -> ProgramToStart {
        ProgramToStart::new("node", "/tmp/shop/inner")
            .with_arguments(["-e", "1"])
            .with_variable("LD_PRELOAD", "/tmp/shop/evil.so")
            .with_variable("TOKEN", "secret-value")
    }

    #[test]
    fn the_environment_is_in_no_argument_and_means_nothing_to_the_launcher() {
        for kind in [SandboxKind::Landlock, SandboxKind::Bubblewrap("/usr/bin/bwrap".into())] {
            let walls = Confinement::new("/tmp/shop");
            let started = confine(&kind, program(), &walls, Path::new("/bin/launcher")).unwrap();
            assert_eq!(started.path, Path::new("/bin/launcher"));
            let arguments: Vec<_> =
                started.arguments.iter().map(|argument| argument.to_str().unwrap()).collect();
            assert_eq!((arguments[0], &arguments[2..]), (ARGUMENT, &["node", "-e", "1"][..]));
            assert!(!arguments.concat().contains("secret-value"));
            assert!(!format!("{started:?}").contains("secret-value"));
            let names: Vec<_> = started.environment.keys().collect();
            assert_eq!(names, ["AE_INSIDE_LD_PRELOAD", "AE_INSIDE_TOKEN"]);
            let order: Order = serde_json::from_str(arguments[1]).unwrap();
            assert_eq!((order.kind, order.confinement, order.inside), (kind, walls, false));
        }
    }

    #[test]
    fn a_program_starts_in_a_folder_of_its_own() {
        let walls = Confinement::new("/tmp/other");
        let refused = confine(&SandboxKind::Landlock, program(), &walls, Path::new("/bin/launcher"));
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}
