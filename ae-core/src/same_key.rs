//! Requests under an idempotency key: done once, repeated as they were.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{BackendError, Digest, ErrorKind, IdempotencyKey};

/// The requests that a backend has done, by idempotency key.
///
/// A repeat gets the value of the first call; another request, or another operation, under a used key is a `Conflict`.
/// It is plain data: an in-memory backend keeps it behind its lock, a backend with a file stores it with its state.
///
/// ```
/// use ae_core::{BackendError, IdempotencyKey, RunId, Runtime, SameKey};
///
/// let mut done = SameKey::new("shelf");
/// let runtime = Runtime::system();
/// let key = IdempotencyKey::derive(RunId::from_uuid(runtime.ids.new_uuid()), "stock", "put", 0);
/// let first = done.once("put", &key, &"apples", || Ok(1))?;
/// let repeat = done.once("put", &key, &"apples", || Ok(2))?;
/// assert_eq!(first, repeat);
/// assert!(done.once("put", &key, &"pears", || Ok(3)).is_err());
/// # Ok::<(), BackendError>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SameKey<V> {
    backend: String,
    done: BTreeMap<IdempotencyKey, Done<V>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Done<V> {
    request: Digest,
    value: V,
}

impl<V> SameKey<V> {
    /// An empty record for the backend that errors name.
    pub fn new(backend: impl Into<String>) -> Self {
        Self { backend: backend.into(), done: BTreeMap::new() }
    }

    /// The value of a request that was done, `None` when `key` is new.
    ///
    /// # Errors
    ///
    /// `Conflict` when the key was used for another request or operation, `Internal` when `request` can't be written as
    /// JSON.
    pub fn repeat(
        &self,
        operation: &'static str,
        key: &IdempotencyKey,
        request: &(impl Serialize + ?Sized),
    ) -> Result<Option<&V>, BackendError> {
        let request = self.digest(operation, request)?;
        match self.done.get(key) {
            None => Ok(None),
            Some(done) if done.request == request => Ok(Some(&done.value)),
            Some(_) => {
                let message =
                    format!("the key {key} was used for another request: derive a key for this one");
                Err(self.error(ErrorKind::Conflict, operation, message))
            }
        }
    }

    /// Records that `request` was done and got `value`.
    ///
    /// # Errors
    ///
    /// `Internal` when `request` can't be written as JSON.
    pub fn keep(
        &mut self,
        operation: &'static str,
        key: &IdempotencyKey,
        request: &(impl Serialize + ?Sized),
        value: V,
    ) -> Result<(), BackendError> {
        let request = self.digest(operation, request)?;
        self.done.insert(key.clone(), Done { request, value });
        Ok(())
    }

    /// The value of a repeat, or that of `make`, which runs for a new key only. A failure of `make` is not recorded.
    ///
    /// # Errors
    ///
    /// Those of [`repeat`](Self::repeat), and the error of `make`.
    pub fn once(
        &mut self,
        operation: &'static str,
        key: &IdempotencyKey,
        request: &(impl Serialize + ?Sized),
        make: impl FnOnce() -> Result<V, BackendError>,
    ) -> Result<V, BackendError>
    where
        V: Clone,
    {
        if let Some(value) = self.repeat(operation, key, request)? {
            return Ok(value.clone());
        }
        let value = make()?;
        self.keep(operation, key, request, value.clone())?;
        Ok(value)
    }

    /// The values by key, in the order of the keys.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.done.values().map(|done| &done.value)
    }

    /// The operation is part of the digest, so that a key of one operation conflicts in another.
    fn digest(
        &self,
        operation: &'static str,
        request: &(impl Serialize + ?Sized),
    ) -> Result<Digest, BackendError> {
        Digest::of_json(operation, request).map_err(|error| {
            self.error(ErrorKind::Internal, operation, "the request can't be written as JSON".into())
                .with_source(error)
        })
    }

    fn error(&self, kind: ErrorKind, operation: &'static str, message: String) -> BackendError {
        BackendError::new(kind, self.backend.clone(), operation, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunId;

    fn key(sequence: u32) -> IdempotencyKey {
        IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("t", b"")), "s", "o", sequence)
    }

    #[test]
    fn a_key_is_for_one_request_of_one_operation() {
        let mut done = SameKey::new("test");
        assert_eq!(done.once("put", &key(0), &("a", 1), || Ok(10)).unwrap(), 10);
        assert_eq!(done.once("put", &key(0), &("a", 1), || unreachable!()).unwrap(), 10);
        assert_eq!(done.repeat("put", &key(1), &("a", 1)).unwrap(), None);
        for (operation, request) in [("put", ("a", 2)), ("remove", ("a", 1))] {
            let error = done.once(operation, &key(0), &request, || Ok(11)).unwrap_err();
            assert_eq!(
                (error.kind(), error.backend(), error.operation()),
                (ErrorKind::Conflict, "test", operation)
            );
        }
        assert_eq!(done.values().collect::<Vec<_>>(), [&10]);
    }

    #[test]
    fn a_failure_is_not_recorded_and_the_record_survives_storage() {
        let mut done = SameKey::new("test");
        let failed = BackendError::new(ErrorKind::Unavailable, "test", "put", "down");
        assert!(done.once("put", &key(0), "x", || Err(failed)).is_err());
        assert_eq!(done.once("put", &key(0), "y", || Ok(1)).unwrap(), 1);
        let json = serde_json::to_string(&done).unwrap();
        let stored: SameKey<i32> = serde_json::from_str(&json).unwrap();
        assert_eq!(stored.repeat("put", &key(0), "y").unwrap(), Some(&1));
    }
}
