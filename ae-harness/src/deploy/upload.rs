//! Sending the files that a host lacks, a few at a time.

use std::{collections::BTreeSet, future::Future};

use ae_core::{BackendError, ErrorKind};
use tokio::task::{JoinError, JoinSet};

use super::manifest::{FileManifest, ManifestFile};

/// The uploads at the same moment, and the bytes that they hold together, unless one file has more.
const UPLOADS: usize = 4;
const BYTES_MAX: u64 = 16 << 20;

/// Sends the content of each digest in `missing` once; `send` makes the call for a file and its content.
///
/// # Errors
///
/// `Protocol` when the host asks for what the release does not have, `Conflict` when a file changed, and those of `send`.
pub(super) async fn upload<F>(
    backend: &'static str,
    manifest: &FileManifest<'_>,
    missing: &[String],
    send: impl Fn(&ManifestFile, Vec<u8>) -> Result<F, BackendError>,
) -> Result<(), BackendError>
where
    F: Future<Output = Result<(), BackendError>> + Send + 'static,
{
    let mut running: JoinSet<Result<u64, BackendError>> = JoinSet::new();
    let mut held: u64 = 0;
    for sha1 in missing.iter().collect::<BTreeSet<_>>() {
        let Some(file) = manifest.of_digest(sha1) else {
            let message = "the host asks for a file that the site does not have: nothing is published";
            return Err(BackendError::new(ErrorKind::Protocol, backend, "deploy", message));
        };
        let bytes = file.bytes;
        while running.len() >= UPLOADS || (held > 0 && held.saturating_add(bytes) > BYTES_MAX) {
            held = held.saturating_sub(joined(backend, running.join_next().await)?);
        }
        let sending = send(file, manifest.read(file)?)?;
        running.spawn(async move { sending.await.map(|()| bytes) });
        held = held.saturating_add(bytes);
    }
    while !running.is_empty() {
        joined(backend, running.join_next().await)?;
    }
    Ok(())
}

/// The size of an upload that ended.
fn joined(
    backend: &'static str,
    ended: Option<Result<Result<u64, BackendError>, JoinError>>,
) -> Result<u64, BackendError> {
    match ended {
        None => Ok(0),
        Some(Ok(sent)) => sent,
        Some(Err(_)) => {
            let message = "the runtime is shutting down";
            Err(BackendError::new(ErrorKind::Cancelled, backend, "deploy", message))
        }
    }
}
