//! Commits and what they leave: C1 to C4, C10.

use ae_core::{Digest, ErrorKind};

use super::support::{
    at, begin, blob, changes, commit, first, header, load, load_at, next_step, refused, same_step, walked,
    with_snapshot,
};
use crate::{
    Checkpointer,
    store::record::{Head, Record},
};

/// C1: the last snapshot, the changes after it in order, their times, the head, the header and the blobs come back.
pub async fn c1_what_was_committed_comes_back(store: &dyn Checkpointer) {
    let (early, shared, late) = (blob("\"early\""), blob("\"shared Ä\""), blob("\"late\""));
    let begun = first().with_blobs(vec![early.clone()]);
    let one = commit(store, "c1", None, begun).await;
    assert_eq!(load(store, "c1").await.blobs.len(), 1, "C1: the first record's blob comes back");
    let (hash, other) = (Digest::of_bytes("conformance", b"state"), Digest::of_bytes("conformance", b"end"));
    let snapshot = with_snapshot(one, "{\"change\":\"Ä 1\"}", "{\"position\":\"ä\\u0000\"}")
        .with_state_hash(hash)
        .with_blobs(vec![shared.clone()]);
    let two = commit(store, "c1", Some(one), snapshot).await;
    let delta = next_step(two, "{\"change\":\"👍 2\"}").with_blobs(vec![shared.clone(), late.clone()]);
    let three = commit(store, "c1", Some(two), delta).await;
    let last = same_step(three, "{}").with_state_hash(other).with_finished(true);
    let four = commit(store, "c1", Some(three), last).await;

    let loaded = load(store, "c1").await;
    assert_eq!(loaded.head, four, "C1: the head comes back");
    assert_eq!(loaded.header, header(), "C1: the header comes back");
    assert_eq!(loaded.snapshot, "{\"position\":\"ä\\u0000\"}", "C1: the last snapshot comes back");
    assert_eq!((loaded.snapshot_head, loaded.snapshot_at), (two, at(2)), "C1: its place and time come back");
    assert_eq!(loaded.snapshot_change, "{\"change\":\"Ä 1\"}", "C1: its change comes back");
    assert_eq!(loaded.snapshot_hash, Some(hash), "C1: the hash of its state comes back");
    assert_eq!(
        changes(&loaded),
        ["{\"change\":\"👍 2\"}", "{}"],
        "C1: the changes after it come back in order"
    );
    let rest: Vec<_> = loaded.deltas.iter().map(|delta| (delta.step, delta.at, delta.state_hash)).collect();
    assert_eq!(rest, [(2, at(3), None), (2, at(4), Some(other))], "C1: steps, times and hashes come back");
    assert_eq!(walked(&loaded), four, "C1: the changes lead from the snapshot to the head");
    let blobs: Vec<_> = loaded.blobs.values().map(AsRef::as_ref).collect();
    let mut expected = [&shared, &late];
    expected.sort_by_key(|blob| blob.digest);
    assert_eq!(blobs, expected.map(|blob| blob.text.as_ref()), "C1: the blobs that what was read refers to");
    assert!(loaded.task_records.is_empty(), "C1: no notes");
    assert_eq!(load_at(store, "c1 unknown", None).await, None, "C1: no thread is None");
}

/// C1: values of a megabyte, and many blobs in one record.
pub async fn c1_large_values_come_back(store: &dyn Checkpointer) {
    let text = |of: &str, times: usize| format!("\"{}\"", of.repeat(times));
    let blobs: Vec<_> = (0..100).map(|number| blob(&text(&format!("{number} "), 2_000))).collect();
    let (change, snapshot) = (text("change ", 40_000), text("ö", 500_000));
    let big = Record::with_snapshot(None, at(1), 0, change.as_str(), snapshot.as_str())
        .with_header(header())
        .with_blobs(blobs.clone());
    commit(store, "c1 large", None, big).await;
    let loaded = load(store, "c1 large").await;
    assert!(loaded.snapshot_change == change && loaded.snapshot == snapshot, "C1: large texts come back");
    assert_eq!(loaded.blobs.len(), blobs.len(), "C1: every blob comes back");
    let whole = blobs.iter().all(|blob| loaded.blobs.get(&blob.digest) == Some(&blob.text));
    assert!(whole, "C1: every blob comes back as it was");
}

