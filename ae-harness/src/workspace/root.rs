//! Access below a folder that follows no link.
//!
//! Each part of a path is opened by itself, relative to the one before. So a folder that an agent's left-over process
//! replaces by a link between two steps is an error, not a way out of the workspace.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Write as _},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::ffi::{OsStrExt as _, OsStringExt as _},
    },
    path::Path,
};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, RawMode, Stat, chmodat, fchmod, fstat, mkdirat, openat,
    readlinkat, renameat, statat, symlinkat, unlinkat,
};

use super::{
    entry::{Stamp, Time},
    names,
};

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// A pipe in the place of a file does not hold up the reader.
const FILE: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// An open folder.
#[derive(Debug)]
pub(super) struct Root(OwnedFd);

/// Facts about an entry.
pub(super) struct Facts {
    pub(super) kind: FileType,
    /// The nine bits of its permissions.
    pub(super) mode: u32,
    pub(super) stamp: Stamp,
}

impl Facts {
    fn of(stat: &Stat) -> Self {
        // The types of these numbers differ between systems.
        let whole = |value: i128| u64::try_from(value).unwrap_or(u64::MAX);
        let time = |seconds: i128, nanos: i128| {
            Time::try_from(seconds.saturating_mul(1_000_000_000).saturating_add(nanos)).unwrap_or(Time::MAX)
        };
        Self {
            kind: FileType::from_raw_mode(stat.st_mode),
            mode: u32::try_from(i128::from(stat.st_mode) & 0o777).unwrap_or(0),
            stamp: Stamp {
                device: whole(i128::from(stat.st_dev)),
                inode: whole(i128::from(stat.st_ino)),
                bytes: whole(i128::from(stat.st_size)),
                modified: time(i128::from(stat.st_mtime), i128::from(stat.st_mtime_nsec)),
                changed: time(i128::from(stat.st_ctime), i128::from(stat.st_ctime_nsec)),
            },
        }
    }

    pub(super) fn of_file(file: &File) -> io::Result<Self> {
        Ok(Self::of(&fstat(file)?))
    }
}

fn mode(bits: u32) -> Mode {
    Mode::from_raw_mode(RawMode::try_from(bits & 0o777).unwrap_or(0))
}

impl Root {
    /// Opens a folder, which is not a link.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(openat(CWD, path, FOLDER, Mode::empty())?))
    }

    pub(super) fn facts(&self) -> io::Result<Facts> {
        Ok(Facts::of(&fstat(&self.0)?))
    }

    /// Opens a folder below by the text of its path; the empty text is this one.
    pub(super) fn folder(&self, path: &str) -> io::Result<Self> {
        let mut folder = self.0.try_clone()?;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            folder = openat(&folder, os(part)?, FOLDER, Mode::empty())?;
        }
        Ok(Self(folder))
    }

    /// The names in this folder, with the facts of each.
    pub(super) fn entries(&self) -> io::Result<Vec<(OsString, Facts)>> {
        let mut found = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let name = OsString::from_vec(entry?.file_name().to_bytes().to_vec());
            if name == "." || name == ".." {
                continue;
            }
            match statat(&self.0, &name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => found.push((name, Facts::of(&stat))),
                // Removed in the meantime.
                Err(rustix::io::Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(found)
    }

    /// Opens a file of this folder for reading.
    pub(super) fn file(&self, name: &str) -> io::Result<File> {
        Ok(File::from(openat(&self.0, os(name)?, FILE, Mode::empty())?))
    }

    /// Makes a file in this folder, which must not be there, readable by its owner alone.
    pub(super) fn new_file(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(openat(&self.0, os(name)?, flags, mode(0o600))?))
    }

    pub(super) fn new_folder(&self, name: &str) -> io::Result<()> {
        Ok(mkdirat(&self.0, os(name)?, mode(0o700))?)
    }

    pub(super) fn new_link(&self, name: &str, target: &str) -> io::Result<()> {
        Ok(symlinkat(os(target)?, &self.0, os(name)?)?)
    }

    /// The target of a link in this folder.
    pub(super) fn link(&self, name: &std::ffi::OsStr) -> io::Result<Vec<u8>> {
        Ok(readlinkat(&self.0, name, Vec::new())?.into_bytes())
    }

    /// Sets the permissions of a folder in this one.
    pub(super) fn set_mode(&self, name: &str, bits: u32) -> io::Result<()> {
        Ok(chmodat(&self.0, os(name)?, mode(bits), AtFlags::empty())?)
    }

    /// Removes whatever has this name in this folder.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        let name = os(name)?;
        match statat(&self.0, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if Facts::of(&stat).kind == FileType::Directory => self.remove_folder(name),
            Ok(_) => Ok(unlinkat(&self.0, &name, AtFlags::empty())?),
            Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a folder of this one. Folders below are moved up first, so that no depth of nesting is too deep.
    fn remove_folder(&self, name: OsString) -> io::Result<()> {
        let mut waiting = vec![name];
        let mut number = 0_u64;
        while let Some(name) = waiting.pop() {
            let folder = open_up(self.0.as_fd(), &name)?;
            for (child, facts) in folder.entries()? {
                if facts.kind != FileType::Directory {
                    unlinkat(&folder.0, &child, AtFlags::empty())?;
                    continue;
                }
                drop(open_up(folder.0.as_fd(), &child)?);
                let moved = loop {
                    number += 1;
                    let moved = OsString::from(format!(".ae-removed-{number}"));
                    if statat(&self.0, &moved, AtFlags::SYMLINK_NOFOLLOW).is_err() {
                        break moved;
                    }
                };
                renameat(&folder.0, &child, &self.0, &moved)?;
                waiting.push(moved);
            }
            unlinkat(&self.0, &name, AtFlags::REMOVEDIR)?;
        }
        Ok(())
    }
}

/// Removes a file, a link or a whole folder, however deep, if it is there.
pub(crate) fn remove_tree(path: &Path) -> io::Result<()> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::other("the path names nothing that can be removed"));
    };
    match Root::open(parent) {
        Ok(parent) => parent.remove(&names::text(name.as_bytes())),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(cause),
    }
}

/// Puts a file at a plain path below `folder`, in the place of whatever is there and on the way there.
pub(crate) fn put_file(folder: &Path, path: &str, content: &[u8]) -> io::Result<()> {
    let mut parent = Root::open(folder)?;
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        parent = match parent.folder(part) {
            Ok(inner) => inner,
            Err(_) => {
                parent.remove(part)?;
                parent.new_folder(part)?;
                parent.set_mode(part, 0o755)?;
                parent.folder(part)?
            }
        };
    }
    parent.remove(name)?;
    let mut file = parent.new_file(name)?;
    file.write_all(content)?;
    fchmod(&file, mode(0o644))?;
    Ok(())
}

/// Opens a folder that its owner may have been denied.
fn open_up(parent: BorrowedFd<'_>, name: &OsString) -> io::Result<Root> {
    let open = || openat(parent, name, FOLDER, Mode::empty());
    let folder = match open() {
        Err(rustix::io::Errno::ACCESS) => {
            chmodat(parent, name, mode(0o700), AtFlags::empty())?;
            open()?
        }
        opened => opened?,
    };
    fchmod(&folder, mode(0o700))?;
    Ok(Root(folder))
}

fn os(text: &str) -> io::Result<OsString> {
    let name =
        names::name(text).ok_or_else(|| io::Error::other(format!("{text:?} is not the text of a name")))?;
    Ok(OsString::from_vec(name))
}
