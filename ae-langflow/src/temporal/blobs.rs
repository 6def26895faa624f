//! Large values by reference: the server and the workflow see their names alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use ae_core::{BackendError, Digest, ErrorKind, Retry};
use async_trait::async_trait;
use serde_json::{Value, json};

use super::wire::{Fields, json_bytes};
use crate::store::record::Blob;

/// Fields whose JSON is longer than this leave the run, in bytes.
const INLINE_BYTES_MAX: u64 = 64 * 1024;

/// What stands in the place of a value. A value that looks like it leaves as well, whatever its size.
const REFERENCE: &str = "ae-langflow blob";

/// Keeps large values of states, by their hash. Every client and worker of a run reaches the same one.
///
/// # Contract
///
/// - C1. What was put comes back as it was, for as long as runs may need it: nothing here deletes.
/// - C2. To put a value again is no error and changes nothing.
/// - C3. A value that is not there is `None`.
///
/// # Errors
///
/// Those of the storage. `Retry::Backoff` where another try may help.
///
/// # Cancel safety
///
/// A call that is dropped has put the whole value or nothing.
#[async_trait]
pub trait BlobStore: Debug + Send + Sync + 'static {
    /// Keeps a value.
    async fn put(&self, blob: Blob) -> Result<(), BackendError>;

    /// The text of the value with this hash.
    async fn get(&self, digest: Digest) -> Result<Option<Arc<str>>, BackendError>;
}

/// Keeps values in this process, for tests and for programs that are client and worker in one.
#[derive(Debug, Default)]
pub struct MemoryBlobs(Mutex<BTreeMap<Digest, Arc<str>>>);

/// Keeps values as files of one folder, which all machines of a run share.
#[derive(Debug, Clone)]
pub struct DirectoryBlobs(PathBuf);

impl MemoryBlobs {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many values it keeps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether it keeps nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

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
impl BlobStore for MemoryBlobs {
    async fn put(&self, blob: Blob) -> Result<(), BackendError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(blob.digest, blob.text);
        Ok(())
    }

    async fn get(&self, digest: Digest) -> Result<Option<Arc<str>>, BackendError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&digest).cloned())
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
            // Renamed into place, so that nobody reads a half of it.
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
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::QuotaExceeded,
        _ => ErrorKind::Unavailable,
    };
    let message = format!("{}: {error}", path.display());
    BackendError::new(kind, "blobs", operation, message).with_retry(Retry::Backoff).with_source(error)
}

/// Puts the large fields away. Those with a reducer stay: the workflow folds them.
pub(crate) async fn lift(
    store: &dyn BlobStore,
    reduced: &BTreeSet<&'static str>,
    fields: &mut Fields,
) -> Result<(), BackendError> {
    for (name, value) in fields.iter_mut().filter(|(name, _)| !reduced.contains(name.as_str())) {
        let bytes = json_bytes(value).unwrap_or(0);
        if bytes > INLINE_BYTES_MAX || value.get(REFERENCE).is_some() {
            let blob = Blob::new(value.to_string());
            let reference = json!({ REFERENCE: blob.digest, "field": name, "bytes": bytes });
            store.put(blob).await?;
            *value = reference;
        }
    }
    Ok(())
}

/// Gets the values back that [`lift`] put away.
pub(crate) async fn fetch(store: &dyn BlobStore, fields: &mut Fields) -> Result<(), BackendError> {
    for (name, value) in fields.iter_mut() {
        let Some(reference) = value.get(REFERENCE) else { continue };
        let broken = |why: &str| {
            let message = format!("the value of {name:?}, blob {reference}, {why}");
            BackendError::new(ErrorKind::NotFound, "blobs", "get", message).with_retry(Retry::Backoff)
        };
        let digest = serde_json::from_value(reference.clone()).map_err(|_| broken("has no name"))?;
        let text = store.get(digest).await?.ok_or_else(|| broken("is not in the blob store"))?;
        if Blob::digest_of(&text) != digest {
            return Err(broken("was changed in the blob store"));
        }
        *value = serde_json::from_str::<Value>(&text).map_err(|_| broken("is not JSON"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(value: Value) -> Fields {
        let Value::Object(fields) = value else { panic!() };
        fields
    }

    #[tokio::test]
    async fn large_fields_leave_and_come_back_and_a_look_alike_is_no_reference() {
        let folder = tempfile::tempdir().unwrap();
        let directory = DirectoryBlobs::open(folder.path().join("blobs")).unwrap();
        let memory = MemoryBlobs::new();
        let long = "x".repeat(70_000);
        let before =
            fields(json!({ "a": long, "log": [long], "n": 1, "fake": { REFERENCE: "0".repeat(64) } }));
        for store in [&directory as &dyn BlobStore, &memory] {
            let mut run = before.clone();
            lift(store, &["log"].into(), &mut run).await.unwrap();
            assert!(run["a"][REFERENCE].is_string() && run["log"] == before["log"], "{:?}", run["a"]);
            lift(store, &["log"].into(), &mut run.clone()).await.unwrap();
            fetch(store, &mut run).await.unwrap();
            assert_eq!(run, before);
        }
        assert_eq!(std::fs::read_dir(folder.path().join("blobs")).unwrap().count(), memory.len());
    }

    #[tokio::test]
    async fn a_missing_or_changed_value_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let store = DirectoryBlobs::open(folder.path()).unwrap();
        let mut run = fields(json!({ "a": "x".repeat(70_000) }));
        lift(&store, &BTreeSet::new(), &mut run).await.unwrap();
        let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        std::fs::write(&file, "\"y\"").unwrap();
        let changed = fetch(&store, &mut run.clone()).await.unwrap_err();
        assert!(changed.to_string().contains("was changed"), "{changed}");
        std::fs::remove_file(&file).unwrap();
        let missing = fetch(&store, &mut run.clone()).await.unwrap_err();
        assert!(missing.to_string().contains("is not in the blob store"), "{missing}");
    }
}
