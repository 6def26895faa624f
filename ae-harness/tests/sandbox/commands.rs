//! Commands: time, space, signals, streams.

use std::time::Duration;

use ae_harness::{
    CommandEnd, CommandSignal, OutputChunk, RunCommand, Sandbox as _, SandboxSpec, host::SandboxKind,
};

use crate::{Site, key};

crate::for_each_kind! {
    a_late_command_gives_what_it_printed: super::late;
    files_are_measured: super::full;
    signals_arrive: super::signals;
    output_of_any_size_arrives: super::large;
    a_command_has_its_folder_and_variables: super::own;
    dropping_ends_the_command: super::dropped;
    nothing_outlives_a_command: super::daemon;
}

async fn late(kinds: &[SandboxKind]) {
    let site = Site::new(kinds, SandboxSpec::new()).await;
    let command = RunCommand::new(["sh", "-c", "echo one; echo two >&2; exec sleep 600"]);
    let output = site.run(&command.with_timeout(Duration::from_secs(2))).await;
    assert_eq!(output.end, CommandEnd::TimedOut);
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"one\n"[..], &b"two\n"[..]));
}

async fn full(kinds: &[SandboxKind]) {
    let site = Site::new(kinds, SandboxSpec::new().with_bytes_max(3_000_000)).await;
    let fill = "for n in 1 2 3 4 5 6; do head -c 1000000 /dev/zero > f$n; done; echo full; exec sleep 600";
    let output = site.shell(fill).await;
    assert_eq!((output.end, output.stdout.as_slice()), (CommandEnd::Limited, &b"full\n"[..]));
}

async fn signals(kinds: &[SandboxKind]) {
    let site = Site::new(kinds, SandboxSpec::new()).await;
    // The shell would report the end of its `sleep`, which gets the signal too.
    let script =
        "exec 2> /dev/null; trap 'echo caught; exit 5' TERM; echo ready; while :; do sleep 0.05; done";
    let command = RunCommand::new(["sh", "-c", script]);
    let mut process = site.sandbox.spawn(&key(1), &site.id, &command).await.unwrap();
    assert_eq!(process.next().await.unwrap(), Some(OutputChunk::Stdout(b"ready\n".to_vec())));
    process.signal(CommandSignal::Terminate).await.unwrap();
    assert_eq!(process.next().await.unwrap(), Some(OutputChunk::Stdout(b"caught\n".to_vec())));
    assert_eq!(process.next().await.unwrap(), None);
    assert_eq!(process.wait().await.unwrap(), CommandEnd::Exited(5));
    // One that does not catch it.
    let command = RunCommand::new(["sh", "-c", "echo ready; exec sleep 600"]);
    let mut process = site.sandbox.spawn(&key(1), &site.id, &command).await.unwrap();
    process.next().await.unwrap();
    process.signal(CommandSignal::Interrupt).await.unwrap();
    assert_eq!(process.wait().await.unwrap(), CommandEnd::Signalled(2));
}

async fn large(kinds: &[SandboxKind]) {
    let site = Site::new(kinds, SandboxSpec::new()).await;
    let script =
        "head -c 3000000 /dev/zero | tr '\\0' x; head -c 1000000 /dev/zero | tr '\\0' y >&2; exit 144";
    let output = site.run(&RunCommand::new(["sh", "-c", script]).with_output_max(5_000_000)).await;
    assert_eq!(output.end, CommandEnd::Exited(144));
    assert_eq!((output.stdout.len(), output.stderr.len()), (3_000_000, 1_000_000));
    let echo = RunCommand::new(["cat"]).with_stdin(vec![b'z'; 2_000_000]).with_output_max(5_000_000);
    assert_eq!(site.run(&echo).await.stdout.len(), 2_000_000);
    // Input that is not read.
    let output = site.run(&RunCommand::new(["true"]).with_stdin(vec![b'z'; 2_000_000])).await;
    assert_eq!(output.end, CommandEnd::Exited(0));
}

async fn own(kinds: &[SandboxKind]) {
    let site = Site::new(kinds, SandboxSpec::new()).await;
    site.sandbox.write(&key(1), &site.id, "inner/file", b"x").await.unwrap();
    let command =
        RunCommand::new(["sh", "-c", "basename $PWD; echo $NAME; echo x > $TMPDIR/x && cat $TMPDIR/x"])
            .with_folder("inner")
            .with_variable("NAME", "value");
    let output = site.run(&command).await;
    assert_eq!(output.stdout, b"inner\nvalue\nx\n", "{}", String::from_utf8_lossy(&output.stderr));
    let missing = site.run(&RunCommand::new(["true"]).with_folder("missing")).await;
    assert!(!missing.end.succeeded());
    let refused =
        site.sandbox.spawn(&key(1), &site.id, &RunCommand::new(["true"]).with_folder("../..")).await;
    assert_eq!(refused.unwrap_err().kind(), ae_core::ErrorKind::InvalidInput);
    // Variables of the loader reach the command, and neither the launcher nor bubblewrap.
    let command = RunCommand::new(["true"]).with_variable("LD_TRACE_LOADED_OBJECTS", "1");
    let output = site.run(&command).await;
    let traced = String::from_utf8_lossy(&output.stdout);
    assert!(
        traced.contains("libc.so") && !traced.contains("libgcc_s") && !traced.contains("libcap"),
        "{traced}"
    );
}

async fn dropped(kinds: &[SandboxKind]) {
    let site = Site::new(kinds, SandboxSpec::new()).await;
    let script = "echo ready; while :; do date +%N > now; sleep 0.02; done";
    let mut process =
        site.sandbox.spawn(&key(1), &site.id, &RunCommand::new(["sh", "-c", script])).await.unwrap();
    process.next().await.unwrap();
    drop(process);
    // The sandbox ends all commands before it is gone, so this waits for the end of that one.
    site.sandbox.destroy(&key(2), &site.id).await.unwrap();
    assert!(!site.state.path().join(site.id.as_str()).exists());
}

async fn daemon(kinds: &[SandboxKind]) {
    let site = Site::new(kinds, SandboxSpec::new()).await;
    let script = "setsid sh -c 'while :; do date +%N > now; sleep 0.02; done' > /dev/null 2>&1 < /dev/null & \
                  while [ ! -s now ]; do sleep 0.02; done";
    assert_eq!(site.shell(script).await.end, CommandEnd::Exited(0));
    let before = site.sandbox.read(&site.id, "now").await.unwrap();
    // The daemon would have written some ten times meanwhile.
    assert_eq!(site.shell("sleep 0.3").await.end, CommandEnd::Exited(0));
    assert_eq!(site.sandbox.read(&site.id, "now").await.unwrap(), before);
}
