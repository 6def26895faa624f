//! The work on files that takes long, on threads of its own, whatever runtime the caller has.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use ae_core::{BackendError, ErrorKind, Worker};

use super::{Checkpoint, NAME, Snapshot};

/// Takes a checkpoint.
pub(crate) async fn kept(workspace: &Path, store: &Path) -> Result<Checkpoint, BackendError> {
    let (workspace, store) = (workspace.to_path_buf(), store.to_path_buf());
    worker()?.run(move || Checkpoint::take(&workspace, &store)).await
}

/// Makes a folder the same as a checkpoint.
pub(crate) async fn put_back(
    checkpoint: Arc<Checkpoint>,
    folder: PathBuf,
) -> Result<Vec<String>, BackendError> {
    worker()?.run(move || checkpoint.restore(&folder)).await
}

/// Takes a snapshot.
pub(crate) async fn snapshot(folder: &Path) -> Result<Snapshot, BackendError> {
    let folder = folder.to_path_buf();
    worker()?.run(move || Snapshot::take(&folder)).await
}

fn worker() -> Result<Worker, BackendError> {
    Worker::start("ae-harness-files").map_err(|cause| {
        let message = "no thread can be started: end other programs, and repeat";
        BackendError::new(ErrorKind::Unavailable, NAME, "start", message).with_source(cause)
    })
}
