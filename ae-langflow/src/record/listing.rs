//! Which threads there are, and which records may go.

use std::num::NonZeroU64;

use ae_core::Timestamp;

use super::Head;

/// A line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadInfo {
    /// The thread.
    pub thread: String,
    /// The graph it belongs to.
    pub graph: String,
    /// Where its log ends.
    pub head: Head,
    /// When its last record was made.
    pub at: Timestamp,
    /// Whether it has ended.
    pub finished: bool,
}

impl ThreadInfo {
    /// A line of a listing.
    #[must_use]
    pub fn new(
        thread: impl Into<String>,
        graph: impl Into<String>,
        head: Head,
        at: Timestamp,
        finished: bool,
    ) -> Self {
        Self { thread: thread.into(), graph: graph.into(), head, at, finished }
    }
}

/// Which part of a listing: threads in byte order of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// Only threads after this name.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
}

impl Page {
    /// The first `limit` threads.
    #[must_use]
    pub const fn first(limit: usize) -> Self {
        Self { after: None, limit }
    }

    /// Those after `thread`.
    #[must_use]
    pub fn with_after(mut self, thread: impl Into<String>) -> Self {
        self.after = Some(thread.into());
        self
    }
}

/// Which old records of a thread may go.
///
/// Its cut is the oldest record that has to stay readable. Nothing from the newest snapshot at or before the cut
/// onwards is ever removed, and the head never.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prune {
    /// The last so many records stay readable.
    pub keep_last: Option<NonZeroU64>,
    /// Records made at this time or later stay readable.
    pub keep_since: Option<Timestamp>,
    /// Of what is older than the cut, the newest record with a snapshot in every so many records stays readable:
    /// record `seq` belongs to the group `(seq - 1) / keep_every`.
    pub keep_every: Option<NonZeroU64>,
}

impl Prune {
    /// Keeps the last `records` readable.
    #[must_use]
    pub const fn keep_last(records: NonZeroU64) -> Self {
        Self { keep_last: Some(records), keep_since: None, keep_every: None }
    }

    /// Keeps what was made at `time` or later readable.
    #[must_use]
    pub const fn keep_since(time: Timestamp) -> Self {
        Self { keep_last: None, keep_since: Some(time), keep_every: None }
    }

    /// Keeps one record in every `records` readable besides the last one.
    #[must_use]
    pub const fn keep_every(records: NonZeroU64) -> Self {
        Self { keep_last: None, keep_since: None, keep_every: Some(records) }
    }

    /// The number of the oldest record that has to stay readable in a log that ends at `last`, whose first record made
    /// at [`keep_since`](Self::keep_since) or later is `first_since`. Several rules keep what any of them keeps.
    #[must_use]
    pub fn cut(&self, last: u64, first_since: Option<u64>) -> u64 {
        let by_count = self.keep_last.map(|keep| last.saturating_sub(keep.get().saturating_sub(1)).max(1));
        let by_time = self.keep_since.map(|_| first_since.unwrap_or(last));
        by_count.into_iter().chain(by_time).min().unwrap_or(last)
    }
}