/// C2: a commit on another head changes nothing.
pub async fn c2_a_moved_head_is_refused(store: &dyn Checkpointer) {
    let one = begin(store, "c2").await;
    let two = commit(store, "c2", Some(one), next_step(one, "{}")).await;
    let before = load(store, "c2").await;
    let digest = Digest::of_bytes("conformance", b"other");
    for stale in [one, Head::new(two.seq, two.step, digest), Head::new(two.seq, two.step + 1, two.digest)] {
        let result = store.commit("c2", Some(stale), with_snapshot(stale, "{\"stale\":1}", "{}")).await;
        refused(result, ErrorKind::Conflict, "C2: a commit on a head that has moved");
    }
    refused(
        store.commit("c2", None, first()).await,
        ErrorKind::Conflict,
        "C2: a thread that is there begins",
    );
    let result = store.commit("c2 unknown", Some(two), with_snapshot(two, "{}", "{}")).await;
    refused(result, ErrorKind::Conflict, "C2: a commit on a thread that does not exist");
    assert_eq!(load(store, "c2").await, before, "C2: a refused commit changes nothing");
    assert_eq!(load_at(store, "c2 unknown", None).await, None, "C2: a refused commit makes no thread");
}

/// C3: the first record of a thread needs a header and a snapshot.
pub async fn c3_a_refused_commit_leaves_nothing(store: &dyn Checkpointer) {
    let no_snapshot = Record::new(None, at(1), 0, "{}").with_header(header());
    let no_header = Record::with_snapshot(None, at(1), 0, "{}", "{}").with_blobs(vec![blob("\"c3\"")]);
    for lacking in [no_snapshot, no_header] {
        let result = store.commit("c3", None, lacking).await;
        refused(result, ErrorKind::InvalidInput, "C3: a first record without a header and a snapshot");
        assert_eq!(load_at(store, "c3", None).await, None, "C3: nothing is stored");
    }
    begin(store, "c3").await;
}

/// C4: the record's head becomes the thread's, and its number is the next one.
pub async fn c4_heads_are_numbered(store: &dyn Checkpointer) {
    let mut from_two = first();
    from_two.head.seq = 2;
    let result = store.commit("c4", None, from_two).await;
    refused(result, ErrorKind::InvalidInput, "C4: a first record with number 2");
    let one = begin(store, "c4").await;
    for wrong in [0, 1, 3, u64::MAX] {
        let mut record = next_step(one, "{\"a\":1}");
        record.head.seq = wrong;
        let result = store.commit("c4", Some(one), record).await;
        refused(result, ErrorKind::InvalidInput, "C4: a record with another number than the next");
    }
    assert_eq!(load(store, "c4").await.head, one, "C4: a refused record does not move the head");
    // A store computes no digest: a decorator's heads follow another rule.
    let mut masked = next_step(one, "{\"a\":1}");
    masked.head.digest = Digest::of_bytes("conformance", b"masked");
    let two = commit(store, "c4", Some(one), masked).await;
    assert_eq!(load(store, "c4").await.head, two, "C4: the head is the record's, digest and all");
    commit(store, "c4", Some(two), next_step(two, "{}")).await;
}

/// C10: a thread is read as it was.
pub async fn c10_earlier_records_are_read(store: &dyn Checkpointer) {
    let one = begin(store, "c10").await;
    let two =
        commit(store, "c10", Some(one), next_step(one, "{\"n\":2}").with_blobs(vec![blob("\"2\"")])).await;
    let three = commit(store, "c10", Some(two), with_snapshot(two, "{\"n\":3}", "{\"position\":3}")).await;
    let mut newer = header();
    newer.state_version = 2;
    let four =
        commit(store, "c10", Some(three), same_step(three, "{\"n\":4}").with_header(newer.clone())).await;
    super::support::append(store, "c10", four, &super::support::note(four.step, "a", "1")).await;
    let as_of = async |seq| load_at(store, "c10", Some(seq)).await.map(|loaded| (loaded.head, loaded.header));
    assert_eq!(as_of(0).await, None, "C10: there is no record 0");
    for (seq, head) in [(1, one), (2, two), (3, three)] {
        assert_eq!(as_of(seq).await, Some((head, header())), "C10: record {seq} is read under its header");
    }
    assert_eq!(as_of(4).await, Some((four, newer)), "C10: a header holds from its record on");
    let second = load_at(store, "c10", Some(2)).await.expect("C10: record 2 can be read");
    assert_eq!(
        (second.snapshot_head, changes(&second)),
        (one, vec!["{\"n\":2}"]),
        "C10: from its snapshot on"
    );
    assert_eq!(second.blobs.len(), 1, "C10: with its blobs");
    let late = load_at(store, "c10", Some(u64::MAX)).await.expect("C10: a number past the end reads the end");
    assert!(late.task_records.is_empty(), "C10: without notes");
    let mut now = load(store, "c10").await;
    assert_eq!(now.task_records.len(), 1, "C10: the notes are there without a number");
    now.task_records.clear();
    assert_eq!(late, now, "C10: and all else is the same");
    assert_eq!(load_at(store, "c10 unknown", Some(1)).await, None, "C10: no thread is None");
}
