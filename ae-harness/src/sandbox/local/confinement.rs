//! The walls around a program.

use std::path::{Path, PathBuf};

use ae_core::{BackendError, ErrorKind};
use serde::{Deserialize, Serialize};

use super::error;
use crate::sandbox::SandboxLimits;

/// The folders of the operating system's programs, visible to every confined program.
pub(super) const SYSTEM: [&str; 7] = ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32"];

/// The files of `/etc` that programs need: no keys of the host.
#[cfg(target_os = "linux")]
pub(super) const ETC_FILES: [&str; 10] = [
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/openssl.cnf",
    "/etc/protocols",
    "/etc/services",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
];

/// The folders of `/etc` that programs need.
#[cfg(target_os = "linux")]
pub(super) const ETC_FOLDERS: [&str; 5] =
    ["/etc/alternatives", "/etc/fonts", "/etc/pki/ca-trust", "/etc/pki/tls/certs", "/etc/ssl/certs"];

/// Further files of `/etc` for a program on the host's network.
#[cfg(target_os = "linux")]
pub(super) const ETC_NETWORK: [&str; 3] = ["/etc/gai.conf", "/etc/host.conf", "/etc/resolv.conf"];

/// Parts of `/etc` that are replaced where the kind can do that, and visible otherwise.
#[cfg(target_os = "linux")]
pub(super) const ETC_USERS: [&str; 3] = ["/etc/group", "/etc/hosts", "/etc/passwd"];

/// Folders that are never shown as a whole.
const PRIVATE: [&str; 9] = ["/root", "/home", "/etc", "/var", "/boot", "/opt", "/srv", "/mnt", "/media"];

/// Folders of which nothing is ever shown on request.
const KERNEL: [&str; 5] = ["/proc", "/sys", "/dev", "/run", "/var/run"];

/// The walls around a program.
///
/// Visible are the system's programs and libraries, what is listed here, and a fresh `/tmp`, `/proc` and `/dev` where the
/// kind can give them. Everything else of the host (homes, keys, sockets of services) is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Confinement {
    /// The folder that the program works on, at its own path.
    pub workspace: PathBuf,
    /// Further files and folders that it may read and execute.
    pub read_only: Vec<PathBuf>,
    /// Further folders that it may write: a private configuration, a private folder for temporary files.
    pub writable: Vec<PathBuf>,
    /// Files and folders that must stay out of sight: walls that show one of them, or a folder around it, are refused.
    pub hidden: Vec<PathBuf>,
    /// The network.
    pub egress: Egress,
    /// The limits.
    pub limits: SandboxLimits,
    /// The most bytes of the fresh `/tmp`, where the kind gives one.
    pub temp_bytes: u64,
}

impl Confinement {
    /// One writable folder, no network, the limits of [`SandboxLimits::new`] and 512 MiB in `/tmp`.
    pub fn new(workspace: impl Into<PathBuf>) -> Self {
        Self {
            workspace: workspace.into(),
            read_only: Vec::new(),
            writable: Vec::new(),
            hidden: Vec::new(),
            egress: Egress::None,
            limits: SandboxLimits::new(),
            temp_bytes: 512 << 20,
        }
    }
}

ae_core::setters! { Confinement {
    /// Sets the further files and folders that it may read and execute.
    fn with_read_only(read_only: Vec<PathBuf>);
    /// Sets the further folders that it may write.
    fn with_writable(writable: Vec<PathBuf>);
    /// Sets the files and folders that must stay hidden.
    fn with_hidden(hidden: Vec<PathBuf>);
    /// Sets the network.
    fn with_egress(egress: Egress);
    /// Sets the limits.
    fn with_limits(limits: SandboxLimits);
    /// Sets the most bytes of the fresh `/tmp`.
    fn with_temp_bytes(temp_bytes: u64);
} }

/// The network that a confined program reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Egress {
    /// None.
    None,
    /// A proxy of the host, at `127.0.0.1:port`. By bubblewrap the launcher relays that port to the proxy's UNIX socket; by
    /// Landlock the program connects to the port itself, so the proxy listens on both.
    Proxy {
        /// The proxy's UNIX socket.
        socket: PathBuf,
        /// The proxy's TCP port on loopback; 1024 or above.
        port: u16,
    },
    /// The host's network.
    All,
}

