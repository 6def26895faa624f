//! Threads in memory.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ae_core::{BackendError, Digest};
use async_trait::async_trait;

use crate::{
    Checkpointer,
    store::record::{Delta, Head, Header, Loaded, Page, Prune, Record, TaskRecord, ThreadInfo},
    store::refused,
};

const BACKEND: &str = "memory";

/// Keeps threads with their whole logs in memory; they live as long as it does. Deterministic; for tests, short runs
/// and trying out.
///
/// A log grows with every record until it is pruned.
#[derive(Default)]
pub struct MemoryCheckpointer {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    threads: BTreeMap<String, Thread>,
    blobs: Blobs,
}

struct Thread {
    /// In order, and never empty. Headers are taken out.
    records: Vec<Record>,
    /// Each with the record from which on it holds.
    headers: Vec<(u64, Header)>,
    notes: BTreeMap<(String, String), TaskRecord>,
}

/// Each text with the number of records that refer to it.
#[derive(Default)]
struct Blobs(BTreeMap<Digest, (Arc<str>, usize)>);

impl MemoryCheckpointer {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing under the lock panics half-way, so a poisoned lock still holds whole threads.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryCheckpointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCheckpointer").field("threads", &self.kept().threads.len()).finish()
    }
}

#[async_trait]
impl Checkpointer for MemoryCheckpointer {
    async fn commit(
        &self,
        thread: &str,
        expected: Option<Head>,
        mut record: Record,
    ) -> Result<(), BackendError> {
        refused::check_record(BACKEND, thread, expected.as_ref(), &record)?;
        let mut kept = self.kept();
        let Kept { threads, blobs } = &mut *kept;
        let header = record.header.take().map(|header| (record.head.seq, header));
        match (threads.get_mut(thread), expected) {
            (Some(known), Some(expected)) if known.head() == Some(expected) => {
                if record.head.step > expected.step {
                    known.notes.clear();
                }
                known.headers.extend(header);
                blobs.keep(&mut record);
                known.records.push(record);
            }
            (None, None) => {
                blobs.keep(&mut record);
                let headers = header.into_iter().collect();
                let first = Thread { records: vec![record], headers, notes: BTreeMap::new() };
                threads.insert(thread.to_owned(), first);
            }
            _ => return Err(refused::moved(BACKEND, "commit", thread)),
        }
        Ok(())
    }

    async fn append_once(
        &self,
        thread: &str,
        head: Head,
        records: Vec<TaskRecord>,
    ) -> Result<Vec<TaskRecord>, BackendError> {
        refused::check_notes(BACKEND, &head, &records)?;
        match self.kept().threads.get_mut(thread) {
            Some(known) if known.head() == Some(head) => {
                let store = |record: TaskRecord| {
                    let key = (record.task.clone(), record.key.clone());
                    known.notes.entry(key).or_insert(record).clone()
                };
                Ok(records.into_iter().map(store).collect())
            }
            _ => Err(refused::moved(BACKEND, "append_once", thread)),
        }
    }

    async fn notes(&self, thread: &str, head: Head) -> Result<Option<Vec<TaskRecord>>, BackendError> {
        let kept = self.kept();
        let known = kept.threads.get(thread).filter(|known| known.head() == Some(head));
        Ok(known.map(|known| known.notes.values().cloned().collect()))
    }

    async fn load(&self, thread: &str, up_to: Option<u64>) -> Result<Option<Loaded>, BackendError> {
        let kept = self.kept();
        let Some(known) = kept.threads.get(thread) else { return Ok(None) };
        let mut loaded = known.load(up_to.unwrap_or(u64::MAX), &kept.blobs);
        if let (Some(loaded), None) = (&mut loaded, up_to) {
            loaded.task_records = known.notes.values().cloned().collect();
        }
        Ok(loaded)
    }

    async fn list(&self, page: Page) -> Result<Vec<ThreadInfo>, BackendError> {
        let kept = self.kept();
        let from = page.after.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        let threads = kept.threads.range((from, std::ops::Bound::Unbounded));
        Ok(threads.filter_map(|(name, known)| known.info(name)).take(page.limit).collect())
    }

    async fn copy(&self, from: &str, up_to: Option<u64>, to: &str) -> Result<Head, BackendError> {
        refused::check_name(BACKEND, "copy", "thread", to)?;
        let mut kept = self.kept();
        let Kept { threads, blobs } = &mut *kept;
        let copied = threads.get(from).and_then(|known| known.until(up_to));
        let Some((mut copy, head)) = copied else { return Err(refused::missing(BACKEND, from, up_to)) };
        match threads.entry(to.to_owned()) {
            Entry::Occupied(_) => Err(refused::exists(BACKEND, to)),
            Entry::Vacant(vacant) => {
                copy.records.iter_mut().for_each(|record| blobs.keep(record));
                vacant.insert(copy);
                Ok(head)
            }
        }
    }

