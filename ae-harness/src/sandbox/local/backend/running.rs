//! The commands that run now.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{mpsc, watch};

use super::watch::End;
use crate::sandbox::{CommandSignal, SandboxId};

/// A hold on a running command.
#[derive(Debug, Clone)]
pub(super) struct Handle {
    pub(super) control: mpsc::WeakUnboundedSender<CommandSignal>,
    pub(super) end: watch::Receiver<Option<End>>,
}

/// The commands that run now, by sandbox and mark.
#[derive(Debug, Default)]
pub(super) struct Registry(Mutex<BTreeMap<SandboxId, BTreeMap<String, Handle>>>);

impl Registry {
    fn locked(&self) -> MutexGuard<'_, BTreeMap<SandboxId, BTreeMap<String, Handle>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a command, and forgets those of its sandbox that have ended.
    pub(super) fn add(&self, id: &SandboxId, mark: &str, handle: Handle) {
        let mut all = self.locked();
        let own = all.entry(id.clone()).or_default();
        own.retain(|_, handle| handle.end.borrow().is_none());
        own.insert(mark.to_owned(), handle);
    }

    /// Whether the command with this mark runs.
    pub(super) fn has(&self, id: &SandboxId, mark: &str) -> bool {
        let all = self.locked();
        all.get(id).and_then(|own| own.get(mark)).is_some_and(|handle| handle.end.borrow().is_none())
    }

    /// Kills all commands of a sandbox and waits for their end.
    pub(super) async fn end(&self, id: &SandboxId) {
        let own = self.locked().remove(id).unwrap_or_default();
        for mut handle in own.into_values() {
            if let Some(control) = handle.control.upgrade() {
                let _ = control.send(CommandSignal::Kill);
            }
            // An error says that its task is gone, and the command with it.
            let _ = handle.end.wait_for(Option::is_some).await;
        }
    }
}
