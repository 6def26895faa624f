//! Large values by reference: the server and the workflow see their names alone.

mod directory;
mod memory;
mod port;

use std::collections::BTreeSet;

use ae_core::{BackendError, ErrorKind, Retry};
use serde_json::{Value, json};

#[cfg(feature = "mock")]
pub use self::port::MockBlobStore;
pub use self::{directory::DirectoryBlobs, memory::MemoryBlobs, port::BlobStore};
use super::wire::{Fields, json_bytes};
use crate::host::Blob;

/// Fields whose JSON is longer than this leave the run, in bytes.
const INLINE_BYTES_MAX: u64 = 64 * 1024;

/// The mark in the place of a value. A value that looks like it leaves as well, whatever its size.
const REFERENCE: &str = "ae-langflow blob";

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
