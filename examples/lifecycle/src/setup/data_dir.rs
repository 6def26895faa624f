//! The folder in which everything durable lives, and who may run what in it.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use ae_core::{ErrorKind, IdSource, RunId, Secret};
use fs4::{FileExt, TryLockError};

use crate::error::{Error, Result};

/// The audit log's name in the data directory.
pub const AUDIT_LOG: &str = "audit.jsonl";
/// The files that hold stores, besides the list of runs.
const STORES: [&str; 4] = ["checkpoints.db", "safety.db", "billing.db", AUDIT_LOG];

/// The data directory: databases, the audit log, workspaces, published sites and keys.
#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// Opens `path`, making it (readable by its owner only) when it is missing.
    pub fn open(path: &Path) -> Result<Self> {
        let dir = Self::at(path)?;
        for sub in ["", "runs", "sites", "keys"] {
            make_private_dir(&dir.0.join(sub))
                .map_err(|error| error.with_hint("pass another folder with --data-dir"))?;
        }
        Ok(dir)
    }

    /// Opens `path` for a command that only reads: nothing is made.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no data directory.
    pub fn existing(path: &Path) -> Result<Self> {
        let dir = Self::at(path)?;
        if dir.database("runs").is_file() {
            return Ok(dir);
        }
        let message = format!("there is no data directory at {}", dir.0.display());
        Err(Error::new(ErrorKind::NotFound, message)
            .with_hint("start a run with `ae run INTENT`, or name the right folder with --data-dir"))
    }

    fn at(path: &Path) -> Result<Self> {
        let doing = || format!("the data directory {} has no absolute path", path.display());
        std::path::absolute(path).map(Self).map_err(|error| Error::io(doing(), error))
    }

    /// Remarks on who else may change the folder.
    pub fn warnings(&self) -> Vec<String> {
        let open = |path: &PathBuf| mode(path).is_some_and(|mode| mode & 0o022 != 0);
        let open = [self.0.clone(), self.0.join("keys"), self.sites()].into_iter().filter(open);
        open.map(|path| {
            let path = path.display();
            format!("other users of this machine can change what is in {path}: chmod go-w {path}")
        })
        .collect()
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database `name` (`runs`, `checkpoints`, `safety`, `billing`).
    pub fn database(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.db"))
    }

    /// The files that hold stores, besides the list of runs.
    pub fn stores(&self) -> impl Iterator<Item = &'static str> + use<> {
        STORES.into_iter()
    }

    /// Makes `path` readable by its owner only, when it does not exist yet.
    pub fn private_file(&self, path: &Path) -> Result<()> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        owner_only(&mut options);
        options.open(path).map(|_| ()).map_err(|error| {
            Error::io(format!("the file {} can't be written", path.display()), error)
                .with_hint("make the data directory writable, or pass another with --data-dir")
        })
    }

    /// The audit log.
    pub fn audit_log(&self) -> PathBuf {
        self.0.join(AUDIT_LOG)
    }

    /// Where releases are published.
    pub fn sites(&self) -> PathBuf {
        self.0.join("sites")
    }

    /// The workspace of one run, made when missing.
    pub fn workspace(&self, run: RunId) -> Result<PathBuf> {
        self.run_folder(run, "workspace")
    }

    /// The folder `name` of one run, made when missing.
    pub fn run_folder(&self, run: RunId, name: &str) -> Result<PathBuf> {
        let path = self.0.join("runs").join(run.to_string()).join(name);
        make_private_dir(&path)?;
        Ok(path)
    }

    /// Whether a process runs `run`.
    pub fn is_leased(&self, run: RunId) -> Result<bool> {
        let path = self.0.join("runs").join(run.to_string()).join("lease");
        let failed = |error| Error::io(format!("the lease {} can't be read", path.display()), error);
        match File::open(&path) {
            Ok(file) => match FileExt::try_lock_shared(&file) {
                Ok(()) => Ok(false),
                Err(TryLockError::WouldBlock) => Ok(true),
                Err(TryLockError::Error(error)) => Err(failed(error)),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    /// Takes the lease of `run` if no process holds it: one runner at a time, released when this process ends, however
    /// it ends.
    pub fn try_lease(&self, run: RunId) -> Result<Option<Lease>> {
        let folder = self.0.join("runs").join(run.to_string());
        make_private_dir(&folder)?;
        let path = folder.join("lease");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| Error::io(format!("the lease {} can't be opened", path.display()), error))?;
        match FileExt::try_lock(&file) {
            Ok(()) => Ok(Some(Lease { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                Err(Error::io(format!("the lease {} can't be locked", path.display()), error))
            }
        }
    }

    /// The secret `name` of this installation: 32 random bytes in hex, made on first use, readable by its owner only.
    pub fn key(&self, name: &str, ids: &dyn IdSource) -> Result<Secret<String>> {
        let path = self.0.join("keys").join(name);
        let failed = |error| Error::io(format!("the key file {} can't be used", path.display()), error);
        if let Some(key) = read_key(&path)? {
            return Ok(key);
        }
        let bytes = ids.secret_bytes()?;
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        owner_only(&mut options);
        let mut file = options.open(&temporary).map_err(failed)?;
        file.write_all(hex::encode(bytes.expose()).as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(failed)?;
        // A hard link fails when another process was first, so that all of them use one key.
        let linked = fs::hard_link(&temporary, &path);
        fs::remove_file(&temporary).map_err(failed)?;
        match linked {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
        read_key(&path)?
            .ok_or_else(|| Error::new(ErrorKind::Internal, format!("{} vanished", path.display())))
    }
}

/// The platform's data folder for this product, or an error that says what to pass.
///
/// # Errors
///
/// When neither `XDG_DATA_HOME` nor `HOME` is set.
pub fn default_data_dir(xdg_data_home: Option<String>, home: Option<String>) -> Result<PathBuf> {
    let named = |folder: Option<String>, below: &str| {
        folder.filter(|text| Path::new(text).is_absolute()).map(|text| Path::new(&text).join(below))
    };
    let found = named(xdg_data_home, "autonomous-enterprise");
    found.or_else(|| named(home, ".local/share/autonomous-enterprise")).ok_or_else(|| {
        Error::new(ErrorKind::InvalidInput, "there is no home directory to keep runs in")
            .with_hint("pass --data-dir DIR")
    })
}

/// Holds a run: dropped, or the process gone, the run is free again.
#[derive(Debug)]
pub struct Lease {
    _file: File,
}

/// Refuses a key file that others can read, or whose folder others can change.
pub(super) fn is_private(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    for (place, others) in [(path, 0o077), (folder, 0o022)] {
        if let Some(mode) = mode(place).filter(|mode| mode & others != 0) {
            let message =
                format!("{} has mode {mode:03o}: other users have access to a key", place.display());
            let hint = format!("chmod go-rwx {}, and replace the key if it may be known", place.display());
            return Err(Error::new(ErrorKind::PermissionDenied, message).with_hint(hint));
        }
    }
    Ok(())
}

fn read_key(path: &Path) -> Result<Option<Secret<String>>> {
    is_private(path)?;
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(format!("the key file {} can't be read", path.display()), error)),
    };
    let key = text.trim();
    if key.len() == 64 && key.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(Some(Secret::new(key.to_owned())));
    }
    Err(Error::new(
        ErrorKind::Protocol,
        format!("the key file {} is damaged: 64 hex digits expected", path.display()),
    )
    .with_hint("restore it from a backup; without it, payments already signed can't be checked"))
}

/// The permissions of `path`, where the system has them.
#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).ok().map(|meta| meta.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn mode(_: &Path) -> Option<u32> {
    None
}

/// Makes a folder, and those above it, that its owner alone may enter.
fn make_private_dir(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let doing = || format!("the folder {} can't be made", path.display());
    builder.recursive(true).create(path).map_err(|error| Error::io(doing(), error))
}

/// Lets a file that is made be read by its owner alone.
pub(super) fn owner_only(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

#[cfg(test)]
mod tests {
    use ae_core::SystemIds;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_a_damaged_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(folder.path()).unwrap();
        let first = dir.key("webhook", &SystemIds).unwrap();
        assert_eq!(dir.key("webhook", &SystemIds).unwrap().expose(), first.expose());
        fs::write(folder.path().join("keys/webhook"), "short").unwrap();
        assert_eq!(dir.key("webhook", &SystemIds).unwrap_err().kind(), ErrorKind::Protocol);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(folder.path()).unwrap();
        dir.key("webhook", &SystemIds).unwrap();
        assert_eq!(dir.warnings(), Vec::<String>::new());
        let open = |name: &str, mode| {
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
        };
        open("keys/webhook", 0o666);
        assert_eq!(dir.key("webhook", &SystemIds).unwrap_err().kind(), ErrorKind::PermissionDenied);
        open("keys/webhook", 0o600);
        open("keys", 0o777);
        assert_eq!(dir.key("webhook", &SystemIds).unwrap_err().kind(), ErrorKind::PermissionDenied);
        assert_eq!(dir.warnings().len(), 1);
    }

    #[test]
    fn a_lease_has_one_holder() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(folder.path()).unwrap();
        let run = RunId::from_digest(&ae_core::Digest::of_bytes("test", b"run"));
        let lease = dir.try_lease(run).unwrap().unwrap();
        assert!(dir.try_lease(run).unwrap().is_none());
        drop(lease);
        assert!(dir.try_lease(run).unwrap().is_some());
    }
}
