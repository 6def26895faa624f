//! Functions: one Node process a deployment, with the variables of its project and nothing else of this machine.

use std::{collections::BTreeMap, fs, io, process::Stdio, sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Mutex,
};

use crate::server::{Reply, Seen};

/// The program that reads requests from its input and writes answers, a line each.
const RUNNER: &str = include_str!("runner.mjs");
/// The time that a function has.
const WITHIN: Duration = Duration::from_secs(60);

/// A deployment with its content.
#[derive(Debug)]
pub(super) struct Release {
    pub(super) id: String,
    pub(super) is_production: bool,
    pub(super) files: BTreeMap<String, Bytes>,
    pub(super) variables: BTreeMap<String, String>,
}

impl Release {
    pub(super) fn file(&self, path: &str) -> Option<&Bytes> {
        self.files.get(path)
    }

    /// The module that answers at `path`, if one does.
    pub(super) fn function(&self, path: &str) -> Option<String> {
        path.strip_prefix("api/")?;
        [".mjs", ".js"]
            .map(|end| format!("{path}{end}"))
            .into_iter()
            .find(|name| self.files.contains_key(name))
    }
}

/// The processes that run, by deployment.
#[derive(Debug, Default)]
pub(super) struct Functions(Mutex<BTreeMap<String, Arc<Mutex<Running>>>>);

#[derive(Debug)]
struct Running {
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _folder: TempDir,
}

impl Functions {
    /// The answer of a function.
    pub(super) async fn call(&self, release: &Release, module: &str, host: &str, request: &Seen) -> Reply {
        let failed = |why: &str| {
            Reply::new(500, "text/plain", format!("FUNCTION_INVOCATION_FAILED (simulator): {why}\n"))
        };
        let running = {
            let mut all = self.0.lock().await;
            match all.get(&release.id) {
                Some(running) => Arc::clone(running),
                None => match Running::start(release, host) {
                    Ok(started) => {
                        let started = Arc::new(Mutex::new(started));
                        all.insert(release.id.clone(), Arc::clone(&started));
                        started
                    }
                    Err(error) => return failed(&format!("node does not start: {error}")),
                },
            }
        };
        let answered = async { running.lock().await.ask(module, host, request).await };
        match tokio::time::timeout(WITHIN, answered).await {
            Ok(Ok(reply)) => reply,
            ended => {
                self.0.lock().await.remove(&release.id);
                failed(if ended.is_err() { "it takes too long" } else { "its process ended" })
            }
        }
    }
}

impl Running {
    fn start(release: &Release, host: &str) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        for (path, content) in &release.files {
            let file = folder.path().join(path);
            file.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(file, content)?;
        }
        let runner = folder.path().join(".runner.mjs");
        fs::write(&runner, RUNNER)?;
        let mut child = Command::new("node")
            .arg(runner)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(&release.variables)
            .envs([("VERCEL", "1"), ("VERCEL_URL", host)])
            .env("VERCEL_ENV", if release.is_production { "production" } else { "preview" })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("it has no pipes"));
        };
        Ok(Self { _child: child, input, output: BufReader::new(output).lines(), _folder: folder })
    }

    async fn ask(&mut self, module: &str, host: &str, request: &Seen) -> io::Result<Reply> {
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        let headers: Vec<(&str, &str)> = request
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        let asked = json!({ "module": module, "method": request.method.as_str(), "headers": headers,
            "url": format!("http://{host}{}{query}", request.path), "body": latin(&request.body) });
        self.input.write_all(format!("{asked}\n").as_bytes()).await?;
        let line = self.output.next_line().await?.ok_or_else(|| io::Error::other("it ended"))?;
        let answer: Value = serde_json::from_str(&line)?;
        let status = answer["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(500);
        let text = answer["body"].as_str().unwrap_or_default();
        let body: Vec<u8> = text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect();
        let mut reply = Reply { status, headers: Vec::new(), body: body.into() };
        for header in answer["headers"].as_array().into_iter().flatten() {
            let (name, value) = (header[0].as_str(), header[1].as_str());
            reply = reply.with_header(name.unwrap_or_default(), value.unwrap_or_default());
        }
        Ok(reply)
    }
}

/// Bytes as a text of as many characters.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
