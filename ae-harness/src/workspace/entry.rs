//! The form of one entry of a workspace.

use ae_core::Digest;
use serde::{Deserialize, Serialize};

/// Nanoseconds since 1970.
pub(super) type Time = i64;

/// The identity of a file's content for the system. A program can set the time of modification, but not the time of
/// change, which the system sets on every write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) bytes: u64,
    pub(super) modified: Time,
    pub(super) changed: Time,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entry {
    File {
        digest: Digest,
        /// The nine bits of its permissions.
        mode: u32,
        stamp: Stamp,
    },
    Folder {
        mode: u32,
    },
    Link {
        target: String,
    },
    /// A device, a pipe or a socket.
    Other,
    /// A file or folder that can't be read, or a folder that is nested too deep.
    Unreadable {
        stamp: Stamp,
    },
}

/// The part of an entry that counts as its content.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content<'a> {
    File { digest: &'a Digest, runs: bool },
    Link(&'a str),
    Other,
    Unreadable(&'a Stamp),
}

impl Entry {
    /// The content; a folder has none.
    pub(super) fn content(&self) -> Option<Content<'_>> {
        Some(match self {
            Self::File { digest, mode, .. } => Content::File { digest, runs: *mode & 0o111 != 0 },
            Self::Link { target } => Content::Link(target.as_str()),
            Self::Other => Content::Other,
            Self::Unreadable { stamp } => Content::Unreadable(stamp),
            Self::Folder { .. } => return None,
        })
    }
}