impl Confinement {
    /// All paths that the program may write.
    pub(super) fn all_writable(&self) -> impl Iterator<Item = &PathBuf> {
        std::iter::once(&self.workspace).chain(&self.writable)
    }

    /// Refuses walls with a hole. Compares paths as they are written: links inside of a writable folder belong to the
    /// confined program, which could point one at a key before the next start, so no path inside of one is accepted.
    pub(super) fn check(&self) -> Result<(), BackendError> {
        for path in self.all_writable() {
            self.check_shown(path)?;
            if SYSTEM.iter().chain(&["/etc", "/boot"]).any(|system| path.starts_with(system)) {
                return Err(refused(path, "it belongs to the operating system"));
            }
        }
        for path in &self.read_only {
            self.check_shown(path)?;
        }
        for (number, path) in self.all_writable().enumerate() {
            let others = self.all_writable().enumerate().filter(|(other, _)| *other != number);
            let others = others.map(|(_, other)| other).chain(&self.read_only);
            if let Some(inner) = others.into_iter().find(|other| other.starts_with(path)) {
                return Err(refused(inner, "it lies in another folder that may be written"));
            }
        }
        match &self.egress {
            Egress::Proxy { port, .. } if *port < 1_024 => Err(error(
                ErrorKind::InvalidInput,
                "confine",
                "the proxy's port is below 1024: take a higher one",
            )),
            Egress::Proxy { socket, .. } => plain(socket),
            _ => Ok(()),
        }
    }

    fn check_shown(&self, path: &Path) -> Result<(), BackendError> {
        plain(path)?;
        if KERNEL.iter().any(|kernel| path.starts_with(kernel)) {
            return Err(refused(path, "it belongs to the kernel or to running services"));
        }
        let private = PRIVATE.iter().chain(&KERNEL).map(Path::new);
        let mut private = private.chain(self.hidden.iter().map(PathBuf::as_path));
        private.find(|private| private.starts_with(path)).map_or(Ok(()), |private| {
            Err(refused(path, &format!("it shows {}: name what is needed inside of it", private.display())))
        })
    }
}

fn plain(path: &Path) -> Result<(), BackendError> {
    use std::path::Component;
    if !path.is_absolute() || path.components().any(|part| matches!(part, Component::ParentDir)) {
        return Err(refused(path, "it is not an absolute path without `..`"));
    }
    if path.to_str().is_none() {
        return Err(refused(path, "it is not UTF-8"));
    }
    Ok(())
}

fn refused(path: &Path, why: &str) -> BackendError {
    error(ErrorKind::InvalidInput, "confine", format!("{} is refused: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walls_with_a_hole_are_refused() {
        let work = || Confinement::new("/tmp/shop").with_hidden(vec!["/data/keys".into()]);
        let proxy = |port| Egress::Proxy { socket: "/tmp/proxy".into(), port };
        work().with_read_only(vec!["/opt/node".into(), "/home/me/tool".into()]).check().unwrap();
        work().with_writable(vec!["/tmp/home".into()]).with_egress(proxy(1_024)).check().unwrap();
        for (walls, why) in [
            (Confinement::new("work"), "absolute"),
            (Confinement::new("/tmp/../etc"), "absolute"),
            (Confinement::new("/"), "shows"),
            (Confinement::new("/home"), "shows"),
            (Confinement::new("/usr/lib/x"), "operating system"),
            (Confinement::new("/etc/x"), "operating system"),
            (Confinement::new("/run/x"), "kernel"),
            (work().with_read_only(vec!["/data".into()]), "shows /data/keys"),
            (work().with_read_only(vec!["/data/keys".into()]), "shows /data/keys"),
            (work().with_read_only(vec!["/var/run/docker.sock".into()]), "services"),
            (work().with_read_only(vec!["/proc/1/root".into()]), "kernel"),
            (work().with_read_only(vec!["/tmp/shop/tests".into()]), "may be written"),
            (work().with_writable(vec!["/tmp/shop/home".into()]), "may be written"),
            (work().with_writable(vec!["/tmp".into()]), "may be written"),
            (work().with_egress(proxy(80)), "1024"),
        ] {
            let refused = walls.check().unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidInput);
            assert!(refused.message().contains(why), "{refused}");
        }
    }
}
