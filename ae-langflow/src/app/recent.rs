//! Threads that were used lately, in memory.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};

use super::log::ThreadLog;
use crate::{GraphRun, State, node::locked, store::record::Head};

/// How many threads are kept unless the app says otherwise, and how many bytes of JSON they may have together.
pub(super) const THREADS_MAX: usize = 1024;
pub(super) const BYTES_MAX: usize = 64 << 20;

/// Threads as of their last call, each of which holds while the store's head is still the same. A call takes its thread
/// out and puts it back at its end, so that its state has one owner and is changed in place.
pub(crate) struct Recent<S: State> {
    threads_max: usize,
    bytes_max: usize,
    kept: Mutex<Kept<S>>,
}

struct Kept<S: State> {
    threads: BTreeMap<Arc<str>, Thread<S>>,
    /// The threads by the time of their last use, oldest first.
    used: BTreeMap<u64, Arc<str>>,
    bytes: usize,
    clock: u64,
}

struct Thread<S: State> {
    log: ThreadLog,
    run: GraphRun<S>,
    used: u64,
    bytes: usize,
}

impl<S: State> Recent<S> {
    pub(super) fn new(threads_max: usize, bytes_max: usize) -> Self {
        let kept = Kept { threads: BTreeMap::new(), used: BTreeMap::new(), bytes: 0, clock: 0 };
        Self { threads_max, bytes_max, kept: Mutex::new(kept) }
    }

    /// Takes a thread out.
    pub(super) fn take(&self, thread: &str) -> Option<(ThreadLog, GraphRun<S>)> {
        locked(&self.kept).take(thread).map(|known| (known.log, known.run))
    }

    /// Puts a thread in, and forgets those that were used longest ago for it.
    pub(super) fn put(&self, log: ThreadLog, mut run: GraphRun<S>) {
        run.forget_limit();
        let (name, bytes) = (Arc::clone(&log.thread), log.weight());
        let mut kept = locked(&self.kept);
        kept.take(&name);
        if self.threads_max == 0 || bytes > self.bytes_max {
            return;
        }
        while kept.threads.len() >= self.threads_max || kept.bytes.saturating_add(bytes) > self.bytes_max {
            let Some((_, oldest)) = kept.used.pop_first() else { break };
            kept.take(&oldest);
        }
        kept.clock += 1;
        let used = kept.clock;
        kept.bytes += bytes;
        kept.used.insert(used, Arc::clone(&name));
        kept.threads.insert(name, Thread { log, run, used, bytes });
    }

    /// The head of a thread that is kept.
    pub(super) fn head(&self, thread: &str) -> Option<Head> {
        locked(&self.kept).threads.get(thread).and_then(|known| known.log.head)
    }

    /// Reads a thread where it stands, if that is `head`.
    pub(super) fn read<T>(
        &self,
        thread: &str,
        head: Head,
        read: impl FnOnce(&GraphRun<S>) -> T,
    ) -> Option<T> {
        let kept = locked(&self.kept);
        kept.threads.get(thread).filter(|known| known.log.head == Some(head)).map(|known| read(&known.run))
    }
}

impl<S: State> Kept<S> {
    fn take(&mut self, thread: &str) -> Option<Thread<S>> {
        let known = self.threads.remove(thread)?;
        self.used.remove(&known.used);
        self.bytes = self.bytes.saturating_sub(known.bytes);
        Some(known)
    }
}

impl<S: State> fmt::Debug for Recent<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recent").field("threads", &locked(&self.kept).threads.len()).finish_non_exhaustive()
    }
}
