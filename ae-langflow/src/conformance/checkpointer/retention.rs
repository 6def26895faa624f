//! Records and blobs that go and stay: C12 and C13.

use std::num::NonZeroU64;

use ae_core::ErrorKind;

use super::support::{
    append, at, begin, blob, commit, done, first, header, load, load_at, next_step, note, refused,
    with_snapshot,
};
use crate::{
    Checkpointer,
    store::record::{Blob, Loaded, Prune},
};

/// Twelve records; those numbered 1, 4, 6, 9 and 11 have snapshots, and a new header holds from the third on.
async fn twelve(store: &dyn Checkpointer, thread: &str) {
    let mut head = begin(store, thread).await;
    for seq in 2..=12 {
        let change = format!("{{\"n\":{seq}}}");
        let record = if [4, 6, 9, 11].contains(&seq) {
            with_snapshot(head, &change, &format!("{{\"position\":{seq}}}"))
        } else {
            next_step(head, &change)
        };
        let mut newer = header();
        newer.state_version = 2;
        let record = if seq == 3 { record.with_header(newer) } else { record };
        head = commit(store, thread, Some(head), record).await;
    }
    append(store, thread, head, &note(head.step, "a", "1")).await;
}

/// Which records can be read, by the numbers of the heads that loads come to.
async fn readable(store: &dyn Checkpointer, thread: &str) -> Vec<u64> {
    let mut found = Vec::new();
    for seq in 0..=13 {
        let loaded = load_at(store, thread, Some(seq)).await;
        found.extend(loaded.map(|loaded| loaded.head.seq).filter(|head| *head == seq));
    }
    found
}

fn keep(records: u64) -> NonZeroU64 {
    NonZeroU64::new(records).unwrap_or(NonZeroU64::MIN)
}

/// C12: what goes and what stays under every rule, and under several together.
pub async fn c12_pruning_keeps_what_its_rules_say(store: &dyn Checkpointer) {
    let both = |mut one: Prune, other: Prune| {
        one.keep_since = one.keep_since.or(other.keep_since);
        one.keep_every = one.keep_every.or(other.keep_every);
        one
    };
    let rules: Vec<(Prune, Vec<u64>)> = vec![
        (Prune::default(), vec![11, 12]),
        (Prune::keep_last(keep(1)), vec![11, 12]),
        (Prune::keep_last(keep(2)), vec![11, 12]),
        (Prune::keep_last(keep(3)), (9..=12).collect()),
        (Prune::keep_last(keep(7)), (6..=12).collect()),
        (Prune::keep_last(keep(12)), (1..=12).collect()),
        (Prune::keep_last(NonZeroU64::MAX), (1..=12).collect()),
        (Prune::keep_since(at(0)), (1..=12).collect()),
        (Prune::keep_since(at(5)), (4..=12).collect()),
        (Prune::keep_since(at(12)), vec![11, 12]),
        (Prune::keep_since(at(99)), vec![11, 12]),
        // Groups of four: 1 to 4, 5 to 8, 9 to 12.
        (Prune::keep_every(keep(4)), vec![4, 6, 11, 12]),
        (Prune::keep_every(keep(1)), vec![1, 4, 6, 9, 11, 12]),
        (Prune::keep_every(keep(100)), vec![11, 12]),
        (both(Prune::keep_last(keep(2)), Prune::keep_since(at(9))), (9..=12).collect()),
        (both(Prune::keep_last(keep(7)), Prune::keep_since(at(9))), (6..=12).collect()),
        (both(Prune::keep_last(keep(4)), Prune::keep_every(keep(4))), vec![4, 6, 9, 10, 11, 12]),
    ];
    for (number, (rule, expected)) in rules.into_iter().enumerate() {
        let thread = format!("c12 {number}");
        twelve(store, &thread).await;
        let gone = done(store.prune(&thread, rule).await, "C12: prune");
        assert_eq!(readable(store, &thread).await, expected, "C12: what {rule:?} keeps");
        assert_eq!(gone, 12 - expected.len() as u64, "C12: how many records {rule:?} removes");
        assert_eq!(
            done(store.prune(&thread, rule).await, "C12: prune"),
            0,
            "C12: once is enough for {rule:?}"
        );
    }
    assert_eq!(done(store.prune("c12 unknown", Prune::default()).await, "C12: prune"), 0, "C12: no thread");
    assert_eq!(load_at(store, "c12 unknown", None).await, None, "C12: and none is made");
}

