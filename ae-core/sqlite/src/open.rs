//! How a file is opened.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags};

/// How often the switch to a write-ahead log is tried while other processes open the file.
const WAL_TRIES_MAX: u32 = 100;
const STATEMENTS_MAX: usize = 64;

/// The access of a store to its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Reads and writes; makes the file and the store's tables when they are missing.
    Create,
    /// Reads and writes a store that exists; a missing file or store is `NotFound`.
    Existing,
    /// Reads a store that exists, also on a read-only disk. Elsewhere SQLite takes the log that a crash left into the
    /// file, as at every opening.
    ReadOnly,
}

/// The failures that a commit survives once it has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// A crash of the process, but not a loss of power: the last commits may be missing then, and the file stays whole.
    /// `synchronous = NORMAL`.
    Normal,
    /// A loss of power too, for one flush to the disk per commit. `synchronous = FULL`.
    Full,
}

/// How to open a file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The access to the file.
    pub access: Access,
    /// Whether a new file can be read by its owner alone (Unix).
    pub private: bool,
    /// The failures that a commit survives.
    pub durability: Durability,
    /// How long a call waits for other processes.
    pub busy_timeout: Duration,
    /// A file up to this size is checked as a whole when it is opened; damage of a larger one shows when it is read.
    pub checked_bytes_max: u64,
}

impl Options {
    /// Makes what is missing. Commits survive a loss of power, and a call waits up to ten seconds.
    #[must_use]
    pub const fn create() -> Self {
        Self {
            access: Access::Create,
            private: false,
            durability: Durability::Full,
            busy_timeout: Duration::from_secs(10),
            checked_bytes_max: 0,
        }
    }

    /// As [`create`](Self::create), for a store that must be there.
    #[must_use]
    pub const fn existing() -> Self {
        Self { access: Access::Existing, ..Self::create() }
    }

    /// For a store that must be there and is only read.
    #[must_use]
    pub const fn read_only() -> Self {
        Self { access: Access::ReadOnly, ..Self::create() }
    }

    pub(crate) fn connect(&self, path: &Path) -> rusqlite::Result<Connection> {
        let access = match self.access {
            Access::Create => {
                self.make_private(path);
                OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
            }
            // A handle that can't write leaves the files of its log behind when it is closed, so that a reader gets one
            // that could, where the disk lets it, and the pragma keeps it from writing.
            Access::Existing | Access::ReadOnly => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let open = |path: &Path, flags| {
            let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            connection.busy_timeout(self.busy_timeout)?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
            // SQLite opens lazily: the first read shows whether the file can be used.
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
            connection.pragma_update(None, "query_only", self.access == Access::ReadOnly)?;
            Ok(connection)
        };
        match open(path, access) {
            Err(error) if self.access == Access::ReadOnly && is_closed_on_read_only_disk(path, &error) => {
                open(&immutable(path), OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)
            }
            other => other,
        }
    }

    /// Makes the empty file by hand, since SQLite takes the mode of its log from it. A failure shows when it is opened.
    fn make_private(&self, path: &Path) {
        #[cfg(unix)]
        if self.private {
            use std::os::unix::fs::OpenOptionsExt as _;
            let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        }
        #[cfg(not(unix))]
        let _ = path;
    }

    /// Sets up a connection that writes.
    pub(crate) fn set_up(&self, connection: &Connection) -> rusqlite::Result<()> {
        use_wal(connection)?;
        let synchronous = match self.durability {
            Durability::Normal => "NORMAL",
            Durability::Full => "FULL",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "foreign_keys", true)
    }
}

ae_core::setters! { Options {
    /// Keeps a new file from everyone but its owner.
    fn with_private(private = true);
    /// Sets what a commit survives.
    fn with_durability(durability: Durability);
    /// Sets how long a call waits for other processes.
    fn with_busy_timeout(busy_timeout: Duration);
    /// Checks a file up to this size as a whole when it is opened.
    fn with_checked_bytes_max(checked_bytes_max: u64);
} }

/// Whether reading failed because SQLite can't make the files of its log, while there is no log to read.
///
/// Only then may the file be read as one that no process changes: a process that writes keeps a log beside it.
fn is_closed_on_read_only_disk(path: &Path, error: &rusqlite::Error) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    cfg!(unix)
        && matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
        && path.is_file()
        && !std::fs::metadata(log).is_ok_and(|log| log.is_file() && log.len() > 0)
}

fn immutable(path: &Path) -> PathBuf {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(*byte))
            }
            _ => uri.push_str(&format!("%{byte:02x}")),
        }
    }
    uri.push_str("?immutable=1");
    PathBuf::from(uri)
}

/// Switches the file to a write-ahead log.
///
/// The switch does not wait for others that open the file at the same moment, an empty transaction does; so the two
/// take turns.
fn use_wal(connection: &Connection) -> rusqlite::Result<()> {
    let mut tries_left = WAL_TRIES_MAX;
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && tries_left > 0 => {
                tries_left -= 1;
                connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
            }
            other => return other,
        }
    }
}
