//! Shared helpers of the tests.

use std::{future::Future, path::PathBuf};

use ae_core::{
    Currency, Digest, IdempotencyKey, ManualClock, ManualSleeper, Money, RunId, Runtime, SeededIds,
};
use tempfile::TempDir;

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub fn clock() -> ManualClock {
    ManualClock::at("2026-01-02T03:04:05Z".parse().unwrap())
}

pub fn runtime(clock: &ManualClock) -> Runtime {
    Runtime::new(clock.clone(), ManualSleeper::new(clock.clone()), SeededIds::new(1))
}

/// A runtime for several handles at once: its ids are unique and its pauses real.
pub fn shared_runtime() -> Runtime {
    Runtime::new(clock(), ae_core::SystemSleeper, SeededIds::new(2))
}

pub fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

pub fn cents(cents: i64) -> Money {
    Money::from_minor(cents, 2, Currency::USD).unwrap()
}

pub fn digest(label: &str) -> Digest {
    Digest::of_bytes("test", label.as_bytes())
}

pub fn run(label: &str) -> RunId {
    RunId::from_digest(&digest(label))
}

pub fn key(sequence: u32) -> IdempotencyKey {
    IdempotencyKey::derive(run("run"), "test", "effect", sequence)
}

/// A file in a folder of its own, which lives as long as this.
pub struct TempFile {
    folder: TempDir,
}

impl TempFile {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("file")
    }
}

/// Replaces the file at `path`, and returns once its time of change is another one.
pub fn overwrite(path: &std::path::Path, bytes: &[u8]) {
    let changed = || std::fs::metadata(path).ok().map(|metadata| stamp(&metadata));
    let before = changed();
    loop {
        std::fs::write(path, bytes).unwrap();
        if changed() != before {
            return;
        }
    }
}

#[cfg(unix)]
fn stamp(metadata: &std::fs::Metadata) -> (i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn stamp(metadata: &std::fs::Metadata) -> std::time::SystemTime {
    metadata.modified().unwrap()
}
