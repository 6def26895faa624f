//! The truth about a workspace: its files at one moment, the differences between two moments, and the way back.
//!
//! | file | job |
//! |---|---|
//! | `snapshot` | the files at one moment, and the differences |
//! | `entry` | the form of one file, folder or link |
//! | `root`, `names` | access below a folder that follows no link; names that are not UTF-8 |
//! | `list`, `measure` | from a folder to a snapshot; only files that changed are read again |
//! | `store`, `checkpoint`, `restore` | contents kept outside of the workspace, and putting them back |
//! | `apart` | the same for async callers |
//!
//! An agent owns the files while it runs, so nothing about them is taken for granted: links, pipes and devices are not
//! opened, each part of a path is opened without following a link, and a file that changes while it is read is read again.

mod entry;
mod snapshot;

#[cfg(unix)]
pub(crate) mod apart;
#[cfg(unix)]
mod checkpoint;
#[cfg(unix)]
mod list;
#[cfg(unix)]
mod measure;
#[cfg(unix)]
mod names;
#[cfg(unix)]
mod restore;
#[cfg(unix)]
mod root;
#[cfg(unix)]
mod store;

#[cfg(not(unix))]
mod portable;
#[cfg(not(unix))]
use portable as measure;

#[cfg(unix)]
pub use self::checkpoint::{Checkpoint, CheckpointRules};
#[cfg(unix)]
pub(crate) use self::root::{put_file, remove_tree};
pub(crate) use self::snapshot::hash_file;
pub use self::snapshot::{Changes, Snapshot};

const NAME: &str = "workspace";

/// The most files and folders of a workspace: a large tree of installed packages has some hundred thousand.
const ENTRIES_MAX: usize = 1_000_000;

fn refused(
    kind: ae_core::ErrorKind,
    operation: &'static str,
    message: impl Into<String>,
) -> ae_core::BackendError {
    ae_core::BackendError::new(kind, NAME, operation, message)
}
