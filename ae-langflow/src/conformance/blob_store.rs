//! The checks that every [`BlobStore`] passes, one for each clause of its contract.

use ae_core::{
    Digest,
    conformance::{Ran, held, holds},
};

use crate::{host::Blob, temporal::BlobStore};

/// Runs every check on `store`, which may have other values.
pub async fn run_all(store: &dyn BlobStore) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", c1_a_value_comes_back_as_it_was_put(store)).await;
    ran.clause("C2", c2_a_value_is_put_again(store)).await;
    ran.clause("C3", c3_a_value_that_is_not_there_is_none(store)).await;
    ran
}

/// C1: texts of every kind come back, whatever else was put since.
pub async fn c1_a_value_comes_back_as_it_was_put(store: &dyn BlobStore) {
    let large = format!("\"{}\"", "x".repeat(1 << 20));
    let blobs = ["\"\"", "{\"a\":\"Ä 👍 \\u0000\"}", large.as_str()].map(Blob::new);
    for blob in &blobs {
        held("C1", store.put(blob.clone()).await);
    }
    for blob in &blobs {
        let found = held("C1", store.get(blob.digest).await);
        holds("C1", found.as_ref() == Some(&blob.text), "a value does not come back as it was put");
    }
}

/// C2: a value that is there already is put again without an error, and stays.
pub async fn c2_a_value_is_put_again(store: &dyn BlobStore) {
    let blob = Blob::new("\"c2\"");
    for _ in 0..3 {
        held("C2", store.put(blob.clone()).await);
        let found = held("C2", store.get(blob.digest).await);
        holds("C2", found.as_ref() == Some(&blob.text), "the value did not stay as it was");
    }
}

/// C3: a digest of nothing that was put is `None`.
pub async fn c3_a_value_that_is_not_there_is_none(store: &dyn BlobStore) {
    let found = held("C3", store.get(Digest::of_bytes("conformance", b"unknown")).await);
    holds("C3", found.is_none(), "a value comes back that was not put");
}
