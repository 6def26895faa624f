//! Runs a command on the current folder in the local sandbox, on Linux:
//!
//! ```sh
//! cargo run --features sandbox --example sandbox -- python3 -c 'print(6 * 7)'
//! ```
//!
//! `--bench` prints how long a start takes by each kind of confinement instead.
#![cfg_attr(
    target_os = "linux",
    allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")
)]

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    // First of all: this program is the launcher of its own sandboxes.
    ae_harness::confined_child();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [] => Err("usage: sandbox PROGRAM [ARGUMENT…] | sandbox --bench".into()),
        [one] if one == "--bench" => linux::bench().map(|()| 0),
        command => linux::run(command),
    };
    match done {
        Ok(code) => std::process::ExitCode::from(code),
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::from(125)
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{env::current_exe, error::Error, path::Path};

    use ae_harness::{
        LocalSandbox, RunCommand, Sandbox as _, SandboxExt as _, SandboxSpec,
        core::{Clock as _, Digest, IdempotencyKey, RunId, Runtime, SystemClock},
        host::SandboxKind,
    };

    fn key(number: u32) -> IdempotencyKey {
        IdempotencyKey::derive(
            RunId::from_digest(&Digest::of_bytes("example", b"sandbox")),
            "run",
            "sandbox",
            number,
        )
    }

    #[tokio::main]
    pub(super) async fn run(command: &[String]) -> Result<u8, Box<dyn Error>> {
        let state = tempfile::tempdir()?;
        let sandbox = LocalSandbox::open(state.path(), current_exe()?, Runtime::system())?;
        let spec = SandboxSpec::new().with_folder(std::env::current_dir()?).with_bytes_max(1 << 30);
        let id = sandbox.create(&key(0), &spec).await?;
        let output = sandbox.run(&key(1), &id, &RunCommand::new(command)).await?;
        print!("{}", String::from_utf8_lossy(&output.stdout));
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        Ok(output.end.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
    }

    #[tokio::main]
    pub(super) async fn bench() -> Result<(), Box<dyn Error>> {
        for kind in [SandboxKind::Bubblewrap("/usr/bin/bwrap".into()), SandboxKind::Landlock] {
            let state = tempfile::tempdir()?;
            match measure(&kind, state.path()).await {
                Ok((best, median)) => {
                    println!(
                        "{}: a start takes {median:.1} ms at the median, {best:.1} ms at best",
                        kind.name()
                    );
                }
                Err(error) => println!("{}: {error}", kind.name()),
            }
        }
        Ok(())
    }

    /// The milliseconds from the call to the command's end, at best and at the median, of 50.
    async fn measure(kind: &SandboxKind, state: &Path) -> Result<(f64, f64), Box<dyn Error>> {
        let sandbox =
            LocalSandbox::open_with(state, current_exe()?, Runtime::system(), std::slice::from_ref(kind))?;
        let id = sandbox.create(&key(0), &SandboxSpec::new()).await?;
        let mut times = Vec::new();
        for number in 0..50 {
            let from = SystemClock.monotonic();
            sandbox.run(&key(number + 1), &id, &RunCommand::new(["true"])).await?;
            times.push((SystemClock.monotonic() - from).as_secs_f64() * 1_000.0);
        }
        times.sort_by(f64::total_cmp);
        Ok((times.first().copied().unwrap_or_default(), times.get(25).copied().unwrap_or_default()))
    }
}
