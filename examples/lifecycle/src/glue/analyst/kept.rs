//! Answers that were paid for, kept in a folder of the run, so that a run that goes on does not pay for them again.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use ae_core::{BackendError, Digest, ErrorKind, IdempotencyKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::model::Tally;

/// A filled form, and what it took.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept<T> {
    /// The digest of all that was asked.
    pub(super) asked: Digest,
    pub(super) form: T,
    pub(super) tally: Tally,
}

/// A folder of filled forms, by their keys.
#[derive(Debug, Clone)]
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    /// The form under `key`, if it answers this very question. One that can't be read is asked for again.
    pub(super) fn find<T: DeserializeOwned>(&self, key: &IdempotencyKey, asked: Digest) -> Option<Kept<T>> {
        let kept: Kept<T> = serde_json::from_slice(&fs::read(self.path(key)).ok()?).ok()?;
        (kept.asked == asked).then_some(kept)
    }

    /// Keeps a form; when this returns, it survives a crash.
    pub(super) fn keep<T: Serialize>(
        &self,
        key: &IdempotencyKey,
        kept: &Kept<T>,
    ) -> Result<(), BackendError> {
        let write = || {
            let (path, begun) = (self.path(key), self.0.join("begun.json"));
            let mut file = File::create(&begun)?;
            file.write_all(&serde_json::to_vec(kept)?)?;
            file.sync_all()?;
            fs::rename(&begun, &path)?;
            sync(&self.0)
        };
        write().map_err(|error: io::Error| {
            let kind = match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::StorageFull,
                _ => ErrorKind::Internal,
            };
            let message = format!("the answer can't be kept in {}: {error}", self.0.display());
            BackendError::new(kind, "analyst", "keep", message).with_source(error)
        })
    }

    fn path(&self, key: &IdempotencyKey) -> PathBuf {
        self.0.join(format!("{key}.json"))
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
