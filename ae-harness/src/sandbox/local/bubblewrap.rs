//! The arguments of `bwrap`.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use ae_core::BackendError;

use super::{Egress, confine::Order, confinement::ETC_FOLDERS};

/// The launcher, inside.
const LAUNCHER: &str = "/run/ae/launcher";

/// The proxy's UNIX socket, inside.
pub(super) const PROXY: &str = "/run/ae/proxy";

/// The machine's files as `bwrap` gets them.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The folders of the system that are there.
    pub(super) folders: Vec<&'static str>,
    /// Those that are links to others, each with its target.
    pub(super) links: Vec<(&'static str, PathBuf)>,
    /// Files of `/etc`, each with the number of an open file that has its content. Copies take less time than mounts.
    pub(super) copies: Vec<(&'static str, i32)>,
}

/// The arguments of `bwrap` that put up the walls of `order` around `launcher`, which becomes the program then.
pub(super) fn arguments(
    order: &Order,
    files: &Files,
    launcher: &Path,
    program: &[OsString],
) -> Result<Vec<OsString>, BackendError> {
    let confinement = &order.confinement;
    let mut all = Arguments::default();
    all.put(["--unshare-all"]);
    if confinement.egress == Egress::All {
        all.put(["--share-net"]);
    }
    all.put(["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "sandbox"]);
    for folder in &files.folders {
        all.put(["--ro-bind", folder, folder]);
    }
    for (folder, target) in &files.links {
        all.bind("--symlink", target, folder.as_ref());
    }
    for folder in ETC_FOLDERS {
        all.put(["--ro-bind-try", folder, folder]);
    }
    for (path, number) in &files.copies {
        all.put(["--perms", "0444", "--file", &number.to_string(), path]);
    }
    all.put(["--proc", "/proc", "--dev", "/dev"]);
    let temp = confinement.temp_bytes.to_string();
    for folder in ["/tmp", "/dev/shm"] {
        all.put(["--perms", "1777", "--size", &temp, "--tmpfs", folder]);
    }
    for path in &confinement.read_only {
        all.bind("--ro-bind", path, path);
    }
    for path in confinement.all_writable() {
        all.bind("--bind", path, path);
    }
    all.bind("--ro-bind", launcher, LAUNCHER.as_ref());
    if let Egress::Proxy { socket, .. } = &confinement.egress {
        all.bind("--ro-bind", socket, PROXY.as_ref());
    }
    // The settings in `/proc/sys` belong to root by its number, not by a right: root in a user namespace could still write
    // them, `core_pattern` among them, by which the kernel starts programs. `/dev` and `/` are memory without a limit.
    for folder in ["/proc", "/dev", "/"] {
        all.put(["--remount-ro", folder]);
    }
    all.bind("--chdir", &order.folder, LAUNCHER.as_ref());
    all.0.pop();
    all.put(["--", LAUNCHER]);
    let inside = Order { inside: true, ..order.clone() };
    all.0.extend(inside.arguments(program)?);
    Ok(all.0)
}

#[derive(Default)]
struct Arguments(Vec<OsString>);

impl Arguments {
    fn put<const N: usize>(&mut self, arguments: [&str; N]) {
        self.0.extend(arguments.map(OsString::from));
    }

    fn bind(&mut self, how: &str, from: &Path, to: &Path) {
        self.0.extend([OsString::from(how), from.into(), to.into()]);
    }
}
