//! The clauses of [`Sandbox`].
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failed check is a panic that names its clause"
)]

use ae_core::ErrorKind;

use super::{RunCommand, Sandbox, SandboxId, SandboxSpec};
use crate::conformance::{Ran, held, key, refused};

/// Runs every clause. The sandbox has the programs `true`, `false`, `echo` and `cat`.
pub async fn run_all(sandbox: &dyn Sandbox) -> Ran {
    c1_creation_is_keyed(sandbox).await;
    c2_paths_stay_inside(sandbox).await;
    c3_c4_files_are_kept(sandbox).await;
    c5_exit_codes_are_outputs(sandbox).await;
    c6_c7_sandboxes_are_apart_and_end(sandbox).await;
    c8_files_are_bounded(sandbox).await;
    Ran { passed: vec!["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8"], skipped: Vec::new() }
}

async fn fresh(sandbox: &dyn Sandbox, clause: &'static str) -> SandboxId {
    held(clause, sandbox.create(&key(clause, 0), &SandboxSpec::new()).await)
}

/// C1.
pub async fn c1_creation_is_keyed(sandbox: &dyn Sandbox) {
    let id = fresh(sandbox, "C1").await;
    assert!(held("C1", sandbox.list(&id).await).is_empty(), "C1: a new sandbox is empty");
    assert_eq!(fresh(sandbox, "C1").await, id, "C1: the same key gives the same sandbox");
    let other = SandboxSpec::new().with_variable("A", "1");
    refused("C1", sandbox.create(&key("C1", 0), &other).await, ErrorKind::Conflict);
}

/// C2.
pub async fn c2_paths_stay_inside(sandbox: &dyn Sandbox) {
    let id = fresh(sandbox, "C2").await;
    for path in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "."] {
        refused("C2", sandbox.write(&key("C2", 1), &id, path, b"x").await, ErrorKind::InvalidInput);
        refused("C2", sandbox.read(&id, path).await, ErrorKind::InvalidInput);
    }
    assert!(held("C2", sandbox.list(&id).await).is_empty(), "C2: nothing was written");
}

/// C3 and C4.
pub async fn c3_c4_files_are_kept(sandbox: &dyn Sandbox) {
    let id = fresh(sandbox, "C3").await;
    let bytes: Vec<u8> = (0..=255).collect();
    for path in ["b/c.bin", "a.bin"] {
        held("C3", sandbox.write(&key("C3", 1), &id, path, &bytes).await);
        assert_eq!(held("C3", sandbox.read(&id, path).await), bytes, "C3: byte for byte");
    }
    refused("C3", sandbox.read(&id, "missing").await, ErrorKind::NotFound);
    assert_eq!(held("C4", sandbox.list(&id).await), ["a.bin", "b/c.bin"], "C4: sorted");
}

/// C5.
pub async fn c5_exit_codes_are_outputs(sandbox: &dyn Sandbox) {
    let id = fresh(sandbox, "C5").await;
    for (argv, code) in [(vec!["true"], 0), (vec!["false"], 1), (vec!["no-such-program"], 127)] {
        let output = held("C5", sandbox.run(&key("C5", 1), &id, &RunCommand::new(argv)).await);
        assert_eq!(output.exit_code, code, "C5: the exit code");
    }
    let echo = RunCommand::new(["cat"]).with_stdin(*b"0123456789").with_output_max(4);
    let output = held("C5", sandbox.run(&key("C5", 2), &id, &echo).await);
    assert_eq!((output.stdout.as_slice(), output.truncated), (&b"0123"[..], true), "C5: cut and said");
}

/// C6 and C7.
pub async fn c6_c7_sandboxes_are_apart_and_end(sandbox: &dyn Sandbox) {
    let (one, two) = (fresh(sandbox, "C6").await, fresh(sandbox, "C7").await);
    held("C6", sandbox.write(&key("C6", 1), &one, "a", b"x").await);
    refused("C6", sandbox.read(&two, "a").await, ErrorKind::NotFound);
    for _ in 0..2 {
        held("C7", sandbox.destroy(&key("C7", 1), &one).await);
        refused("C7", sandbox.list(&one).await, ErrorKind::NotFound);
        refused(
            "C7",
            sandbox.run(&key("C7", 2), &one, &RunCommand::new(["true"])).await,
            ErrorKind::NotFound,
        );
    }
    assert!(held("C6", sandbox.list(&two).await).is_empty(), "C6: the other one is there");
}

/// C8.
pub async fn c8_files_are_bounded(sandbox: &dyn Sandbox) {
    let id = held("C8", sandbox.create(&key("C8", 0), &SandboxSpec::new().with_bytes_max(4)).await);
    held("C8", sandbox.write(&key("C8", 1), &id, "a", b"1234").await);
    refused("C8", sandbox.write(&key("C8", 2), &id, "a", b"12345").await, ErrorKind::QuotaExceeded);
    refused("C8", sandbox.write(&key("C8", 3), &id, "b", b"1").await, ErrorKind::QuotaExceeded);
    assert_eq!(held("C8", sandbox.read(&id, "a").await), b"1234", "C8: what was there stays");
}
