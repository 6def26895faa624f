//! Measures the supervisor of coding agents: its time over that of the bare program, and the speed and memory at which it
//! reads 100 MB of output. The agent is a shell script that plays Claude Code.
//!
//! ```sh
//! cargo run --release --example supervise --features claude
//! ```
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program that measures")]

use std::{
    error::Error,
    fs::{self, Permissions},
    io::{BufWriter, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use ae_harness::{
    AgentEvent, AgentLimits, AgentRequest, Claude, CliAgent, CliProvider as _, HostEnv, SandboxUse,
    core::{Cancel, Clock as _, Digest, IdempotencyKey, RunId, Runtime, SystemClock},
};

const STARTS: u32 = 50;
const BYTES: usize = 100_000_000;

const PROGRAM: &str = "#!/bin/sh
[ \"$1\" = --version ] && { echo '2.1.330 (Claude Code)'; exit; }
exec cat \"$AE_RECORDING\"
";
const RESULT: &str = r#"{"type":"result","subtype":"success","is_error":false,"result":"done","num_turns":1,"session_id":"s"}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("ae-supervise-{}", std::process::id()));
    fs::create_dir_all(folder.join("workspace"))?;
    let result = measure(&folder).await;
    fs::remove_dir_all(&folder)?;
    result
}

async fn measure(folder: &Path) -> Result<(), Box<dyn Error>> {
    let (program, short, long) = (folder.join("claude"), folder.join("short"), folder.join("long"));
    fs::write(&program, PROGRAM)?;
    fs::set_permissions(&program, Permissions::from_mode(0o755))?;
    fs::write(&short, format!("{RESULT}\n"))?;
    let text = "A piece of a text of the usual length. ".repeat(3);
    let line = format!(
        r#"{{"type":"stream_event","event":{{"type":"content_block_delta","delta":{{"type":"text_delta","text":"{text}"}}}}}}"#
    );
    let mut file = BufWriter::new(fs::File::create(&long)?);
    let lines = BYTES / (line.len() + 1);
    for _ in 0..lines {
        writeln!(file, "{line}")?;
    }
    writeln!(file, "{RESULT}")?;
    file.into_inner()?;

    let bare = fastest(|| {
        let status = Command::new(&program).env("AE_RECORDING", &short).stdout(Stdio::null()).status()?;
        assert!(status.success());
        Ok(())
    })?;
    let mut supervised = Duration::MAX;
    for number in 0..STARTS {
        supervised = supervised.min(run(folder, &short, number).await?.0);
    }
    println!(
        "a start: bare {bare:.1?}, supervised {supervised:.1?}, {:.1?} more",
        supervised.saturating_sub(bare)
    );

    let before = memory()?;
    let (time, events) = run(folder, &long, STARTS).await?;
    let most = memory()?;
    let rate = BYTES as f64 / 1e6 / time.as_secs_f64();
    println!(
        "100 MB in {lines} lines: {time:.0?}, {rate:.0} MB/s, {events} events, {} KiB more at the most",
        most - before
    );
    Ok(())
}

fn fastest(mut work: impl FnMut() -> std::io::Result<()>) -> std::io::Result<Duration> {
    let mut fastest = Duration::MAX;
    for _ in 0..STARTS {
        let begun = SystemClock.monotonic();
        work()?;
        fastest = fastest.min(SystemClock.monotonic().saturating_sub(begun));
    }
    Ok(fastest)
}

async fn run(folder: &Path, recording: &Path, number: u32) -> Result<(Duration, u64), Box<dyn Error>> {
    let host = HostEnv::new(format!("{}:/usr/bin:/bin", folder.display()))
        .with_variable("AE_RECORDING", recording.display().to_string());
    let agent = CliAgent::new(Claude::new(), host, folder.join("state"), Runtime::system());
    agent.check().await?;
    let request = AgentRequest::new(folder.join("workspace"), "Measure.")
        .with_sandbox(SandboxUse::Off)
        .with_environment(vec!["AE_RECORDING".to_owned()])
        .with_limits(AgentLimits::new());
    let run = RunId::from_digest(&Digest::of_bytes("example", b"supervise"));
    let key = IdempotencyKey::derive(run, "measure", "execute", number);
    let events = AtomicU64::new(0);
    let count = |_: AgentEvent| {
        events.fetch_add(1, Ordering::Relaxed);
    };
    let begun = SystemClock.monotonic();
    let report = agent.execute(&key, &request, &count, &Cancel::new()).await?;
    let time = SystemClock.monotonic().saturating_sub(begun);
    assert!(report.succeeded(), "{report:?}");
    Ok((time, events.into_inner()))
}

/// The most memory that this process has had, in KiB.
fn memory() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
