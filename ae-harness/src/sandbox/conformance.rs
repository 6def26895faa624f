//! The clauses of [`Sandbox`].
#![allow(clippy::panic, reason = "a failed check is a panic that names its clause")]

use ae_core::{
    ErrorKind,
    conformance::{Ran, held, holds, key, refused, same},
};

use super::{
    CommandEnd, CommandSignal, OutputChunk, RunCommand, Sandbox, SandboxExt as _, SandboxId, SandboxSpec,
};

/// Runs every clause. The sandbox has the programs `true`, `false`, `cat` and `printenv`.
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
    ran.clause("C9", c9_commands_see_their_environment(sandbox)).await;
    ran.clause("C10", c10_a_sandbox_is_found_again(sandbox)).await;
    ran.clause("C11", c11_a_process_ends_once(sandbox)).await;
    ran.clause("C12", c12_missing_abilities_are_unsupported(sandbox)).await;
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
        same("C5: the exit code", &output.end, &CommandEnd::Exited(code));
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

async fn c9_commands_see_their_environment(sandbox: &dyn Sandbox) {
    let spec = SandboxSpec::new().with_variable("ONE", "1").with_variable("TWO", "2");
    let id = held("C9", sandbox.create(&key("C9", 0), &spec).await);
    for (name, expected) in [("ONE", "1\n"), ("TWO", "3\n")] {
        let command = RunCommand::new(["printenv", name]).with_variable("TWO", "3");
        let output = held("C9", sandbox.run(&key("C9", 1), &id, &command).await);
        same("C9: the value", &String::from_utf8_lossy(&output.stdout).as_ref(), &expected);
    }
    let host = held(
        "C9",
        sandbox.run(&key("C9", 2), &id, &RunCommand::new(["printenv", "CARGO_MANIFEST_DIR"])).await,
    );
    holds("C9", host.stdout.is_empty(), "a variable of the host is seen");
}

async fn c10_a_sandbox_is_found_again(sandbox: &dyn Sandbox) {
    let id = fresh(sandbox, "C10").await;
    held("C10", sandbox.attach(&id).await);
    held("C10", sandbox.destroy(&key("C10", 1), &id).await);
    refused("C10", sandbox.attach(&id).await, ErrorKind::NotFound);
    let unknown = held("C10", "never-given".parse::<SandboxId>());
    refused("C10", sandbox.attach(&unknown).await, ErrorKind::NotFound);
}

async fn c11_a_process_ends_once(sandbox: &dyn Sandbox) {
    let id = fresh(sandbox, "C11").await;
    let command = RunCommand::new(["cat"]).with_stdin(*b"one ").with_open_stdin();
    let mut process = held("C11", sandbox.spawn(&key("C11", 1), &id, &command).await);
    held("C11", process.write(b"two").await);
    held("C11", process.close_stdin().await);
    let mut read = Vec::new();
    while let Some(OutputChunk::Stdout(bytes)) = held("C11", process.next().await) {
        read.extend(bytes);
    }
    same("C11: the output in order", &read.as_slice(), &&b"one two"[..]);
    for _ in 0..2 {
        same("C11: the end", &held("C11", process.wait().await), &CommandEnd::Exited(0));
    }
    let mut process = held("C11", sandbox.spawn(&key("C11", 2), &id, &command).await);
    held("C11", process.signal(CommandSignal::Kill).await);
    same("C11: killed", &held("C11", process.wait().await), &CommandEnd::Signalled(9));
}

async fn c12_missing_abilities_are_unsupported(sandbox: &dyn Sandbox) {
    let info = sandbox.info();
    if !info.binds_folders {
        let spec = SandboxSpec::new().with_folder("/");
        refused("C12", sandbox.create(&key("C12", 0), &spec).await, ErrorKind::Unsupported);
    }
    let id = held("C12", sandbox.create(&key("C12", 1), &SandboxSpec::new()).await);
    let extended = sandbox.extend(&key("C12", 2), &id, std::time::Duration::from_secs(60)).await;
    if info.extends {
        held("C12", extended);
    } else {
        refused("C12", extended, ErrorKind::Unsupported);
    }
}
