//! The proxy as a process, and plain requests to it.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A proxy that runs.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// The address and the port.
    pub address: String,
    /// Held for the file of keys.
    _folder: TempDir,
}

fn program() -> PathBuf {
    // target/debug/deps/proxy-1234 → target/debug/examples/proxy
    let own = std::env::current_exe().unwrap();
    let folder = own.ancestors().nth(2).unwrap().join("examples");
    let program = folder.join(format!("proxy{}", std::env::consts::EXE_SUFFIX));
    let built = "build it first: cargo build -p ae-router --all-features --example proxy";
    assert!(program.is_file(), "{} is missing; {built}", program.display());
    program
}

/// The callers of these tests.
pub fn keys() -> Value {
    let entry = |name: &str, budget: &str, fields: Value| {
        let key = format!("{name}-key");
        let mut entry = json!({ "name": name, "budget_usd": budget, "sha256": hex(&Sha256::digest(key)) });
        entry.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        entry
    };
    json!({ "keys": [
        entry("good", "100", json!({ "metrics": true })),
        entry("poor", "0.00001", json!({})),
        entry("small", "1", json!({ "models": ["lab"] })),
        entry("tight", "0.02", json!({})),
        entry("tier", "1", json!({ "tiers": ["TIER1"] })),
    ] })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Process {
    /// Starts a proxy over a vendor at `vendor`.
    pub fn start(vendor: &str, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys_file = folder.path().join("keys.json");
        std::fs::write(&keys_file, keys().to_string()).unwrap();
        let v1 = format!("{vendor}/v1");
        let mut command = Command::new(program());
        command
            .env_clear()
            .envs([("ANTHROPIC_API_KEY", "a"), ("OPENAI_API_KEY", "o"), ("GEMINI_API_KEY", "g")])
            .args(["--listen", "127.0.0.1:0", "--anthropic-url", vendor, "--openai-url", &v1])
            .args(["--gemini-url", vendor])
            .args(["--local", &format!("lab={v1},lab,lab-429,lab-500,lab-503")])
            .args(["--local", &format!("broke={v1},lab-broke")]);
        if !more.contains(&"--budget") {
            command.arg("--keys").arg(&keys_file);
        }
        let mut child = command.args(more).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("listening on http://").and_then(|rest| rest.strip_suffix("/v1"));
        let address = address.unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { child, address, _folder: folder }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Asks it to stop, and waits until it has.
    #[cfg(unix)]
    pub fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }

    /// Sends a request; `fields` are further lines of its head.
    pub async fn send(&self, head: &str, fields: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let length = body.len();
        let request = format!(
            "{head} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {length}\r\n{fields}\r\n{body}",
            self.address
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let reading = stream.read_to_string(&mut answer);
        tokio::time::timeout(Duration::from_secs(30), reading).await.unwrap().unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer)
    }

    /// A call of Chat Completions.
    pub async fn chat(&self, key: &str, body: &Value) -> (u16, String) {
        let fields = format!("authorization: Bearer {key}\r\n");
        self.send("POST /v1/chat/completions", &fields, &body.to_string()).await
    }

    pub async fn metrics(&self) -> String {
        self.send("GET /metrics", "authorization: Bearer good-key\r\n", "").await.1
    }

    /// Waits for a line of the metrics.
    pub async fn metric(&self, line: &str) {
        let wait = async {
            while !self.metrics().await.lines().any(|one| one == line) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(30), wait).await.is_err() {
            panic!("{line} is not in\n{}", self.metrics().await);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The folder of this workspace's own tools.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target")
}
