//! Notes of the superstep under way: C5 to C7, C15.

use ae_core::{Digest, ErrorKind};

use super::support::{append, begin, commit, done, load, load_at, next_step, note, refused, same_step};
use crate::{
    Checkpointer,
    store::record::{Head, TaskRecord},
};

/// C5: the first note of a key stays, and is returned.
pub async fn c5_a_note_is_stored_once(store: &dyn Checkpointer) {
    let head = begin(store, "c5").await;
    let (mine, again, other) = (note(0, "a", "1"), note(0, "a", "2"), note(0, "b", "3"));
    let key = TaskRecord::new(0, "a", "j", "null");
    assert_eq!(append(store, "c5", head, &mine).await, mine, "C5: a note is returned");
    assert_eq!(append(store, "c5", head, &again).await, mine, "C5: the first note of a key wins");
    assert_eq!(append(store, "c5", head, &other).await, other, "C5: another task has its own notes");
    assert_eq!(append(store, "c5", head, &key).await, key, "C5: another key is another note");
    let notes = load(store, "c5").await.task_records;
    assert_eq!(
        notes,
        [&key, &mine, &other].map(Clone::clone),
        "C5: notes come back in the order of task and key"
    );
    let (late, new) = (note(0, "b", "4"), note(0, "A", "5"));
    let both = done(store.append_once("c5", head, vec![late, new.clone()]).await, "C5: two notes");
    assert_eq!(both, [other.clone(), new.clone()], "C5: each note of a call is returned as it is stored");
    let twice = store.append_once("c5", head, vec![note(0, "c", "1"), note(0, "c", "2")]).await;
    refused(twice, ErrorKind::InvalidInput, "C5: one key twice in a call");
    let wrong = store.append_once("c5", head, vec![note(0, "d", "1"), note(1, "d", "1")]).await;
    refused(wrong, ErrorKind::InvalidInput, "C5: a call with a note of another step");
    let notes = load(store, "c5").await.task_records;
    assert_eq!(notes, [new, key, mine, other], "C5: of a call all notes are stored or none");
}

/// C6: a note on a head that has moved is refused.
pub async fn c6_a_late_note_is_refused(store: &dyn Checkpointer) {
    let one = begin(store, "c6").await;
    let two = commit(store, "c6", Some(one), same_step(one, "{}")).await;
    let late = store.append_once("c6", one, vec![note(0, "a", "1")]).await;
    refused(late, ErrorKind::Conflict, "C6: a late note");
    let nowhere = store.append_once("c6 unknown", two, vec![note(0, "a", "1")]).await;
    refused(nowhere, ErrorKind::Conflict, "C6: a note on no thread");
    let ahead = store.append_once("c6", two, vec![note(1, "a", "1")]).await;
    refused(ahead, ErrorKind::InvalidInput, "C6: a note of another step");
    assert!(load(store, "c6").await.task_records.is_empty(), "C6: a refused note is not stored");
    assert_eq!(load_at(store, "c6 unknown", None).await, None, "C6: a refused note makes no thread");
}

/// C7: notes outlive a commit that completes no superstep, and end with one that does.
pub async fn c7_notes_last_as_long_as_the_superstep(store: &dyn Checkpointer) {
    let one = begin(store, "c7").await;
    let mine = note(0, "a", "1");
    append(store, "c7", one, &mine).await;
    let two = commit(store, "c7", Some(one), same_step(one, "{}")).await;
    assert_eq!(load(store, "c7").await.task_records, [mine], "C7: notes stay within a superstep");
    let three = commit(store, "c7", Some(two), next_step(two, "{}")).await;
    assert!(load(store, "c7").await.task_records.is_empty(), "C7: notes are gone after it");
    let later = note(1, "a", "2");
    assert_eq!(append(store, "c7", three, &later).await, later, "C7: the next superstep has its own notes");
    assert_eq!(load(store, "c7").await.task_records, [later], "C7: and no others");
}

/// C15: the notes are read while the head is the one that is named.
pub async fn c15_notes_are_read_on_their_head(store: &dyn Checkpointer) {
    let notes = async |head| done(store.notes("c15", head).await, "C15: notes");
    let one = begin(store, "c15").await;
    assert_eq!(notes(one).await, Some(Vec::new()), "C15: a head without notes");
    let (late, early) = (note(0, "b", "2"), note(0, "a", "1"));
    append(store, "c15", one, &late).await;
    append(store, "c15", one, &early).await;
    assert_eq!(notes(one).await, Some(vec![early, late]), "C15: in the order of task and key");
    assert_eq!(notes(one).await, Some(load(store, "c15").await.task_records), "C15: as they are loaded");
    let two = commit(store, "c15", Some(one), same_step(one, "{}")).await;
    assert_eq!(notes(one).await, None, "C15: not on a head that has moved");
    assert_eq!(notes(two).await.map(|notes| notes.len()), Some(2), "C15: they stay within a superstep");
    let three = commit(store, "c15", Some(two), next_step(two, "{}")).await;
    assert_eq!(notes(three).await, Some(Vec::new()), "C15: and are gone after it");
    let digest = Digest::of_bytes("conformance", b"other");
    for wrong in [two, Head::new(three.seq, three.step, digest), Head::new(9, three.step, three.digest)] {
        assert_eq!(notes(wrong).await, None, "C15: not on another head");
    }
    let nowhere = done(store.notes("c15 unknown", three).await, "C15: notes of no thread");
    assert_eq!(nowhere, None, "C15: no thread has no notes");
}
