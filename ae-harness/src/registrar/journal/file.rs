//! A journal on disk.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use ae_core::{BackendError, ErrorKind, IdempotencyKey};
use async_trait::async_trait;

use super::{OrderEntry, OrderJournal};
use crate::atomic::{self, create_dirs, io_error, sync_dir};

const BACKEND: &str = "order journal";

/// A journal of purchases in a folder: a file for each key, replaced whole and synced before a purchase is sent. One
/// program at a time may use a folder.
#[derive(Debug)]
pub struct FileOrderJournal {
    folder: PathBuf,
}

impl FileOrderJournal {
    /// The journal in `folder`, which is made if need be.
    ///
    /// # Errors
    ///
    /// The reason why the folder can't be made.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, BackendError> {
        let folder = folder.into();
        create_dirs(&folder).map_err(|error| io_error(BACKEND, "open", "make", &folder, error))?;
        Ok(Self { folder })
    }

    fn path(&self, key: &IdempotencyKey) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }
}

fn entry(path: &Path) -> Result<Option<OrderEntry>, BackendError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            let message = format!(
                "{} is damaged: look in the registrar's account whether the name was bought, then correct it",
                path.display()
            );
            BackendError::new(ErrorKind::Protocol, BACKEND, "read", message).with_source(error)
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(BACKEND, "read", "read", path, error)),
    }
}

#[async_trait]
impl OrderJournal for FileOrderJournal {
    async fn read(&self, key: &IdempotencyKey) -> Result<Option<OrderEntry>, BackendError> {
        entry(&self.path(key))
    }

    async fn write(&self, key: &IdempotencyKey, entry: &OrderEntry) -> Result<(), BackendError> {
        let path = self.path(key);
        let bytes = serde_json::to_vec(entry).map_err(|error| {
            let message = "the entry can't be written as JSON";
            BackendError::new(ErrorKind::Internal, BACKEND, "write", message).with_source(error)
        })?;
        atomic::write(&path, &bytes).map_err(|error| io_error(BACKEND, "write", "write", &path, error))
    }

    async fn forget(&self, key: &IdempotencyKey) -> Result<(), BackendError> {
        let path = self.path(key);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed
                .and_then(|()| sync_dir(&self.folder))
                .map_err(|error| io_error(BACKEND, "forget", "remove", &path, error)),
        }
    }

    async fn find(&self, order: &str) -> Result<Option<OrderEntry>, BackendError> {
        let failed = |error| io_error(BACKEND, "find", "read", &self.folder, error);
        let mut paths = Vec::new();
        for file in fs::read_dir(&self.folder).map_err(failed)? {
            paths.push(file.map_err(failed)?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        // The temporary name of a write that was cut short is not an entry.
        paths.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
        paths.sort();
        for path in paths {
            let found = entry(&path)?;
            if found.as_ref().and_then(|entry| entry.order.as_ref()).is_some_and(|found| found.id == order) {
                return Ok(found);
            }
        }
        Ok(None)
    }
}
