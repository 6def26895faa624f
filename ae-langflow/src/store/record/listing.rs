//! Which threads there are, and which records may go.

use std::{num::NonZeroU64, ops::RangeInclusive};

use ae_core::Timestamp;

/// A line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadInfo {
    /// The thread.
    pub thread: String,
    /// The graph it belongs to.
    pub graph: String,
    /// The number of its last record.
    pub seq: u64,
    /// How many supersteps are complete.
    pub step: u64,
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
        seq: u64,
        step: u64,
        at: Timestamp,
        finished: bool,
    ) -> Self {
        Self { thread: thread.into(), graph: graph.into(), seq, step, at, finished }
    }
}

/// Which part of a listing: threads in byte order of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// Only threads after this name.
    pub after: Option<String>,
    /// The largest number of threads.
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
    /// The number of last records that stay readable.
    pub keep_last: Option<NonZeroU64>,
    /// Records made at this time or later stay readable.
    pub keep_since: Option<Timestamp>,
    /// Of the records up to the cut, the newest one with a snapshot in every group of this size stays readable: record
    /// `seq` belongs to the group `(seq - 1) / keep_every`.
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

    /// The numbers of the records to remove, in order, from a log that has `snapshots` (in order, with none missing up
    /// to the [`cut`](Self::cut)).
    #[must_use]
    pub fn gaps(&self, cut: u64, snapshots: &[u64]) -> Vec<RangeInclusive<u64>> {
        let before = snapshots.partition_point(|seq| *seq <= cut);
        let (mut gaps, mut from) = (Vec::new(), 1);
        let group = |seq: u64| self.keep_every.map(|every| seq.saturating_sub(1) / every.get());
        let mut candidates = snapshots.iter().take(before).copied().peekable();
        while let Some(seq) = candidates.next() {
            let stays = candidates.peek().is_none_or(|next| group(*next) != group(seq));
            if stays {
                if from < seq {
                    gaps.push(from..=seq - 1);
                }
                from = seq.saturating_add(1);
            }
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(records: u64) -> Prune {
        Prune::keep_every(NonZeroU64::new(records).unwrap())
    }

    #[test]
    fn all_before_the_newest_snapshot_up_to_the_cut_may_go() {
        let prune = Prune::default();
        assert_eq!(prune.gaps(9, &[1, 4, 8]), [1..=7]);
        assert_eq!(prune.gaps(8, &[1, 4, 8]), [1..=7]);
        assert_eq!(prune.gaps(7, &[1, 4, 8]), [1..=3]);
        assert_eq!(prune.gaps(3, &[1, 4, 8]), []);
        assert_eq!(prune.gaps(3, &[4, 8]), []);
    }

    #[test]
    fn the_newest_snapshot_of_every_group_stays() {
        // Groups: 1 to 4, 5 to 8, 9 to 12.
        assert_eq!(every(4).gaps(12, &[1, 3, 5, 9, 11]), [1..=2, 4..=4, 6..=10]);
        assert_eq!(every(4).gaps(12, &[1, 3, 5, 9]), [1..=2, 4..=4, 6..=8]);
        assert_eq!(every(1).gaps(12, &[1, 3, 5]), [2..=2, 4..=4]);
    }

    #[test]
    fn several_rules_keep_what_any_of_them_keeps() {
        let both = Prune { keep_since: Some(Timestamp::UNIX_EPOCH), ..Prune::keep_last(NonZeroU64::MIN) };
        assert_eq!(both.cut(9, Some(4)), 4);
        assert_eq!(both.cut(9, None), 9);
        assert_eq!(Prune::keep_last(NonZeroU64::new(3).unwrap()).cut(9, None), 7);
        assert_eq!(Prune::keep_last(NonZeroU64::MAX).cut(9, None), 1);
        assert_eq!(every(2).cut(9, None), 9);
    }
}