    async fn prune(&self, thread: &str, prune: Prune) -> Result<u64, BackendError> {
        let mut kept = self.kept();
        let Kept { threads, blobs } = &mut *kept;
        Ok(threads.get_mut(thread).map_or(0, |known| known.prune(prune, blobs)))
    }

    async fn delete(&self, thread: &str) -> Result<bool, BackendError> {
        let mut kept = self.kept();
        let Kept { threads, blobs } = &mut *kept;
        let gone = threads.remove(thread);
        gone.iter().flat_map(|known| &known.records).for_each(|record| blobs.drop_those_of(record));
        Ok(gone.is_some())
    }
}

impl Thread {
    fn head(&self) -> Option<Head> {
        self.records.last().map(|record| record.head)
    }

    fn header_at(&self, seq: u64) -> Option<&Header> {
        self.headers.iter().rev().find(|(from, _)| *from <= seq).map(|(_, header)| header)
    }

    fn info(&self, thread: &str) -> Option<ThreadInfo> {
        let last = self.records.last()?;
        let graph = self.header_at(last.head.seq)?.graph.as_str();
        Some(ThreadInfo::new(thread, graph, last.head.seq, last.head.step, last.at, last.finished))
    }

    /// The thread as of the newest record with at most the number `last`. After a prune the records between two
    /// snapshots are all there or all gone.
    fn load(&self, last: u64, blobs: &Blobs) -> Option<Loaded> {
        let records = self.records.get(..self.records.partition_point(|record| record.head.seq <= last))?;
        let start = records.iter().rposition(|record| record.snapshot.is_some())?;
        let read = records.get(start..)?;
        let (begin, rest) = read.split_first()?;
        let header = self.header_at(read.last()?.head.seq)?.clone();
        let snapshot = begin.snapshot.as_deref()?;
        let mut loaded = Loaded::new(header, begin.head, begin.at, begin.change.as_str(), snapshot);
        loaded.snapshot_hash = begin.state_hash;
        loaded.deltas.reserve_exact(rest.len());
        for record in rest {
            loaded.head = record.head;
            let change = record.change.as_str();
            loaded.deltas.push(Delta::new(record.head.step, record.at, change, record.state_hash));
        }
        loaded.blobs = read
            .iter()
            .flat_map(|record| &record.blobs)
            .filter_map(|blob| blobs.0.get(&blob.digest).map(|(text, _)| (blob.digest, Arc::clone(text))))
            .collect();
        Some(loaded)
    }

    /// The records up to and with the number `up_to`, and the head there.
    fn until(&self, up_to: Option<u64>) -> Option<(Self, Head)> {
        let end = match up_to {
            None => self.records.len(),
            Some(seq) => {
                self.records.binary_search_by_key(&seq, |record| record.head.seq).ok()?.checked_add(1)?
            }
        };
        let records = self.records.get(..end)?.to_vec();
        let head = records.last()?.head;
        let headers = self.headers.iter().filter(|(from, _)| *from <= head.seq).cloned().collect();
        Some((Self { records, headers, notes: BTreeMap::new() }, head))
    }

    fn prune(&mut self, prune: Prune, blobs: &mut Blobs) -> u64 {
        let Some(head) = self.head() else { return 0 };
        let since = prune.keep_since.and_then(|since| self.records.iter().find(|record| record.at >= since));
        let cut = prune.cut(head.seq, since.map(|record| record.head.seq));
        let snapshots = self.records.iter().filter(|record| record.snapshot.is_some());
        let snapshots: Vec<_> = snapshots.map(|record| record.head.seq).collect();
        let gaps = prune.gaps(cut, &snapshots);
        let before = self.records.len();
        self.records.retain(|record| {
            let goes = gaps.iter().any(|gap| gap.contains(&record.head.seq));
            if goes {
                blobs.drop_those_of(record);
            }
            !goes
        });
        let first = self.records.first().map_or(0, |record| record.head.seq);
        let holds = self.headers.iter().rposition(|(from, _)| *from <= first).unwrap_or(0);
        self.headers.drain(..holds);
        u64::try_from(before.saturating_sub(self.records.len())).unwrap_or(u64::MAX)
    }
}

impl Blobs {
    /// Counts the references of a record that comes, and lets it share the texts that are here.
    fn keep(&mut self, record: &mut Record) {
        for blob in &mut record.blobs {
            let (text, count) = self.0.entry(blob.digest).or_insert_with(|| (Arc::clone(&blob.text), 0));
            *count = count.saturating_add(1);
            blob.text = Arc::clone(text);
        }
    }

    /// Counts the references of a record that goes.
    fn drop_those_of(&mut self, record: &Record) {
        for blob in &record.blobs {
            if let Entry::Occupied(mut known) = self.0.entry(blob.digest) {
                let (_, count) = known.get_mut();
                *count = count.saturating_sub(1);
                if *count == 0 {
                    known.remove();
                }
            }
        }
    }
}
