//! Where a record lies: the number of its thread and its own in one integer, so that the records of a thread lie side
//! by side in the table and need no second index.

use std::ops::RangeInclusive;

const SEQ_BITS: u32 = 32;
pub(super) const SEQ_MAX: i64 = (1 << SEQ_BITS) - 1;
pub(super) const THREAD_MAX: i64 = i64::MAX >> SEQ_BITS;

/// The key of record `seq` of a thread; numbers past the last possible one lie there.
pub(super) fn key(thread: i64, seq: u64) -> i64 {
    thread << SEQ_BITS | i64::try_from(seq).unwrap_or(SEQ_MAX).min(SEQ_MAX)
}

/// The number of the record at `key`.
pub(super) fn seq(key: i64) -> u64 {
    (key & SEQ_MAX).unsigned_abs()
}

/// The thread of the record at `key`.
pub(super) fn thread(key: i64) -> i64 {
    key >> SEQ_BITS
}

/// The first and the last key of the records of a thread from number `from` to `to`.
pub(super) fn keys(thread: i64, seqs: RangeInclusive<u64>) -> [i64; 2] {
    [key(thread, *seqs.start()), key(thread, *seqs.end())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_hold_both_numbers_at_their_bounds() {
        for number in [1, 7, THREAD_MAX] {
            for last in [0, 1, SEQ_MAX.unsigned_abs()] {
                let at = key(number, last);
                assert_eq!((thread(at), seq(at)), (number, last));
            }
            assert_eq!(seq(key(number, u64::MAX)), SEQ_MAX.unsigned_abs());
            assert!(key(number, u64::MAX) < key(THREAD_MAX, u64::MAX) || number == THREAD_MAX);
        }
        assert!(key(1, u64::MAX) < key(2, 0));
    }
}
