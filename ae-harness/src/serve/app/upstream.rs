//! A running program as the proxy sees it.

use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader},
    sync::{OwnedRwLockReadGuard, RwLock},
};

use super::AppRelease;

/// The lines that are kept, and the bytes of each.
const LINES: usize = 50;
const LINE_BYTES: u64 = 2_000;

/// Where a release listens.
pub(super) struct Upstream {
    pub(super) release: Arc<AppRelease>,
    pub(super) address: SocketAddr,
    pub(super) log: Log,
    /// Read by each request that is under way, written by the one that waits for their end.
    requests: Arc<RwLock<()>>,
}

impl Upstream {
    pub(super) fn new(release: Arc<AppRelease>, port: u16) -> Self {
        let log = Log::new(&release);
        Self { release, address: (Ipv4Addr::LOCALHOST, port).into(), log, requests: Arc::default() }
    }

    /// A request that is under way, until this is dropped; `None` once the end of all is waited for.
    pub(super) fn request(&self) -> Option<OwnedRwLockReadGuard<()>> {
        Arc::clone(&self.requests).try_read_owned().ok()
    }

    /// Waits until no request is under way.
    pub(super) async fn drained(&self) {
        drop(self.requests.write().await);
    }
}

/// The last lines of a program's output.
#[derive(Clone)]
pub(super) struct Log {
    lines: Arc<Mutex<VecDeque<String>>>,
    secrets: Vec<String>,
}

impl Log {
    pub(super) fn new(release: &AppRelease) -> Self {
        // A short value would take ordinary words out.
        let secrets =
            release.env.values().map(|value| value.expose().clone()).filter(|value| value.len() >= 8);
        Self { lines: Arc::default(), secrets: secrets.collect() }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn add(&self, line: &[u8]) {
        let mut line = String::from_utf8_lossy(line).trim_end().to_owned();
        for secret in &self.secrets {
            line = line.replace(secret, "[secret]");
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// Reads to the end. A line that is too long is kept in pieces.
    pub(super) async fn follow(self, output: impl AsyncRead + Unpin) {
        let mut output = BufReader::new(output);
        loop {
            let mut line = Vec::new();
            let read = (&mut output).take(LINE_BYTES).read_until(b'\n', &mut line).await;
            if read.unwrap_or(0) == 0 {
                return;
            }
            self.add(&line);
        }
    }
}