/// C12: what stays reads as before, goes on as before, and can be copied.
pub async fn c12_what_stays_reads_as_before(store: &dyn Checkpointer) {
    twelve(store, "c12 kept").await;
    twelve(store, "c12 other").await;
    let mut before: Vec<Option<Loaded>> = Vec::new();
    for seq in 0..=12 {
        before.push(load_at(store, "c12 kept", Some(seq)).await);
    }
    let (now, other) = (load(store, "c12 kept").await, load(store, "c12 other").await);
    let rule = Prune { keep_every: Some(keep(4)), ..Prune::keep_last(keep(4)) };
    done(store.prune("c12 kept", rule).await, "C12: prune");
    assert_eq!(load(store, "c12 kept").await, now, "C12: the head, its notes and all");
    for seq in [4, 6, 9, 10, 11, 12] {
        let as_of = load_at(store, "c12 kept", Some(seq)).await;
        assert_eq!(
            Some(&as_of),
            usize::try_from(seq).ok().and_then(|at| before.get(at)),
            "C12: record {seq}"
        );
    }
    for (seq, stands) in [(3, None), (5, Some(4)), (8, Some(6))] {
        let as_of = load_at(store, "c12 kept", Some(seq)).await.map(|loaded| loaded.head.seq);
        assert_eq!(as_of, stands, "C12: a record that is gone reads as the newest one before it");
    }
    assert_eq!(load(store, "c12 other").await, other, "C12: the other thread is untouched");
    for seq in [1, 5, 8] {
        let result = store.copy("c12 kept", Some(seq), "c12 copy").await;
        refused(result, ErrorKind::NotFound, "C12: a record that is gone can't be copied to");
    }
    done(store.copy("c12 kept", Some(10), "c12 copy").await, "C12: a copy of what stays");
    assert_eq!(readable(store, "c12 copy").await, [4, 6, 9, 10], "C12: a copy has what stays up to its end");
    commit(store, "c12 kept", Some(now.head), next_step(now.head, "{}")).await;
    let next = load(store, "c12 kept").await;
    assert_eq!(
        (next.head.seq, next.header.state_version),
        (13, 2),
        "C12: the thread goes on under its header"
    );
}

/// C13: a blob is stored once, and goes with the last record that refers to it.
pub async fn c13_blobs_are_shared_and_go_with_the_last(store: &dyn Checkpointer) {
    let mine = blob("\"c14\"");
    let named = |text: &str| {
        let mut other = Blob::new(text);
        other.digest = mine.digest;
        first().with_blobs(vec![other])
    };
    // While the blob is there, another text under its name is ignored: so it shows whether it is.
    let stored = async |thread: &'static str| {
        commit(store, thread, None, named("\"another\"")).await;
        let text = load(store, thread).await.blobs.get(&mine.digest).map(ToString::to_string);
        done(store.delete(thread).await, "C13: delete");
        text == Some("\"c14\"".to_owned())
    };
    assert!(!stored("c13 probe").await, "C13: nothing is there yet");
    let one = commit(store, "c13 a", None, first().with_blobs(vec![mine.clone()])).await;
    let two = commit(store, "c13 a", Some(one), next_step(one, "{}").with_blobs(vec![mine.clone()])).await;
    commit(store, "c13 b", None, first().with_blobs(vec![mine.clone()])).await;
    done(store.copy("c13 a", Some(1), "c13 c").await, "C13: a copy");
    assert!(stored("c13 probe").await, "C13: a blob is stored once for all threads");
    let three = commit(store, "c13 a", Some(two), with_snapshot(two, "{}", "{}")).await;
    assert_eq!(done(store.prune("c13 a", Prune::default()).await, "C13: prune"), 2, "C13: two records go");
    assert!(load(store, "c13 a").await.blobs.is_empty(), "C13: what is left refers to none");
    assert!(stored("c13 probe").await, "C13: other threads refer to it");
    done(store.delete("c13 b").await, "C13: delete");
    assert!(stored("c13 probe").await, "C13: the copy refers to it");
    done(store.delete("c13 c").await, "C13: delete");
    assert!(!stored("c13 probe").await, "C13: nothing refers to it");
    let four =
        commit(store, "c13 a", Some(three), next_step(three, "{}").with_blobs(vec![mine.clone()])).await;
    assert_eq!(load(store, "c13 a").await.blobs.len(), 1, "C13: it comes again with the next record");
    commit(store, "c13 a", Some(four), with_snapshot(four, "{}", "{}")).await;
    done(store.prune("c13 a", Prune::default()).await, "C13: prune");
    assert!(!stored("c13 probe").await, "C13: it goes with a pruned record too");
}
