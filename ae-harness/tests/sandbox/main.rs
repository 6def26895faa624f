//! The local sandbox as a backend of its port, by both kinds of confinement.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub
)]

mod commands;
mod files;
mod lives;

use std::path::{Path, PathBuf};

use ae_core::{Digest, IdempotencyKey, RunId, Runtime};
use ae_harness::{
    CommandOutput, LocalSandbox, RunCommand, Sandbox as _, SandboxExt as _, SandboxId, SandboxSpec,
    conformance, host::SandboxKind,
};

pub const LANDLOCK: [SandboxKind; 1] = [SandboxKind::Landlock];

pub fn bubblewrap() -> [SandboxKind; 1] {
    [SandboxKind::Bubblewrap("/usr/bin/bwrap".into())]
}

/// The example of this package calls `confined_child`; cargo builds it with the tests.
pub fn launcher() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap().join("examples/sandbox");
    assert!(
        program.exists(),
        "{} is missing: run `cargo test -p ae-harness --all-features`",
        program.display()
    );
    program
}

pub fn key(number: u32) -> IdempotencyKey {
    IdempotencyKey::derive(RunId::from_digest(&Digest::of_bytes("test", b"sandbox")), "s", "x", number)
}

pub fn open(folder: &Path, kinds: &[SandboxKind]) -> LocalSandbox {
    LocalSandbox::open_with(folder, launcher(), Runtime::system(), kinds).unwrap()
}

/// A sandbox of one kind.
#[derive(Debug)]
pub struct Site {
    pub state: tempfile::TempDir,
    pub sandbox: LocalSandbox,
    pub id: SandboxId,
}

impl Site {
    pub async fn new(kinds: &[SandboxKind], spec: SandboxSpec) -> Self {
        let state = tempfile::tempdir().unwrap();
        let sandbox = open(state.path(), kinds);
        let id = sandbox.create(&key(0), &spec).await.unwrap();
        Self { state, sandbox, id }
    }

    pub async fn run(&self, command: &RunCommand) -> CommandOutput {
        self.sandbox.run(&key(1), &self.id, command).await.unwrap()
    }

    pub async fn shell(&self, script: &str) -> CommandOutput {
        self.run(&RunCommand::new(["sh", "-c", script])).await
    }
}

/// A test for each kind.
#[macro_export]
macro_rules! for_each_kind {
    ($($name:ident: $test:expr;)*) => {
        mod bubblewrap {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { ($test)(&$crate::bubblewrap()).await })*
        }
        mod landlock {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { ($test)(&$crate::LANDLOCK).await })*
        }
    };
}

for_each_kind! {
    keeps_the_contract: super::contract;
}

async fn contract(kinds: &[SandboxKind]) {
    let state = tempfile::tempdir().unwrap();
    let ran = conformance::sandbox::run_all(&open(state.path(), kinds)).await;
    assert_eq!(ran.passed.len(), 12, "{ran:?}");
}
