//! Large values as files of one folder.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use ae_core::{BackendError, Digest, ErrorKind, Retry};
use async_trait::async_trait;

use super::BlobStore;
use crate::host::Blob;

/// Keeps values as files of one folder, which all machines of a run share.
#[derive(Debug, Clone)]
pub struct DirectoryBlobs(PathBuf);

impl DirectoryBlobs {
    /// The folder, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// When it can't be made.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, BackendError> {
        let folder = folder.into();
        std::fs::create_dir_all(&folder).map_err(|error| storage("open", &folder, error))?;
        Ok(Self(folder))
    }

    /// Names are hashes in hexadecimal: no value can name another file.
    fn path(&self, digest: Digest) -> PathBuf {
        self.0.join(digest.to_string())
    }
}

#[async_trait]
impl BlobStore for DirectoryBlobs {
    async fn put(&self, blob: Blob) -> Result<(), BackendError> {
        let path = self.path(blob.digest);
        blocking("put", move || {
            if path.exists() {
                return Ok(());
            }
            let folder = path.parent().unwrap_or(Path::new("."));
            // Renamed into place, so that no reader sees a half of it.
            let mut file =
                tempfile::NamedTempFile::new_in(folder).map_err(|error| storage("put", &path, error))?;
            io::Write::write_all(&mut file, blob.text.as_bytes())
                .and_then(|()| file.as_file().sync_all())
                .map_err(|error| storage("put", &path, error))?;
            file.persist(&path).map(drop).map_err(|error| storage("put", &path, error.error))
        })
        .await
    }

    async fn get(&self, digest: Digest) -> Result<Option<Arc<str>>, BackendError> {
        let path = self.path(digest);
        blocking("get", move || match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(storage("get", &path, error)),
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    operation: &'static str,
    work: impl FnOnce() -> Result<T, BackendError> + Send + 'static,
) -> Result<T, BackendError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(BackendError::new(ErrorKind::Internal, "blobs", operation, "the storage thread ended")
            .with_source(error))
    })
}

fn storage(operation: &'static str, path: &Path, error: io::Error) -> BackendError {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorKind::PermissionDenied,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::StorageFull,
        _ => ErrorKind::Unavailable,
    };
    let message = format!("{}: {error}", path.display());
    BackendError::new(kind, "blobs", operation, message).with_retry(Retry::Backoff).with_source(error)
}
