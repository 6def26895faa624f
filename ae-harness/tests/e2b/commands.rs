//! The commands of the service's sandboxes, which really run.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    io::{Read, Write as _},
    os::unix::process::ExitStatusExt as _,
    path::Path,
    pin::Pin,
    process::{ChildStdin, Command, Stdio},
    sync::{Mutex, mpsc},
    task::{Context, Poll},
    thread::{self, JoinHandle},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::{
    HeaderMap, Response,
    body::{Body, Frame},
};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::service::Answer;

#[derive(Debug, Default)]
pub(crate) struct Commands {
    inputs: Mutex<BTreeMap<u64, Option<ChildStdin>>>,
    cut: Mutex<bool>,
}

impl Commands {
    pub(crate) fn cut_next(&self) {
        *self.cut.lock().unwrap() = true;
    }

    /// `Process/Start`.
    pub(crate) fn start(&self, root: &Path, environment: &Value, headers: &HeaderMap, body: &[u8]) -> Answer {
        let message: Value = serde_json::from_slice(&body[5..]).unwrap();
        let process = &message["process"];
        let line = process["args"][2].as_str().unwrap();
        let folder = process["cwd"].as_str().unwrap().strip_prefix("/home/user/workspace").unwrap();
        let mut command = Command::new("/bin/bash");
        command.args(["-c", line]).current_dir(root.join(folder.trim_start_matches('/'))).env_clear();
        command.env("PATH", "/usr/bin:/bin").stdout(Stdio::piped()).stderr(Stdio::piped());
        for variables in [environment, &process["envs"]] {
            for (name, value) in variables.as_object().into_iter().flatten() {
                command.env(name, value.as_str().unwrap());
            }
        }
        let stdin = if message["stdin"] == true { Stdio::piped() } else { Stdio::null() };
        let mut child = command.stdin(stdin).spawn().unwrap();
        let pid = u64::from(child.id());
        self.inputs.lock().unwrap().insert(pid, child.stdin.take());

        let (pieces, output) = mpsc::channel::<Value>();
        let readers = [
            reader("stdout", child.stdout.take().unwrap(), pieces.clone()),
            reader("stderr", child.stderr.take().unwrap(), pieces.clone()),
        ];
        let cut = std::mem::take(&mut *self.cut.lock().unwrap());
        let limit = headers.get("connect-timeout-ms").map(|ms| ms.to_str().unwrap().parse().unwrap());
        let (frames, body) = tokio::sync::mpsc::unbounded_channel();
        frames.send(envelope(0, &json!({ "event": { "start": { "pid": pid } } }))).unwrap();
        let late = frames.clone();
        let writer = thread::spawn(move || {
            for piece in output {
                let _ = frames.send(envelope(0, &json!({ "event": { "data": piece } })));
                if cut {
                    return;
                }
            }
        });
        thread::spawn(move || {
            let ends = std::time::Instant::now() + Duration::from_millis(limit.unwrap_or(60_000));
            let status = loop {
                if let Some(status) = child.try_wait().unwrap() {
                    break status;
                }
                if std::time::Instant::now() > ends {
                    let error = json!({ "error": { "code": "deadline_exceeded", "message": "late" } });
                    let _ = late.send(envelope(2, &error));
                    return;
                }
                thread::sleep(Duration::from_millis(5));
            };
            readers.into_iter().for_each(|reader| reader.join().unwrap());
            drop(pieces);
            writer.join().unwrap();
            let end = match (status.code(), status.signal()) {
                (Some(0), _) => json!({ "exited": true, "status": "exit status 0" }),
                (Some(code), _) => {
                    json!({ "exitCode": code, "exited": true, "status": format!("exit status {code}") })
                }
                (None, Some(15)) => json!({ "exitCode": -1, "status": "signal: terminated" }),
                _ => json!({ "exitCode": -1, "status": "signal: killed" }),
            };
            if !cut {
                let _ = late.send(envelope(0, &json!({ "event": { "end": end } })));
                let _ = late.send(envelope(2, &json!({})));
            }
        });
        let mut answer = Response::new(Frames(body).boxed());
        answer.headers_mut().insert("content-type", "application/connect+json".parse().unwrap());
        answer
    }

    /// Every other call of a process; `None` when there is none with that id.
    pub(crate) fn call(&self, call: &str, message: &Value) -> Option<()> {
        let pid = message["process"]["pid"].as_u64().unwrap();
        let mut inputs = self.inputs.lock().unwrap();
        let input = inputs.get_mut(&pid)?;
        match call {
            "/process.Process/SendInput" => {
                let bytes = STANDARD.decode(message["input"]["stdin"].as_str().unwrap()).unwrap();
                input.as_mut()?.write_all(&bytes).unwrap();
            }
            "/process.Process/CloseStdin" => *input = None,
            "/process.Process/SendSignal" => {
                let signal = if message["signal"] == "SIGNAL_SIGKILL" { "-KILL" } else { "-TERM" };
                let sent = Command::new("kill").args([signal, &pid.to_string()]).status().unwrap();
                sent.success().then_some(())?;
            }
            _ => return None,
        }
        Some(())
    }
}

/// The frames of a stream as they come.
struct Frames(UnboundedReceiver<Bytes>);

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|frame| frame.map(|bytes| Ok(Frame::data(bytes))))
    }
}

fn envelope(flags: u8, message: &Value) -> Bytes {
    let json = message.to_string();
    let mut bytes = vec![flags];
    bytes.extend(u32::try_from(json.len()).unwrap().to_be_bytes());
    bytes.extend(json.as_bytes());
    bytes.into()
}

fn reader(
    name: &'static str,
    mut output: impl Read + Send + 'static,
    pieces: mpsc::Sender<Value>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut buffer = [0_u8; 4096];
        while let Ok(count @ 1..) = output.read(&mut buffer) {
            let _ = pieces.send(json!({ name: STANDARD.encode(&buffer[..count]) }));
        }
    })
}
