//! The files of a workspace at one moment.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read},
    path::Path,
};

use ae_core::{BackendError, Digest, DigestWriter};
use sha2::{Digest as _, Sha256};

use super::{
    ENTRIES_MAX,
    entry::{Content, Entry, Stamp, Time},
    measure,
};

/// The files of a folder by their content, at one moment.
///
/// A file counts with its bytes and with whether it may be run, a link with its target; devices, pipes and sockets count
/// by name only. None of these but files is opened, and no link is followed. Folders count for nothing by themselves. A
/// file or folder that can't be read is an entry of its own ([`unreadable`](Self::unreadable)), and so is a folder more
/// than 250 levels deep.
///
/// A path is relative and joined by `/`. In a name that is not UTF-8, each wrong byte is written as `\x` and two digits;
/// a backslash is written twice.
///
/// Take one when the processes that write in the folder have ended.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(super) entries: BTreeMap<String, Entry>,
    /// The newest time of change that was seen before the first file was read.
    pub(super) newest: Time,
}

/// The differences between two snapshots, by path, each list sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// The paths that are new.
    pub added: Vec<String>,
    /// The paths with another content.
    pub changed: Vec<String>,
    /// The paths that are gone.
    pub removed: Vec<String>,
}

impl Changes {
    /// Whether there is no difference.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

impl Snapshot {
    /// Reads every file below `folder`.
    ///
    /// # Errors
    ///
    /// `NotFound` when there is no folder, `InvalidInput` when it was replaced by a link or a file and when there are more
    /// than a million entries, `Conflict` when a file changes while it is read, or the reason why something can't be read.
    pub fn take(folder: &Path) -> Result<Self, BackendError> {
        measure::folder(folder, None, ENTRIES_MAX)
    }

    /// The same as [`take`](Self::take), but a file that was not touched since `before` is not read again: one of the same
    /// size, inode and times. A program can set the time at which a file was modified, but not the time at which it was
    /// changed; files that were changed in the moment of the earlier snapshot are read again.
    ///
    /// It relies on the file system's clock not going backwards, and on no process keeping a file mapped into its memory
    /// from before the earlier snapshot.
    ///
    /// # Errors
    ///
    /// Those of [`take`](Self::take).
    pub fn take_after(folder: &Path, before: &Self) -> Result<Self, BackendError> {
        measure::folder(folder, Some(before), ENTRIES_MAX)
    }

    /// The digest of all paths and contents.
    pub fn tree(&self) -> Digest {
        let mut writer = DigestWriter::new("workspace");
        for (path, content) in self.contents() {
            writer = writer.field(path.as_bytes());
            writer = match content {
                Content::File { digest, runs } => {
                    writer.field(if runs { b"run" } else { b"file" }).field(digest.as_bytes())
                }
                Content::Link(target) => writer.field(b"link").field(target.as_bytes()),
                Content::Other => writer.field(b"other"),
                Content::Unreadable(_) => writer.field(b"unreadable"),
            };
        }
        writer.finish()
    }

    /// The paths that differ from `before`: new, changed and removed, sorted.
    pub fn changed_since(&self, before: &Self) -> Vec<String> {
        let changes = self.changes_since(before);
        let all = changes.added.into_iter().chain(changes.changed).chain(changes.removed);
        all.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The differences from `before`.
    pub fn changes_since(&self, before: &Self) -> Changes {
        let mut changes = Changes::default();
        for (path, content) in self.contents() {
            match before.content(path) {
                None => changes.added.push(path.to_owned()),
                Some(old) if old != content => changes.changed.push(path.to_owned()),
                Some(_) => {}
            }
        }
        let gone = before.contents().filter(|(path, _)| self.content(path).is_none());
        changes.removed.extend(gone.map(|(path, _)| path.to_owned()));
        changes
    }

    /// The files and folders that can't be read, sorted. Their content is not known.
    pub fn unreadable(&self) -> Vec<String> {
        let entries = self.contents().filter(|(_, content)| matches!(content, Content::Unreadable(_)));
        entries.map(|(path, _)| path.to_owned()).collect()
    }

    /// The number of files, links and other entries but folders.
    pub fn len(&self) -> usize {
        self.contents().count()
    }

    /// Whether there is nothing but folders.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The paths of the files, sorted.
    #[cfg(unix)]
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        let files = self.entries.iter().filter(|(_, entry)| matches!(entry, Entry::File { .. }));
        files.map(|(path, _)| path.as_str())
    }

    /// Whether a file was not even touched between the two snapshots.
    #[cfg(unix)]
    pub(crate) fn same_file(&self, later: &Self, path: &str) -> bool {
        matches!(self.entries.get(path), Some(Entry::File { .. }))
            && self.entries.get(path) == later.entries.get(path)
    }

    fn contents(&self) -> impl Iterator<Item = (&str, Content<'_>)> {
        self.entries.iter().filter_map(|(path, entry)| Some((path.as_str(), entry.content()?)))
    }

    fn content(&self, path: &str) -> Option<Content<'_>> {
        self.entries.get(path).and_then(Entry::content)
    }

    /// The digest of a file whose stamp is still the same, and is certain to change with the content.
    pub(super) fn holds(&self, path: &str, stamp: &Stamp) -> Option<Digest> {
        match self.entries.get(path) {
            Some(Entry::File { digest, stamp: known, .. })
                if known == stamp && stamp.changed < self.newest =>
            {
                Some(*digest)
            }
            _ => None,
        }
    }
}

