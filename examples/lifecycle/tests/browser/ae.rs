//! The `ae` program and the server that it starts.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
};

use serde_json::Value;

/// A data directory with its programs.
#[derive(Debug)]
pub struct Ae {
    pub folder: tempfile::TempDir,
    port: u16,
    server: Option<Child>,
    /// Variables of every command.
    variables: Vec<(String, String)>,
}

impl Ae {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            port: two_free_ports(),
            server: None,
            variables: Vec::new(),
        }
    }

    /// Sets a variable of every command from here on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ae"));
        command.envs(self.variables.clone());
        command.args(arguments).arg("--data-dir").arg(self.path("data")).stdin(Stdio::null());
        command
    }

    /// Runs a command and returns its JSON object.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments).arg("--json").output().unwrap();
        let (text, errors) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {}\n{text}\n{errors}", output.status);
        serde_json::from_str(&text).unwrap()
    }

    /// `ae run` to its end, with approvals given.
    pub fn run(&self, intent: &str, more: &[&str]) -> Value {
        let address = format!("127.0.0.1:{}", self.port);
        let arguments =
            [&["run", intent, "--signals", "sample", "--yes", "--no-serve", "--addr", &address], more]
                .concat();
        self.json(&arguments)
    }

    /// Starts the server, and waits until it listens.
    pub fn serve(&mut self) {
        let (address, operator) = (format!("127.0.0.1:{}", self.port), self.operator());
        let operator = operator.trim_start_matches("http://");
        let arguments = ["serve", "--addr", &address, "--operator-addr", operator];
        let mut child =
            self.command(&arguments).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        while std::net::TcpStream::connect(&address).is_err() {
            if let Some(status) = child.try_wait().unwrap() {
                said.extend(lines.by_ref().map_while(Result::ok));
                panic!("the server ended: {status} {said}");
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        // The rest of its remarks is read, so that it is never held up.
        std::thread::spawn(move || lines.for_each(drop));
        self.server = Some(child);
    }

    /// The address of the pay pages and of the index.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The address of the operator's pages.
    pub fn operator(&self) -> String {
        format!("http://127.0.0.1:{}", self.port + 1)
    }
}

impl Drop for Ae {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// The first of two ports in a row that are free. They lie below those that connections of this machine take for
/// themselves, so that none takes them before the server does.
fn two_free_ports() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 5_000).unwrap();
    loop {
        let first = 20_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 5_000 * 2;
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(first) && free(first + 1) {
            return first;
        }
    }
}

/// The text of axe-core, where it is installed.
pub fn axe() -> Option<String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(workspace.join("target/axe/node_modules/axe-core/axe.min.js")).ok()
}

/// Says why a test is skipped, or fails where nothing may be skipped.
pub fn skip(what: &str) {
    assert!(std::env::var_os("AE_REQUIRE_SERVICES").is_none(), "{what} is not installed");
    eprintln!("skipped: {what} is not installed");
}
