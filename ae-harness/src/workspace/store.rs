//! The contents of files, kept in one file outside of the workspace.
//!
//! One file, because a file for each content costs more than reading it; and copies, because an agent could write through
//! a hard link. A content is written once, whatever the number of files that have it.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write},
    path::{Path, PathBuf},
};

use ae_core::Digest;
use sha2::{Digest as _, Sha256};

use super::snapshot::Hashed;

/// The place of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) bytes: u64,
}

#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    file: BufWriter<File>,
    pub(super) end: u64,
    pub(super) index: BTreeMap<Digest, Place>,
    bytes_max: u64,
}

impl Store {
    /// Opens the file, or makes it; what is behind the last content of `index` is overwritten.
    pub(super) fn open(path: PathBuf, index: BTreeMap<Digest, Place>, bytes_max: u64) -> io::Result<Self> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path)?;
        let end = index.values().map(|place| place.offset.saturating_add(place.bytes)).max().unwrap_or(0);
        file.seek(SeekFrom::Start(end))?;
        Ok(Self { path, file: BufWriter::with_capacity(1 << 20, file), end, index, bytes_max })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps the content of a file that was hashed; `buffer` has its beginning. `false` when the file has another content
    /// by now.
    pub(super) fn keep(&mut self, hashed: &Hashed, buffer: &[u8], file: &mut File) -> io::Result<bool> {
        if self.index.contains_key(&hashed.digest) {
            return Ok(true);
        }
        let place = Place { offset: self.end, bytes: hashed.bytes };
        let end = place.offset.saturating_add(place.bytes);
        if end > self.bytes_max {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let first = buffer.get(..hashed.first).unwrap_or_default();
        if u64::try_from(first.len()).is_ok_and(|first| first == hashed.bytes) {
            self.file.write_all(first)?;
        } else {
            file.seek(SeekFrom::Start(0))?;
            let mut hasher = Both { hasher: Sha256::new(), out: &mut self.file };
            io::copy(&mut file.take(hashed.bytes), &mut hasher)?;
            let same = Digest::from_bytes(hasher.hasher.finalize().into()) == hashed.digest;
            if !same {
                self.file.seek(SeekFrom::Start(self.end))?;
                return Ok(false);
            }
        }
        self.end = end;
        self.index.insert(hashed.digest, place);
        Ok(true)
    }

    /// Writes everything to the disk.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_data()
    }

    /// A reader of the contents.
    pub(super) fn reader(&self) -> io::Result<Contents<'_>> {
        Ok(Contents { file: File::open(&self.path)?, index: &self.index })
    }

    pub(super) fn remove(path: &Path) {
        // A file that is left over costs room and nothing else.
        let _ = fs::remove_file(path);
    }
}

/// Reads contents back.
pub(super) struct Contents<'a> {
    file: File,
    index: &'a BTreeMap<Digest, Place>,
}

impl Contents<'_> {
    /// Writes a content to `out`; `false` when it is not whole.
    pub(super) fn copy(&mut self, digest: &Digest, out: &mut impl Write) -> io::Result<bool> {
        let Some(place) = self.index.get(digest) else { return Ok(false) };
        self.file.seek(SeekFrom::Start(place.offset))?;
        let mut both = Both { hasher: Sha256::new(), out };
        io::copy(&mut (&self.file).take(place.bytes), &mut both)?;
        Ok(Digest::from_bytes(both.hasher.finalize().into()) == *digest)
    }
}

/// Hashes what it passes on.
struct Both<'a, W> {
    hasher: Sha256,
    out: &'a mut W,
}

impl<W: Write> Write for Both<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
