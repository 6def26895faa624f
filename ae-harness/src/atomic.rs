//! Files that are either old or new, never half written.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use ae_core::{BackendError, ErrorKind};

/// Writes `bytes` to a temporary name in the folder of `path`, syncs and renames. The folder must exist.
///
/// The temporary name is fixed by the target's name: writers of one file exclude each other, and the remains of a crash
/// are overwritten by the next write.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes, create_file)
}

/// [`write`], of a file that its owner alone may read.
#[cfg(feature = "acme")]
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, bytes, |path| {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)
    })
}

fn replace(path: &Path, bytes: &[u8], create: impl FnOnce(&Path) -> io::Result<File>) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::other("the path names no file"))?;
    let folder = path.parent().ok_or_else(|| io::Error::other("the path has no folder"))?;
    let mut temporary_name = std::ffi::OsString::from(".tmp-");
    temporary_name.push(name);
    let temporary = folder.join(temporary_name);
    // A link left at the temporary name would redirect the write.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    sync_dir(folder)
}

/// A new file that its owner alone may write, and everyone else may read at most, whatever the umask.
pub(crate) fn create_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
    options.open(path)
}

/// A folder, and those above it, that their owner alone may change, whatever the umask. Folders that are there stay as
/// they are.
pub(crate) fn create_dirs(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o755);
    builder.recursive(true).create(path)
}

/// Writes only when the content differs; says whether it wrote.
pub(crate) fn write_if_changed(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let same = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file())
        && fs::read(path).is_ok_and(|present| present == bytes);
    if same {
        return Ok(false);
    }
    write(path, bytes)?;
    Ok(true)
}

/// Makes the names in `folder` durable.
pub(crate) fn sync_dir(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// The error of `backend` for an I/O failure while doing `what` at `path`.
pub(crate) fn io_error(
    backend: &'static str,
    operation: &'static str,
    what: &str,
    path: &Path,
    error: io::Error,
) -> BackendError {
    let (kind, advice) = match error.kind() {
        io::ErrorKind::NotFound => (ErrorKind::NotFound, "it does not exist"),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            (ErrorKind::PermissionDenied, "give this user access to it")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            (ErrorKind::StorageFull, "the disk is full: free some space and repeat")
        }
        _ => (ErrorKind::Unavailable, "see the cause, then repeat"),
    };
    BackendError::new(kind, backend, operation, format!("can't {what} {}: {error}; {advice}", path.display()))
        .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_replaces_the_whole_file_and_skips_equal_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        assert!(write_if_changed(&path, b"one").unwrap());
        assert!(!write_if_changed(&path, b"one").unwrap());
        fs::write(folder.path().join(".tmp-a.txt"), b"left by a crash").unwrap();
        assert!(write_if_changed(&path, b"two").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
