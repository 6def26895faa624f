//! Runs the `ae` command in a data directory of its own.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// A data directory and the command that works in it.
pub struct Ae {
    folder: TempDir,
}

/// The outcome of a command.
#[derive(Debug)]
pub struct Finished {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    /// The one JSON object on standard output.
    pub fn json(&self) -> Value {
        assert_eq!(self.stdout.trim_end().lines().count(), 1, "exactly one object: {self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks the exit code.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

impl Ae {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A file beside the data directory.
    pub fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        command_in(&self.data(), args)
    }

    pub fn spawn(&self, args: &[&str]) -> Child {
        self.command(args).spawn().unwrap()
    }

    pub fn ae(&self, args: &[&str]) -> Finished {
        finish(self.spawn(args))
    }

    pub fn ae_with_input(&self, args: &[&str], input: &[u8]) -> Finished {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        finish(child)
    }

    /// A shell in a mount namespace of its own, where `$DISK` is an empty disk of 20 MB; `$DATA` is the data directory and
    /// `$AE` the command. Without the right to mount there is none, and the reason is printed.
    pub fn on_small_disk(&self, script: &str) -> Option<Command> {
        let disk = self.folder.path().join("disk");
        std::fs::create_dir_all(&disk).unwrap();
        let shell = |script: &str| {
            let mount = format!("mount -t tmpfs -o size=20m tmpfs \"$DISK\" && {script}");
            let mut command = Command::new("unshare");
            command
                .args(["-rm", "--pid", "--kill-child", "sh", "-c", &mount])
                .env("DISK", &disk)
                .env("DATA", self.data())
                .env("AE", env!("CARGO_BIN_EXE_ae"))
                .env_remove("AE_DATA_DIR")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            command
        };
        match shell("true").output() {
            Ok(tried) if tried.status.success() => Some(shell(script)),
            other => {
                eprintln!("skipped, since no disk can be mounted here: {other:?}");
                None
            }
        }
    }

    /// The main job on the sample, approved in advance.
    pub fn main_job(&self) -> Value {
        self.ae(&["run", INTENT, "--signals", "sample", "--yes", "--json"]).expect(0).json()
    }

    /// The main job on the sample, up to its first question.
    pub fn parked(&self) -> String {
        let parked = self.ae(&["run", INTENT, "--signals", "sample", "--json"]).expect(6).json();
        assert_eq!(parked["outcome"], "waiting_for_approval");
        parked["run_id"].as_str().unwrap().to_owned()
    }
}

pub const INTENT: &str = "Build a $500 MRR CSV tool";

pub fn command_in(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ae"));
    command
        .args(args)
        .arg("--data-dir")
        .arg(data)
        .env_remove("AE_DATA_DIR")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // A key of the developer's own would have models write the specs.
    for name in ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"] {
        command.env_remove(name);
    }
    command
}

pub fn finish(child: Child) -> Finished {
    let output = child.wait_with_output().unwrap();
    Finished {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Generated posts of the shape of real ones, a year old or less: older ones are no evidence for today.
pub fn posts(count: u64) -> Vec<u8> {
    let mut csv = Vec::new();
    crate::make_signals::write_posts(&mut csv, count, last_year()).unwrap();
    csv
}

/// The year before this one.
pub fn last_year() -> u16 {
    let now = ae_core::Runtime::system().now().to_string();
    now[..4].parse::<u16>().unwrap() - 1
}