/// Equal contents, whatever the times.
impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        self.contents().eq(other.contents())
    }
}

impl Eq for Snapshot {}

/// SHA-256 of a file's bytes.
pub(crate) fn hash_file(path: &Path) -> io::Result<Digest> {
    Ok(Hashed::read(&mut File::open(path)?, &mut Hashed::buffer())?.digest)
}

/// The digest of a file that was read.
pub(super) struct Hashed {
    pub(super) digest: Digest,
    /// The bytes in the buffer, which are the first ones.
    pub(super) first: usize,
    /// Its size.
    pub(super) bytes: u64,
}

impl Hashed {
    /// A buffer in which most files fit whole.
    pub(super) fn buffer() -> Vec<u8> {
        vec![0; 128 * 1024]
    }

    pub(super) fn read(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<Self> {
        let first = fill(from, buffer)?;
        let mut hasher = Sha256::new();
        hasher.update(buffer.get(..first).unwrap_or_default());
        let mut bytes = u64::try_from(first).unwrap_or(u64::MAX);
        if first == buffer.len() {
            let mut chunk = [0_u8; 16 * 1024];
            loop {
                let read = from.read(&mut chunk)?;
                if read == 0 {
                    break;
                }
                hasher.update(chunk.get(..read).unwrap_or_default());
                bytes = bytes.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
            }
        }
        Ok(Self { digest: Digest::from_bytes(hasher.finalize().into()), first, bytes })
    }
}

/// Reads until the buffer is full or the input ends, and returns the number of bytes.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let read = from.read(rest)?;
        if read == 0 {
            break;
        }
        filled += read;
    }
    Ok(filled)
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        fs,
        os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _, fs::symlink},
    };

    use ae_core::ErrorKind;

    use super::*;

    #[test]
    fn a_tree_above_the_limit_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let deep = (0..40).fold(folder.path().to_path_buf(), |path, _| path.join("d"));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("file"), "").unwrap();
        assert!(measure::folder(folder.path(), None, 41).is_ok(), "nested as deep as packages are");
        let error = measure::folder(folder.path(), None, 40).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains("more than 40 files and folders"), "{error}");
    }

    #[test]
    fn new_changed_and_removed_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["same", "changed", "removed", "runs"] {
            fs::write(at(name), name).unwrap();
        }
        symlink("same", at("link")).unwrap();
        let before = Snapshot::take(folder.path()).unwrap();
        fs::write(at("changed"), "CHANGED").unwrap();
        fs::remove_file(at("removed")).unwrap();
        fs::create_dir(at("d")).unwrap();
        fs::write(at("d/new"), "new").unwrap();
        fs::set_permissions(at("runs"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::remove_file(at("link")).unwrap();
        symlink("removed", at("link")).unwrap();
        for after in [Snapshot::take(folder.path()), Snapshot::take_after(folder.path(), &before)] {
            let after = after.unwrap();
            let changes = after.changes_since(&before);
            assert_eq!(changes.added, ["d/new"]);
            assert_eq!(changes.changed, ["changed", "link", "runs"]);
            assert_eq!(changes.removed, ["removed"]);
            assert_eq!(after.changed_since(&before), ["changed", "d/new", "link", "removed", "runs"]);
            assert!(after.changes_since(&after).is_empty());
            assert_ne!(after.tree(), before.tree());
        }
    }

    #[test]
    fn a_change_that_hides_its_time_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        fs::write(&file, "one").unwrap();
        let time = fs::metadata(&file).unwrap().modified().unwrap();
        // Many rounds within one tick of the file system's clock.
        let mut before = Snapshot::take(folder.path()).unwrap();
        for round in 0..200 {
            fs::write(&file, if round % 2 == 0 { "two" } else { "one" }).unwrap();
            File::options().write(true).open(&file).unwrap().set_modified(time).unwrap();
            let after = Snapshot::take_after(folder.path(), &before).unwrap();
            assert_eq!(after.changed_since(&before), ["a"], "round {round}");
            assert_eq!(after, Snapshot::take(folder.path()).unwrap());
            before = after;
        }
    }

    #[test]
    fn nothing_but_files_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        symlink("/etc/passwd", at("out")).unwrap();
        symlink(".", at("loop")).unwrap();
        let odd = std::ffi::OsStr::from_bytes(b"odd-\xff\\");
        fs::write(folder.path().join(odd), "x").unwrap();
        let snapshot = Snapshot::take(folder.path()).unwrap();
        let names: Vec<&str> = snapshot.contents().map(|(path, _)| path).collect();
        assert_eq!(names, ["loop", "odd-\\xff\\\\", "out", "pipe", "socket"]);
        assert_eq!((snapshot.len(), snapshot.unreadable().len()), (5, 0));
    }

    #[test]
    fn a_workspace_that_is_gone_or_replaced_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        assert_eq!(Snapshot::take(&gone).unwrap_err().kind(), ErrorKind::NotFound);
        symlink("/etc", &gone).unwrap();
        let error = Snapshot::take(&gone).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains("replaced by a link"), "{error}");
    }

    #[test]
    fn a_folder_nested_too_deep_is_an_entry() {
        let folder = tempfile::tempdir().unwrap();
        let deep = (0..300).fold(folder.path().to_path_buf(), |path, _| path.join("d"));
        fs::create_dir_all(deep).unwrap();
        let snapshot = Snapshot::take(folder.path()).unwrap();
        assert_eq!(snapshot.unreadable(), [["d"; 251].join("/")]);
    }
}
