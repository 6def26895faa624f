//! Copies: C11.

use ae_core::ErrorKind;

use super::support::{
    append, at, begin, blob, commit, done, header, list_after, load, load_at, next_step, note, refused,
    same_step, with_snapshot,
};
use crate::{Checkpointer, store::record::Head};

/// Four records, the third with a snapshot, the last with another header, one with a blob; then a note.
async fn original(store: &dyn Checkpointer, thread: &str) -> [Head; 4] {
    let one = begin(store, thread).await;
    let text = blob(&format!("\"of {thread}\""));
    let two =
        commit(store, thread, Some(one), next_step(one, "{\"n\":2}").with_blobs(vec![text.clone()])).await;
    let snapshot =
        with_snapshot(two, "{\"n\":3}", "{\"position\":3}").with_blobs(vec![text]).with_finished(true);
    let three = commit(store, thread, Some(two), snapshot).await;
    let mut newer = header();
    newer.state_version = 2;
    let four = commit(store, thread, Some(three), same_step(three, "{\"n\":4}").with_header(newer)).await;
    append(store, thread, four, &note(four.step, "a", "1")).await;
    [one, two, three, four]
}

/// C11: a copy has the records and no notes, and what happens to one thread does not happen to the other.
pub async fn c11_a_copy_goes_its_own_way(store: &dyn Checkpointer) {
    let [.., four] = original(store, "c11 a").await;
    let head = done(store.copy("c11 a", None, "c11 b").await, "C11: a copy");
    assert_eq!(head, four, "C11: the copy stands where the thread does");
    let (from, to) = (load(store, "c11 a").await, load(store, "c11 b").await);
    assert!(to.task_records.is_empty() && from.task_records.len() == 1, "C11: notes are not copied");
    for seq in 0..=5 {
        let both = (load_at(store, "c11 a", Some(seq)).await, load_at(store, "c11 b", Some(seq)).await);
        assert_eq!(both.0, both.1, "C11: record {seq} reads the same in both");
    }
    commit(store, "c11 a", Some(four), next_step(four, "{\"of\":\"a\"}")).await;
    let own = commit(store, "c11 b", Some(four), next_step(four, "{\"of\":\"b\"}")).await;
    assert_eq!(load(store, "c11 b").await.head, own, "C11: both threads go their own way");
    assert!(done(store.delete("c11 a").await, "C11: delete"), "C11: the original is deleted");
    let (left, again) = (load(store, "c11 b").await, load_at(store, "c11 b", Some(2)).await);
    assert_eq!((left.head, left.blobs.len()), (own, 1), "C11: the copy outlives it");
    assert_eq!(
        again.map(|loaded| loaded.blobs.len()),
        Some(1),
        "C11: with its earlier records and their blobs"
    );
    done(store.copy("c11 b", None, "c11 a").await, "C11: a copy of a copy, under a name that is free again");
}

/// C11: a copy up to a record ends there.
pub async fn c11_a_copy_ends_where_it_is_told(store: &dyn Checkpointer) {
    let heads = original(store, "c11 long").await;
    for (seq, head) in (1..).zip(heads) {
        let to = format!("c11 long {seq}");
        assert_eq!(done(store.copy("c11 long", Some(seq), &to).await, "C11: a copy"), head, "C11: its head");
        let expected = load_at(store, "c11 long", Some(seq)).await;
        assert_eq!(load_at(store, &to, None).await, expected, "C11: it reads as the thread did then");
        let before = list_after(store, "c11 long", 10).await;
        let line = before.iter().find(|line| line.thread == to).expect("C11: the copy is listed");
        let stands = (line.seq, line.step, line.at, line.finished);
        assert_eq!(stands, (seq, head.step, at(seq), seq == 3), "C11: it stands where the thread did then");
        commit(store, &to, Some(head), next_step(head, "{\"own\":true}")).await;
    }
    assert_eq!(load(store, "c11 long").await.head, heads[3], "C11: the original is untouched");
}

/// C11: no copy over a thread, and none of what is not there.
pub async fn c11_a_refused_copy_changes_nothing(store: &dyn Checkpointer) {
    original(store, "c11 from").await;
    begin(store, "c11 to").await;
    let before = load(store, "c11 to").await;
    for (up_to, to) in [(None, "c11 to"), (Some(2), "c11 to"), (None, "c11 from")] {
        let result = store.copy("c11 from", up_to, to).await;
        refused(result, ErrorKind::Conflict, "C11: a copy over a thread");
    }
    assert_eq!(load(store, "c11 to").await, before, "C11: the thread is untouched");
    for (from, up_to) in
        [("c11 none", None), ("c11 none", Some(1)), ("c11 from", Some(0)), ("c11 from", Some(5))]
    {
        let result = store.copy(from, up_to, "c11 new").await;
        refused(result, ErrorKind::NotFound, "C11: a copy of what is not there");
    }
    assert_eq!(load_at(store, "c11 new", None).await, None, "C11: nothing was made");
}
