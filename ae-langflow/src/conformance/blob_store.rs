//! The checks that every [`BlobStore`] passes, one for each clause of its contract.

use ae_core::{BackendError, Digest};

use crate::{host::Blob, temporal::BlobStore};

/// Runs every check on `store`, which may have other values.
pub async fn run_all(store: &dyn BlobStore) {
    c1_a_value_comes_back_as_it_was_put(store).await;
    c2_a_value_is_put_again(store).await;
    c3_a_value_that_is_not_there_is_none(store).await;
}

/// C1: texts of every kind come back, whatever else was put since.
pub async fn c1_a_value_comes_back_as_it_was_put(store: &dyn BlobStore) {
    let texts =
        ["\"\"".to_owned(), "{\"a\":\"Ä 👍 \\u0000\"}".to_owned(), format!("\"{}\"", "x".repeat(1 << 20))];
    let blobs = texts.map(Blob::new);
    for blob in &blobs {
        done(store.put(blob.clone()).await, "C1: put");
    }
    for blob in &blobs {
        let found = done(store.get(blob.digest).await, "C1: get");
        assert!(found.as_ref() == Some(&blob.text), "C1: a value comes back as it was put");
    }
}

/// C2: a value that is there already is put again without an error, and stays.
pub async fn c2_a_value_is_put_again(store: &dyn BlobStore) {
    let blob = Blob::new("\"c2\"");
    for _ in 0..3 {
        done(store.put(blob.clone()).await, "C2: to put a value again");
        let found = done(store.get(blob.digest).await, "C2: get");
        assert_eq!(found.as_ref(), Some(&blob.text), "C2: the value stays as it was");
    }
}

/// C3: a digest of nothing that was put is `None`.
pub async fn c3_a_value_that_is_not_there_is_none(store: &dyn BlobStore) {
    let unknown = Digest::of_bytes("conformance", b"unknown");
    assert_eq!(done(store.get(unknown).await, "C3: get"), None, "C3: a value that is not there is None");
}

fn done<T>(result: Result<T, BackendError>, what: &str) -> T {
    result.unwrap_or_else(|error| panic!("{what} failed: {error:?}"))
}
