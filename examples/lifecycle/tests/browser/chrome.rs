//! A browser without a window, driven over a pipe (Chrome DevTools Protocol: JSON, each message ended by a NUL).

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// The longest wait for an answer or for a condition on a page.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running browser. It ends when it is dropped.
#[derive(Debug)]
pub struct Chrome {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    last_id: u64,
    /// Events that were not looked at yet, oldest first.
    events: VecDeque<Value>,
}

impl Chrome {
    /// Starts a browser with a profile of its own below `folder`; all its requests go to the proxy at `proxy`.
    /// `None` where no browser is installed.
    pub fn start(folder: &Path, proxy: &str) -> Option<Self> {
        let program = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
            Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
        })?;
        // The browser reads commands from descriptor 3 and answers on descriptor 4.
        let script = "exec \"$0\" \"$@\" 3<&0 4>&1 >/dev/null";
        let mut child = Command::new("sh")
            .args(["-c", script, program])
            .args(["--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--no-first-run"])
            .args(["--disable-gpu", "--disable-background-networking", "--disable-component-update"])
            .args(["--disable-sync", "--disable-default-apps", "--disable-dev-shm-usage"])
            .arg(format!("--user-data-dir={}", folder.join("profile").display()))
            .arg(format!("--proxy-server={proxy}"))
            .arg("--proxy-bypass-list=<-loopback>")
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut bytes = Vec::new();
            while output.read_until(0, &mut bytes).is_ok_and(|read| read > 0) {
                bytes.pop();
                if let Ok(message) = serde_json::from_slice(&bytes) {
                    if sender.send(message).is_err() {
                        return;
                    }
                }
                bytes.clear();
            }
        });
        Some(Self { child, input, messages, last_id: 0, events: VecDeque::new() })
    }

    /// The number of its first process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Calls a method, of the browser itself or of one session, and returns its result.
    pub fn call(&mut self, session: Option<&str>, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = serde_json::to_vec(&message).unwrap();
        bytes.push(0);
        self.input.write_all(&bytes).unwrap();
        let end = Instant::now() + PATIENCE;
        loop {
            let message = self.next(end).unwrap_or_else(|| panic!("no answer to {method} {params}"));
            if message["id"] == self.last_id {
                assert!(message["error"].is_null(), "{method} {params}: {}", message["error"]);
                return message["result"].clone();
            }
            self.events.push_back(message);
        }
    }

    fn next(&mut self, end: Instant) -> Option<Value> {
        match self.messages.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("the browser has ended"),
        }
    }

    /// Takes the first event that fits, waiting for it.
    pub fn event(&mut self, fits: impl Fn(&Value) -> bool) -> Option<Value> {
        if let Some(at) = self.events.iter().position(&fits) {
            return self.events.remove(at);
        }
        let end = Instant::now() + PATIENCE;
        while let Some(message) = self.next(end) {
            if fits(&message) {
                return Some(message);
            }
            self.events.push_back(message);
        }
        None
    }

    /// Everything that happened and was not taken, so far.
    pub fn seen(&mut self) -> &VecDeque<Value> {
        self.events.extend(self.messages.try_iter());
        &self.events
    }
}

impl Drop for Chrome {
    fn drop(&mut self) {
        // The program is the shell's own process: it was replaced by `exec`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
