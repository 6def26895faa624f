//! A store whose values are encrypted before they reach it.
//!
//! The attacker reads and writes the store below, and has no key. Each part stops one attack:
//!
//! - `bound`: every value is sealed for its place (kind, lineage, number, superstep, time), as the associated data of
//!   the cipher. A value that is moved to another record, or to another thread, does not open.
//! - `lineage.id`: a thread that is deleted and begun again under its name has a new random id, so records of its first
//!   life do not open in the second. The name alone could not tell the two apart.
//! - `lineage.home`: a whole thread, header and all, that is stored under another name opens value by value, since all of
//!   it moves together. The name in the sealed header gives it away.
//! - the proof: a copy is made by the store below, which has no keys, so it keeps the lineage of its original and fails
//!   the check of its home. `copy` therefore leaves a record whose name is a keyed hash of lineage and new name, which
//!   no one without the keys can compute. It is written before the copy, so that a crash leaves no copy that can't be
//!   read, and again after it, in case a `delete` of an older copy of that name took it away in between.
//! - masked digests: heads and names of notes are compared by the store below, so they can't be sealed under random
//!   nonces. A keyed hash keeps them equal where they are equal, and unknown.
//!
//! A whole store or thread that is put back to an earlier state is not noticed: that takes a counter outside the store.
//! Encrypting a copy again, record by record, would need no lineage; but the port reads no single records, and the copy
//! would not be one transaction.

mod bound;
mod keys;
mod lineage;
mod values;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, ErrorKind};
use async_trait::async_trait;

pub use self::keys::EncryptionKeys;
use self::lineage::{AFTER_RESERVED, Lineage, RESERVED};
use crate::{
    Checkpointer,
    store::record::{Head, Loaded, Page, Prune, Record, TaskRecord, ThreadInfo},
    store::refused,
};

const BACKEND: &str = "encrypted";

/// The number of threads that are remembered; past it, all are read again.
const LINEAGES_MAX: usize = 10_000;

/// Another process may delete a thread and begin it again between two calls; once is enough, for the head would have to
/// be the same.
const TRIES: usize = 2;

/// Keeps threads in another store, with their values encrypted.
///
/// Changes, snapshots, blobs, notes and headers are encrypted and bound to their place, so that a value that was
/// changed, or moved to another thread or record, is refused. Digests and the names of notes are hidden by a keyed hash:
/// who reads the store without the keys does not learn which texts are the same, except that one blob is referred to
/// several times.
///
/// These stay in the clear: the names of threads, how many records and supersteps there are and when they were made,
/// whether a thread has ended, how long values are, and the ids of the keys. A store that is put back to an earlier
/// state as a whole is not distinguished from one that stood still.
///
/// Names of threads that begin with the character U+0001 are refused: a copy is proven under such a name.
#[derive(Debug)]
pub struct Encrypted<C> {
    inner: C,
    keys: EncryptionKeys,
    /// Of threads that were read, each proven to be its own.
    lineages: Mutex<BTreeMap<String, Arc<Lineage>>>,
}

impl<C: Checkpointer> Encrypted<C> {
    /// Encrypts what is kept in `inner`, which has no other threads.
    #[must_use]
    pub fn new(inner: C, keys: EncryptionKeys) -> Self {
        Self { inner, keys, lineages: Mutex::default() }
    }

