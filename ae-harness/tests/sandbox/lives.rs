//! Sandboxes over time: found again, ended.

use std::{fs, process::Command};

use ae_core::{ErrorKind, Runtime};
use ae_harness::{
    CommandEnd, LocalSandbox, RunCommand, Sandbox as _, SandboxExt as _, SandboxSpec, host::SandboxKind,
};

use crate::{LANDLOCK, Site, key, open};

crate::for_each_kind! {
    a_sandbox_is_found_after_a_restart: super::restart;
    destroying_ends_commands: super::destroyed;
}

async fn restart(kinds: &[SandboxKind]) {
    let spec = SandboxSpec::new().with_variable("NAME", "value");
    let site = Site::new(kinds, spec.clone()).await;
    site.sandbox.write(&key(1), &site.id, "file", b"kept").await.unwrap();
    let again = open(site.state.path(), kinds);
    again.attach(&site.id).await.unwrap();
    assert_eq!(again.create(&key(0), &spec).await.unwrap(), site.id);
    let output =
        again.run(&key(1), &site.id, &RunCommand::new(["sh", "-c", "cat file; echo $NAME"])).await.unwrap();
    assert_eq!(output.stdout, b"keptvalue\n");
    let other = again.create(&key(0), &SandboxSpec::new()).await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Conflict);
}

async fn destroyed(kinds: &[SandboxKind]) {
    let site = Site::new(kinds, SandboxSpec::new()).await;
    let command = RunCommand::new(["sh", "-c", "echo ready; exec sleep 600"]);
    let mut process = site.sandbox.spawn(&key(1), &site.id, &command).await.unwrap();
    process.next().await.unwrap();
    site.sandbox.destroy(&key(2), &site.id).await.unwrap();
    assert_eq!(process.wait().await.unwrap(), CommandEnd::Signalled(9));
}

/// A host that was killed leaves a note, and by Landlock possibly a process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_host_has_left_is_ended() {
    let site = Site::new(&LANDLOCK, SandboxSpec::new()).await;
    let mark = format!("{}-left", site.id);
    fs::write(site.state.path().join(site.id.as_str()).join("runs").join(&mark), "").unwrap();
    let mut left = Command::new("/bin/sleep").arg("600").env("AE_RUN_ID", &mark).spawn().unwrap();
    open(site.state.path(), &LANDLOCK).attach(&site.id).await.unwrap();
    assert!(!left.wait().unwrap().success());
}

#[tokio::test]
async fn a_machine_without_means_says_so() {
    let state = tempfile::tempdir().unwrap();
    let open = |launcher: &str, kinds: &[SandboxKind]| {
        LocalSandbox::open_with(state.path(), launcher, Runtime::system(), kinds).unwrap_err()
    };
    let missing = open("/bin/true", &[SandboxKind::Bubblewrap("/nowhere/bwrap".into())]);
    assert_eq!(missing.kind(), ErrorKind::Unsupported);
    assert!(missing.message().contains("install the package"), "{missing}");
    let deaf = open("/bin/true", &LANDLOCK);
    assert!(deaf.message().contains("confined_child"), "{deaf}");
}
