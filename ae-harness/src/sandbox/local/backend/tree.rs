//! The files of a sandbox, seen from the host. Its commands may have put links anywhere, and may change them meanwhile: the
//! kernel follows none that leads out.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    os::fd::OwnedFd,
    path::Path,
};

use ae_core::{BackendError, ErrorKind};
use rustix::{
    fs::{AtFlags, Mode, OFlags, ResolveFlags, mkdirat, open, openat2, renameat, unlinkat},
    io::Errno,
};

use super::error;
use crate::{
    atomic::io_error,
    paths::{path_problem, walk},
};

/// The most files and folders that are looked at.
const ENTRIES_MAX: usize = 500_000;

/// The name of a file that is being written.
const PART: &str = ".ae-part";

/// The names of all files, sorted.
pub(super) fn list(root: &Path) -> Result<Vec<String>, BackendError> {
    let found = walk(root, ENTRIES_MAX).map_err(|cause| failed("list", "list the files of", root, cause))?;
    Ok(found.into_iter().map(|found| found.relative).collect())
}

/// The bytes of all files.
pub(super) fn bytes(root: &Path) -> io::Result<u64> {
    Ok(walk(root, ENTRIES_MAX)?.iter().map(|found| found.bytes).fold(0, u64::saturating_add))
}

/// Reads a file of at most `most` bytes.
pub(super) fn read(root: &Path, path: &str, most: u64) -> Result<Vec<u8>, BackendError> {
    plain(path, "read")?;
    let missing =
        || error(ErrorKind::NotFound, "read", format!("there is no file {path:?}: list the files first"));
    let read = || {
        // A pipe would wait for its writer.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat2(top(root)?, path, flags, Mode::empty(), inside())?;
        let file = File::from(file);
        if !file.metadata()?.is_file() {
            return Ok(None);
        }
        let mut content = Vec::new();
        file.take(most.saturating_add(1)).read_to_end(&mut content)?;
        Ok(Some(content))
    };
    match read() {
        Ok(Some(content)) if u64::try_from(content.len()).is_ok_and(|bytes| bytes <= most) => Ok(content),
        Ok(Some(_)) => {
            let message =
                format!("the file {path:?} has more than the {most} bytes of the sandbox: read it inside");
            Err(error(ErrorKind::QuotaExceeded, "read", message))
        }
        Ok(None) => Err(missing()),
        Err(cause) if is_missing(&cause) => Err(missing()),
        Err(cause) => Err(failed("read", "read", &root.join(path), cause)),
    }
}

/// Writes a file whole or not at all, with the folders that it needs, if all files together have at most `most` bytes then.
pub(super) fn write(root: &Path, path: &str, content: &[u8], most: u64) -> Result<(), BackendError> {
    plain(path, "write")?;
    let found =
        walk(root, ENTRIES_MAX).map_err(|cause| failed("write", "measure the files of", root, cause))?;
    let others = found.iter().filter(|found| found.relative != path).map(|found| found.bytes);
    let total = others.chain(u64::try_from(content.len())).fold(0, u64::saturating_add);
    if total > most {
        let message = format!("{total} bytes are more than the {most} allowed: remove files first");
        return Err(error(ErrorKind::QuotaExceeded, "write", message));
    }
    replace(root, path, content).map_err(|cause| failed("write", "write", &root.join(path), cause))
}

fn replace(root: &Path, path: &str, content: &[u8]) -> io::Result<()> {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut folder = top(root)?;
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        match mkdirat(&folder, part, Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(problem) => return Err(problem.into()),
        }
        folder = openat2(
            &folder,
            part,
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
            inside(),
        )?;
    }
    // What another write has left; a folder of this name stays, and then the next step fails.
    let _ = unlinkat(&folder, PART, AtFlags::empty());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let mut file = File::from(openat2(&folder, PART, flags, Mode::from_raw_mode(0o644), inside())?);
    file.write_all(content)?;
    Ok(renameat(&folder, PART, &folder, name)?)
}

fn top(root: &Path) -> io::Result<OwnedFd> {
    Ok(open(root, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

fn inside() -> ResolveFlags {
    ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS
}

/// A link that leads out is as good as a missing file, and so is a path through a file, or a socket.
fn is_missing(cause: &io::Error) -> bool {
    let code = cause.raw_os_error().map(Errno::from_raw_os_error);
    matches!(code, Some(Errno::NOENT | Errno::NOTDIR | Errno::XDEV | Errno::LOOP | Errno::NXIO))
}

fn plain(path: &str, operation: &'static str) -> Result<(), BackendError> {
    path_problem(path).map_or(Ok(()), |why| {
        Err(error(ErrorKind::InvalidInput, operation, format!("{path:?} is refused: {why}")))
    })
}

fn failed(operation: &'static str, what: &str, path: &Path, cause: io::Error) -> BackendError {
    io_error("local sandbox", operation, what, path, cause)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn no_link_leads_out() {
        let site = tempfile::tempdir().unwrap();
        let (root, out) = (site.path().join("files"), site.path().join("out"));
        fs::create_dir_all(&root).unwrap();
        fs::create_dir_all(&out).unwrap();
        fs::write(out.join("key"), "secret").unwrap();
        symlink(out.join("key"), root.join("absolute")).unwrap();
        symlink("../out/key", root.join("relative")).unwrap();
        symlink(&out, root.join("folder")).unwrap();
        for path in ["absolute", "relative", "folder/key"] {
            assert_eq!(read(&root, path, 100).unwrap_err().kind(), ErrorKind::NotFound, "{path}");
        }
        assert!(write(&root, "folder/new", b"x", 100).is_err());
        write(&root, "relative", b"mine", 100).unwrap();
        assert_eq!(read(&root, "relative", 100).unwrap(), b"mine");
        assert_eq!(fs::read(out.join("key")).unwrap(), b"secret");
        assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
        // A link that stays inside is followed.
        symlink("relative", root.join("link")).unwrap();
        assert_eq!(read(&root, "link", 100).unwrap(), b"mine");
        assert_eq!(bytes(&root).unwrap(), 4);
    }

    #[test]
    fn what_is_not_a_file_is_missing() {
        let root = tempfile::tempdir().unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            root.path().join("pipe"),
            rustix::fs::FileType::Fifo,
            Mode::RUSR,
            0,
        )
        .unwrap();
        fs::create_dir(root.path().join("folder")).unwrap();
        for path in ["pipe", "folder", "missing", "missing/file"] {
            assert_eq!(read(root.path(), path, 100).unwrap_err().kind(), ErrorKind::NotFound, "{path}");
        }
    }
}