    fn lineages(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Lineage>>> {
        self.lineages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, thread: &str, lineage: Arc<Lineage>) {
        let mut lineages = self.lineages();
        if lineages.len() >= LINEAGES_MAX {
            lineages.clear();
        }
        lineages.insert(thread.to_owned(), lineage);
    }

    /// The lineage of a thread, read from the store.
    async fn read_lineage(
        &self,
        operation: &'static str,
        thread: &str,
    ) -> Result<Option<Arc<Lineage>>, BackendError> {
        // The first record is the least to read, unless it was pruned.
        let hidden = match self.inner.load(thread, Some(1)).await? {
            Some(hidden) => Some(hidden),
            None => self.inner.load(thread, None).await?,
        };
        let Some(hidden) = hidden else { return Ok(None) };
        let (lineage, _) = Lineage::reveal(&self.keys, operation, &hidden.header.graph)?;
        self.admit(operation, thread, lineage).await.map(Some)
    }

    /// Checks that a thread may have this lineage.
    async fn admit(
        &self,
        operation: &'static str,
        thread: &str,
        lineage: Lineage,
    ) -> Result<Arc<Lineage>, BackendError> {
        let known = self.lineages().get(thread).filter(|known| ***known == lineage).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let proven = lineage.home == thread
            || self.inner.load(&lineage.proof(&self.keys, thread), Some(1)).await?.is_some();
        if !proven {
            let message =
                format!("{thread:?} holds the records of another thread: restore the store from a backup");
            return Err(BackendError::new(ErrorKind::Protocol, BACKEND, operation, message));
        }
        let lineage = Arc::new(lineage);
        self.remember(thread, Arc::clone(&lineage));
        Ok(lineage)
    }

    async fn lineage(
        &self,
        operation: &'static str,
        thread: &str,
    ) -> Result<Option<Arc<Lineage>>, BackendError> {
        if thread.starts_with(RESERVED) {
            return Ok(None);
        }
        let known = self.lineages().get(thread).cloned();
        match known {
            Some(known) => Ok(Some(known)),
            None => self.read_lineage(operation, thread).await,
        }
    }

    /// Says under a reserved name that `thread` is a copy of this lineage.
    async fn prove(&self, lineage: &Lineage, thread: &str) -> Result<(), BackendError> {
        let proof = lineage.proof(&self.keys, thread);
        match self.inner.commit(&proof, None, lineage::proof_record()).await {
            Err(error) if error.kind() != ErrorKind::Conflict => Err(error),
            _ => Ok(()),
        }
    }
}

fn check_name(operation: &'static str, thread: &str) -> Result<(), BackendError> {
    refused::check_name(BACKEND, operation, "thread", thread)?;
    if thread.starts_with(RESERVED) {
        let message = format!("{thread:?} can't name a thread: it begins with the character U+0001");
        return Err(BackendError::new(ErrorKind::InvalidInput, BACKEND, operation, message));
    }
    Ok(())
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<C: Checkpointer> Checkpointer for Encrypted<C> {
    async fn commit(&self, thread: &str, expected: Option<Head>, record: Record) -> Result<(), BackendError> {
        refused::check_record(BACKEND, thread, expected.as_ref(), &record)?;
        let Some(expected) = expected else {
            check_name("commit", thread)?;
            let lineage = Arc::new(Lineage::begin(thread)?);
            let hidden = values::hide_record(&self.keys, &lineage, &record)?;
            self.inner.commit(thread, None, hidden).await?;
            self.remember(thread, lineage);
            return Ok(());
        };
        let mut lineage = self.lineage("commit", thread).await?;
        for tries_left in (0..TRIES).rev() {
            let Some(known) = &lineage else { break };
            let hidden = values::hide_record(&self.keys, known, &record)?;
            let head = values::hide_head(&self.keys, known, &expected);
            match self.inner.commit(thread, Some(head), hidden).await {
                Err(error) if error.kind() == ErrorKind::Conflict && tries_left > 0 => {
                    let now = self.read_lineage("commit", thread).await?;
                    if now == lineage {
                        return Err(error);
                    }
                    lineage = now;
                }
                other => return other,
            }
        }
        Err(refused::moved(BACKEND, "commit", thread))
    }

    async fn append_once(
        &self,
        thread: &str,
        head: Head,
        records: Vec<TaskRecord>,
    ) -> Result<Vec<TaskRecord>, BackendError> {
        refused::check_notes(BACKEND, &head, &records)?;
        let mut lineage = self.lineage("append_once", thread).await?;
        for tries_left in (0..TRIES).rev() {
            let Some(known) = &lineage else { break };
            let hide = |record| values::hide_note(&self.keys, known, record);
            let hidden = records.iter().map(hide).collect::<Result<_, _>>()?;
            let hidden_head = values::hide_head(&self.keys, known, &head);
            match self.inner.append_once(thread, hidden_head, hidden).await {
                Err(error) if error.kind() == ErrorKind::Conflict && tries_left > 0 => {
                    let now = self.read_lineage("append_once", thread).await?;
                    if now == lineage {
                        return Err(error);
                    }
                    lineage = now;
                }
                Err(error) => return Err(error),
                Ok(stored) => return values::reveal_notes(&self.keys, known, "append_once", &stored),
            }
        }
        Err(refused::moved(BACKEND, "append_once", thread))
    }

    async fn notes(&self, thread: &str, head: Head) -> Result<Option<Vec<TaskRecord>>, BackendError> {
        let Some(lineage) = self.lineage("notes", thread).await? else { return Ok(None) };
        // A thread that another process began again has another head under any lineage.
        let head = values::hide_head(&self.keys, &lineage, &head);
        let Some(hidden) = self.inner.notes(thread, head).await? else { return Ok(None) };
        let mut notes = values::reveal_notes(&self.keys, &lineage, "notes", &hidden)?;
        values::sort(&mut notes);
        Ok(Some(notes))
    }

    async fn load(&self, thread: &str, up_to: Option<u64>) -> Result<Option<Loaded>, BackendError> {
        if thread.starts_with(RESERVED) {
            return Ok(None);
        }
        let Some(hidden) = self.inner.load(thread, up_to).await? else { return Ok(None) };
        let (lineage, header) = Lineage::reveal(&self.keys, "load", &hidden.header.graph)?;
        let lineage = self.admit("load", thread, lineage).await?;
        values::reveal(&self.keys, &lineage, header, hidden).map(Some)
    }

    async fn list(&self, mut page: Page) -> Result<Vec<ThreadInfo>, BackendError> {
        // Byte order puts all reserved names first.
        if page.after.as_deref().is_none_or(|after| after < AFTER_RESERVED) {
            page.after = Some(AFTER_RESERVED.to_owned());
        }
        let mut lines = self.inner.list(page).await?;
        for line in &mut lines {
            line.graph = Lineage::reveal(&self.keys, "list", &line.graph)?.1.graph;
        }
        Ok(lines)
    }

    async fn copy(&self, from: &str, up_to: Option<u64>, to: &str) -> Result<Head, BackendError> {
        check_name("copy", to)?;
        let lineage = match from.starts_with(RESERVED) {
            true => None,
            false => self.read_lineage("copy", from).await?,
        };
        let Some(lineage) = lineage else { return Err(refused::missing(BACKEND, from, up_to)) };
        // Proven before it is there, so that a crash in between leaves no copy that can't be read, and once more after
        // it, in case an older thread of that name was deleted in between.
        let away = lineage.home != to;
        if away {
            self.prove(&lineage, to).await?;
        }
        let hidden = self.inner.copy(from, up_to, to).await?;
        if away {
            self.prove(&lineage, to).await?;
        }
        let copied = self.load(to, Some(hidden.seq)).await?;
        copied.map(|copied| copied.head).ok_or_else(|| refused::moved(BACKEND, "copy", to))
    }

    async fn prune(&self, thread: &str, prune: Prune) -> Result<u64, BackendError> {
        match thread.starts_with(RESERVED) {
            true => Ok(0),
            false => self.inner.prune(thread, prune).await,
        }
    }

    async fn delete(&self, thread: &str) -> Result<bool, BackendError> {
        if thread.starts_with(RESERVED) {
            return Ok(false);
        }
        // A thread that can't be read can be deleted all the same; its proof stays and proves nothing to others.
        if let Ok(Some(lineage)) = self.read_lineage("delete", thread).await {
            if lineage.home != thread {
                self.inner.delete(&lineage.proof(&self.keys, thread)).await?;
            }
        }
        self.lineages().remove(thread);
        self.inner.delete(thread).await
    }
}
