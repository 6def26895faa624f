//! The private folders of sessions, and their totals.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use ae_core::{BackendError, Digest, ErrorKind, Money, TokenUsage};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::{
    error,
    folders::{Folders, failed},
};
use crate::{
    agent::{AgentReport, AgentSession},
    atomic,
    dialect::SessionTotals,
};

/// The session of a run, which no other run has at the same time.
#[derive(Debug)]
pub(super) struct Session {
    /// Its private folder.
    pub(super) folder: PathBuf,
    /// The name of its folder.
    pub(super) name: String,
    /// Its totals before the run.
    pub(super) before: SessionTotals,
    is_new: bool,
    _lock: File,
}

/// The record of a session, in a file named by the digest of the agent's own id for it.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    folder: String,
    #[serde(default)]
    usage: Option<TokenUsage>,
    #[serde(default)]
    cost: Option<Money>,
}

impl Session {
    /// The session of a request: a new one by the name `fresh`, or the one that it names.
    pub(super) fn open(folders: &Folders, session: &AgentSession, fresh: &str) -> Result<Self, BackendError> {
        let all = folders.private("sessions")?;
        let (record, is_new) = match session {
            AgentSession::New => (Record { folder: fresh.to_owned(), usage: None, cost: None }, true),
            AgentSession::Resume(id) => (find(&all, id)?, false),
        };
        let folder = folders.private(&format!("sessions/{}", record.folder))?;
        let path = folder.with_extension("lock");
        let lock = File::create(&path).map_err(|cause| failed("write", &path, cause))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            let message = "another run goes on with this session: wait for its end, or begin a new one";
            return Err(error(ErrorKind::Conflict, "execute", message));
        }
        let before = SessionTotals { usage: record.usage, cost: record.cost };
        Ok(Self { folder, name: record.folder, before, is_new, _lock: lock })
    }

    /// Records the totals after a run. A new session that can't be gone on with is removed.
    pub(super) fn close(self, report: &AgentReport) -> Result<(), BackendError> {
        let Some(id) = &report.session else {
            if self.is_new {
                self.remove();
            }
            return Ok(());
        };
        let record =
            Record { folder: self.name.clone(), usage: report.session_usage, cost: report.session_cost };
        let path = self.folder.with_file_name(record_name(id));
        let written = serde_json::to_vec(&record)
            .map_err(io::Error::from)
            .and_then(|bytes| atomic::write(&path, &bytes));
        written.map_err(|cause| failed("write", &path, cause))
    }

    /// Removes the session of a run that never began.
    pub(super) fn remove(self) {
        if self.is_new {
            let _ = fs::remove_dir_all(&self.folder);
            let _ = fs::remove_file(self.folder.with_extension("lock"));
        }
    }
}

fn record_name(id: &str) -> String {
    format!("{}.json", Digest::of_bytes("agent-session", id.as_bytes()))
}

fn find(all: &Path, id: &str) -> Result<Record, BackendError> {
    let path = all.join(record_name(id));
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|cause| {
            let message = format!("{} is damaged: remove it, and begin a new session", path.display());
            error(ErrorKind::Protocol, "execute", message).with_source(cause)
        }),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            // The run that began it was lost, so it has no record; its folder has the id that the agent was given.
            let is_name =
                id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if is_name && !id.is_empty() && all.join(id).is_dir() {
                return Ok(Record { folder: id.to_owned(), usage: None, cost: None });
            }
            let message = format!("there is no session {id:?} in {}: begin a new one", all.display());
            Err(error(ErrorKind::NotFound, "execute", message))
        }
        Err(cause) => Err(failed("read", &path, cause)),
    }
}
