//! The clauses of [`Sandbox`].
#![allow(clippy::panic, reason = "a failed check is a panic that names its clause")]

use ae_core::{
    ErrorKind,
    conformance::{Ran, held, holds, key, refused, same},
};

use super::{RunCommand, Sandbox, SandboxId, SandboxSpec};

/// Runs every clause. The sandbox has the programs `true`, `false` and `cat`.
pub async fn run_all(sandbox: &dyn Sandbox) -> Ran {
    let mut ran = Ran::default();
    ran.clause("C1", c1_creation_is_keyed(sandbox)).await;
    ran.clause("C2", c2_paths_stay_inside(sandbox)).await;
    ran.clause("C3", c3_files_are_kept(sandbox)).await;
    ran.clause("C4", c4_files_are_listed_sorted(sandbox)).await;
    ran.clause("C5", c5_exit_codes_are_outputs(sandbox)).await;
    ran.clause("C6", c6_sandboxes_are_apart(sandbox)).await;
    ran.clause("C7", c7_an_ended_sandbox_is_gone(sandbox)).await;
    ran.clause("C8", c8_files_are_bounded(sandbox)).await;
    ran
}

async fn fresh(sandbox: &dyn Sandbox, clause: &str) -> SandboxId {
    held(clause, sandbox.create(&key(clause, 0), &SandboxSpec::new()).await)
}

async fn c1_creation_is_keyed(sandbox: &dyn Sandbox) {
    let id = fresh(sandbox, "C1").await;
    assert!(held("C1", sandbox.list(&id).await).is_empty(), "C1: a new sandbox is empty");
    same("C1: the same key gives the same sandbox", &fresh(sandbox, "C1").await, &id);
    let other = SandboxSpec::new().with_variable("A", "1");
    refused("C1", sandbox.create(&key("C1", 0), &other).await, ErrorKind::Conflict);
}

async fn c2_paths_stay_inside(sandbox: &dyn Sandbox) {
    let id = fresh(sandbox, "C2").await;
    for path in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "."] {
        refused("C2", sandbox.write(&key("C2", 1), &id, path, b"x").await, ErrorKind::InvalidInput);
        refused("C2", sandbox.read(&id, path).await, ErrorKind::InvalidInput);
    }
    assert!(held("C2", sandbox.list(&id).await).is_empty(), "C2: nothing was written");
}

async fn c3_files_are_kept(sandbox: &dyn Sandbox) {
    let id = fresh(sandbox, "C3").await;
    let bytes: Vec<u8> = (0..=255).collect();
    for path in ["b/c.bin", "a.bin"] {
        held("C3", sandbox.write(&key("C3", 1), &id, path, &bytes).await);
        same("C3: byte for byte", &held("C3", sandbox.read(&id, path).await), &bytes);
    }
    refused("C3", sandbox.read(&id, "missing").await, ErrorKind::NotFound);
}

async fn c4_files_are_listed_sorted(sandbox: &dyn Sandbox) {
    let id = fresh(sandbox, "C4").await;
    for path in ["b/c.bin", "a.bin", "b/a.bin"] {
        held("C4", sandbox.write(&key("C4", 1), &id, path, b"x").await);
    }
    same("C4: every file, sorted", &held("C4", sandbox.list(&id).await), &["a.bin", "b/a.bin", "b/c.bin"]);
}

async fn c5_exit_codes_are_outputs(sandbox: &dyn Sandbox) {
    let id = fresh(sandbox, "C5").await;
    for (argv, code) in [(vec!["true"], 0), (vec!["false"], 1), (vec!["no-such-program"], 127)] {
        let output = held("C5", sandbox.run(&key("C5", 1), &id, &RunCommand::new(argv)).await);
        same("C5: the exit code", &output.exit_code, &code);
    }
    let echo = RunCommand::new(["cat"]).with_stdin(*b"0123456789").with_output_max(4);
    let output = held("C5", sandbox.run(&key("C5", 2), &id, &echo).await);
    same("C5: cut and said", &(output.stdout.as_slice(), output.truncated), &(&b"0123"[..], true));
}

async fn c6_sandboxes_are_apart(sandbox: &dyn Sandbox) {
    let one = held("C6", sandbox.create(&key("C6", 0), &SandboxSpec::new()).await);
    let two = held("C6", sandbox.create(&key("C6", 1), &SandboxSpec::new()).await);
    held("C6", sandbox.write(&key("C6", 2), &one, "a", b"x").await);
    refused("C6", sandbox.read(&two, "a").await, ErrorKind::NotFound);
    held("C6", sandbox.destroy(&key("C6", 3), &one).await);
    holds("C6", held("C6", sandbox.list(&two).await).is_empty(), "the other sandbox has files");
}

async fn c7_an_ended_sandbox_is_gone(sandbox: &dyn Sandbox) {
    let id = fresh(sandbox, "C7").await;
    for _ in 0..2 {
        held("C7", sandbox.destroy(&key("C7", 1), &id).await);
        refused("C7", sandbox.list(&id).await, ErrorKind::NotFound);
        let command = RunCommand::new(["true"]);
        refused("C7", sandbox.run(&key("C7", 2), &id, &command).await, ErrorKind::NotFound);
    }
}

async fn c8_files_are_bounded(sandbox: &dyn Sandbox) {
    let id = held("C8", sandbox.create(&key("C8", 0), &SandboxSpec::new().with_bytes_max(4)).await);
    held("C8", sandbox.write(&key("C8", 1), &id, "a", b"1234").await);
    refused("C8", sandbox.write(&key("C8", 2), &id, "a", b"12345").await, ErrorKind::QuotaExceeded);
    refused("C8", sandbox.write(&key("C8", 3), &id, "b", b"1").await, ErrorKind::QuotaExceeded);
    same("C8: what was there stays", &held("C8", sandbox.read(&id, "a").await), &b"1234");
}
