//! Notes of the superstep under way: C5 to C7.

use ae_core::ErrorKind;

use super::support::{append, begin, commit, load, load_at, next_step, note, refused, same_step};
use crate::{Checkpointer, store::record::TaskRecord};

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
    assert_eq!(notes, [key, mine, other], "C5: notes come back in the order of task and key");
}

/// C6: a note on a head that has moved is refused.
pub async fn c6_a_late_note_is_refused(store: &dyn Checkpointer) {
    let one = begin(store, "c6").await;
    let two = commit(store, "c6", Some(one), same_step(one, "{}")).await;
    let late = store.append_once("c6", one, note(0, "a", "1")).await;
    refused(late, ErrorKind::Conflict, "C6: a late note");
    let nowhere = store.append_once("c6 unknown", two, note(0, "a", "1")).await;
    refused(nowhere, ErrorKind::Conflict, "C6: a note on no thread");
    let ahead = store.append_once("c6", two, note(1, "a", "1")).await;
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
